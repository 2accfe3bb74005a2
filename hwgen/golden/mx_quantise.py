"""Golden model of the core ``mx-quantise``: scalar codes become blocks, as ``hwgen.formats`` says.

The definition is section 6.3 of OCP MX v1.0; ``hwgen.formats.Quantization`` names its choices and
says what scales are that are no powers of two.
"""

import numpy as np

from hwgen.formats import BlockFormat, FloatFormat

__all__ = ["quantise"]


def quantise(values, *, number, block, input_subnormals="full", random=None):
    """Return what ``mx-quantise`` answers to a sequence of beats: element codes and scale codes.

    Parameters
    ----------
    values : unsigned array
        Codes of ``number``, shape (beats, lanes), or (beats,) for one lane. A block arrives as
        block_size / lanes beats, lane j of beat t being value t * lanes + j.
    number : FloatFormat, IntFormat or FixedFormat
        Format of the values.
    block : BlockFormat
        Format of the result with its ``Quantization``. Where it has a tensor scale the values are
        in units of that.
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
    return _beats(block, decoded, values.shape, random)


def _beats(block: BlockFormat, decoded, shape, random):
    outer = block.tensor_scale
    unit = None if outer is None else int(outer.encode(1.0))
    scales, codes = block.quantize(decoded, unit, random)
    beats = shape[0] // len(scales) if len(scales) else 1
    return {"elements": codes.reshape(shape), "scale": np.repeat(scales[:, 0], beats)}
