"""Compiled models on the golden model of the GPT machine."""

import dataclasses

import numpy as np
import pytest
from gpt_models import program, shakespeare, stories

from hwgen.errors import UsageError
from hwgen.formats.gpt_instructions import WORD_BYTES, Instruction, encode
from hwgen.golden.gpt.machine import Halted, Interpreter
from hwgen.gpt.random_model import random_llama

PRECISE = {"fmt": "mx-int16/32", "bits": 16, "rules": [("embed|wte|wpe|output", "mx-int16/32")]}


def test_the_high_precision_mode_tells_the_published_story_token_for_token():
    decoder, story = stories()
    scores, chosen = Interpreter(program(decoder, **PRECISE).program).step(story[:-1])
    assert scores.argmax(axis=1).tolist() == list(story[1:])
    assert chosen == story[-1]


@pytest.mark.parametrize(
    ("fmt", "agreement", "loss"),
    [
        ("int8", 0.95, 0.02),
        ("mxint8", 0.95, 0.02),
        ("mxfp6-e2m3", 0.94, 0.03),
        ("int4-asym", 0.85, 0.12),
        ("bitmod4", 0.85, 0.12),
        ("bcq4", 0.85, 0.13),
    ],
)
def test_low_precision_costs_as_much_as_is_known_of_the_format(fmt, agreement, loss):
    from hwgen.gpt.loss import measure_losses

    decoder, story = stories()
    found = measure_losses(decoder, program(decoder, fmt).program, [story])
    assert found.agreement > agreement
    assert found.machine - found.reference < loss


@pytest.mark.parametrize(
    "model",
    [
        lambda: stories()[0],
        lambda: shakespeare()[0],
        random_llama,
        lambda: random_llama(halves=True, kv_heads=3),
        lambda: random_llama(dim=64, heads=1, layers=1, hidden=70),
        lambda: random_llama(dim=96, heads=2, hidden=256, vocabulary=3),
    ],
    ids=["stories", "shakespeare", "grouped", "halves", "one-head", "wide"],
)
def test_scores_in_high_precision_are_those_of_the_float_model(model):
    decoder = model()
    tokens = np.random.default_rng(1).integers(0, len(decoder.tensors[decoder.head]), 20)
    scores, _ = Interpreter(program(decoder, **PRECISE).program).step(tokens)
    wanted = decoder.logits(tokens)
    assert np.abs(scores / 2.0**16 - wanted).max() < 2e-3 * np.abs(wanted).max()


@pytest.mark.parametrize("model", [stories, shakespeare], ids=["stories", "shakespeare"])
def test_many_tokens_at_once_are_the_same_as_one_after_the_other(model):
    decoder, tokens = model()
    compiled = program(decoder, "int4-asym").program
    together, last = Interpreter(compiled).step(tokens[:24])
    single = Interpreter(compiled)
    for place, token in enumerate(tokens[:24]):
        scores, chosen = single.step([token])
        assert (scores[0] == together[place]).all()
    assert chosen == last
    parts = Interpreter(compiled)
    parts.step(tokens[:7])
    assert (parts.step(tokens[7:24])[0] == together[7:]).all()


def test_a_reset_forgets_all_tokens():
    decoder, tokens = stories()
    machine = Interpreter(program(decoder).program)
    first = machine.step(tokens[:5])[0]
    machine.reset()
    assert (machine.step(tokens[:5])[0] == first).all()


def test_layers_of_different_formats_are_not_a_loop_and_work():
    decoder, tokens = stories()
    same, mixed = program(decoder), program(decoder, rules=[(r"layers\.[01]\.", "mxint8")])
    assert same.looped and not mixed.looped
    assert len(mixed.program) > 2 * len(same.program)
    assert len(mixed.program.machine.formats) == 2
    found = Interpreter(mixed.program).step(tokens[:-1])[0].argmax(axis=1)
    assert (found == tokens[1:]).mean() > 0.9


def test_a_shorter_context_needs_less_memory_and_gives_the_same():
    decoder, tokens = shakespeare()
    whole, short = program(decoder), program(decoder, context=20)
    assert short.program.machine.cache_bytes * 128 == whole.program.machine.cache_bytes * 20
    found = [Interpreter(each.program).step(tokens[:20])[0] for each in (whole, short)]
    assert (found[0] == found[1]).all()


def halted(made, tokens):
    with pytest.raises(Halted) as caught:
        Interpreter(made).step(tokens)
    return caught.value.status, caught.value.counter


def changed(made, number, instruction):
    """Return a program with another instruction at a place."""
    code = bytearray(made.code)
    word = instruction if isinstance(instruction, bytes) else encode(instruction)
    code[number * WORD_BYTES : (number + 1) * WORD_BYTES] = word
    return dataclasses.replace(made, code=bytes(code))


def test_what_cannot_be_done_halts_with_a_status_and_a_place():
    decoder, tokens = stories()
    made = program(decoder).program
    last = len(made) - 1
    assert halted(made, [512]) == (4, 1)
    assert halted(made, np.ones(513, int)) == (3, 0)
    assert halted(changed(made, 3, b"\xff" * WORD_BYTES), [1]) == (1, 3)
    assert halted(changed(made, 3, Instruction.of("repeat")), [1])[0] == 1
    assert halted(changed(made, last, Instruction.of("halt", status=9)), [1]) == (9, last)
    assert halted(changed(made, last, Instruction.of("repeat")), [1]) == (1, last)
    assert halted(dataclasses.replace(made, code=made.code[:-WORD_BYTES]), [1]) == (1, last)
    beyond = {"weights": (made.weights[0][:-1],), "constants": made.constants[:-1]}
    assert [halted(dataclasses.replace(made, **{k: v}), [1])[0] for k, v in beyond.items()] == [
        2,
        2,
    ]
    far = Instruction.of("attend", heads=1, slot=20)
    assert halted(changed(made, 8, far), [1]) == (2, 8)
    machine = Interpreter(made)
    machine.step(tokens[:3])
    with pytest.raises(Halted, match="status 4 at instruction 1: a token outside"):
        machine.step([600])
    assert machine.position == 3


def test_a_context_longer_than_that_of_the_model_is_refused():
    with pytest.raises(UsageError, match=r"context must be 1\.\.512, that of the model, not 513"):
        program(stories()[0], context=513)
