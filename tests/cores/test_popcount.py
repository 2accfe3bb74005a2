"""Popcounts and doubling sums on every fabric, against counting in Python."""

import numpy as np
import pytest
from amaranth.hdl import Const, unsigned
from datapath import Datapath
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.doubling import double_and_add
from hwgen.cores.arith.popcount import POPCOUNT_LIBRARY, popcount

from hwgen import targets

FABRICS = ("ecp5", "xilinx7", "ice40", "generic")


WIDTH = 64
SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 31, 40, 64]


def counted(product, fabric, frequency, sizes=SIZES):
    """Return a datapath that counts the lowest bits of words, or of their products."""

    def count_of(pipeline, values, size):
        words = [pipeline.slice(value, 0, size) for value in values.values()]
        count = popcount(pipeline, *words, product=product or "and", name=f"count_{size}")
        shape = unsigned(size.bit_length())
        zero = Term(pipeline.constant(Const(0, 1)))
        if count.spare is None:
            return add(pipeline, Term(count.bits), zero, shape)
        assert count.maximum == size - 1
        return add(pipeline, Term(count.bits), zero, shape, count.spare)

    def build(pipeline, values):
        return {f"of_{size}": count_of(pipeline, values, size) for size in sizes}

    names = ["left"] if product is None else ["left", "right"]
    outputs = {f"of_{size}": size.bit_length() for size in sizes}
    datapath = Datapath(build, dict.fromkeys(names, (WIDTH, False)), outputs, fabric, frequency)
    datapath.verilog_libraries = (*datapath.verilog_libraries, POPCOUNT_LIBRARY)
    return datapath


def words(random, count):
    """Return words of every density: all zeros and all ones among them."""
    density = random.random((count, 1))
    density[:2] = [[0.0], [1.1]]
    bits = random.random((count, WIDTH)) < density
    return np.packbits(bits, axis=1).view("<u8")[:, 0]


@pytest.mark.parametrize(
    ("fabric", "frequency"), [*((each, None) for each in FABRICS), ("ecp5", 200)]
)
@pytest.mark.parametrize("product", [None, "and", "xor"])
def test_ones_are_counted(product, fabric, frequency, tmp_path):
    random = np.random.default_rng(1)
    left, right = words(random, 500), words(random, 500)
    codes = {"left": left} | ({} if product is None else {"right": right})
    circuit = counted(product, fabric, frequency)
    found = circuit.run(tmp_path, codes)
    wanted = {None: left, "and": left & right, "xor": left ^ right}[product]
    for size in SIZES:
        ones = [(int(each) & (1 << size) - 1).bit_count() for each in wanted]
        assert found[f"of_{size}"].tolist() == ones, size
    assert (circuit.latency > 2) == (frequency is not None)


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
