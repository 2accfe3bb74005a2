"""The GPT machine as a circuit: the same tokens as its golden model."""

import numpy as np
import pytest
from gpt_models import followed, program, shakespeare, stories

from hwgen.catalogue.payload import pack, unpack
from hwgen.errors import HwgenError, UsageError
from hwgen.flow.lint import lint_messages
from hwgen.golden.gpt.machine import Interpreter
from hwgen.gpt.circuit import Circuit, machine_circuit
from hwgen.gpt.random_model import random_llama
from hwgen.sim.toolchain import run_yosys

EVERYWHERE = "embed|wte|wpe|output"


def small(fmt="int4-asym", **options):
    decoder = random_llama(dim=32, hidden=40, layers=2, heads=4, kv_heads=2, vocabulary=21)
    return program(decoder, fmt, rules=[(EVERYWHERE, "int8")], **options).program


@pytest.fixture(scope="module")
def circuit():
    return Circuit(small(), target="ecp5", freq=50)


def test_a_small_model_makes_the_same_tokens(circuit):
    circuit.reset()
    prompt = [3, 7, 20, 0]
    assert followed(circuit, prompt, 40) == followed(Interpreter(small()), prompt, 40)
    assert circuit.tokens == 43
    # a token takes more clock cycles than it has blocks of weights
    assert circuit.cycles > 43 * small().blocks_per_token


@pytest.mark.parametrize("patient", [False, True])
def test_streams_keep_their_rules_while_both_sides_pause(circuit, patient):
    # two texts: a prompt and ten tokens, another and five
    texts = [([3, 7, 20], 10), ([0, 1], 5)]
    fields = {"token": [], "first": [], "wanted": []}
    expected = []
    for prompt, count in texts:
        fields["token"] += prompt
        fields["first"] += [1] + [0] * (len(prompt) - 1)
        fields["wanted"] += [0] * (len(prompt) - 1) + [count]
        expected += followed(Interpreter(small()), prompt, count)
    model = circuit.model
    model.reset()
    (given,), (answered,) = model.inputs, model.outputs
    values = {name: np.array(each, np.uint64) for name, each in fields.items()}
    run = model.run(
        {given.name: pack(given, values)},
        expected_tokens={answered.name: len(expected)},
        stalls=0.5,
        seed=7,
        patient=patient,
        probe=0.01,
        eager=True,
    )
    assert unpack(answered, run.outputs[answered.name])["token"].tolist() == expected


def test_a_text_begins_anew_after_a_reset(circuit):
    found = []
    for _ in range(2):
        circuit.reset()
        found.append(followed(circuit, [5], 8))
    assert found[0] == found[1]


def test_what_cannot_be_done_is_said_and_the_next_run_is_right(circuit):
    circuit.reset()
    with pytest.raises(HwgenError, match="stopped with status 4"):
        circuit.step([21])
    followed(circuit, [1], 64)
    with pytest.raises(HwgenError, match="stopped with status 3"):
        circuit.step([1])
    circuit.reset()
    assert followed(circuit, [3, 7], 5) == followed(Interpreter(small()), [3, 7], 5)


def test_the_circuit_is_free_of_lint_latches_loops_and_conflicts(tmp_path):
    path = tmp_path / "gpt.v"
    path.write_text(machine_circuit(small(), "ecp5", 50)[1])
    assert lint_messages([path], "gpt") == []
    path.write_text(machine_circuit(small(), "generic", 50)[1])
    script = ["read_verilog gpt.v", "hierarchy -check -top gpt", "proc", "check -assert"]
    run_yosys([*script, "select -assert-none t:$dlatch"], cwd=tmp_path, what="checking")


def test_small_groups_are_refused():
    with pytest.raises(UsageError, match="must have groups of 16 columns or more, not mx-int8/8"):
        Circuit(small("mx-int8/8"))


FORMATS = ["int8", "int4-asym", "mxfp6-e2m3", "nvfp4", "bitmod4", "bcq4", "ternary", "mx-int16/32"]


@pytest.mark.slow
@pytest.mark.parametrize("fmt", FORMATS)
def test_stories_are_told_token_for_token(fmt):
    decoder, story = stories()
    bits, embedding = (16, fmt) if fmt == "mx-int16/32" else (8, "int8")
    made = program(decoder, fmt, bits, [(EVERYWHERE, embedding)]).program
    told = followed(Circuit(made), story[:1], 256)
    assert told == followed(Interpreter(made), story[:1], 256)
    if bits == 16:
        assert told == list(story[1:257])


@pytest.mark.slow
@pytest.mark.parametrize("fmt", ["int8", "int4"])
def test_gpt2_makes_the_same_tokens(fmt):
    decoder, tokens = shakespeare()
    made = program(decoder, fmt, rules=[(EVERYWHERE, "int8")]).program
    prompt = tokens[:20]
    assert followed(Circuit(made), prompt, 100) == followed(Interpreter(made), prompt, 100)
