"""Packed weights to codes of two bits, the weight plus 1: before the lanes, once a memory word."""

from amaranth.hdl import Cat, Const, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.table import lookup

from hwgen.formats import ternary

__all__ = ["decode_word", "unused_slots"]


def decode_word(pipeline, data, name):
    """Return one code a slot of a word: 0, 1, 2 for -1, 0, +1; 3 is a zero as well.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the decoder becomes part of.
    data : list of Timed
        Bytes of one beat.
    name : str
        Layout, a key of ``hwgen.formats.ternary.PACKINGS``.
    """
    size = ternary.packing(name).word
    decode = {"two-bit": _two_bit, "tl2": _tl2, "tq1_0": _tq1_0}[name]
    codes = []
    for start in range(0, len(data), size):
        codes += decode(pipeline, *data[start : start + size])
    return codes


def _two_bit(pipeline, byte):
    return [pipeline.slice(byte, low, low + 2) for low in (6, 4, 2, 0)]


def _digits(magnitude):
    """Return three codes for a magnitude of ``tl2``, the first weight's lowest."""
    if magnitude > 13:
        magnitude = 0
    digits = [(magnitude + 13) // weight % 3 for weight in (9, 3, 1)]
    return sum(digit << 2 * place for place, digit in enumerate(digits))


def _tl2(pipeline, *data):
    codes = []
    for number in range(8):
        low = number % 2 * 4
        magnitude = pipeline.slice(data[number // 2], low, low + 4)
        sign = pipeline.slice(data[4], number, number + 1)
        three = pipeline.logic(
            lambda bits: lookup(list(bits), _digits, 6), magnitude, shape=unsigned(6), name="digits"
        )
        for place in (0, 2, 4):
            # negated, 0 and 2 change places: the code's low bit is 1 for a zero only
            codes.append(
                pipeline.logic(
                    lambda bits, negate, at=place: Cat(
                        bits[at], bits[at + 1] ^ (negate & ~bits[at])
                    ),
                    three,
                    sign,
                    shape=unsigned(2),
                    name="code",
                )
            )
    return codes


def _tq1_0(pipeline, byte):
    """Multiply by three, again and again: the carry out is a digit, the rest goes on."""
    codes = []
    for number in range(5):
        half = pipeline.slice(byte, 1, 8)
        upper = add(pipeline, Term(byte), Term(half), unsigned(9), name=f"three_times_{number}")
        codes.append(pipeline.slice(upper, 7, 9))
        byte = pipeline.free(lambda high, low: Cat(low[0], high[:7]), upper, byte)
    return codes


def unused_slots(pipeline, beat, config):
    """Return a bit for each lane, 1 while its slot holds no weight; None where it always does.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    beat : Timed
        Number of the beat, modulo ``config.beats_of_pattern``.
    config : TernaryMatvecConfig
    """
    slots = ternary.columns_of_slots(config.packing, config.columns).reshape(-1, config.lanes)
    empty = slots[: config.beats_of_pattern] < 0
    found = {}

    def unused(lane):
        pattern = tuple(empty[:, lane].tolist())
        if not any(pattern):
            return None
        if pattern not in found:
            found[pattern] = pipeline.constant(Const(1, 1))
            if not all(pattern):
                table = pattern + (False,) * ((1 << len(beat)) - len(pattern))
                found[pattern] = pipeline.logic(
                    lambda bits: lookup(list(bits), lambda at: int(table[at]), 1),
                    beat,
                    levels=1 + (len(beat) > 4),
                    shape=unsigned(1),
                    name="unused",
                )
        return found[pattern]

    return [unused(lane) for lane in range(config.lanes)]
