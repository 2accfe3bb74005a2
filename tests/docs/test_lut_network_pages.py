"""The pages about networks of look-up tables: the kind of the how-to, the tutorial, the picture."""

import runpy
import shlex
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from click.testing import CliRunner
from documents import PAGES, ROOT, code_blocks

from hwgen.cli import application

TUTORIAL = ROOT / "docs" / "tutorial-lut-network.md"
KIND = ROOT / "docs" / "how-to-add-a-neuron-kind.md"


def lines(page):
    """Return the words of all `hwgen lutnet` command lines of a page, without those two."""
    found = page.read_text().splitlines()
    words = [shlex.split(line, comments=True) for line in found if line.startswith("hwgen lutnet ")]
    return [each[2:] for each in words]


@pytest.mark.parametrize(
    "page", [each for each in PAGES if lines(each)], ids=lambda page: page.name
)
def test_options_of_the_commands_on_the_page_exist(page):
    group = application.get_command(None, "lutnet")
    for name, *words in lines(page):
        command = group.get_command(None, name)
        assert command is not None, name
        command.make_context(name, list(words), parent=group.make_context("lutnet", [name]))


def test_the_kind_of_the_page_trains_and_its_tables_are_its_function(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    from hwgen.lutnet import kinds
    from hwgen.lutnet.config import checked_configuration
    from hwgen.lutnet.data import read_data
    from hwgen.lutnet.evaluation import classes_by_table
    from hwgen.lutnet.trainer import torch_classes, train

    module = ModuleType("hwgen.lutnet.kinds.maximum")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    (text,) = code_blocks(KIND, "python")
    exec(compile(text, str(KIND), "exec"), module.__dict__)
    monkeypatch.setitem(kinds.KINDS, "maximum", module)
    configuration = checked_configuration(
        {
            "data": {"set": "digits"},
            "encoder": {"thresholds": [4, 8, 12], "coding": "binary"},
            "layers": [
                {"kind": "maximum", "neurons": 60, "fan_in": 3},
                {"kind": "maximum", "neurons": 10, "fan_in": 6, "bits": 4},
            ],
            "training": {"epochs": 8, "batch": 64},
        }
    )
    data = read_data(configuration.data)
    facts = train(configuration, data, tmp_path / "net.safetensors")
    # by chance it is 10
    assert facts["accuracy"]["test"] > 20
    from hwgen.formats.lut_network_file import read_network

    network = read_network(tmp_path / "net.safetensors")
    found = torch_classes(tmp_path / "net.safetensors", facts, data, data.test)
    assert (found == classes_by_table(network, data.test)).all()
    function = module.Function(2, 3, None)
    values = torch.randn(2, 3, 5)
    expected = np.max((function.slope * values + function.constant).detach().numpy(), axis=1)
    assert np.array_equal(function.evaluate(values).detach().numpy(), expected)


def test_the_picture_is_drawn_from_the_figures_of_the_benchmark(tmp_path):
    pytest.importorskip("matplotlib")
    script = runpy.run_path(str(ROOT / "benchmarks" / "lutnet_picture.py"))
    found = script["found_points"]()
    script["draw"](found, tmp_path / "p.svg")
    drawn = (tmp_path / "p.svg").read_text()
    assert all(f">{each.name}<" in drawn for each in found)
    committed = script["PICTURE"].read_text()
    assert all(f">{each.name}<" in committed for each in found)
    assert [each.name for each in tmp_path.iterdir()] == ["p.svg"]


@pytest.mark.slow
def test_the_tutorial_runs_as_it_stands(tmp_path, monkeypatch):
    """All but what needs a board, and what measures."""
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    Path("examples").symlink_to(ROOT / "examples")
    for words in lines(TUTORIAL):
        if words[0] == "compile" or {"/dev/ttyUSB0", "--measure"} & set(words):
            continue
        result = CliRunner().invoke(application, ["lutnet", *words])
        assert result.exit_code == 0, result.stderr
    shown = result.stdout.splitlines()
    assert shown[-1] == "the board at sim gives the classes of the tables"
    assert Path("digits.html").exists()
