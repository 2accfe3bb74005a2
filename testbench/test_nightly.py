"""The nightly random regression: what it draws, keeps and reports."""

import json
import random
import shlex
import typing
from dataclasses import replace

import nightly
import pytest
from hwgen.cores.config import Rounding
from random_configs import InvalidRefusal, command_options, draw, draw_valid

from hwgen import catalogue
from hwgen.errors import UsageError


@pytest.mark.parametrize("name", catalogue.names())
def test_a_seed_draws_the_same_valid_configuration_of_every_core(name):
    core = catalogue.get(name)
    for seed in range(20):
        options, refused = draw_valid(core, f"{name}/{seed}")
        core.configure(options)
        assert (options, refused) == draw_valid(core, f"{name}/{seed}")


@pytest.mark.parametrize("name", catalogue.names())
def test_every_field_of_a_core_is_drawn(name):
    core = catalogue.get(name)
    drawn = {field for seed in range(60) for field in draw(core, random.Random(seed))}
    covered = {field for each in drawn for field in core.shorthands.get(each, (each,))}
    given_by_files = {"tensor", "digest"}
    assert set(core.config.__dataclass_fields__) - given_by_files <= covered


def test_some_of_what_is_drawn_is_invalid():
    refused = [draw_valid(catalogue.get("mx-dot"), seed)[1] for seed in range(20)]
    assert any(refused)


@pytest.mark.parametrize("error", [IndexError("bits"), UsageError("one line\nand another")])
def test_a_config_that_breaks_is_no_refusal(error):
    def broken(**options):
        raise error

    broken.__pydantic_fields__ = broken.__dataclass_fields__ = {}
    core = replace(catalogue.get("fixed-add"), config=broken, shorthands={})
    with pytest.raises(InvalidRefusal):
        draw_valid(core, 1)


def test_every_rounding_mode_has_its_night():
    nights = [list(nightly.millions(20260101 + day)) for day in range(6)]
    for runs in zip(*nights, strict=True):
        (core,) = {name for _, name, _ in runs}
        modes = {options["rounding"] for _, _, options in runs}
        assert modes >= set(typing.get_args(Rounding)) - {"stochastic"}
        for _, _, options in runs:
            catalogue.get(core).configure(options)


def test_a_run_goes_on_where_it_stopped_and_tries_again_what_failed(tmp_path):
    tried, said = [], []

    def item(name, outcome):
        def function():
            tried.append(name)
            return {"outcome": outcome, "command": f"hwgen verify {name}", "message": "differs"}

        return name, function

    path = tmp_path / "night.jsonl"
    first = [item("a", "passed"), item("b", "failed")]
    nightly.run(first, nightly.Record(path), 1, said.append)
    assert said == ["b failed: differs\n    hwgen verify b"]
    record = nightly.Record(path)
    assert [each["item"] for each in record.failures] == ["b"]
    nightly.run([item("a", "passed"), item("b", "passed"), item("c", "passed")], record, 1, print)
    assert tried == ["a", "b", "b", "c"]
    assert nightly.Record(path).failures == []


def test_the_reported_command_is_the_configuration(monkeypatch):
    monkeypatch.setattr(nightly, "VECTORS", 50)
    result = nightly.random_configuration("fixed-convert", "3/fixed-convert/0")
    options, _ = draw_valid(catalogue.get("fixed-convert"), "3/fixed-convert/0")
    assert result["outcome"] == "passed"
    assert shlex.join(command_options(options)) in result["command"]


def test_what_differs_or_is_refused_late_fails_and_says_why():
    wrong = nightly.verify("fixed-add", {"fmt": "int999"}, 50, 1)
    assert wrong["outcome"] == "failed"
    assert "int999" in wrong["message"]
    slow = nightly.verify("fixed-mul", {"fmt": "int30", "freq": 2000, "dsp": "none"}, 50, 1)
    assert slow["outcome"] == "refused"


def test_a_night_ends_with_its_counts_as_json(tmp_path, monkeypatch, capsys):
    result = {"outcome": "failed", "command": "hwgen verify", "message": "differs"}
    monkeypatch.setattr(nightly, "random_configuration", lambda core, seed: result)
    options = ["--seed", "5", "--configs", "2", "--core", "fixed-add", "--no-millions", "--json"]
    with pytest.raises(SystemExit) as status:
        nightly.main([*options, "--folder", str(tmp_path)])
    assert status.value.code == 3
    document = json.loads(capsys.readouterr().out)
    assert document["seed"] == 5
    assert [each["item"] for each in document["failures"]] == ["fixed-add/0", "fixed-add/1"]
