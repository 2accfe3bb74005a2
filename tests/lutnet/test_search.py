"""Inputs that are searched: dense at first, the strongest ones at the end."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements
from hwgen.formats.lut_network_file import read_network
from hwgen.lutnet.config import checked_configuration
from hwgen.lutnet.data import DataSet
from hwgen.lutnet.evaluation import classes_by_table
from hwgen.lutnet.kinds import KINDS
from hwgen.lutnet.layer import Layer
from hwgen.lutnet.search import Search
from hwgen.lutnet.trainer import checkpoint_file, torch_classes, train

SEARCHES = ("magnitude", "dense_to_sparse")


def data(features=40):
    vectors = np.random.default_rng(3).integers(0, 2, (2000, features))
    classes = vectors[:, 17] | vectors[:, 31]
    parts = (vectors[:1500], classes[:1500], vectors[1500:], classes[1500:])
    return DataSet("or", Elements(features, 1), *parts, ["none", "some"])


def configuration(connect, epochs=8, kind="linear", **options):
    layer = {"kind": kind, "neurons": 2, "fan_in": 2, "bits": 4, "signed": True}
    return checked_configuration(
        {
            "data": {"set": "csv"},
            "encoder": {"thresholds": [1]},
            "layers": [{**layer, "connect": connect, **options}],
            "training": {"epochs": epochs, "batch": 50, "search": 0.5},
        }
    )


@pytest.mark.parametrize("connect", SEARCHES)
@pytest.mark.parametrize("kind", ["linear", "polynomial", "spline"])
def test_the_inputs_that_matter_are_found_and_the_tables_are_the_functions(tmp_path, connect, kind):
    out, chosen = tmp_path / "net.safetensors", configuration(connect, kind=kind)
    facts = train(chosen, data(), out)
    network = read_network(out)
    assert network.layers[1].inputs.tolist() == [[17, 31]] * 2
    assert facts["accuracy"]["test"] > 99
    by_table = classes_by_table(network, data().test)
    assert (torch_classes(out, facts, data(), data().test) == by_table).all()
    # epochs 1 to 4 searched
    assert facts["epoch"] > 4
    assert len(facts["history"]) == 8


def test_the_strongest_inputs_stay_with_their_weights():
    torch.manual_seed(1)
    search = Search(5, 3, 20, gradual=False)
    weights = search.weights.detach().numpy()
    strongest = np.sort(np.argsort(-np.abs(weights), axis=1)[:, :3], axis=1)
    assert search.advance(0.9) is None
    assert search.kept.all() and not search.over
    found = search.advance(1.0).numpy()
    assert search.over
    assert (search.inputs.numpy() == strongest).all()
    assert (found == np.take_along_axis(weights, strongest, 1)).all()


def test_an_element_that_seldom_changes_is_weak_whatever_its_weight():
    torch.manual_seed(4)
    search = Search(1, 2, 3, gradual=False)
    with torch.no_grad():
        search.weights.copy_(torch.tensor([[9.0, 1.0, -1.0]]))
    values = torch.randn(3, 500)
    values[0] = (torch.arange(500) == 0) * 2.0 - 1
    for _ in range(30):
        search.sums(values)
    search.advance(1.0)
    assert search.inputs.tolist() == [[1, 2]]


def test_a_gradual_search_keeps_fewer_and_fewer_and_what_left_stays_out():
    torch.manual_seed(2)
    search = Search(4, 2, 34, gradual=True)
    before, counts = torch.ones(4, 34, dtype=torch.bool), []
    for done in (0, 0.25, 0.5, 0.75, 1):
        search.advance(done)
        assert not (search.kept & ~before).any()
        before = search.kept.clone()
        counts.append(before.sum(1).unique().tolist())
        with torch.no_grad():
            search.weights[~before] = 9
    assert counts == [[34], [2 + 32 * 27 // 64 + 1], [2 + 4], [2 + 0], [2]]
    values = torch.randn(34, 7)
    search.sums(values).sum().backward()
    assert (search.weights.grad[~before] == 0).all()
    assert (search.weights.grad[before] != 0).all()


@pytest.mark.parametrize("kind", ["linear", "polynomial", "spline"])
def test_a_function_begins_as_the_weighted_sum(kind):
    torch.manual_seed(3)
    options = KINDS[kind].Options.model_validate({"kind": kind, "neurons": 3, "fan_in": 4})
    function = KINDS[kind].Function(3, 4, options).double()
    weights = torch.randn(3, 4, dtype=torch.float64)
    function.begin_linear(weights)
    # so near to 0 products vanish
    values = 1e-6 * torch.randn(3, 4, 50, dtype=torch.float64)
    with torch.no_grad():
        found = function.evaluate(values)
    assert torch.allclose(found, (weights[:, :, None] * values).sum(1), rtol=0, atol=1e-10)


@pytest.mark.parametrize("connect", SEARCHES)
@pytest.mark.parametrize("epoch", [2, 6])
def test_a_training_that_searches_goes_on_to_the_same_file(tmp_path, connect, epoch):
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    train(configuration(connect), data(), whole)

    def interrupt(text, done=None, total=None):
        if done is not None and epoch + 0.5 < done < epoch + 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(configuration(connect), data(), broken, interrupt)
    assert checkpoint_file(broken).exists()
    train(configuration(connect), data(), broken)
    assert broken.read_bytes() == whole.read_bytes()


def test_one_epoch_is_enough_to_have_inputs(tmp_path):
    train(configuration("magnitude", epochs=1), data(), tmp_path / "net.safetensors")
    inputs = read_network(tmp_path / "net.safetensors").layers[1].inputs
    assert all(len(set(row)) == 2 for row in inputs.tolist())


@pytest.mark.parametrize("connect", SEARCHES)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "mlp"}, "kind must be one of linear, polynomial, spline with connect .*'mlp'"),
        ({"kind": "learned_table"}, "kind must be one of linear, polynomial, spline"),
        ({"terms": 3}, "terms must be 1 with connect .*, not 3"),
        ({"fan_in": 9}, "fan_in must be at most 7, the elements before, with connect .*, not 9"),
    ],
)
def test_what_cannot_be_searched_is_refused(connect, changes, message):
    values = {"kind": "linear", "neurons": 2, "fan_in": 2, "connect": connect, **changes}
    options = KINDS[values["kind"]].Options.model_validate(values)
    with pytest.raises(UsageError, match=f"layers.1: {message}"):
        Layer(options, Elements(7, 1), 1)
