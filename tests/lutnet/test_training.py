"""Training: the tables are the network, and the same configuration gives the same file."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements, ThresholdLayer
from hwgen.formats.lut_network_file import read_network, read_network_facts
from hwgen.lutnet import trainer
from hwgen.lutnet.budget import stored_tables
from hwgen.lutnet.config import checked_configuration
from hwgen.lutnet.data import DataSet
from hwgen.lutnet.encoder import encoded
from hwgen.lutnet.estimate import estimated_luts
from hwgen.lutnet.evaluation import classes_by_table
from hwgen.lutnet.shift import Shifts
from hwgen.lutnet.trainer import checkpoint_file, parameters_file, torch_classes, train


def rings(count=600, features=6):
    """Return three classes that no linear function separates."""
    generator = np.random.default_rng(4)
    points = generator.normal(size=(count, features))
    radius = (points**2).sum(axis=1)
    classes = np.digitize(radius, np.quantile(radius, [1 / 3, 2 / 3]))
    vectors = np.clip(np.rint(points * 32), -128, 127).astype(np.int64)
    half = count // 2
    parts = (vectors[:half], classes[:half], vectors[half:], classes[half:])
    return DataSet("rings", Elements(features, 8, True), *parts, ["in", "between", "out"])


def configuration(layers, head="argmax", encoder=None, budget=None, **training):
    training = {"epochs": 3, "batch": 32, **training}
    return checked_configuration(
        {
            "data": {"set": "digits"},
            "encoder": encoder or {"levels": 3},
            "layers": layers,
            "head": {"kind": head},
            "training": training,
            **({"budget": budget} if budget else {}),
        }
    )


MIXED = [
    {"kind": "learned_table", "neurons": 20, "fan_in": 4, "connect": "learned"},
    {"kind": "mlp", "neurons": 8, "fan_in": 4, "width": 4, "depth": 2, "bits": 2},
    {"kind": "polynomial", "neurons": 6, "fan_in": 3, "bits": 2, "terms": 2, "signed": True},
    {"kind": "linear", "neurons": 3, "fan_in": 4, "bits": 4, "signed": True},
]


def test_tables_and_functions_give_every_test_vector_the_same_class(tmp_path):
    data, out = rings(), tmp_path / "net.safetensors"
    facts = train(configuration(MIXED), data, out)
    by_table = classes_by_table(read_network(out), data.test)
    assert (torch_classes(out, facts, data, data.test) == by_table).all()
    assert len(np.unique(by_table)) > 1
    assert facts["accuracy"]["test"] == pytest.approx(
        100 * (by_table == data.test_classes).mean(), abs=1e-3
    )
    assert read_network_facts(out) == facts


def test_training_learns_what_no_linear_function_can(tmp_path):
    layers = [{"kind": "learned_table", "neurons": 60, "fan_in": 6, "connect": "learned"}]
    chosen = configuration(layers, "popcount", {"levels": 7}, epochs=12, rate=0.03)
    data = rings(3000, 2)
    facts = train(chosen, data, tmp_path / "net.safetensors")
    constant = np.ones((len(data.train), 1))
    wanted = np.eye(3)[data.train_classes]
    weights = np.linalg.lstsq(np.hstack([data.train, constant]), wanted, rcond=None)[0]
    linear = np.hstack([data.test, constant]) @ weights
    assert (linear.argmax(axis=1) == data.test_classes).mean() < 0.5
    assert facts["accuracy"]["test"] > 75


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path):
    files = []
    for number, seed in enumerate((1, 1, 2)):
        out = tmp_path / f"{number}.safetensors"
        train(configuration(MIXED, seed=seed), rings(), out)
        files.append((out.read_bytes(), parameters_file(out).read_bytes()))
    assert files[0] == files[1]
    assert files[0] != files[2]


@pytest.mark.parametrize("epoch", [1, 2])
def test_an_interrupted_training_goes_on_to_the_same_file(tmp_path, epoch):
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    train(configuration(MIXED), rings(), whole)

    def interrupt(text, done=None, total=None):
        if done is not None and epoch + 0.5 < done < epoch + 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(configuration(MIXED), rings(), broken, interrupt)
    assert checkpoint_file(broken).exists()
    assert not broken.exists()
    seen = []
    train(configuration(MIXED), rings(), broken, lambda *state: seen.append(state[1]))
    assert seen[0] == epoch
    assert broken.read_bytes() == whole.read_bytes()
    assert not checkpoint_file(broken).exists()


def test_a_checkpoint_of_another_configuration_is_refused(tmp_path):
    out = tmp_path / "net.safetensors"
    run = trainer._Run(configuration(MIXED), rings(), out)
    run.one_epoch(lambda part: None)
    run.keep()
    with pytest.raises(UsageError, match="is of another configuration or other data; remove it"):
        train(configuration(MIXED, seed=9), rings(), out)
    checkpoint_file(out).write_bytes(b"nothing")
    with pytest.raises(UsageError, match=r"checkpoint .* cannot be read"):
        train(configuration(MIXED), rings(), out)


# tables of 10 bits of address, and one for each class
LARGE = [
    {"kind": "linear", "neurons": 8, "fan_in": 5, "bits": 1},
    {"kind": "linear", "neurons": 3, "fan_in": 6, "bits": 2},
]
TWO_BITS = {"coding": "binary", "bits": 2}


def test_training_with_a_budget_prunes_the_trained_network_and_says_what_it_costs(tmp_path):
    pytest.importorskip("scipy")
    data, free, limited = rings(), tmp_path / "free.safetensors", tmp_path / "limited.safetensors"
    before = train(configuration(LARGE, encoder=TWO_BITS), data, free)
    limits = {"luts": 150, "block_rams": 3}
    after = train(configuration(LARGE, encoder=TWO_BITS, budget=limits), data, limited)
    network, whole = read_network(limited), read_network(free)
    assert estimated_luts(whole) > 150 >= estimated_luts(network, stored_tables(after))
    assert 0 < len(stored_tables(after)) <= 3
    assert after["pruned"]["from"] == whole.digest != network.digest
    assert after["pruned"]["before"] == before["accuracy"]
    assert after["pruned"]["limits"] == limits
    for part in ("train", "test"):
        classes = getattr(data, f"{part}_classes")
        right = (classes_by_table(network, getattr(data, part)) == classes).mean()
        assert after["accuracy"][part] == pytest.approx(100 * right, abs=1e-3)
    assert read_network_facts(limited) == after
    assert "budget" not in before["configuration"]
    assert checked_configuration(after["configuration"]).budget.limits == limits


def test_an_interrupted_training_with_a_budget_goes_on_to_the_same_file(tmp_path):
    pytest.importorskip("scipy")
    chosen = configuration(LARGE, encoder=TWO_BITS, budget={"luts": 150, "block_rams": 3})
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    train(chosen, rings(), whole)

    def interrupt(text, done=None, total=None):
        if text.startswith("round 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(chosen, rings(), broken, interrupt)
    assert checkpoint_file(broken).exists() and not broken.exists()
    seen = []
    train(chosen, rings(), broken, lambda text, *_: seen.append(text))
    assert not any(text.startswith("epoch") for text in seen)
    assert broken.read_bytes() == whole.read_bytes()
    assert parameters_file(broken).read_bytes() == parameters_file(whole).read_bytes()


def test_a_budget_that_was_too_small_can_be_made_larger_without_training_again(tmp_path):
    pytest.importorskip("scipy")
    out, seen = tmp_path / "net.safetensors", []
    with pytest.raises(UsageError, match="the budget must be larger"):
        train(configuration(LARGE, encoder=TWO_BITS, budget={"luts": 0}), rings(), out)
    larger = configuration(LARGE, encoder=TWO_BITS, budget={"luts": 150})
    train(larger, rings(), out, lambda text, *_: seen.append(text))
    assert not any(text.startswith("epoch") for text in seen)
    assert estimated_luts(read_network(out)) <= 150


@pytest.mark.parametrize(
    ("layers", "head", "message"),
    [
        ([{"kind": "linear", "neurons": 4, "fan_in": 2}], "argmax", "must have 3 neurons"),
        ([{"kind": "linear", "neurons": 6, "fan_in": 2}], "popcount", "must have 1 bit"),
        ([{"kind": "learned_table", "neurons": 5}], "popcount", "multiple of the 3 classes"),
        (
            [{"kind": "linear", "neurons": 4, "fan_in": 2, "bits": 8}] * 2
            + [{"kind": "linear", "neurons": 3, "fan_in": 3}],
            "argmax",
            "layers.2: fan_in times the bits of an element must be at most 16, not 3 times 8",
        ),
        (
            [
                {"kind": "linear", "neurons": 4, "fan_in": 2, "bits": 2},
                {"kind": "learned_table", "neurons": 3},
            ],
            "popcount",
            "layers.1: kind learned_table must follow elements of 1 bit, not 2",
        ),
    ],
)
def test_layers_that_do_not_fit_give_one_line(tmp_path, layers, head, message):
    with pytest.raises(UsageError, match=message) as caught:
        train(configuration(layers, head), rings(), tmp_path / "net.safetensors")
    assert "\n" not in str(caught.value)


@st.composite
def networks(draw):
    """Return (layers, head, encoder) of a small network of mixed kinds that fits together."""
    bits = draw(st.integers(1, 3))
    coding = draw(st.sampled_from(["binary", "thermometer"]))
    encoder = {"coding": coding, "bits": bits, "levels": bits}
    before = bits if coding == "binary" else 1
    signed, layers = False, []
    for place in range(draw(st.integers(1, 3)), 0, -1):
        kinds = ["linear", "polynomial", "mlp", "spline"]
        if before == 1 and not signed:
            kinds.append("learned_table")
        kind = draw(st.sampled_from(kinds))
        last = place == 1
        layer = {"kind": kind, "neurons": 3 if last else draw(st.integers(1, 6))}
        layer["fan_in"] = draw(st.integers(1, 6 // before))
        layer["connect"] = draw(st.sampled_from(["random", "learned"]))
        tree = draw(st.sampled_from([None, [2], [2, 1], [3, 2]]))
        if kind in ("linear", "polynomial", "spline") and draw(st.booleans()):
            layer["fan_in"] = 1
            layer["connect"] = draw(st.sampled_from(["magnitude", "dense_to_sparse"]))
        before, signed = 1, False
        if kind != "learned_table":
            before, signed = draw(st.integers(1, 3)), draw(st.booleans())
            layer |= {"bits": before, "signed": signed}
            if not tree and layer["connect"] in ("random", "learned"):
                layer["terms"] = draw(st.integers(1, 3))
        if tree:
            most = 1 if kind == "learned_table" else 2
            layer["tree"] = {"fan_in": tree, "bits": draw(st.integers(1, most))}
        if kind == "mlp":
            layer |= {"width": 3, "depth": draw(st.integers(1, 3)), "skip": draw(st.integers(0, 2))}
        layers.append(layer)
    popcount = (before, signed) == (1, False) and draw(st.booleans())
    return layers, "popcount" if popcount else "argmax", encoder


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(networks(), st.integers(0, 1000))
def test_random_networks_of_mixed_kinds_are_their_tables(tmp_path, network, seed):
    out = tmp_path / "random.safetensors"
    data = rings(200, 4)
    layers, head, encoder = network
    facts = train(configuration(layers, head, encoder, epochs=1, seed=seed), data, out)
    by_table = classes_by_table(read_network(out), data.test)
    assert (torch_classes(out, facts, data, data.test) == by_table).all()


def test_moved_images_are_the_encoded_images_that_were_moved():
    images = np.random.default_rng(1).integers(0, 3, (40, 3, 3))
    encoder = ThresholdLayer([[1, 2]] * 9, "thermometer")
    connected = [0, 3, 8, 9, 16, 17]
    shifts = Shifts(1, 9, 18, connected)
    codes = torch.from_numpy(encoded(encoder, images.reshape(40, 9)).T.copy())
    found = shifts.moved(codes, np.random.default_rng(2)).numpy()
    moves = set()
    for image, row in zip(images, found, strict=True):
        padded = np.pad(image, 1)
        for down, right in [(y, x) for y in range(3) for x in range(3)]:
            moved = padded[2 - down : 5 - down, 2 - right : 5 - right].reshape(1, 9)
            if (encoded(encoder, moved)[connected, 0] == row).all():
                moves.add((down, right))
                break
        else:
            raise AssertionError("no move gives these codes")
    assert len(moves) >= 8


def test_only_square_images_are_moved(tmp_path):
    layers = [{"kind": "learned_table", "neurons": 30}]
    chosen = configuration(layers, "popcount", shift=1)
    with pytest.raises(UsageError, match="shift must be 0 for 6 features"):
        train(chosen, rings(), tmp_path / "net.safetensors")
    train(chosen, rings(200, 9), tmp_path / "net.safetensors")
