"""Golden model of the core ``mx-quantise``: scalar codes become blocks, as ``hwgen.formats`` says.

The definition is section 6.3 of OCP MX v1.0; ``hwgen.formats.Quantization`` names its choices and
says what scales are that are no powers of two.
"""

from fractions import Fraction

import numpy as np

from hwgen.formats import BlockFormat, FloatFormat

from .mx_block import Exact, answer, block_scales

__all__ = ["quantise"]


def quantise(values, tensor_scale=None, *, number, block, input_subnormals="full", random=None):
    """Return what ``mx-quantise`` answers to a sequence of beats: element codes and scale codes.

    Parameters
    ----------
    values : unsigned array
        Codes of ``number``, shape (beats, lanes), or (beats,) for one lane. A block arrives as
        block_size / lanes beats, lane j of beat t being value t * lanes + j.
    tensor_scale : unsigned array
        Codes of the tensor scale that values are divided by, shape (beats,), equal in all beats of
        a block. One that is not a positive number makes the block NaN.
    number : FloatFormat, IntFormat or FixedFormat
        Format of the values.
    block : BlockFormat
        Format of the result with its ``Quantization``. Where it has a tensor scale, and none is
        given, the values are in units of that.
    input_subnormals : str
        ``"flush"``: subnormal floats are read as zeros of the same sign.
    random : unsigned array
        For stochastic rounding, of the shape of ``values``.

    Returns a dict: ``"elements"`` of the shape of ``values`` and ``"scale"``, the scale code of the
    block in every beat.
    """
    values = np.asarray(values)
    decoded = number.decode(values.reshape(-1, block.block_size))
    if input_subnormals == "flush" and isinstance(number, FloatFormat):
        small = np.abs(decoded) < 2.0**number.min_normal_exponent
        decoded = np.where(small, np.copysign(0.0, decoded), decoded)
    if random is not None:
        random = np.asarray(random).reshape(decoded.shape)
    if tensor_scale is not None:
        return _in_units(block, decoded, values.shape, random, np.asarray(tensor_scale))
    return _beats(block, decoded, values.shape, random)


def _in_units(block, decoded, shape, random, tensor_scale):
    codes = block_scales("tensor_scale", tensor_scale, len(decoded))
    units = block.tensor_scale.decode(codes)
    usable = np.isfinite(units) & (units > 0)
    finite = np.isfinite(decoded)
    fraction, exponent = np.frexp(np.where(finite, decoded, 0.0))
    # float64 has 53 bits
    significand = np.ldexp(fraction, 53).astype(np.int64).astype(object)
    values = Exact(
        significand,
        exponent.astype(np.int64) - 53,
        np.signbit(decoded),
        np.isnan(decoded),
        np.isinf(decoded),
        ~usable,
    )
    units = np.array([Fraction(each) for each in np.where(usable, units, 1.0).tolist()], object)
    return answer(values, shape, block, random, units)


def _beats(block: BlockFormat, decoded, shape, random):
    outer = block.tensor_scale
    unit = None if outer is None else int(outer.encode(1.0))
    scales, codes = block.quantize(decoded, unit, random)
    beats = shape[0] // len(scales) if len(scales) else 1
    return {"elements": codes.reshape(shape), "scale": np.repeat(scales[:, 0], beats)}
