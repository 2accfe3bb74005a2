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


# trained where they are measured, or for smoke tests only
WITHOUT_NETWORK = {"digits-linear", "digits-mlp", "mnist-hdr", "jets-smoke"}


def test_every_configuration_can_be_read_and_is_on_the_page():
    from hwgen.lutnet.config import read_configuration

    pytest.importorskip("torch")
    configurations = {path.stem: read_configuration(path) for path in FOLDER.glob("*.yaml")}
    assert set(configurations) == {path.stem for path in NETWORKS} | WITHOUT_NETWORK
    page = (FOLDER / "README.md").read_text()
    assert [name for name in configurations if f"`{name}" not in page] == []


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_it_was_trained_by_its_configuration(path):
    pytest.importorskip("torch")
    from hwgen.lutnet.config import checked_configuration, read_configuration

    trained = checked_configuration(read_network_facts(path)["configuration"])
    assert trained == read_configuration(path.with_suffix(".yaml"))
