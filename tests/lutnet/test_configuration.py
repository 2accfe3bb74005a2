"""Configurations of training: mistakes give one line, with file and line number."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from hwgen.errors import UsageError
from hwgen.lutnet.config import checked_configuration, read_configuration

ROOT = Path(__file__).parents[2]

GOOD = """\
data: {set: digits}
layers:
  - kind: mlp
    neurons: 20
    fan_in: 4
    width: 8
  - {kind: linear, neurons: 10, fan_in: 6, bits: 4}
training:
  epochs: 3
"""


def test_a_configuration_is_read_with_defaults(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(GOOD)
    found = read_configuration(path)
    assert (found.layers[0].width, found.layers[0].depth, found.layers[0].terms) == (8, 2, 1)
    assert (found.training.epochs, found.training.batch) == (3, 256)
    assert checked_configuration(found.model_dump(mode="json")) == found


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: mlp", "kind: mpl", "3: kind must be one of .*, not 'mpl'; did you mean 'mlp'"),
        ("neurons: 20", "neurons: many", "4: neurons: input should be a valid integer"),
        ("neurons: 20", "neurons: 0", "4: neurons: input should be .* 1, not 0"),
        ("width: 8", "wdith: 8", "6: there is no key 'wdith'"),
        ("    fan_in: 4\n", "", "3: key 'fan_in' is missing"),
        ("  epochs: 3", "  epochs: 0", "9: epochs: "),
        ("set: digits", "set: letters", "1: set: input should be 'digits', "),
        ("training:", "trianing:", "8: there is no key 'trianing'"),
        ("data: {set: digits}", "", "key 'data' is missing"),
        ("  epochs: 3", "  epochs: [3", "[0-9]+: "),
        ("  epochs: 3", "  epochs: 3\n  epochs: 4", "10: key 'epochs' stands on line 9 already"),
        ("  epochs: 3", "  epochs: 2020-13-01", "9: value '2020-13-01' cannot be read"),
        ("  epochs: 3", "  ? {}\n  : 3", "9: key must be one word or number"),
        ("kind: mlp", "kind: [mlp]", "3: kind must be one of "),
        ("layers:", "encoder: {thresholds: [a]}\nlayers:", "2: thresholds: input should be "),
        ("kind: linear", "kind: learned_table", "7: bits: input should be 1"),
        ("fan_in: 6", "fan_in: &a [*a]", "7: fan_in: "),
        ("training:", "budget: {}\ntraining:", "8: budget must have luts, registers or both"),
        ("training:", "budget: {luts: -1}\ntraining:", "8: luts: input should be .* 0, not -1"),
        ("training:", "budget: {block_rams: 2}\ntraining:", "8: block_rams must come with luts"),
        (
            "training:",
            "budget: {luts: 9, block_rams: 2, target: generic}\ntraining:",
            "8: target must be a fabric that has block RAM, not 'generic'",
        ),
        ("training:", "budget: {luts: 9, target: ecp6}\ntraining:", "8: .*'ecp6'"),
    ],
)
def test_a_mistake_gives_one_line_with_its_place(tmp_path, old, new, message):
    path = tmp_path / "c.yaml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(UsageError, match=message) as caught:
        read_configuration(path)
    assert str(caught.value).startswith(f"{path}:")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- 1\n", "3\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match="configuration must hold keys and values"):
        read_configuration(path)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(UsageError, match=r"cannot read configuration 'no.yaml': No such file"):
        read_configuration("no.yaml")


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        ({"thresholds": [3, 2]}, "thresholds must be a list of ascending integers"),
        ({"thresholds": [1 << 70]}, r"thresholds must be from -2\*\*31 to 2\*\*31"),
        ({"thresholds": []}, "thresholds must be a list of ascending integers"),
        (
            {"thresholds": [1, 2], "coding": "binary", "bits": 2},
            "thresholds must be 3 for 2 bits, not 2",
        ),
    ],
)
def test_thresholds_that_cannot_be_are_refused(encoder, message):
    values = {"data": {"set": "digits"}, "encoder": encoder}
    layers = [{"kind": "linear", "neurons": 10, "fan_in": 2}]
    with pytest.raises(UsageError, match=message):
        checked_configuration({**values, "layers": layers})


COMMITTED = [ROOT / "examples" / "digits.yaml", *(ROOT / "examples" / "lutnet").glob("*.yaml")]


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_the_committed_configurations_are_read(path):
    read_configuration(path)
