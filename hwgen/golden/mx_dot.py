"""Golden model of the core ``mx-dot``: dot products of MX blocks, exact inside, rounded once.

``Dot`` and ``DotGeneral`` are those of OCP MX v1.0, sections 6.1 and 6.2. What the standard leaves
open (internal precision, accumulation across blocks, NaN and infinity rules) is defined here.
"""

import numpy as np

from hwgen.errors import UsageError, nearest
from hwgen.formats import FloatFormat, PowerOfTwoFormat

from .accumulator import accumulate, dots_of
from .block_sums import block_sums, special_flags, sum_range

__all__ = ["default_accumulator_width", "dot_general", "guard_bits", "sum_bits"]

_ROUNDINGS = ("nearest-even", "nearest-away", "toward-zero", "up", "down")
_OVERFLOWS = ("infinity", "saturate")
_SPECIALS = ("ieee", "ignore")
_MAX_BLOCK_SIZE = 2**14


def sum_bits(format_a, format_b, specials="ieee"):
    """Return the two's complement width of M * S of any block (of numbers, with ``"ieee"``)."""
    elements = format_a.element, format_b.element
    lowest, highest = sum_range(*elements, format_a.block_size, specials)
    lowest, largest = min(lowest, -1), 1
    scales = [each.scale for each in (format_a, format_b) if isinstance(each.scale, FloatFormat)]
    if any(each.signed for each in scales):
        lowest, highest = min(lowest, -highest), max(highest, -lowest)
    for each in scales:
        largest *= 2 ** (each.significand_bits + 1) - 1
    lowest, highest = lowest * largest, highest * largest
    return max((-lowest - 1).bit_length(), highest.bit_length()) + 1


def guard_bits(
    format_a, format_b, max_blocks, accumulator_width, accumulator_step=16, specials="ieee"
):
    """Return how many bits below a block sum's unit the accumulator keeps; negative: too narrow."""
    headroom = accumulator_step - 1 + (max_blocks - 1).bit_length()
    return accumulator_width - sum_bits(format_a, format_b, specials) - headroom


def default_accumulator_width(format_a, format_b, max_blocks, accumulator_step=16, specials="ieee"):
    """Return the accumulator width that leaves ``accumulator_step`` guard bits."""
    none = guard_bits(format_a, format_b, max_blocks, 0, accumulator_step, specials)
    return accumulator_step - none


def dot_general(
    a,
    b,
    scale_a,
    scale_b,
    first=None,
    last=None,
    *,
    format_a,
    format_b,
    output=None,
    rounding="nearest-even",
    overflow="infinity",
    specials="ieee",
    max_blocks=1,
    accumulator_width=None,
    accumulator_step=16,
):
    """Return what ``mx-dot`` answers to a sequence of beats, one entry for each finished dot.

    Parameters
    ----------
    a, b : integer array
        Element codes, shape (beats, lanes), or (beats,) for one lane. A block arrives as
        block_size / lanes beats, lane j of beat t being element t * lanes + j.
    scale_a, scale_b : integer array
        Scale codes, shape (beats,). Those of a block's last beat count.
    first, last : integer array
        Shape (beats,), 1 in the last beat of the first and last block of a dot. Needed if
        ``max_blocks`` > 1, else every block is a dot. A ``first`` within a dot abandons that dot.
    format_a, format_b : BlockFormat
        Equal block sizes; elements of at most 16 bits. Scales are E8M0, or floats without
        infinities where the elements have none either. A tensor scale takes no part: the result
        is in units of it.
    output : FloatFormat
        Format of the result; ``None`` for the exact result.
    rounding, overflow : str
        How the result is rounded into ``output``: ``ROUNDINGS`` (not stochastic) and ``OVERFLOWS``.
    specials : str
        ``"ieee"``: a block is NaN if a scale is NaN, a lane has a NaN or infinity times zero, or
        products of both infinite signs meet; else infinite if a product is. A dot is NaN if a block
        is or infinite blocks of both signs meet; else infinite if a block is. ``"ignore"``: none
        of this; codes are the ordinary numbers that their bits would be, 255 is 2**128.
    max_blocks : int
        Blocks of the longest dot that the accumulator holds for certain. 1: no accumulator.
    accumulator_width, accumulator_step : int
        Width in two's complement (default: ``default_accumulator_width``) and alignment step R, a
        power of two, of the accumulator.

    With S the sum of the products of one block in units of 2**(lsb_a + lsb_b) and T the sum of the
    scale codes, a block is worth S * 2**(T - 254 + lsb_a + lsb_b). A float scale takes part in T
    with its exponent field (1 for a subnormal number), and S stands for M * S, M being the product
    of the integer significands of the scales, with their signs; 254 is then the sum of the biases
    and fraction bits of both. Without accumulator that is
    the result. With one, let T = R * c + f, 0 <= f < R, and G = ``guard_bits``. The first block
    sets C = c and A = S * 2**(f+G). Each further block sets C' = max(C, c) and A' =
    floor(A / 2**(R*(C'-C))) + floor(S * 2**(f+G) / 2**(R*(C'-c))), wrapped to the width; it cannot
    wrap within ``max_blocks``. The result is A * 2**(R*C - G - 254 + lsb_a + lsb_b).

    Returns a dict. With ``output``: ``"result"``, codes; an exact zero is +0, a NaN dot the
    canonical NaN. Without:
    ``"significand"`` (S or A: signed, int64 or object; 0 where a flag is set) and ``"exponent"``
    (int64), the value being significand * 2**exponent; with ``"ieee"`` also ``"nan"``, and
    ``"inf_positive"`` and ``"inf_negative"`` if an element format has infinities (bool).

    Raises ``UsageError`` for formats, shapes or choices that do not fit, and for a block that lies
    outside any dot (no ``first`` since the start or since the last ``last``).
    """
    _check_formats(format_a, format_b, output, specials)
    _check_choice("rounding", rounding, _ROUNDINGS)
    _check_choice("overflow", overflow, _OVERFLOWS)
    _check_choice("specials", specials, _SPECIALS)
    if not isinstance(max_blocks, int) or max_blocks < 1:
        raise UsageError(f"max_blocks must be a positive integer, not {max_blocks!r}")
    if np.shape(a) != np.shape(b):
        raise UsageError(f"b must have the shape of a, {np.shape(a)}, not {np.shape(b)}")
    beats = len(a)
    a, b = _as_blocks("a", a, format_a), _as_blocks("b", b, format_b)
    scale_a = _of_last_beat("scale_a", format_a.scale.check_codes(scale_a), beats, len(a))
    scale_b = _of_last_beat("scale_b", format_b.scale.check_codes(scale_b), beats, len(a))
    sums = block_sums(a, b, format_a.element, format_b.element)
    if sum_bits(format_a, format_b, "ignore") > 62:
        sums = sums.astype(object)
    unit = format_a.element.lsb_exponent + format_b.element.lsb_exponent
    exponent = 0
    for scale, codes in ((format_a.scale, scale_a), (format_b.scale, scale_b)):
        factor, position, lowest = _scale_parts(scale, codes)
        sums, exponent, unit = sums * factor, exponent + position, unit + lowest
    flags = np.zeros((3, len(a)), bool)
    if specials == "ieee":
        broken = format_a.scale.is_nan(scale_a) | format_b.scale.is_nan(scale_b)
        flags = _block_flags(a, b, broken, format_a.element, format_b.element)
    if max_blocks == 1:
        significand, exponent = sums, exponent + unit
    else:
        width, guard = _accumulator_shape(
            format_a, format_b, max_blocks, accumulator_width, accumulator_step, specials
        )
        starts, ends = dots_of(
            _of_last_beat("first", first, beats, len(a)) != 0,
            _of_last_beat("last", last, beats, len(a)) != 0,
        )
        significand, exponent = accumulate(
            sums, exponent, starts, ends, width=width, step=accumulator_step, guard=guard
        )
        exponent = exponent + unit
        flags = _merge_flags(flags, starts, ends)
    if output is not None:
        return {"result": _rounded(significand, exponent, flags, output, rounding, overflow)}
    return _exact(significand, exponent, flags, specials, (format_a.element, format_b.element))


def _check_choice(field, value, allowed):
    if value not in allowed:
        raise UsageError(
            f"{field} must be one of {', '.join(allowed)}, not {value!r}{nearest(value, allowed)}"
        )


def _check_formats(format_a, format_b, output, specials):
    for field, block in (("format_a", format_a), ("format_b", format_b)):
        _check_scale(field, block)
        if block.element.width > 16:
            raise UsageError(f"{field} must have elements of at most 16 bits, not {block.element}")
    blocks = format_a, format_b
    infinite = specials == "ieee" and any(each.element.infinity_code is not None for each in blocks)
    if infinite and any(isinstance(each.scale, FloatFormat) for each in blocks):
        raise UsageError("scales must be e8m0 where elements can be infinite")
    sizes = format_a.block_size, format_b.block_size
    if sizes[0] != sizes[1] or sizes[0] > _MAX_BLOCK_SIZE:
        raise UsageError(
            f"block sizes must be equal and at most {_MAX_BLOCK_SIZE}, not "
            f"{sizes[0]} and {sizes[1]}"
        )
    if output is None:
        return
    if not isinstance(output, FloatFormat) or not output.signed:
        raise UsageError(f"output must be a signed float format or None, not {output}")
    if output.nan_code is None and specials == "ieee":
        raise UsageError(f"specials must be 'ignore' with an output without NaN ({output})")


def _check_scale(field, block):
    scale = block.scale
    if isinstance(scale, PowerOfTwoFormat):
        return
    if not isinstance(scale, FloatFormat) or scale.infinity_code is not None:
        raise UsageError(
            f"{field} must have an e8m0 scale or a float without infinities, not {scale} ({block})"
        )


def _accumulator_shape(format_a, format_b, max_blocks, width, step, specials):
    if not isinstance(step, int) or step < 1 or step & (step - 1):
        raise UsageError(f"accumulator_step must be a power of two, not {step!r}")
    if width is None:
        width = default_accumulator_width(format_a, format_b, max_blocks, step, specials)
    guard = guard_bits(format_a, format_b, max_blocks, width, step, specials)
    if guard < 0:
        raise UsageError(f"accumulator_width must be at least {width - guard}, not {width}")
    return width, guard


def _as_blocks(field, codes, format):
    size = format.block_size
    codes = format.element.check_codes(codes)
    if codes.ndim == 1:
        codes = codes[:, None]
    if codes.ndim != 2 or not 1 <= codes.shape[1] <= size or size % codes.shape[1]:
        raise UsageError(
            f"{field} must have shape (beats, lanes), lanes dividing the block size {size}, "
            f"not {codes.shape}"
        )
    if codes.size % size:
        raise UsageError(
            f"{field} must hold whole blocks of {size} elements, not {len(codes)} beats of "
            f"{codes.shape[1]}"
        )
    return codes.reshape(-1, size)


def _of_last_beat(field, values, beats, blocks):
    """Return one entry a block, as int64, of an array with one entry a beat."""
    values = np.asarray(values)
    if values.shape != (beats,):
        raise UsageError(f"{field} must have shape ({beats},), one a beat, not {values.shape}")
    each = beats // blocks if blocks else 1
    return values[each - 1 :: each].astype(np.int64)


def _scale_parts(scale, codes):
    """Return (m, t, u): a scale code is worth m * 2**(t + u), t being its exponent field."""
    if isinstance(scale, PowerOfTwoFormat):
        return 1, codes, -scale.bias
    fraction_bits = scale.significand_bits
    field = codes >> fraction_bits & (1 << scale.exponent_bits) - 1
    fraction = codes & (1 << fraction_bits) - 1
    subnormal = fraction if scale.subnormals else 0
    magnitude = np.where(field > 0, fraction + (1 << fraction_bits), subnormal)
    negative = scale.signed & (codes >> scale.width - 1)
    factor = np.where(negative, -magnitude, magnitude)
    return factor, np.maximum(field, 1), -scale.bias - fraction_bits


def _block_flags(a, b, broken, element_a, element_b):
    nan, positive, negative = special_flags(a, b, element_a, element_b)
    return np.stack([nan | broken, positive & ~broken, negative & ~broken])


def _merge_flags(flags, starts, ends):
    """Return the flags of dots from those of their blocks."""
    counts = np.concatenate([np.zeros((3, 1), np.int64), np.cumsum(flags, axis=1)], axis=1)
    nan, positive, negative = counts[:, ends + 1] > counts[:, starts]
    nan = nan | (positive & negative)
    return np.stack([nan, positive & ~nan, negative & ~nan])


def _rounded(significand, exponent, flags, output, rounding, overflow):
    codes = output.round_scaled(significand, exponent, rounding, overflow)
    nan, positive, negative = flags
    codes[positive] = output.encode(np.float64(np.inf), overflow=overflow)
    codes[negative] = output.encode(np.float64(-np.inf), overflow=overflow)
    if output.nan_code is not None:
        codes[nan] = output.nan_code
    return codes


def _exact(significand, exponent, flags, specials, elements):
    significand = np.where(flags.any(axis=0), 0, significand)
    result = {"significand": significand, "exponent": exponent}
    if specials == "ieee":
        result["nan"] = flags[0]
        if any(element.infinity_code is not None for element in elements):
            result["inf_positive"], result["inf_negative"] = flags[1], flags[2]
    return result
