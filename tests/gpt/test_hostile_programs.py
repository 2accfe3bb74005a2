"""Programs that are not what the compiler makes end in one clear error, or run."""

import dataclasses
from functools import lru_cache

import pytest
from gpt_models import program, shakespeare, stories
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import UsageError
from hwgen.formats.gpt_check import check_program
from hwgen.formats.gpt_instructions import WORD_BYTES, Instruction, encode
from hwgen.golden.gpt.machine import Halted, Interpreter
from hwgen.gpt.random_model import random_llama


@lru_cache
def small():
    decoder = random_llama(dim=32, hidden=40, layers=2, heads=4, kv_heads=2, vocabulary=21)
    return program(decoder, context=8).program


def changed(made, number, word):
    code = bytearray(made.code)
    code[number * WORD_BYTES : (number + 1) * WORD_BYTES] = word
    return dataclasses.replace(made, code=bytes(code))


@pytest.mark.parametrize(
    "model",
    [lambda: stories()[0], lambda: shakespeare()[0], random_llama],
    ids=["stories", "shakespeare", "random"],
)
def test_what_the_compiler_makes_is_accepted(model):
    check_program(program(model()).program)
    check_program(program(model(), rules=[("0", "mxint8")]).program)


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_program_with_wrong_bits_is_refused_or_runs(data):
    made = small()
    number = data.draw(st.integers(0, len(made) - 1))
    word = int.from_bytes(made.code[number * WORD_BYTES :][:WORD_BYTES], "little")
    for _ in range(data.draw(st.integers(1, 3))):
        word ^= 1 << data.draw(st.integers(0, 230))
    broken = changed(made, number, word.to_bytes(WORD_BYTES, "little"))
    try:
        check_program(broken)
    except UsageError as error:
        assert str(error).startswith(("instruction ", "program must end"))
        return
    try:
        Interpreter(broken).step([3, 20, 7])
    except Halted as halted:
        # by an instruction that says so
        assert halted.status > 4 or halted.counter == number


@pytest.mark.parametrize(
    ("number", "instruction", "message"),
    [
        (3, Instruction.of("repeat"), "instruction 3: repeat must follow a loop"),
        (4, Instruction.of("loop", count=2), "instruction 4: loops must not nest"),
        (4, Instruction.of("halt"), "instruction 4: halt must not stand in a loop"),
        (4, Instruction.of("stride"), "stride must stand in front of the loop"),
        (3, Instruction.of("loop", count=5000), r"count must be 1\.\.4096, not 5000"),
        (0, Instruction.of("angles", pairs=3), "pairs must be 4, not 3"),
        (
            4,
            Instruction.of("attend", heads=1, slot=4),
            "slot must be some of 4 places, not 1 up to place 7",
        ),
        (4, Instruction.of("attend"), r"heads must be 1\.\.128, not 0"),
        (4, Instruction.of("attend", heads=2, moves=2), "moves must be bits of 1 heads, not 0b10"),
        (4, Instruction.of("sample"), "count must be some of 21 places, not 0"),
        (
            5,
            Instruction.of("multiply", rows=7, blocks=1, to="key"),
            "rows must be whole heads of 8, not 7",
        ),
        (
            5,
            Instruction.of("multiply", rows=7, blocks=1, gated=1),
            "rows that gate each other must be even",
        ),
    ],
)
def test_wrong_instructions_are_refused_by_their_place(number, instruction, message):
    with pytest.raises(UsageError, match=message):
        check_program(changed(small(), number, encode(instruction)))


def with_operands(made, number, **operands):
    """Return a program with other operands of an instruction."""
    old = made.instruction(number)
    return changed(made, number, encode(Instruction.of(old.kind.name, **old.values | operands)))


def numbers_of(made, name, **operands):
    """Return the places of instructions with some operands."""
    instructions = [made.instruction(number) for number in range(len(made))]
    return [
        number
        for number, each in enumerate(instructions)
        if each.kind.name == name and operands.items() <= each.values.items()
    ]


@pytest.mark.parametrize("operands", [{"scaled": 1}, {"biased": 1}, {"rows": 16}, {"source": 0}])
def test_chained_values_are_those_that_a_norm_takes(operands):
    made = small()
    number = numbers_of(made, "multiply", chained=1)[0]
    with pytest.raises(UsageError, match=f"instruction {number}: chained values must be new ones"):
        check_program(with_operands(made, number, **operands))


def test_chained_values_are_checked_against_the_norm_behind_the_loop_too():
    made = small()
    first, *_, last = numbers_of(made, "normalise")
    chained = numbers_of(made, "multiply", chained=1)[-1]
    assert made.instruction(chained + 1).kind.name == "repeat" and last == chained + 2
    for norm in (first, last):
        with pytest.raises(UsageError, match=f"instruction {chained}: chained"):
            check_program(with_operands(made, norm, count=31))


def test_a_program_has_an_end():
    made = small()
    with pytest.raises(UsageError, match="must end with halt"):
        check_program(dataclasses.replace(made, code=made.code[:-WORD_BYTES]))
