"""Comparators equal the comparison of integers, whatever the widths and signs of the operands."""

from itertools import product

import numpy as np
import pytest
from amaranth.hdl import Const
from datapath import Datapath, as_signed, every
from hwgen.cores.arith.compare import equal, less

WIDTHS = [(1, 1), (4, 4), (5, 5), (5, 3), (2, 5)]
SIGNS = list(product((False, True), repeat=2))


def _shaped(pipeline, value, width, is_signed):
    return pipeline.free(lambda x: x[:width].as_signed() if is_signed else x[:width], value)


def _number(codes, width, is_signed):
    codes = codes & np.uint64((1 << width) - 1)
    return as_signed(codes, width) if is_signed else codes.astype(np.int64)


@pytest.mark.parametrize(
    ("fabric", "frequency"), [("ecp5", None), ("ecp5", 300), ("generic", None), ("xilinx7", None)]
)
def test_order_and_equality_are_those_of_integers(fabric, frequency, tmp_path):
    cases = list(product(WIDTHS, SIGNS))

    def build(pipeline, values):
        results = {}
        for index, ((wa, wb), (sa, sb)) in enumerate(cases):
            a = _shaped(pipeline, values["a"], wa, sa)
            b = _shaped(pipeline, values["b"], wb, sb)
            results[f"less{index}"] = less(pipeline, a, b)
            results[f"most{index}"] = less(pipeline, a, b, or_equal=True)
            results[f"same{index}"] = equal(pipeline, a, b)
        return results

    names = [f"{kind}{index}" for index in range(len(cases)) for kind in ("less", "most", "same")]
    core = Datapath(
        build, {"a": (5, False), "b": (5, False)}, dict.fromkeys(names, 1), fabric, frequency
    )
    codes = dict(zip("ab", every(5, 5), strict=True))
    results = core.run(tmp_path, codes)
    for index, ((wa, wb), (sa, sb)) in enumerate(cases):
        a, b = _number(codes["a"], wa, sa), _number(codes["b"], wb, sb)
        for kind, wanted in (("less", a < b), ("most", a <= b), ("same", a == b)):
            np.testing.assert_array_equal(
                results[f"{kind}{index}"], wanted, f"{kind} {cases[index]}"
            )


@pytest.mark.parametrize("fabric", ["ecp5", "xilinx7"])
def test_a_limit_may_be_a_constant(fabric, tmp_path):
    def build(pipeline, values):
        return {"z": less(pipeline, values["a"], pipeline.constant(Const(11, 4)))}

    results = Datapath(build, {"a": (6, False)}, {"z": 1}, fabric).run(tmp_path, {"a": every(6)[0]})
    np.testing.assert_array_equal(results["z"], np.arange(64) < 11)
