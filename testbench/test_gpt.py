"""The regression of ``gpt``: both tiers, over models, formats, fabrics and clocks."""

import json

import numpy as np
import pytest
from hwgen.cores.bridge.identity import identity

from hwgen import catalogue
from hwgen.errors import UsageError
from hwgen.flow.emit import emit
from hwgen.flow.verify import verify
from hwgen.golden.gpt.conversation import answers
from hwgen.golden.gpt.machine import Interpreter

CORE = catalogue.get("gpt")
SHAKESPEARE = "tests/data/gpt2-shakespeare-char/gpt2-shakespeare-char-0.2M"

_DEFAULT = [
    {
        **{"model": "random/32x1/2", "fmt": "nvfp4", "freq": 60, "context": 3, "key_lanes": 2},
        "sampling": True,
    },
]
_THOROUGH = [
    {"model": "random/32x1/2", "fmt": "nvfp4", "freq": 60, "context": 3, "key_lanes": 2},
    {"model": "random/32x1/5", "freq": 120, "sampling": True, "target": "ice40"},
    {},
    {"context": 5},
    {"model": "random/48x2/3", "fmt": "mxfp6-e2m3", "freq": 90, "target": "ice40", "key_lanes": 4},
    {"model": "random/32x3/4", "fmt": "bitmod4", "freq": 200, "target": "ultrascale_plus"},
    {"fmt": "mx-int16/32", "activations": "mxint16", "freq": 40, "target": "xilinx7"},
    {"model": SHAKESPEARE, "fmt": "bcq4", "freq": 50, "context": 12, "target": "generic"},
]
GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _THOROUGH)]


def label(options):
    return "-".join(f"{key}={value}".replace("/", ":") for key, value in options.items()) or "plain"


@pytest.mark.parametrize("options", GRID, ids=label)
def test_core_equals_its_golden_model(options, tmp_path):
    result = verify(CORE, CORE.configure(options), folder=tmp_path, vectors=60, seed=3)
    assert result.matched >= 60
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


@pytest.mark.slow
def test_the_netlist_of_synthesis_equals_the_golden_model(tmp_path):
    config = CORE.configure({"model": "random/16x1/1", "context": 3})
    result = verify(
        CORE, config, folder=tmp_path, vectors=20, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def test_texts_do_not_know_of_each_other_and_wrong_tokens_end_them():
    config = CORE.configure({"context": 4})
    wrong = config.program.machine.vocabulary
    # a text, a wrong token in another, and one that goes beyond the context
    token = [1, 2, 3, wrong, 1, 2, 5, 1]
    first = [1, 0, 1, 0, 1, 0, 1, 1]
    wanted = [0, 2, 0, 1, 0, 2, 9, 0]
    told = answers(config.program, token, first, wanted)
    machine = Interpreter(config.program)
    machine.step([1])
    _, once = machine.step([2])
    _, twice = machine.step([once])
    machine.reset()
    rest, given = [], 5
    for _ in range(4):
        _, given = machine.step([given])
        rest.append(given)
    assert told["token"].tolist() == [once, twice, 0, once, twice, *rest, 0]
    assert told["status"].tolist() == [0, 0, 4, 0, 0, 0, 0, 0, 0, 3]


def test_test_vectors_fill_the_context_and_end_with_a_text_of_one_token():
    config = CORE.configure({"context": 8})
    given = CORE.vectors(config, 30, 1)["i"]
    assert len(given["token"]) >= 30
    statuses = CORE.golden(config, {"i": given})["o"]["status"]
    assert set(statuses.tolist()) == {0, 3, 4}
    assert (given["first"][-1], given["wanted"][-1]) == (1, 1)
    assert given["token"][-1] < config.program.machine.vocabulary


def test_a_wrong_model_format_or_context_is_one_line():
    for options, message in (
        ({"model": "nothing.bin"}, "there is no 'nothing.bin'"),
        ({"model": "random/20x1/1"}, "must have a width that is a multiple of 16"),
        ({"context": 65}, "context must be 1..64, that of the model, not 65"),
        ({"fmt": "mx-int8/8"}, "must have groups of 16 columns or more"),
        ({"digest": "0" * 64}, "digest must be"),
    ):
        with pytest.raises(UsageError, match=message) as found:
            CORE.configure(options)
        assert "\n" not in str(found.value)


def test_a_compiled_file_is_the_same_core_as_the_model_it_was_made_from(tmp_path):
    from hwgen.gpt.program_file import write_program

    made = CORE.configure({"model": "random/16x1/5", "fmt": "int8"})
    path = tmp_path / "compiled.safetensors"
    write_program(path, made.program)
    read = CORE.configure({"model": str(tmp_path / "compiled")})
    assert read.digest == made.digest
    assert identity("gpt", read) == identity("gpt", made)
    with pytest.raises(UsageError, match="is compiled, so fmt"):
        CORE.configure({"model": str(path), "fmt": "int8"})
    other = CORE.configure({"model": "random/16x1/6", "fmt": "int8"})
    assert identity("gpt", other) != identity("gpt", made)


def test_the_interface_says_what_a_token_takes_at_the_end_of_the_context(tmp_path):
    config = CORE.configure({"freq": 60})
    interface = json.loads(emit(CORE, config, tmp_path).interface.read_text())
    machine = config.program.machine
    layers = machine.slots // (machine.heads // 2)
    # the first head goes through all tokens twice, the others through their keys behind it
    apart = CORE.component(config).attention.interval
    behind = (machine.heads - 1) * (machine.context - apart)
    more = layers * (2 * (machine.context - 1) + behind)
    assert interface["longest_pause"] == more
    assert interface["shortest_interval"] < interface["initiation_interval"]
    assert np.array_equal(config.program.constants, CORE.configure({}).program.constants)
