"""The trained networks in examples/lutnet are what their page and configurations say."""

from pathlib import Path

import pytest

from hwgen.formats.lut_network_file import read_network, read_network_facts
from hwgen.lutnet.estimate import estimated_luts

FOLDER = Path(__file__).parents[2] / "examples" / "lutnet"
NETWORKS = sorted(FOLDER.glob("*.safetensors"))


def test_there_are_networks():
    assert NETWORKS


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_the_page_has_its_accuracy_and_size(path):
    accuracy = read_network_facts(path)["accuracy"]
    luts = estimated_luts(read_network(path))
    cells = [f"{accuracy[name]:.2f}" for name in ("train", "validation", "test")]
    row = f"| `{path.stem}` | {' | '.join(cells)} | {luts:,} |"
    assert row in (FOLDER / "README.md").read_text()


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_it_was_trained_by_its_configuration(path):
    pytest.importorskip("torch")
    from hwgen.lutnet.config import checked_configuration, read_configuration

    trained = checked_configuration(read_network_facts(path)["configuration"])
    assert trained == read_configuration(path.with_suffix(".yaml"))
