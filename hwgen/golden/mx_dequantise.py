"""Golden model of the core ``mx-dequantise``: element times scale, rounded once."""

import numpy as np

from hwgen.formats import FloatFormat

__all__ = ["dequantise"]

_ONE_CODE = 127


def dequantise(
    elements,
    scale,
    tensor_scale=None,
    *,
    block,
    output,
    rounding="nearest-even",
    overflow="infinity",
    random=None,
):
    """Return what ``mx-dequantise`` answers to a sequence of beats.

    Parameters
    ----------
    elements : unsigned array
        Element codes, shape (beats, lanes), or (beats,) for one lane.
    scale : unsigned array
        Scale codes, shape (beats,); each counts for the elements of its beat.
    tensor_scale : unsigned array
        Codes of the tensor scale, shape (beats,), for formats that have one.
    block : BlockFormat
        Format of the block.
    output : FloatFormat, IntFormat or FixedFormat
        Format of the values.
    rounding, overflow : str
        See ``hwgen.formats.ScalarFormat.encode``.
    random : unsigned array
        For stochastic rounding, of the shape of ``elements``.

    A value is the exact product of element and scales, rounded once; zeros keep their sign. It is
    NaN (the canonical one) where a factor is NaN, and where infinity meets zero. Where the output
    is no float, values beyond it and infinities are the largest number of their sign, and NaN is
    the largest number.

    Returns a dict: ``"values"`` of the shape of ``elements``.
    """
    elements = block.element.check_codes(elements)
    shape = elements.shape
    element = block.element
    factors = [(element, elements.reshape(shape[0], -1))]
    factors.append((block.scale, np.asarray(scale)[:, None]))
    if block.tensor_scale is not None:
        factors.append((block.tensor_scale, np.asarray(tensor_scale)[:, None]))
    size = factors[0][1].shape
    significand, exponent = np.ones(size, object), 0
    negative, nan, infinite, zero = (np.zeros(size, bool) for _ in range(4))
    for number, codes in factors:
        if number.name == "e8m0":
            exponent = exponent + codes.astype(np.int64) - _ONE_CODE
            nan = nan | number.is_nan(codes)
            continue
        part, lsb = number.finite_parts(codes)
        special = number.is_nan(codes) | number.is_infinite(codes)
        significand = significand * part.astype(object)
        exponent = exponent + lsb
        negative = negative ^ number.is_negative(codes)
        nan = nan | number.is_nan(codes)
        infinite = infinite | number.is_infinite(codes)
        zero = zero | ((part == 0).astype(bool) & ~special)
    nan = nan | (infinite & zero)
    signed = np.where(negative, -np.abs(significand), np.abs(significand))
    random = None if random is None else np.asarray(random).reshape(size)
    codes = output.round_scaled(signed, exponent, rounding, overflow, random).astype(np.int64)
    if isinstance(output, FloatFormat) and output.specials != "fnuz":
        codes[negative & zero] = 1 << output.width - 1
    for sign, value in ((False, np.inf), (True, -np.inf)):
        beyond = int(output.encode(np.float64(value), overflow=overflow))
        codes[infinite & (negative == sign)] = beyond
    codes[nan] = output.max_code if output.nan_code is None else output.nan_code
    return {"values": codes.astype(output.code_dtype).reshape(shape)}
