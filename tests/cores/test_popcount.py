"""Popcounts and doubling sums on every fabric, against counting in Python."""

import numpy as np
import pytest
from datapath import Datapath
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.doubling import double_and_add
from hwgen.cores.arith.popcount import POPCOUNT_LIBRARY, popcount
from amaranth.hdl import Const, unsigned

from hwgen import targets

FABRICS = ("ecp5", "xilinx7", "ice40", "generic")


def counted(size, product, fabric, frequency):
    """Return a datapath that counts bits, or products of bits."""

    def build(pipeline, values):
        right = None if product is None else values["right"]
        count = popcount(pipeline, values["left"], right, product or "and")
        shape = unsigned(size.bit_length())
        zero = Term(pipeline.constant(Const(0, 1)))
        if count.spare is None:
            return {"count": add(pipeline, Term(count.bits), zero, shape)}
        assert count.maximum == size - 1
        return {"count": add(pipeline, Term(count.bits), zero, shape, count.spare)}

    names = ["left"] if product is None else ["left", "right"]
    inputs = {name: (size, False) for name in names}
    datapath = Datapath(build, inputs, {"count": size.bit_length()}, fabric, frequency)
    datapath.verilog_libraries = (*datapath.verilog_libraries, POPCOUNT_LIBRARY)
    return datapath


def words(random, size, count):
    """Return words of every density: sparse, dense, all zeros and all ones among them."""
    density = random.random((count, 1))
    density[:2] = [[0.0], [1.1]]
    bits = random.random((count, size)) < density
    return np.array([int("".join(str(int(bit)) for bit in row), 2) for row in bits], dtype=object)


SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 31, 64]


@pytest.mark.parametrize("fabric", FABRICS)
@pytest.mark.parametrize("product", [None, "and", "xor"])
def test_ones_are_counted(fabric, product, tmp_path):
    for size in SIZES if fabric == "ecp5" else [3, 7, 40]:
        random = np.random.default_rng(size)
        codes = {"left": words(random, size, 200)}
        if product is not None:
            codes["right"] = words(random, size, 200)
        folder = tmp_path / str(size)
        folder.mkdir()
        found = counted(size, product, fabric, None).run(folder, codes)["count"]
        given = [int(each) for each in codes["left"]]
        if product is not None:
            pairs = zip(given, (int(each) for each in codes["right"]), strict=True)
            given = [x & y if product == "and" else x ^ y for x, y in pairs]
        assert found.tolist() == [each.bit_count() for each in given], size


@pytest.mark.parametrize("product", [None, "and"])
def test_registers_change_nothing_but_the_latency(product, tmp_path):
    random = np.random.default_rng(3)
    codes = {name: words(random, 64, 300) for name in ("left", "right")[: 1 + bool(product)]}
    circuit = counted(64, product, "ecp5", 200)
    found = circuit.run(tmp_path, codes)["count"]
    both = zip(codes["left"], codes.get("right", codes["left"]), strict=True)
    assert found.tolist() == [(int(x) & int(y)).bit_count() for x, y in both]
    assert circuit.latency > 2


@pytest.mark.parametrize("fabric", FABRICS)
def test_a_doubling_sum_is_exact_modulo_its_width(fabric, tmp_path):
    names = {"held": (9, True), "double": (1, False), "term": (5, True), "carry": (1, False)}

    def build(pipeline, values):
        held, double, term, carry = (values[name].signal for name in names)
        total = double_and_add(
            pipeline.m, targets.get(fabric), held, double[0], term, carry, "total"
        )
        return {"total": pipeline.input(total, "sum")}

    random = np.random.default_rng(1)
    codes = {
        name: random.integers(0, 1 << width, 3000).astype(np.uint64)
        for name, (width, _) in names.items()
    }
    found = Datapath(build, names, {"total": 9}, fabric).run(tmp_path, codes)["total"]
    signed = (codes["term"].astype(int) ^ 16) - 16
    wanted = codes["held"].astype(int) * (1 + codes["double"].astype(int)) + signed
    np.testing.assert_array_equal(found.astype(int), (wanted + codes["carry"].astype(int)) % 512)
