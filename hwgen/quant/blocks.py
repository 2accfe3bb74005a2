"""Weights in block formats: MX, NVFP4, block floating point."""

import numpy as np

from hwgen.formats.weights import BlockedFormat

__all__ = ["blocked"]


def blocked(matrix, form: BlockedFormat, outer=None):
    """Return the arrays of ``form``, as section 6.3 of OCP MX v1.0 makes blocks of numbers.

    ``outer`` is the code of the tensor scale of a matrix of which these are some rows.
    """
    block = form.block
    padded = np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % block.block_size)))
    if block.tensor_scale is None:
        scales, codes = block.quantize(padded)
        return {"codes": codes, "scales": scales}
    outer = block.choose_tensor_scale(padded) if outer is None else outer
    scales, codes = block.quantize(padded, outer)
    tensor_scale = np.array([outer], block.tensor_scale.code_dtype)
    return {"codes": codes, "scales": scales, "tensor_scale": tensor_scale}
