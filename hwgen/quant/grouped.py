"""Quantizers that give every group of weights a scale and every weight a code of a codebook."""

import numpy as np

from hwgen.formats.power import PowerOfTwoFormat
from hwgen.formats.weights import GroupedFormat

from .groups import Groups, fit_scales, shared_power

__all__ = [
    "NORMAL_RANGE",
    "absmean",
    "asymmetric",
    "mean_scaled_signs",
    "nearest_entry",
    "outlier_victim",
    "rms_scaled",
]

# OliVe (ISCA 2023), section 3.1: what lies beyond three standard deviations is an outlier
OUTLIER_DEVIATIONS = 3
# BitNet b1.58, equation 3
SMALLEST_MEAN = 1e-5
# half the range of the best uniform quantizer of a normal distribution, by bits: QuEST's constants,
# and for 5 to 7 bits, which it has none for, those with the least squared error
NORMAL_RANGE = {
    **{1: 0.7979, 2: 1.4935, 3: 2.0511, 4: 2.5139},
    **{5: 2.9162, 6: 3.2780, 7: 3.6111, 8: 3.8849},
}


def nearest_entry(matrix, form: GroupedFormat, outer=None):
    """Return the arrays of ``form`` in which the largest weight of a group is the largest entry.

    The scale of a group is ``max |w| / max |entry|``, or where scales are E8M0 the `shared_power`,
    and every weight becomes the nearest entry,
    ties going down. Where the codebook has special values, each group tries them in order, with
    the scale that belongs to it, and keeps the first with the least squared error (BitMoD, HPCA
    2025, algorithm 1). ``outer`` is the code of the scale of a matrix of which these are some rows,
    for formats that have one.
    """
    groups, codebook = Groups(matrix, form.group), form.codebook
    best = None
    for selector in range(len(codebook.specials)) or (None,):
        integers, _ = codebook.grid(selector)
        if isinstance(form.scale, PowerOfTwoFormat):
            ideal = shared_power(groups.largest(), form)
        else:
            ideal = groups.largest() / np.abs(integers).max()
        units, _ = fit_scales(ideal, form, outer)
        codes = codebook.encode(groups.values, units[..., None], selector)
        found = codebook.significands(codes, selector) * units[..., None]
        trial = (groups.squared_error(found), ideal, codes, np.full(ideal.shape, selector or 0))
        if best is None:
            best = trial
        else:
            better = trial[0] < best[0]
            best = tuple(
                np.where(better[..., None] if new.ndim > 2 else better, new, old)
                for new, old in zip(trial, best, strict=True)
            )
    _, ideal, codes, selectors = best
    arrays = {"codes": groups.as_matrix(codes), **fit_scales(ideal, form, outer)[1]}
    if codebook.specials:
        arrays["selectors"] = selectors.astype(np.uint8)
    return arrays


def asymmetric(matrix, form: GroupedFormat):
    """Return the arrays of ``form``, a ``-zero`` format of unsigned integers.

    ``scale = (max - min) / (2**b - 1)``, ``zero point = round(-min / scale)`` and ``code =
    round(w / scale) + zero point``, both clipped, ties to even. Zero is among the numbers of every
    group: min is at most 0 and max at least 0.
    """
    groups, most = Groups(matrix, form.group), form.codebook.largest
    lowest, highest = groups.limits()
    lowest, highest = np.minimum(lowest, 0), np.maximum(highest, 0)
    units, arrays = fit_scales((highest - lowest) / most, form)
    zero = np.clip(np.rint(-lowest / units), 0, most)
    codes = np.clip(np.rint(groups.values / units[..., None]) + zero[..., None], 0, most)
    return {
        "codes": groups.as_matrix(codes).astype(np.uint8),
        "zero_points": zero.astype(np.uint8),
        **arrays,
    }


def absmean(matrix, form: GroupedFormat, mean=None):
    """Return the arrays of ``form``, whose codebook is ``ternary``.

    BitNet b1.58 (Ma et al. 2024), equations 1 to 3: the scale is the mean magnitude, at least
    1e-5; weights become -1, 0 or 1 by rounding ``w / scale``, ties to even. ``mean`` is that of a
    matrix of which these are some rows.
    """
    groups = Groups(matrix, form.group)
    means = groups.mean_magnitude() if mean is None else np.full((1, 1), mean)
    units, arrays = fit_scales(np.maximum(means, SMALLEST_MEAN), form)
    trits = np.clip(np.rint(groups.values / units[..., None]), -1, 1)
    return {"codes": groups.as_matrix(trits + 1).astype(np.uint8), **arrays}


def mean_scaled_signs(matrix, form: GroupedFormat):
    """Return the arrays of ``form``, whose codebook is ``bipolar1``: the sign of every weight.

    XNOR-Net (Rastegari et al. 2016), section 3.1: the scale with the least squared error is the
    mean magnitude. Zero counts as positive.
    """
    groups = Groups(matrix, form.group)
    _, arrays = fit_scales(groups.mean_magnitude(), form)
    return {"codes": groups.as_matrix(groups.values >= 0).astype(np.uint8), **arrays}


def outlier_victim(matrix, form: GroupedFormat, deviation=None):
    """Return the arrays of ``form``, whose codebook is ``olive4``.

    OliVe (Guo et al., ISCA 2023): the largest integer stands for the largest magnitude within three
    standard deviations of the matrix; weights beyond are outliers. ``deviation`` is that of a
    matrix of which these are some rows.
    """
    if deviation is None:
        deviation = np.asarray(matrix, np.float64).std()
    limit = OUTLIER_DEVIATIONS * deviation
    groups, pairs = Groups(matrix, form.group), form.codebook
    outlier = np.abs(groups.values) > limit
    inner = np.where(outlier, 0.0, np.abs(groups.values)).max(axis=-1)
    units, arrays = fit_scales(inner / pairs.largest_integer, form)
    codes = pairs.encode(groups.values, units[..., None], outlier)
    return {"codes": groups.as_matrix(codes), **arrays}


def rms_scaled(matrix, form: GroupedFormat):
    """Return the arrays of ``form``, whose codebook is ``bipolarN``: QuEST's grid.

    QuEST (Panferov et al. 2025), section 3.1: the outermost numbers are ``c * RMS`` of the group,
    with the c that makes the mean squared error of a normal distribution least.
    """
    groups, codebook = Groups(matrix, form.group), form.codebook
    square = (groups.values**2).sum(axis=-1) / groups.valid.sum(axis=-1)
    ideal = NORMAL_RANGE[codebook.width] * np.sqrt(square) / codebook.largest
    units, arrays = fit_scales(ideal, form)
    codes = codebook.encode(groups.values, units[..., None])
    return {"codes": groups.as_matrix(codes), **arrays}
