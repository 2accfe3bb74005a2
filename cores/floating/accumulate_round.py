"""Rounding of a wide two's complement sum: find the leading chunk, then round a narrow window."""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Const, Mux, Signal, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.float_normalise import any_bit
from hwgen.cores.arith.float_round import round_significand
from hwgen.cores.arith.timed import Timed

__all__ = ["round_sum"]

_LEAST_CHUNK = 16


@dataclass(frozen=True)
class _Chunk:
    """A chunk of the sum, and whether any of its bits, or all of them, are 1."""

    bits: Timed
    some: Timed
    every: Timed


def round_sum(pipeline, segments, lsb_exponent, zero_sign, rounding, random):
    """Round a sum in two's complement once.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the rounder becomes part of.
    segments : list of Timed
        Segments of the sum, least significant first.
    lsb_exponent : int
        Weight of the lowest bit.
    zero_sign : Timed
        Sign of a sum that is exactly zero.
    rounding : Rounding
        Format and mode of the result.
    random : Timed or None
        Random bits of stochastic rounding.

    Returns
    -------
    Rounded
        The result and its flags.

    Notes
    -----
    Negating and normalising the whole sum would take several tables a bit. Instead the first
    chunk that differs from the sign and those below it that rounding can see are selected;
    only they are negated. What lies below them is one sticky bit, which is also what the carry
    of the negation depends on.
    """
    width = sum(map(len, segments))
    size = max(_LEAST_CHUNK, 1 << (rounding.format.significand_bits + 1).bit_length())
    taken = 1 + -(-(rounding.kept_bits - 1) // size)
    count = -(-width // size)
    sign = pipeline.slice(segments[-1], len(segments[-1]) - 1, len(segments[-1]))
    whole = pipeline.concatenate(segments)
    if count <= taken:
        nonzero = any_bit(pipeline, whole, "sum_bits")
        window, sticky, chunk_index = whole, None, pipeline.constant(Const(0, 1))
        carry, bias, highest = sign, 0, 0
    else:
        chunks = [_chunk(pipeline, segments, index * size, size) for index in range(count)]
        window, sticky, index, nonzero = _leading_window(pipeline, chunks, sign, taken)
        carry = pipeline.bit(lambda s, low: s & ~low, sign, sticky, name="negation_carry")
        shift = size.bit_length() - 1
        chunk_index = pipeline.free(lambda bits: Cat(Const(0, shift), bits), index)
        bias, highest = (taken - 1) * size, (count - 1) * size
        # the window of a power of two may carry into one bit more
        window = pipeline.free(lambda bits, s: Cat(bits, s), window, sign)
    magnitude = _negated(pipeline, window, sign, carry)
    result_sign = pipeline.bit(
        lambda s, some, zero: Mux(some, s, zero), sign, nonzero, zero_sign, name="sign"
    )
    return round_significand(
        pipeline,
        result_sign,
        magnitude,
        chunk_index,
        bias - lsb_exponent,
        (0, highest),
        rounding,
        sticky=sticky,
        random=random,
    )


def _negated(pipeline, value, sign, carry):
    """Return ``(value ^ sign) + carry``, in as many carry chains as the period asks for."""
    width = len(value)
    size, parts = _longest_chain(pipeline, width), []
    for low in range(0, width, size):
        part = pipeline.slice(value, low, min(low + size, width))
        total = _negated_part(pipeline, part, sign, carry, low + size >= width)
        parts.append(pipeline.slice(total, 0, len(part)))
        if len(total) > len(part):
            carry = pipeline.slice(total, size, size + 1)
    return pipeline.concatenate(parts)


def _negated_part(pipeline, part, sign, carry, top):
    """Return ``(part ^ sign) + carry``, with the carry out in a bit above unless it is the top."""
    width = len(part)
    # the bit above a part is that of the carry: nothing is inverted there
    invert = sign if top else pipeline.free(lambda bit: bit.replicate(width), sign)
    term, zero = Term(part, None, invert), Term(pipeline.constant(Const(0, 1)))
    return add(pipeline, zero, term, unsigned(width + (not top)), carry, name="magnitude")


def _longest_chain(pipeline, width):
    """Return how many bits of a carry chain fit into the period, at most ``width``."""
    size = width
    while size > _LEAST_CHUNK and not _negates_in_time(pipeline, size, size == width):
        size -= 1
    return size


def _negates_in_time(pipeline, width, top):
    """Return whether a part between registers takes no longer than the period."""
    trial = pipeline.trial()
    part, sign, carry = (trial.input(Signal(bits)) for bits in (width, 1, 1))
    trial.register(_negated_part(trial, part, sign, carry, top))
    trial.discard()
    return trial.meets_period()


def _chunk(pipeline, segments, low, size):
    """Return the chunk that starts at bit ``low``; the top one is extended with the sign."""
    parts, start = [], 0
    for segment in segments:
        end = start + len(segment)
        if start < low + size and end > low:
            inside = max(low - start, 0), min(low + size, end) - start
            parts.append(pipeline.slice(segment, *inside))
        start = end
    bits = pipeline.concatenate(parts)
    some = any_bit(pipeline, bits, "chunk_some")
    gap = any_bit(pipeline, pipeline.free(lambda value: ~value, bits), "chunk_gap")
    extended = pipeline.free(lambda value: Cat(value, value[-1].replicate(size - len(value))), bits)
    return _Chunk(extended, some, pipeline.free(lambda bit: ~bit, gap))


def _leading_window(pipeline, chunks, sign, taken):
    """Return (window of ``taken`` chunks, sticky bit of the rest, index, whether sum is not 0)."""
    count, size = len(chunks), len(chunks[0].bits)
    differs = [
        pipeline.bit(
            lambda negative, some, every: Mux(negative, ~every, some),
            *(sign, each.some, each.every),
            name=f"chunk_{index}_differs",
        )
        for index, each in enumerate(chunks)
    ]
    # whether chunk i or one above it differs from the sign
    reached = [
        any_bit(pipeline, pipeline.concatenate(differs[i:]), f"reached_{i}") for i in range(count)
    ]
    leads = [
        reached[index]
        if index == count - 1
        else pipeline.bit(
            (lambda here, above: here & ~above) if index else (lambda here, above: ~above),
            *(differs[index], reached[index + 1]),
            name=f"chunk_{index}_leads",
        )
        for index in range(count)
    ]
    depth = 1 if count <= 2 else 2 if count <= 8 else 3
    pieces = [
        _selected(pipeline, chunks, leads, offset, depth, size) for offset in reversed(range(taken))
    ]
    number = pipeline.logic(
        lambda *bits: Cat(
            reduce(or_, (bits[i] for i in range(count) if i >> position & 1))
            for position in range((count - 1).bit_length())
        ),
        *leads,
        levels=depth,
        name="leading_chunk",
    )
    below = [
        pipeline.bit(
            lambda some, above: some & above,
            chunks[i].some,
            reached[i + taken],
            name="below",
        )
        for i in range(count - taken)
    ]
    sticky = any_bit(pipeline, pipeline.concatenate(below), "below_window")
    nonzero = any_bit(pipeline, pipeline.concatenate([each.some for each in chunks]), "nonzero")
    return pipeline.concatenate(pieces), sticky, number, nonzero


def _selected(pipeline, chunks, leads, offset, depth, size):
    """Return the chunk ``offset`` below the leading one."""
    pairs = [
        value
        for index in range(offset, len(chunks))
        for value in (chunks[index - offset].bits, leads[index])
    ]

    def chosen(*signals):
        terms = (
            bits & lead.replicate(size)
            for bits, lead in zip(signals[::2], signals[1::2], strict=True)
        )
        return reduce(or_, terms)

    return pipeline.logic(
        chosen, *pairs, levels=depth, shape=unsigned(size), name=f"window_{offset}"
    )
