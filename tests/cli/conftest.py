"""A core that exists in these tests only: the command line needs a catalogue entry, no circuit."""

import dataclasses
import json
from types import SimpleNamespace
from typing import Literal

import pydantic
import pytest
from click.testing import CliRunner

from hwgen import catalogue
from hwgen.cli import application
from hwgen.errors import UsageError, nearest


@pydantic.dataclasses.dataclass(frozen=True)
class ToyConfig:
    fmt_a: str = pydantic.Field(default="fp6", description="Format of operand a")
    fmt_b: str = pydantic.Field(default="fp6", description="Format of operand b")
    k: int = pydantic.Field(default=32, description="Elements of a block")
    lanes: int | None = pydantic.Field(
        default=None, description="Lanes; all of the block if absent"
    )
    dsp: Literal["auto", "none"] | int = pydantic.Field(default="auto", description="Multipliers")
    specials: Literal["ieee", "ignore"] = pydantic.Field(default="ieee", description="NaN rules")
    registered: bool = pydantic.Field(default=True, description="Registers at the output")
    freq: float | None = pydantic.Field(default=None, description="Clock target in MHz")
    target: str = pydantic.Field(default="ecp5", description="Fabric")

    def as_dict(self):
        return dataclasses.asdict(self)


def configure(values):
    values = dict(values)
    short = values.pop("fmt", None)
    for name in ("fmt_a", "fmt_b") if short else ():
        values.setdefault(name, short)
    config = ToyConfig(**values)
    if config.lanes and config.k % config.lanes:
        raise UsageError(f"lanes must divide k ({config.k}), not {config.lanes}")
    return config


@pytest.fixture
def toy(monkeypatch):
    """Put the toy core into the catalogue, alone."""
    core = SimpleNamespace(
        name="toy",
        summary="A core without hardware.",
        source="these tests",
        config=ToyConfig,
        shorthands={"fmt": ("fmt_a", "fmt_b")},
        configure=configure,
    )

    def get(name):
        if name != core.name:
            raise UsageError(f"no core {name!r}{nearest(name, [core.name])}")
        return core

    monkeypatch.setattr(catalogue, "get", get, raising=False)
    monkeypatch.setattr(catalogue, "names", lambda: (core.name,), raising=False)
    return core


@pytest.fixture
def hwgen(tmp_path, monkeypatch):
    """Run a command line in an empty folder: the result has exit_code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(line, expect=0):
        result = CliRunner().invoke(application, line.split())
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == expect, result.stderr + result.stdout
        return result

    return run


@pytest.fixture
def fails(hwgen):
    """Run a command line that must fail; return its one line of explanation."""

    def run(line, code):
        result = hwgen(line, expect=code)
        assert result.stdout == ""
        lines = result.stderr.splitlines()
        assert len(lines) == 1, lines
        assert lines[0].startswith("hwgen: error: ")
        as_json = hwgen(f"{line} --json", expect=code)
        document = json.loads(as_json.stdout)
        assert document["schema"] == "hwgen-error/1"
        assert document["exit_code"] == code
        assert document["message"] in lines[0]
        return document["message"]

    return run
