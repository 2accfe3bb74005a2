"""The files of every package, word for word, in ``tests/data/packages``.

After a change that is meant, write them anew and look at the difference:
``HWGEN_WRITE_GOLDEN=1 python -m pytest tests/flow/test_package_files.py``.
"""

import os
import re
import shutil
from pathlib import Path

import pytest
from package_core import CORE, JoinConfig

import hwgen
from hwgen.errors import UsageError
from hwgen.flow.lint import WAIVERS
from hwgen.flow.packages import BUSES, KINDS, package

GOLDEN = Path(__file__).parents[1] / "data" / "packages"
CASES = [(kind, bus) for kind in KINDS for bus in BUSES]


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Return a function that writes a package; the program's version is 1.2.3."""
    monkeypatch.setattr(hwgen, "__version__", "1.2.3")

    def run(kind, bus, **options):
        config = JoinConfig(**{"freq": 150.0} | options)
        return package(CORE, config, tmp_path / "made", kind=kind, bus=bus, vectors=6, seed=2)

    return run


def texts(*folders):
    """Return all files but those of other subjects, the core and waivers; digests are masked."""
    paths = [each for folder in folders for each in folder.iterdir() if each.name != "toy_join.v"]
    found = {path.name: path.read_text() for path in paths if path.suffix != ".vlt"}
    return {name: re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text) for name, text in found.items()}


@pytest.mark.parametrize(("kind", "bus"), CASES)
def test_package_equals_its_golden_files(kind, bus, make):
    result = make(kind, bus)
    # wrapper, bench and vectors are the same whoever imports them
    own, shared = GOLDEN / f"{kind}-{bus}", GOLDEN / bus
    made = texts(result.emitted.verilog.parent)
    if os.environ.get("HWGEN_WRITE_GOLDEN"):
        shutil.rmtree(own, ignore_errors=True)
        for name, text in made.items():
            folder = shared if Path(name).suffix in (".v", ".hex") else own
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    golden = texts(own, shared)
    assert sorted(made) == sorted(golden)
    for name, text in made.items():
        assert text == golden[name], name


@pytest.mark.parametrize(("kind", "bus"), CASES)
def test_result_and_readme_list_every_file_in_the_folder(kind, bus, make):
    result = make(kind, bus)
    folder = result.emitted.verilog.parent
    names = {path.name for path in folder.iterdir()}
    assert {path.name for path in result.paths} == names
    listed = re.findall(r"^\| `(\S+\.\w+)` \|", (folder / "README.md").read_text(), re.MULTILINE)
    assert set(listed) == names


def test_waivers_are_those_of_lint_and_hold_for_this_core_only(make):
    result = make("fusesoc", "axis")
    (path,) = [path for path in result.paths if path.suffix == ".vlt"]
    waived = re.findall(r"^lint_off -rule (\w+)(.*)$", path.read_text(), re.MULTILINE)
    assert {rule for rule, _ in waived} == set(re.findall(r"-rule (\w+)", WAIVERS.read_text()))
    assert all(rest.startswith(' -file "*toy_join*.v"') for _, rest in waived)


@pytest.mark.parametrize("kind", ["vivado", "quartus", "radiant"])
def test_a_clock_is_constrained_only_where_a_frequency_was_asked_for(kind, make):
    constraints = {".xdc", ".sdc", ".pdc", ".lpf"}
    slow = make(kind, "axis", freq=None)
    assert not constraints & {path.suffix for path in slow.paths}
    text = "".join(path.read_text() for path in slow.paths)
    assert "FREQ_HZ" not in text
    assert "_ooc" not in text


@pytest.mark.parametrize(
    ("freq", "period"), [(150.0, "6.666"), (100.0, "10.000"), (33.3, "30.030")]
)
def test_the_constrained_period_is_never_longer_than_asked_for(freq, period, make):
    result = make("vivado", "axis", freq=freq)
    (xdc,) = [path for path in result.paths if path.suffix == ".xdc"]
    assert f"-period {period} " in xdc.read_text()
    assert float(period) <= 1000 / freq


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "vivaldo"}, "package must be one of .*not 'vivaldo'; did you mean 'vivado'?"),
        ({"bus": "axi"}, "bus must be one of axis, raw, not 'axi'; did you mean 'axis'?"),
        ({"vectors": 0}, "vectors must be at least 1 in a package, not 0"),
        ({"target": "ecp5"}, "target must be one of generic, xilinx7, .* for vivado, not 'ecp5'"),
    ],
)
def test_a_request_that_no_package_answers_is_a_usage_error(options, message, tmp_path):
    config = JoinConfig(target=options.pop("target", "generic"))
    with pytest.raises(UsageError, match=message):
        package(CORE, config, tmp_path, **{"kind": "vivado", **options})
    assert list(tmp_path.iterdir()) == []
