"""Look-up tables that make narrow formats fast; every entry comes from the exact path."""

from functools import lru_cache

import numpy as np

__all__ = ["LARGEST_WIDTH", "decode", "encode", "significands"]

LARGEST_WIDTH = 16
_CHUNK = 1 << 14


@lru_cache(maxsize=64)
def _values(format):
    return format._decode_fields(np.arange(2**format.width, dtype=np.int64))


@lru_cache(maxsize=64)
def significands(format):
    """Return the significand of every code of ``format`` (see ``finite_parts``)."""
    return format._significands(np.arange(2**format.width, dtype=np.int64))


def decode(format, codes):
    """Return the float64 value of each code; codes are known to be in range."""
    table = _values(format)
    flat = np.ascontiguousarray(codes).reshape(-1)
    values = np.empty(flat.size)
    for start in range(0, flat.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        np.take(table, flat[part].astype(np.intp), out=values[part], mode="clip")
    return values.reshape(codes.shape)


def encode(format, values, fraction_bits, rounding, overflow):
    """Return the code of each float32 or float64, by one look-up on its leading bits.

    The index is the sign, the exponent and ``fraction_bits`` bits of the fraction, the last of
    which is set if it or any bit below it is (a sticky bit): a round bit and a sticky bit below the
    format's own fraction decide every deterministic rounding, so this is exact and rounds once.
    """
    bits = values.view(np.uint32 if values.dtype == np.float32 else np.uint64)
    table = _codes(format, values.dtype, fraction_bits, rounding, overflow)
    shift = bits.dtype.type(np.finfo(values.dtype).nmant - fraction_bits)
    below = bits.dtype.type((1 << int(shift)) - 1)
    codes = np.empty(values.size, format.code_dtype)
    for start in range(0, values.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        index = bits[part] & below
        index += below
        index |= bits[part]
        index >>= shift
        np.take(table, index.astype(np.intp), out=codes[part], mode="clip")
    return codes


@lru_cache(maxsize=128)
def _codes(format, dtype, fraction_bits, rounding, overflow):
    info = np.finfo(dtype)
    unsigned = np.dtype(f"uint{info.bits}")
    index = np.arange(2 ** (1 + info.nexp + fraction_bits), dtype=unsigned)
    representatives = (index << unsigned.type(info.nmant - fraction_bits)).view(dtype)
    return format._encode_exactly(representatives, rounding, overflow, None)
