"""Booth's recoding multiplies exactly, for all signs and for operands of several sequences."""

from itertools import product

import numpy as np
import pytest
from datapath import Datapath, as_signed
from hwgen.cores.arith.multiply import multiply

WIDTHS = [(8, 8), (11, 11), (12, 9), (7, 19), (24, 24)]
SIGNS = list(product((False, True), repeat=2))


def _shaped(pipeline, value, width, is_signed):
    return pipeline.free(lambda x: x[:width].as_signed() if is_signed else x[:width], value)


@pytest.mark.parametrize(("fabric", "frequency"), [("xilinx7", None), ("ultrascale_plus", 500)])
def test_products_are_exact_at_extremes_and_at_random(fabric, frequency, tmp_path):
    cases = list(product(WIDTHS, SIGNS))

    def build(pipeline, values):
        return {
            f"p{index}": multiply(
                pipeline,
                _shaped(pipeline, values["a"], wa, sa),
                _shaped(pipeline, values["b"], wb, sb),
                name=f"p{index}",
            )
            for index, ((wa, wb), (sa, sb)) in enumerate(cases)
        }

    outputs = {f"p{index}": sum(widths) for index, (widths, _) in enumerate(cases)}
    rng = np.random.default_rng(11)
    a, b = rng.integers(0, 1 << 24, (2, 3000), dtype=np.uint64)
    corners = [0, 1, (1 << 24) - 1, 0x800080, 0x7FFF7F, 0x555555, 0xAAAAAA, 0x800800, 0x7FF7FF]
    pairs = np.array(list(product(corners, repeat=2)), dtype=np.uint64)
    a[: len(pairs)], b[: len(pairs)] = pairs[:, 0], pairs[:, 1]
    core = Datapath(build, {"a": (24, False), "b": (24, False)}, outputs, fabric, frequency)
    results = core.run(tmp_path, {"a": a, "b": b})
    for index, ((wa, wb), (sa, sb)) in enumerate(cases):
        left, right = a & np.uint64((1 << wa) - 1), b & np.uint64((1 << wb) - 1)
        left = as_signed(left, wa) if sa else left.astype(np.int64)
        right = as_signed(right, wb) if sb else right.astype(np.int64)
        wanted = (left * right) & ((1 << wa + wb) - 1)
        np.testing.assert_array_equal(
            results[f"p{index}"].astype(np.int64), wanted, str(cases[index])
        )
