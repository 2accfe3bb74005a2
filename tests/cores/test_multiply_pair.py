"""Two products in one hard multiplier are exact, and cost one multiplier."""

import numpy as np
import pytest
from datapath import Datapath, as_signed, every
from hwgen.cores.arith.multiply_pair import (
    multiply_pair,
    multiply_shared,
    pair_fits,
    shared_fits,
)

from hwgen import targets
from hwgen.flow.emit import emit_verilog
from hwgen.flow.synthesise import synthesise

# at 220 MHz the operands stop in the multiplier's own input registers
FABRICS = [("ecp5", None), ("ecp5", 100), ("ecp5", 220), ("xilinx7", 200)]


@pytest.mark.parametrize(("fabric", "frequency"), FABRICS)
def test_two_independent_products_are_exact(fabric, frequency, tmp_path):
    def build(pipeline, values):
        first, second = (values["a"], values["b"]), (values["c"], values["d"])
        return dict(zip(("ab", "cd"), multiply_pair(pipeline, first, second), strict=True))

    inputs = {"a": (4, False), "b": (5, False), "c": (4, False), "d": (5, False)}
    codes = dict(zip("abcd", every(4, 5, 4, 5), strict=True))
    results = Datapath(build, inputs, {"ab": 9, "cd": 9}, fabric, frequency).run(tmp_path, codes)
    np.testing.assert_array_equal(results["ab"], codes["a"] * codes["b"])
    np.testing.assert_array_equal(results["cd"], codes["c"] * codes["d"])


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize(("fabric", "frequency"), FABRICS)
def test_two_products_with_a_common_operand_are_exact(fabric, frequency, is_signed, tmp_path):
    def build(pipeline, values):
        others = (values["b"], values["c"])
        products = multiply_shared(pipeline, values["a"], others)
        return dict(zip(("ab", "ac"), products, strict=True))

    inputs = dict.fromkeys("abc", (5, is_signed))
    codes = dict(zip("abc", every(5, 5, 5), strict=True))
    results = Datapath(build, inputs, {"ab": 10, "ac": 10}, fabric, frequency).run(tmp_path, codes)
    for other in "bc":
        found = results[f"a{other}"].astype(np.int64)
        wanted = codes["a"].astype(np.int64) * codes[other].astype(np.int64)
        if is_signed:
            found = as_signed(results[f"a{other}"], 10)
            wanted = as_signed(codes["a"], 5) * as_signed(codes[other], 5)
        np.testing.assert_array_equal(found, wanted)


def test_int8_pairs_with_a_common_operand_are_exact_at_all_extremes(tmp_path):
    def build(pipeline, values):
        products = multiply_shared(pipeline, values["a"], (values["b"], values["c"]))
        return dict(zip(("ab", "ac"), products, strict=True))

    corners = np.array([0, 1, 2, 127, 128, 129, 254, 255, 85, 170], dtype=np.uint64)
    grids = np.meshgrid(corners, corners, corners, indexing="ij")
    codes = {name: grid.ravel() for name, grid in zip("abc", grids, strict=True)}
    inputs = dict.fromkeys("abc", (8, True))
    results = Datapath(build, inputs, {"ab": 16, "ac": 16}, "xilinx7", 200).run(tmp_path, codes)
    for other in "bc":
        wanted = as_signed(codes["a"], 8) * as_signed(codes[other], 8)
        np.testing.assert_array_equal(as_signed(results[f"a{other}"], 16), wanted)


def test_what_fits_follows_from_the_width_of_the_multiplier():
    ecp5, seven = targets.get("ecp5"), targets.get("xilinx7")
    assert pair_fits(ecp5, 4, 4) and pair_fits(ecp5, 5, 5) and not pair_fits(ecp5, 6, 6)
    assert pair_fits(seven, 5, 5) and not pair_fits(seven, 8, 8)
    assert shared_fits(seven, 8, 8, is_signed=True) and not shared_fits(seven, 9, 9, True)
    assert not shared_fits(ecp5, 8, 8, is_signed=True)
    assert not pair_fits(targets.get("generic"), 8, 8)


@pytest.mark.parametrize("fabric", ["ecp5", "xilinx7", "ultrascale_plus"])
def test_a_pair_costs_one_multiplier(fabric, tmp_path):
    def build(pipeline, values):
        first, second = (values["a"], values["b"]), (values["c"], values["d"])
        return dict(zip(("ab", "cd"), multiply_pair(pipeline, first, second), strict=True))

    inputs = dict.fromkeys("abcd", (4, False))
    core = Datapath(build, inputs, {"ab": 8, "cd": 8}, fabric, 100)
    (tmp_path / "pair.v").write_text(emit_verilog(core, module_name="pair"))
    result = synthesise([tmp_path / "pair.v"], "pair", fabric, tmp_path / "synthesis")
    assert result.counts.dsp == 1
