"""Golden model of the core ``mx-convert``: a block in another format, rounded once."""

import numpy as np

from .mx_block import answer, as_blocks, block_scales, exact_elements

__all__ = ["convert"]


def convert(elements, scale, *, source, block, random=None):
    """Return what ``mx-convert`` answers to a sequence of beats.

    Parameters
    ----------
    elements : unsigned array
        Element codes of ``source``, shape (beats, lanes), or (beats,) for one lane.
    scale : unsigned array
        Scale codes, shape (beats,), equal in all beats of a block.
    source, block : BlockFormat
        Formats of operand and result, of equal block size; ``block`` with its ``Quantization``.
    random : unsigned array
        For stochastic rounding, of the shape of ``elements``.

    The values element * scale are exact; the block of the result has the scale that section 6.3 of
    OCP MX v1.0 gives them, and each is rounded once. A float scale of either is that of
    ``hwgen.formats.Quantization``. Tensor scales take no part: the result is in units of that of
    ``source``.

    Returns a dict: ``"elements"`` of the shape of ``elements``; ``"scale"``, one a beat.
    """
    codes = as_blocks("elements", elements, source)
    scales = block_scales("scale", scale, len(codes))
    return answer(exact_elements(codes, scales, source), np.shape(elements), block, random)
