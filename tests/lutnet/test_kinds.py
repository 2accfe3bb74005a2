"""Every kind of neuron: what it computes, and that its table is just that."""

from itertools import product

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hwgen.formats.lut_network import Elements, LutNetwork
from hwgen.golden.lutnet import elements_of
from hwgen.lutnet.kinds import KINDS
from hwgen.lutnet.layer import Encoded, Layer

CASES = [
    ("linear", 1, {"fan_in": 6}),
    ("linear", 2, {"fan_in": 3, "signed": True}),
    ("linear", 2, {"fan_in": 3, "terms": 3}),
    ("polynomial", 2, {"fan_in": 3, "degree": 3}),
    ("polynomial", 1, {"fan_in": 5, "degree": 2, "bits": 1, "terms": 2}),
    ("mlp", 2, {"fan_in": 3, "width": 4, "depth": 1}),
    ("mlp", 2, {"fan_in": 3, "width": 4, "depth": 4, "skip": 2, "bits": 3}),
    ("mlp", 1, {"fan_in": 4, "width": 5, "depth": 3, "skip": 2, "connect": "learned"}),
    ("spline", 3, {"fan_in": 2, "knots": 6}),
    ("spline", 4, {"fan_in": 1, "terms": 4, "bits": 4}),
    ("linear", 2, {"fan_in": 7, "neurons": 1, "connect": "consecutive"}),
    ("learned_table", 1, {"fan_in": 6}),
    ("learned_table", 1, {"fan_in": 4, "connect": "learned"}),
]


def layer_of(kind, bits, options, count=7, neurons=5):
    """Return a layer whose normalization has seen values, in float64, and the elements before."""
    torch.manual_seed(3)
    given = Elements(count, bits)
    chosen = KINDS[kind].Options.model_validate({"kind": kind, "neurons": neurons, **options})
    layer = Layer(chosen, given, 0)
    before = Encoded(given)
    codes = torch.randint(0, 1 << bits, (count, 400))
    for _ in range(20):
        layer(before.levels(codes.float()))
    return layer.eval().double(), before


@pytest.mark.parametrize(("kind", "bits", "options"), CASES)
def test_the_table_is_the_function_for_every_address(kind, bits, options):
    layer, before = layer_of(kind, bits, options)
    fan_in, count = options["fan_in"], 7
    tables, margin = layer.tables(before, torch.arange(count))
    network = LutNetwork(Elements(count, bits), tuple(tables), "none")
    for neuron in range(layer.elements.count if options.get("terms", 1) == 1 else 0):
        inputs = tables[0].inputs[neuron]
        vectors = np.zeros((1 << fan_in * bits, count), np.int64)
        vectors[:, inputs] = list(product(range(1 << bits), repeat=fan_in))
        expected = layer.levels(torch.from_numpy(elements_of(network, vectors).T))
        with torch.no_grad():
            found = layer(before.levels(torch.from_numpy(vectors.T).double()))
        assert torch.equal(found[neuron], expected[neuron])
    random = np.random.default_rng(1).integers(0, 1 << bits, (3000, count))
    with torch.no_grad():
        found = layer(before.levels(torch.from_numpy(random.T).double()))
    codes = elements_of(network, random).T
    assert torch.equal(found, layer.levels(torch.from_numpy(codes)))
    assert len(np.unique(codes)) > 1
    assert 0 < margin <= 1


def evaluated(kind, options, values):
    """Return what a function gives for ``[fan_in, batch]``, and the function."""
    torch.manual_seed(5)
    full = {"kind": kind, "neurons": 3, **options}
    chosen = KINDS[kind].Options.model_validate(full)
    function = KINDS[kind].Function(3, options["fan_in"], chosen).double()
    with torch.no_grad():
        return function.evaluate(torch.from_numpy(values).expand(3, -1, -1)).numpy(), function


@pytest.fixture
def values():
    return np.random.default_rng(2).uniform(-2.5, 2.5, (3, 50))


def test_a_linear_neuron_is_a_weighted_sum(values):
    found, function = evaluated("linear", {"fan_in": 3}, values)
    assert np.allclose(found, function.weight[:, 0].detach().numpy() @ values)


def test_a_polynomial_has_every_monomial_once(values):
    found, function = evaluated("polynomial", {"fan_in": 3, "degree": 3}, values)
    powers = [each for each in product(range(4), repeat=3) if 1 <= sum(each) <= 3]
    monomials = np.array([np.prod(values.T**each, axis=1) for each in powers])
    assert function.weight.shape[2] == len(powers) == 19
    weights = np.linalg.lstsq(monomials.T, found.T, rcond=None)[0].T
    assert np.allclose(weights @ monomials, found)
    ours, theirs = (np.sort(each, axis=1) for each in (function.weight[:, 0].detach(), weights))
    assert np.allclose(ours, theirs)


def test_a_perceptron_with_paths_is_its_definition(values):
    options = {"fan_in": 3, "width": 4, "depth": 4, "skip": 2}
    found, function = evaluated("mlp", options, values)
    for neuron in range(3):
        weights = [each[neuron].detach().numpy() for each in function.weights]
        biases = [each[neuron].detach().numpy() for each in function.biases]
        first, second = (each[neuron].detach().numpy() for each in function.paths)
        hidden = np.maximum(weights[0] @ values + biases[0], 0)
        middle = np.maximum(weights[1] @ hidden + biases[1] + first @ values, 0)
        hidden = np.maximum(weights[2] @ middle + biases[2], 0)
        last = weights[3] @ hidden + biases[3] + second @ middle
        assert np.allclose(found[neuron], last[0])


def test_a_spline_interpolates_between_its_knots(values):
    found, function = evaluated("spline", {"fan_in": 3, "knots": 5}, values)
    heights = function.heights.detach().numpy()
    knots = np.linspace(-2, 2, 5)
    expected = [
        sum(np.interp(values[place], knots, row[place]) for place in range(3)) for row in heights
    ]
    assert np.allclose(found, expected)


def test_a_learned_table_is_the_sign_of_the_entry():
    codes = np.array(list(product((0, 1), repeat=3))).T
    found, function = evaluated("learned_table", {"fan_in": 3}, 2.0 * codes - 1)
    addresses = codes[0] + 2 * codes[1] + 4 * codes[2]
    expected = np.where(function.entries.detach().numpy()[:, addresses] > 0, 1, -1)
    assert (found == expected).all()


def test_inputs_of_a_learned_table_have_the_extended_finite_difference():
    torch.manual_seed(7)
    options = KINDS["learned_table"].Options(kind="learned_table", neurons=2, fan_in=3)
    function = KINDS["learned_table"].Function(2, 3, options)
    signs = np.where(function.entries.detach().numpy() > 0, 1, -1)
    for address in range(8):
        bits = [address >> place & 1 for place in range(3)]
        values = (2.0 * torch.tensor(bits) - 1).expand(2, 3)[:, :, None].requires_grad_()
        function.evaluate(values).sum().backward()
        for neuron, place in product(range(2), range(3)):
            others = [each for each in range(3) if each != place]
            expected = 0
            for other in range(8):
                distance = sum(bits[each] != (other >> each & 1) for each in others)
                sign = 1 if other >> place & 1 else -1
                expected += sign * signs[neuron, other] / (distance + 1)
            assert values.grad[neuron, place, 0].item() == pytest.approx(expected, rel=1e-5)
