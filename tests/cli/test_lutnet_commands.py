"""``hwgen lutnet train``, ``eval`` and ``report``."""

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.formats.lut_network import Elements, LutNetwork, TableLayer
from hwgen.formats.lut_network_file import network_bytes

EXAMPLES = Path(__file__).parents[2] / "examples"

CONFIG = """\
data: {set: digits}
encoder: {thresholds: [8]}
layers:
  - {kind: learned_table, neurons: 100, connect: learned}
head: {kind: popcount}
training: {epochs: 4, batch: 64, rate: 0.03}
"""


@pytest.fixture
def trained(hwgen):
    pytest.importorskip("torch")
    Path("small.yaml").write_text(CONFIG)
    return json.loads(hwgen("lutnet train small.yaml --json").stdout)


def test_training_writes_a_network_that_is_evaluated_the_same_by_both_backends(trained, hwgen):
    assert trained["schema"] == "hwgen-lutnet-train/1"
    assert trained["file"] == "small.safetensors"
    assert trained["accuracy"]["test"] > 50
    for backend in ("table", "torch"):
        found = json.loads(
            hwgen(f"lutnet eval small.safetensors --backend {backend} --json").stdout
        )
        assert found["accuracy"] == pytest.approx(trained["accuracy"]["test"], abs=1e-3)
        assert (found["vectors"], found["data_of_training"]) == (359, True)
    assert "of 1,438 vectors (train)" in hwgen("lutnet eval small.safetensors --part train").stdout


def test_a_table_that_differs_from_the_function_is_found(trained, hwgen, fails):
    from hwgen.formats.lut_network_file import read_network, read_network_facts

    network, facts = (each("small.safetensors") for each in (read_network, read_network_facts))
    first, tables, sums = network.layers
    other = TableLayer(tables.inputs, 1 - tables.tables, 1)
    changed = LutNetwork(network.inputs, (first, other, sums))
    Path("small.safetensors").write_bytes(network_bytes(changed, facts))
    message = fails("lutnet eval small.safetensors --backend torch", 3)
    assert "of 359 vectors have another class by the tables than by the functions" in message


def test_parameters_that_are_not_there_are_asked_for(trained, fails):
    Path(trained["parameters"]).unlink()
    message = fails("lutnet eval small.safetensors --backend torch", 2)
    assert "must have the parameters 'small.parameters.safetensors'" in message


def test_a_report_needs_no_data_and_counts_everything(trained, hwgen):
    found = json.loads(hwgen("lutnet report small.safetensors --json").stdout)
    assert [each["kind"] for each in found["layers"]] == ["thresholds", "tables", "sums"]
    counted = sum(each["luts"] for each in found["layers"]) + found["head"]["luts"]
    assert found["estimated_lut6"] == counted == trained["estimated_lut6"]
    text = hwgen("lutnet report small.safetensors").stdout
    assert "64 inputs of 5 bits, unsigned" in text
    assert f"test {trained['accuracy']['test']:.2f} %" in text


def test_without_pytorch_the_command_that_helps_is_named(hwgen, fails, monkeypatch):
    monkeypatch.setattr("hwgen.requirement.find_spec", lambda name: None)
    message = fails("lutnet train c.yaml", 4)
    assert message.endswith("pip install 'hwgen[lutnet]'")


def test_a_network_without_facts_cannot_say_its_data(hwgen, fails):
    network = LutNetwork(Elements(2, 1), (TableLayer([[0, 1]], [[0, 1, 1, 0]], 1),), "none")
    Path("bare.safetensors").write_bytes(network_bytes(network))
    assert "does not say with which data it was trained" in fails("lutnet eval bare.safetensors", 2)
    assert json.loads(hwgen("lutnet report bare.safetensors --json").stdout)["accuracy"] is None


def test_other_data_are_noticed(trained, hwgen, fails):
    rows = np.random.default_rng(1).integers(0, 17, (50, 65))
    rows[:, -1] %= 10
    np.savetxt("other.csv", rows, "%d", ",")
    found = hwgen("lutnet eval small.safetensors --data other.csv").stdout
    assert "these are not the data that the network was trained with" in found
    assert "no command 'trian'; did you mean 'train'" in fails("lutnet trian", 2)


@pytest.mark.slow
def test_the_example_of_digits_is_right_in_93_percent(hwgen):
    pytest.importorskip("torch")
    found = json.loads(hwgen(f"lutnet train {EXAMPLES / 'digits.yaml'} --json").stdout)
    assert found["accuracy"]["test"] >= 93


@pytest.mark.parametrize("out", ["missing/net.safetensors", "folder.safetensors"])
def test_training_asks_for_a_file_that_can_be_written_before_it_begins(out, hwgen, monkeypatch):
    pytest.importorskip("torch")
    from hwgen.lutnet import trainer

    monkeypatch.setattr(trainer._Run, "one_epoch", lambda *_: pytest.fail("training began"))
    Path("small.yaml").write_text(CONFIG)
    Path("missing").write_text("a file, no folder")
    Path("folder.safetensors").mkdir()
    found = hwgen(f"lutnet train small.yaml --out {out}", expect=2)
    assert found.stderr.startswith("hwgen: error: ") and found.stderr.count("\n") == 1


def test_training_leaves_the_network_and_its_parameters_only(trained):
    assert sorted(each.name for each in Path().iterdir() if "small" in each.name) == [
        "small.parameters.safetensors",
        "small.safetensors",
        "small.yaml",
    ]


@pytest.mark.parametrize("change", ["prune", pytest.param("simplify", marks=pytest.mark.slow)])
def test_a_changed_network_is_its_verilog_on_all_test_vectors(trained, hwgen, change):
    pytest.importorskip("scipy")
    from hwgen.formats.lut_network_file import read_network

    budget = f" --luts {trained['estimated_lut6'] - 40}" if change == "prune" else ""
    hwgen(f"lutnet {change} small.safetensors --out other.safetensors{budget}")
    old, new = (read_network(f"{name}.safetensors") for name in ("small", "other"))
    assert new.digest != old.digest
    found = json.loads(hwgen("lutnet eval other.safetensors --backend rtl --json").stdout)
    assert found["vectors"] == 359 and found["accuracy"] > 40
    result = hwgen("verify --core lutnet --net other.safetensors --vectors 100").stdout
    assert "results match the golden model" in result


def test_a_simplified_network_keeps_its_classes_of_training_and_tells_what_it_costs(trained, hwgen):
    from hwgen.formats.lut_network_file import read_network, read_network_facts
    from hwgen.lutnet.config import DataOptions, training_options
    from hwgen.lutnet.data import read_data
    from hwgen.lutnet.evaluation import classes_by_table, training_split

    found = json.loads(hwgen("lutnet simplify small.safetensors --map --json").stdout)
    assert found["schema"] == "hwgen-lutnet-simplify/1"
    assert found["file"] == "small-simplified.safetensors"
    assert 0 < found["free"] < found["entries"] == 100 * 64
    assert found["before"]["accuracy"]["test"] == trained["accuracy"]["test"]
    assert found["after"]["mapped_lut4"] < found["before"]["mapped_lut4"]
    facts = read_network_facts(found["file"])
    assert facts["accuracy"] == found["after"]["accuracy"]
    old, new = (read_network(name) for name in ("small.safetensors", found["file"]))
    assert facts["simplified"]["from"] == old.digest != new.digest
    data = read_data(DataOptions(set="digits"))
    used, held = training_split(len(data.train), training_options(facts))
    assert sorted([*used, *held]) == list(range(len(data.train)))
    before, after = (classes_by_table(each, data.train) for each in (old, new))
    assert (before == after)[used].all()
    text = hwgen(f"lutnet eval {found['file']}").stdout
    assert f"{found['after']['accuracy']['test']:.2f} % of 359" in text


def test_a_network_is_not_simplified_in_its_place(trained, fails):
    message = fails("lutnet simplify small.safetensors --out small.safetensors", 2)
    assert "--out must be another file than NET" in message


def test_a_pruned_network_is_within_its_budget(trained, hwgen, fails):
    pytest.importorskip("scipy")
    from hwgen.formats.lut_network_file import read_network_facts

    most = trained["estimated_lut6"] - 40
    found = json.loads(hwgen(f"lutnet prune small.safetensors --luts {most} --json").stdout)
    assert found["schema"] == "hwgen-lutnet-prune/1"
    assert found["after"]["estimated_lut6"] <= most < found["before"]["estimated_lut6"]
    assert found["after"]["accuracy"]["train"] > found["before"]["accuracy"]["train"] - 10
    facts = read_network_facts(found["file"])
    assert facts["pruned"]["limits"] == found["limits"] == {"luts": most}
    reported = json.loads(hwgen(f"lutnet report {found['file']} --json").stdout)
    assert reported["estimated_lut6"] == found["after"]["estimated_lut6"]
    assert "a budget must be given" in fails("lutnet prune small.safetensors", 2)
    assert "the budget must be larger" in fails("lutnet prune small.safetensors --luts 0", 2)


LARGE = """\
data: {set: digits}
encoder: {thresholds: [8]}
layers:
  - {kind: linear, neurons: 12, fan_in: 10, bits: 1}
  - {kind: linear, neurons: 10, fan_in: 6, bits: 4}
training: {epochs: 2, batch: 64, rate: 0.03}
"""


def test_a_network_pruned_with_block_ram_is_built_within_its_budget_as_it_says(hwgen, fails):
    for package in ("torch", "scipy"):
        pytest.importorskip(package)
    from hwgen.formats.lut_network_file import read_network_facts

    Path("large.yaml").write_text(LARGE)
    trained = json.loads(hwgen("lutnet train large.yaml --json").stdout)
    most = 200
    text = f"lutnet prune large.safetensors --luts {most} --block-rams 3"
    found = json.loads(hwgen(f"{text} --json").stdout)
    after, names = found["after"], found["block_tables"]
    assert found["before"]["estimated_lut6"] == trained["estimated_lut6"] > most
    assert after["estimated_lut6"] <= most and 1 <= after["estimated_block_rams"] <= 3
    assert found["before"]["estimated_block_rams"] == 0
    facts = read_network_facts(found["file"])["pruned"]
    assert facts["limits"] == found["limits"] == {"luts": most, "block_rams": 3}
    assert (facts["block_tables"], facts["target"]) == (names, found["target"]) == (names, "ecp5")
    assert f"build it with --block-tables {names}" in hwgen(text).stdout
    checked = hwgen(
        f"verify --core lutnet --net {found['file']} --block-tables {names} --vectors 100"
    ).stdout
    assert "results match the golden model" in checked
    message = fails(f"lutnet eval {found['file']} --backend torch", 2)
    assert "its tables are no longer those of the functions" in message


def test_training_with_a_budget_prints_what_to_build_with(hwgen):
    for package in ("torch", "scipy"):
        pytest.importorskip(package)
    Path("large.yaml").write_text(f"{LARGE}budget: {{luts: 200, block_rams: 2}}\n")
    found = json.loads(hwgen("lutnet train large.yaml --json").stdout)
    assert found["estimated_lut6"] <= 200
    names = found["pruned"]["block_tables"]
    assert 1 <= names.count("/") <= 2
    printed = hwgen("lutnet train large.yaml").stdout
    assert "accuracy before the budget: train " in printed
    assert printed.endswith(f"build it with --block-tables {names}\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--block-rams 3", "--block-rams must come with --luts: tables stand there in place of"),
        ("--luts 9 --target ecp5", "--target must come with --block-rams"),
        ("--luts 9 --block-rams 1 --target ecp6", "'ecp6'"),
        ("--luts 9 --block-rams -1", "-1 is not in the range"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(options, message, fails):
    pytest.importorskip("scipy")
    assert message in fails(f"lutnet prune small.safetensors {options}", 2)


def test_without_scipy_a_budget_is_refused_before_training(fails, monkeypatch):
    pytest.importorskip("torch")
    from hwgen import requirement

    found = requirement.find_spec
    monkeypatch.setattr(
        "hwgen.requirement.find_spec", lambda name: None if name == "scipy" else found(name)
    )
    Path("large.yaml").write_text(f"{LARGE}budget: {{luts: 400}}\n")
    message = fails("lutnet train large.yaml", 4)
    assert message.startswith("hwgen lutnet train with a budget needs SciPy")


def test_without_scipy_pruning_names_the_command_that_helps(fails, monkeypatch):
    monkeypatch.setattr("hwgen.requirement.find_spec", lambda name: None)
    message = fails("lutnet prune small.safetensors --luts 9", 4)
    assert message == (
        "hwgen lutnet prune needs SciPy, which is not installed; pip install 'hwgen[lutnet]'"
    )
