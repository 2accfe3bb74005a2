"""Instruction words of the GPT machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import UsageError
from hwgen.formats.gpt_instructions import (
    INSTRUCTIONS,
    WORD_BYTES,
    Instruction,
    decode,
    disassemble,
    encode,
)


@st.composite
def instructions(draw):
    kind = draw(st.sampled_from(INSTRUCTIONS))
    values = {}
    for each in kind.operands:
        if each.choices:
            values[each.name] = draw(st.sampled_from(each.choices))
        else:
            low = -(1 << each.bits - 1) if each.signed else 0
            values[each.name] = draw(st.integers(low, low + (1 << each.bits) - 1))
    return Instruction.of(kind.name, **values)


@given(instructions())
def test_a_word_says_all_of_its_instruction(instruction):
    word = encode(instruction)
    assert len(word) == WORD_BYTES
    assert decode(word) == instruction


def test_names_and_opcodes_are_different_and_operands_fit_into_a_word():
    assert len({each.name for each in INSTRUCTIONS}) == len(INSTRUCTIONS)
    assert len({each.opcode for each in INSTRUCTIONS}) == len(INSTRUCTIONS)
    for kind in INSTRUCTIONS:
        assert 8 + sum(each.bits for each in kind.operands) <= 8 * WORD_BYTES


def test_operands_stand_in_the_order_of_the_table():
    word = encode(Instruction.of("loop", count=5, constants=0xABCD, cache=3))
    assert int.from_bytes(word, "little") == 1 | 5 << 8 | 0xABCD << 24 | 3 << 56


def test_a_line_of_text_leaves_out_what_is_nothing():
    made = Instruction.of("multiply", rows=3, base=-7, function="silu", to="codes")
    assert disassemble(made) == "multiply base=-7 rows=3 function=silu to=codes"


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("multipy", {}, "must be one of halt, .*'multipy'"),
        ("loop", {"number": 3}, "loop must have operands count"),
        ("loop", {"count": 1 << 16}, "count must be 0..65535, not 65536"),
        ("multiply", {"base": -2049}, "base must be -2048..2047"),
        ("multiply", {"function": "relu"}, "function must be one of none, silu"),
    ],
)
def test_wrong_instructions_are_refused(name, values, message):
    with pytest.raises(UsageError, match=message):
        Instruction.of(name, **values)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (0xEE, "opcode must be a known one, not 238"),
        (2 | 1 << 200, "bits behind the operands of repeat must be 0"),
        (24 | 7 << 8 + 8 + 8 + 16 + 128 + 16, "bits behind the operands of attend"),
    ],
)
def test_words_that_are_no_instructions_are_refused(number, message):
    with pytest.raises(UsageError, match=message):
        decode(number.to_bytes(WORD_BYTES, "little"))


def test_a_number_without_a_choice_is_refused():
    (kind,) = (each for each in INSTRUCTIONS if each.name == "multiply")
    names = [each.name for each in kind.operands]
    place = 8 + sum(each.bits for each in kind.operands[: names.index("function")])
    with pytest.raises(UsageError, match="function must be below 5, not 7"):
        decode((kind.opcode | 7 << place).to_bytes(WORD_BYTES, "little"))
