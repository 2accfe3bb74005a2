"""QONNX graphs become networks that give the same codes, by fractions and QONNX's definitions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("onnx")

from onnx import numpy_helper
from qonnx_graphs import DOMAIN, ROUND, Graph, reference, to_fraction

from hwgen.errors import UsageError
from hwgen.golden.lutnet import classes_of, layer_outputs
from hwgen.lutnet.onnx_import import imported_network


def check(graph, path, vectors=64):
    """Compare a network with its reference, code by code, on codes of the input."""
    network, _ = imported_network(graph.save(path))
    low, high = network.inputs.bounds
    random = np.random.default_rng(1)
    codes = random.integers(low, high + 1, (vectors, graph.features))
    first, *others = graph.steps
    if first[0] == "quant":
        _, scale, zero, *_ = first
        reals = (to_fraction(codes) - zero) * scale
    else:
        reals = to_fraction(2 * codes - 1) * first[1]
    expected, logits = reference([first, *others], reals)
    behind = [
        values
        for layer, values in zip(network.layers, layer_outputs(network, codes), strict=True)
        if layer.kind == "thresholds"
    ]
    assert len(behind) == len(expected)
    for found, wanted in zip(behind, expected, strict=True):
        assert (found == wanted.astype(int)).all()
    assert (classes_of(network, codes) == logits.argmax(axis=1)).all()
    return network


def test_a_perceptron_of_every_allowed_node_gives_all_codes(tmp_path):
    random = np.random.default_rng(2)
    graph = Graph(6)
    graph.quant(0.25, bits=3, signed=0)
    graph.dense(random.normal(size=(6, 9)), 0.1, 3, random.normal(size=9), gemm=True)
    graph.normalize(
        random.choice([-1.5, 0.75], 9),
        random.normal(size=9),
        random.normal(size=9),
        random.choice([0.25, 4.0], 9),
    )
    graph.then(("relu",), "Relu")
    graph.quant(0.3, bits=4, signed=0)
    graph.dense(random.normal(size=(9, 7)), 0.2, 2, random.normal(size=7))
    graph.bipolar(0.7)
    graph.dense(random.normal(size=(7, 5)), 0.3, 4, random.normal(size=5))
    network = check(graph, tmp_path / "m.onnx", 500)
    assert [each.kind for each in network.layers][:4] == ["matrix", "thresholds"] * 2
    assert network.elements[2].bits == 4 and network.elements[4].bits == 1


@st.composite
def graphs(draw):
    def numbers(*shape):
        count = math.prod(shape)
        kept = st.integers(-40, 40)
        found = draw(st.lists(kept, min_size=count, max_size=count))
        # many halves and quarters: ties of roundings are frequent
        return np.array(found).reshape(shape) / draw(st.sampled_from([1, 2, 4, 7.3]))

    scales = st.sampled_from([0.25, 0.5, 1.0, 0.3])
    zeros = st.sampled_from([0.0, 1.0, -2.0, 0.5])
    graph = Graph(draw(st.integers(1, 4)))
    if draw(st.booleans()):
        graph.quant(draw(scales), draw(zeros), draw(st.integers(1, 3)), draw(st.integers(0, 1)))
    else:
        graph.bipolar(draw(scales))
    count = graph.features
    for last in (False,) * draw(st.integers(0, 2)) + (True,):
        units = draw(st.integers(1 + last, 4))
        bias = numbers(units) if draw(st.booleans()) else None
        gemm = draw(st.booleans())
        graph.dense(numbers(count, units), draw(scales), draw(st.integers(2, 4)), bias, gemm)
        count = units
        if last:
            return graph
        if draw(st.booleans()):
            nonzero = np.where(gamma := numbers(units), gamma, 1)
            graph.normalize(nonzero, numbers(units), numbers(units), np.full(units, 0.25))
        if draw(st.booleans()):
            graph.then(("relu",), "Relu")
        if draw(st.booleans()):
            graph.bipolar(draw(scales))
            continue
        bits, signed = draw(st.integers(2, 4)), draw(st.integers(0, 1))
        mode = draw(st.sampled_from(sorted(ROUND)))
        narrow = draw(st.integers(0, 1))
        # scales of their own must have few bits, or the layer behind has too many
        steps = st.lists(st.integers(1, 8), min_size=units, max_size=units)
        scale = draw(scales) if draw(st.booleans()) else np.array(draw(steps)) / 4
        graph.quant(scale, draw(zeros), bits, signed, narrow, mode)


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_any_small_network_gives_all_codes_of_the_definitions(tmp_path_factory, graph):
    check(graph, tmp_path_factory.mktemp("graph") / "m.onnx")


def test_an_irrational_normalization_agrees_with_floats_away_from_thresholds(tmp_path):
    graph = Graph(5)
    random = np.random.default_rng(3)
    weights = random.integers(-2, 2, (5, 8)) * 1.0
    gamma, beta, mean = (random.normal(size=8).astype(np.float32) for _ in range(3))
    variance = random.uniform(0.3, 3, 8).astype(np.float32)
    graph.quant(1.0, bits=3)
    graph.dense(weights, 1.0, 3)
    names = [graph.constant(each) for each in (gamma, beta, mean, variance)]
    graph.tensor = graph.node("BatchNormalization", graph.tensor, *names, epsilon=1e-3)
    graph.quant(0.5, bits=4)
    network, _ = imported_network(graph.save(tmp_path / "m.onnx"))
    codes = random.integers(-4, 4, (300, 5))
    spread = np.sqrt(variance.astype(float) + float(np.float32(1e-3)))
    steps = ((codes @ weights - mean.astype(float)) / spread * gamma + beta) / 0.5
    clear = abs(steps - np.floor(steps) - 0.5) > 1e-9
    found = [each for each in layer_outputs(network, codes)][1]
    assert clear.mean() > 0.99
    assert (found == np.clip(np.rint(steps), -8, 7) + 8)[clear].all()


def test_images_are_made_flat_and_constants_may_come_from_nodes(tmp_path):
    graph = Graph(12)
    graph.quant(1.0, bits=2, signed=0, domain="onnx.brevitas")
    graph.tensor = graph.node("Flatten", graph.tensor)
    scale = numpy_helper.from_array(np.array(1.0, np.float32))
    name = graph.node("Constant", value=scale)
    rows = np.random.default_rng(4).integers(-1, 2, (3, 12))
    parts = [name, graph.constant(0.0), graph.constant(2.0)]
    quantized_rows = graph.node("Quant", graph.constant(rows), *parts, domain=DOMAIN)
    turned = graph.node("Transpose", quantized_rows, perm=[1, 0])
    graph.tensor = graph.node("MatMul", graph.tensor, turned)
    network, facts = imported_network(graph.save(tmp_path / "m.onnx", [1, 3, 2, 2]))
    assert (network.layers[0].weights == rows).all()
    assert facts["inputs"] == {"scale": [1.0] * 12, "offset": [0.0] * 12}


@pytest.mark.parametrize("mode", sorted(ROUND))
@pytest.mark.parametrize("signed", [0, 1])
def test_every_rounding_is_right_on_and_between_its_boundaries(tmp_path, mode, signed):
    for zero in (0.0, 1.0, -0.25):
        graph = Graph(1)
        graph.quant(0.25, bits=8)
        graph.quant(1.0, zero, bits=4, signed=signed, mode=mode)
        # nearly every one of the 256 codes, in quarters of a step
        check(graph, tmp_path / "m.onnx", 1500)


def channels(scales):
    graph = Graph(4)
    graph.quant(1.0, bits=3)
    weights = np.random.default_rng(5).integers(-3, 4, (4, 3)) * np.array(scales)
    graph.dense(weights, np.array(scales), 3)
    return graph


def test_logits_with_scales_of_their_own_are_compared_exactly_or_not_at_all(tmp_path):
    check(channels([0.5, 0.25, 0.125]), tmp_path / "m.onnx", 400)
    check(channels([0.75, 40.0, 0.0625]), tmp_path / "m.onnx", 400)
    with pytest.raises(UsageError, match="the logits must have one scale, or scales and constants"):
        imported_network(channels([0.3, 0.1, 0.7]).save(tmp_path / "m.onnx"))


def test_the_order_of_logits_that_differ_by_less_than_a_step_is_kept(tmp_path):
    for bias in ([0.7, 0.1, 0.4], [0.25, 1.3, -0.75], [0.5, 0.5, 0.5]):
        graph = Graph(2)
        graph.quant(1.0, bits=2)
        graph.dense(np.array([[1.0, 1.0, 1.0], [1.0, -1.0, 1.0]]), 1.0, 2, np.array(bias))
        check(graph, tmp_path / "m.onnx")


def started(**options):
    graph = Graph(3)
    graph.quant(1.0, **options)
    return graph


def sigmoid(graph):
    graph.tensor = graph.node("Sigmoid", graph.tensor)


def raw_weights(graph):
    graph.then((), "MatMul", np.array([[0.1, 0.2], [0.3, 0.7], [1e-9, 3e8]]))


def two_readers(graph):
    graph.tensor = graph.node("Add", graph.tensor, graph.tensor)


def relu_at_the_end(graph):
    graph.dense(np.eye(3), 1.0, 2)
    graph.then((), "Relu")


def relu_before_dense(graph):
    graph.then((), "Relu")
    graph.dense(np.eye(3), 1.0, 2)


def wrong_rows(graph):
    graph.dense(np.eye(4), 1.0, 2)


def wrong_channels(graph):
    graph.then((), "Add", np.ones(2))


def training(graph):
    graph.then((), "BatchNormalization", *np.ones((4, 3)), training_mode=1)


def other_rounding(graph):
    graph.dense(np.eye(3), 1.0, 2)
    graph.quant(1.0, mode="HALF_UP")


def wide(graph):
    graph.dense(np.eye(3), 1.0, 2)
    graph.quant(1.0, bits=9)


def negative_scale(graph):
    graph.quant(-1.0)


def no_constant(graph):
    graph.then((), "MatMul", "nothing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (sigmoid, r"node 'Sigmoid_1' \(Sigmoid\): a node must be one of Quant, BipolarQuant, Gemm"),
        (raw_weights, r"node 'MatMul_1' \(MatMul\): weights must be multiples of a scale"),
        (two_readers, r"node 'Add_1' \(Add\): 't0' must be a constant"),
        (relu_at_the_end, "the graph must end in logits"),
        (relu_before_dense, r"\(MatMul\): behind Relu there must be a Quant"),
        (wrong_rows, r"\(MatMul\): weights must have 3 rows"),
        (wrong_channels, r"\(Add\): constants must have 1 or 3 numbers, not shape \(2,\)"),
        (training, r"\(BatchNormalization\): training_mode must be 0"),
        (other_rounding, r"\(Quant\): rounding_mode must be of ROUND, .*, not 'HALF_UP'"),
        (wide, r"\(Quant\): width must be one integer from 1 to 8"),
        (negative_scale, r"\(Quant\): scale must be greater than 0"),
        (no_constant, r"\(MatMul\): 'nothing' must be a constant"),
        (lambda graph: None, "the graph must end in logits"),
    ],
)
def test_what_cannot_be_expressed_is_refused_with_its_node(tmp_path, change, message):
    graph = started()
    change(graph)
    with pytest.raises(UsageError, match=message) as caught:
        imported_network(graph.save(tmp_path / "m.onnx"))
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "m.onnx") in str(caught.value)


def test_an_input_that_is_not_quantized_and_files_of_something_else_are_refused(tmp_path):
    graph = Graph(3)
    graph.dense(np.eye(3), 1.0, 2)
    with pytest.raises(UsageError, match="the input must go through a Quant or BipolarQuant"):
        imported_network(graph.save(tmp_path / "m.onnx"))
    with pytest.raises(UsageError, match="narrow must be 0 for the input"):
        imported_network(started(narrow=1).save(tmp_path / "m.onnx"))
    with pytest.raises(UsageError, match="the input must have known sizes"):
        imported_network(started().save(tmp_path / "m.onnx", ["batch", "n"]))
    (tmp_path / "m.onnx").write_text("no model at all")
    with pytest.raises(UsageError, match="must be an ONNX file"):
        imported_network(tmp_path / "m.onnx")
    with pytest.raises(UsageError, match=r"cannot read .*No such file"):
        imported_network(tmp_path / "no.onnx")
