"""What ``absmax-quantise`` computes: INT8 codes of vectors, by their largest magnitude.

The definition is that of BitNet b1.58 (S. Ma et al., "The Era of 1-bit LLMs", arXiv:2402.17764,
section 2) with an exact quotient: ``q = round(127 x / max(absmax, least))``, ties to even.
"""

import numpy as np

from hwgen.formats import FloatFormat

__all__ = ["absmax_quantise", "nearest_codes"]


def nearest_codes(x, divisor):
    """Return ``127 x / divisor`` rounded to the nearest integer, ties to even.

    Parameters
    ----------
    x : array of Python integers
    divisor : array of Python integers
        Positive; broadcasts to ``x``.
    """
    doubled = 254 * x
    whole = (doubled + divisor) // (2 * divisor)
    tie = (doubled + divisor) % (2 * divisor) == 0
    return whole - (tie & (whole % 2 == 1))


def absmax_quantise(values, *, format, columns, least):
    """Return the codes and divisors of a sequence of vectors.

    Parameters
    ----------
    values : unsigned array
        Codes of ``format``, shape (beats, lanes), or (beats,) for one lane. A vector arrives as
        ``columns / lanes`` beats, lane j of beat t being value t * lanes + j.
    format : FloatFormat, IntFormat or FixedFormat
        Format of the values.
    columns : int
        Values of a vector.
    least : float
        Least divisor: rounded to the format, to nearest even, and at least its lowest unit.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Codes, ``int64`` of the shape of ``values``; and the divisor of the vector in every beat, as
        a code of a float format, or a number of lowest bits. A vector with a NaN or an infinity has
        codes of 0, and as its divisor the largest of its codes without their signs: a NaN, if there
        is one.
    """
    values = np.asarray(values)
    beats = columns // (values.shape[1] if values.ndim > 1 else 1)
    vectors = values[: len(values) // beats * beats].reshape(-1, columns)
    lowest = max(1, int(format.encode(least)))
    special = format.is_nan(vectors) | format.is_infinite(vectors)
    x = format.finite_parts(np.where(special, 0, vectors))[0].astype(object)
    floor = int(format.finite_parts([lowest])[0][0])
    absmax = np.maximum(abs(x).max(axis=1), floor) if len(x) else np.zeros(0, object)
    codes = nearest_codes(x, absmax[:, None])
    gone = special.any(axis=1)
    codes[gone] = 0
    divisors = absmax
    if isinstance(format, FloatFormat):
        divisors = np.array([_code(format, each) for each in absmax.tolist()], object)
        magnitudes = vectors.astype(np.int64) & ((1 << format.width - 1) - 1)
        divisors[gone] = magnitudes[gone].max(axis=1)
    kept = values[: len(vectors) * beats]
    return codes.reshape(kept.shape).astype(np.int64), np.repeat(divisors, beats).astype(np.int64)


def _code(format, significand):
    """Return the code of ``significand`` lowest units."""
    return int(format.round_scaled(np.array([significand], object), format.lsb_exponent)[0])
