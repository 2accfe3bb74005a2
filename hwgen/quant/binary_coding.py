"""Binary coding: weights as sums of planes of +1 and -1, each with a scale of its group."""

import numpy as np

from hwgen.formats.weights import BinaryCodedFormat

from .groups import Groups, second_level

__all__ = ["binary_coded"]

ROUNDS = 15


def binary_coded(matrix, form: BinaryCodedFormat, rounds=ROUNDS):
    """Return the arrays of ``form``: a greedy start, then alternating improvement.

    The start takes off plane after plane ``mean |rest| * sign(rest)`` (Guo et al. 2017). Every
    round fits all scales of a group by least squares and then gives each weight the nearest sum,
    ties going down (Xu et al. 2018, alternating multi-bit quantization). Scales are not negative,
    and the codes are those for the scales as they are stored, in two levels as well.

    Parameters
    ----------
    matrix : float array
        Shape (rows, columns).
    rounds : int
        Rounds of improvement; they end earlier when nothing changes.
    """
    groups = Groups(matrix, form.group)
    shape = groups.values.shape
    values, valid = (each.reshape(-1, shape[-1]) for each in (groups.values, groups.valid))
    codes = _greedy(values, form.planes)
    for _ in range(rounds):
        scales = _least_squares(values, valid, codes, form.planes)
        better = _nearest(values, scales)
        if np.array_equal(better, codes):
            break
        codes = better
    scales = _least_squares(values, valid, codes, form.planes)
    units = np.abs(scales).reshape(*shape[:2], form.planes)
    if form.two_level:
        units, arrays = second_level(units, form.scale)
    else:
        arrays = {"scales": form.scale.encode(units)}
        units = form.scale.decode(arrays["scales"])
    codes = _nearest(values, units.reshape(-1, form.planes))
    return {"codes": groups.as_matrix(codes.reshape(shape)), **arrays}


def _greedy(values, planes):
    """Return codes whose plane b holds the signs of what planes below it leave over."""
    codes, rest = np.zeros(values.shape, np.uint8), values.copy()
    for plane in range(planes):
        positive = rest >= 0
        codes |= positive.astype(np.uint8) << plane
        rest -= np.where(positive, 1.0, -1.0) * np.abs(rest).mean(axis=-1, keepdims=True)
    return codes


def _signs(codes, planes):
    return (codes[..., None] >> np.arange(planes) & 1) * 2.0 - 1


def _least_squares(values, valid, codes, planes):
    """Return the scales of every group with the least squared error, shape (groups, planes)."""
    signs = _signs(codes, planes) * valid[..., None]
    gram = np.einsum("gwp,gwq->gpq", signs, signs)
    moments = np.einsum("gwp,gw->gp", signs, values)
    # planes that are equal in a group share their scale: the pseudo-inverse splits it
    return np.einsum("gpq,gq->gp", np.linalg.pinv(gram, hermitian=True), moments)


def _nearest(values, scales):
    """Return the codes whose sums are nearest to the values, with positive scales."""
    planes = scales.shape[-1]
    sums = np.abs(scales) @ _signs(np.arange(1 << planes), planes).T
    order = np.argsort(sums, axis=-1, kind="stable")
    ordered = np.take_along_axis(sums, order, axis=-1)
    position = np.zeros(values.shape, np.int64)
    for middle in ((ordered[:, 1:] + ordered[:, :-1]) / 2).T:
        position += values > middle[:, None]
    return np.take_along_axis(order, position, axis=-1).astype(np.uint8)
