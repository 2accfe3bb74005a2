"""Multipliers, shifters, trees and tables against integer arithmetic, on both kinds of fabric."""

from functools import partial
from itertools import product

import numpy as np
import pytest
from amaranth.hdl import Cat, Const, signed, unsigned
from datapath import Datapath, as_signed, every
from hwgen.cores.arith.lut4 import choose_of_four
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.shift import shift_left
from hwgen.cores.arith.table import lookup
from hwgen.cores.arith.tree import Operand, add_tree, negate_if
from hwgen.cores.mx.small_product import E2M1_NETWORK

OPERANDS = [(2, 2), (3, 3), (4, 4), (5, 3), (3, 5), (2, 6), (5, 6), (5, 5)]
SIGNS = [(False, False), (True, False), (False, True), (True, True)]


def _value(codes, width, is_signed):
    return as_signed(codes, width) if is_signed else codes.astype(np.int64)


@pytest.mark.parametrize(
    ("fabric", "frequency"),
    [("ecp5", None), ("ecp5", 200), ("generic", 200), ("xilinx7", None), ("xilinx7", 400)],
)
def test_every_product_of_small_operands_is_exact(fabric, frequency, tmp_path):
    def shaped(pipeline, value, width, is_signed):
        shape = signed(width) if is_signed else unsigned(width)
        return pipeline.free(
            lambda bits: bits[:width].as_signed() if shape.signed else bits[:width], value
        )

    def build(pipeline, values):
        return {
            f"{wa}x{wb}_{int(sa)}{int(sb)}": multiply(
                pipeline,
                shaped(pipeline, values["a"], wa, sa),
                shaped(pipeline, values["b"], wb, sb),
            )
            for wa, wb in OPERANDS
            for sa, sb in SIGNS
        }

    outputs = {f"{wa}x{wb}_{int(sa)}{int(sb)}": wa + wb for wa, wb in OPERANDS for sa, sb in SIGNS}
    core = Datapath(build, {"a": (5, False), "b": (6, False)}, outputs, fabric, frequency)
    a, b = every(5, 6)
    results = core.run(tmp_path, {"a": a, "b": b})
    for wa, wb in OPERANDS:
        for sa, sb in SIGNS:
            left = _value(a & np.uint64((1 << wa) - 1), wa, sa)
            right = _value(b & np.uint64((1 << wb) - 1), wb, sb)
            wanted = (left * right) & ((1 << wa + wb) - 1)
            name = f"{wa}x{wb}_{int(sa)}{int(sb)}"
            np.testing.assert_array_equal(results[name], wanted.astype(np.uint64), name)


SHIFTS = [(1, 0, 1), (4, 0, 4), (6, 2, 14), (3, 1, 7), (5, 0, 20), (2, 3, 3)]


@pytest.mark.parametrize(
    ("fabric", "frequency"),
    [("ecp5", None), ("ecp5", 150), ("ecp5", 300), ("generic", 150), ("xilinx7", 400)],
)
def test_a_shift_moves_by_the_amount_less_its_lowest_value(fabric, frequency, tmp_path):
    def build(pipeline, values):
        results = {}
        for index, (width, low, high) in enumerate(SHIFTS):
            name = f"s{index}"
            amount = values[f"amount{index}"]
            bits, mask = shift_left(
                pipeline, pipeline.slice(values["value"], 0, width), amount, low, high, name
            )
            if mask is not None:
                bits = pipeline.logic(lambda x, y: x & y, bits, mask)
            results[name] = bits
        return results

    inputs = {"value": (6, False)}
    inputs |= {
        f"amount{index}": (high.bit_length(), False) for index, (_, _, high) in enumerate(SHIFTS)
    }
    outputs = {f"s{index}": width + high - low for index, (width, low, high) in enumerate(SHIFTS)}
    rng = np.random.default_rng(1)
    codes = {"value": np.tile(np.arange(64, dtype=np.uint64), 21)}
    count = len(codes["value"])
    for index, (_, low, high) in enumerate(SHIFTS):
        amounts = np.repeat(np.arange(low, high + 1), 64)
        codes[f"amount{index}"] = np.resize(amounts, count).astype(np.uint64)
    order = rng.permutation(count)
    codes = {name: values[order] for name, values in codes.items()}
    results = Datapath(build, inputs, outputs, fabric, frequency).run(tmp_path, codes)
    for index, (width, low, _) in enumerate(SHIFTS):
        value = codes["value"] & np.uint64((1 << width) - 1)
        wanted = value << (codes[f"amount{index}"] - np.uint64(low))
        np.testing.assert_array_equal(results[f"s{index}"], wanted, str(SHIFTS[index]))


TREE_KINDS = {
    "mixed": lambda index: (index % 4 in (0, 1), index % 4 in (0, 2), index % 4 == 3),
    "signed": lambda index: (True, False, False),
    "masked_signed": lambda index: (True, True, False),
    "plain": lambda index: (False, False, True),
}


TREE_COUNTS = (1, 2, 3, 5, 8)


def _tree_operand(pipeline, values, index, kind):
    has_sign, has_mask, twos = TREE_KINDS[kind](index)
    bits = values[f"v{index}"]
    return Operand(
        pipeline.free(lambda value: value.as_signed(), bits) if twos else bits,
        -8 if twos else 0,
        7 if twos else 15,
        values[f"m{index}"] if has_mask else None,
        values[f"s{index}"] if has_sign else None,
    )


def _tree_sum(codes, count, kind):
    total = 0
    for index in range(count):
        has_sign, has_mask, twos = TREE_KINDS[kind](index)
        value = codes[f"v{index}"] & codes[f"m{index}"] if has_mask else codes[f"v{index}"]
        value = _value(value, 4, twos)
        total = total + (np.where(codes[f"s{index}"] == 1, -value, value) if has_sign else value)
    return total


@pytest.mark.parametrize(
    ("fabric", "frequency"), [("ecp5", None), ("xilinx7", None), ("xilinx7", 300)]
)
def test_a_tree_adds_signed_and_masked_operands(fabric, frequency, tmp_path):
    """Operands by turns, if mixed: sign and mask, sign, mask, two's complement."""

    def build(pipeline, values):
        results = {}
        for kind, count in product(TREE_KINDS, TREE_COUNTS):
            operands = [_tree_operand(pipeline, values, index, kind) for index in range(count)]
            total = negate_if(pipeline, add_tree(pipeline, operands, f"{kind}_{count}")).bits
            results[f"{kind}_{count}"] = pipeline.free(lambda bits: extended(bits, 10), total)
        return results

    def extended(bits, width):
        top = bits[-1] if bits.shape().signed else Const(0, 1)
        return Cat(bits, top.replicate(max(0, width - len(bits))))

    rng = np.random.default_rng(5)
    inputs, codes = {}, {}
    for index in range(max(TREE_COUNTS)):
        inputs |= {f"v{index}": (4, False), f"m{index}": (4, False), f"s{index}": (1, False)}
    for name, (width, _) in inputs.items():
        codes[name] = rng.integers(0, 1 << width, 3000, dtype=np.uint64)
        # all extremes at once: the widest sums in both directions
        extremes = {"v": (15, 15, 7, 8), "m": (15, 15, 15, 15), "s": (0, 1, 0, 1)}
        codes[name][:4] = extremes[name[0]]
    outputs = {f"{kind}_{count}": 10 for kind, count in product(TREE_KINDS, TREE_COUNTS)}
    results = Datapath(build, inputs, outputs, fabric, frequency).run(tmp_path, codes)
    for kind, count in product(TREE_KINDS, TREE_COUNTS):
        wanted = _tree_sum(codes, count, kind)
        found = as_signed(results[f"{kind}_{count}"], 10)
        np.testing.assert_array_equal(found, wanted, f"{kind} {count}")


def test_tables_placed_by_hand_choose_one_of_four(tmp_path):
    def build(pipeline, values):
        choices = [values[f"d{index}"] for index in range(4)]
        return {"z": choose_of_four(pipeline, choices, values["low"], values["high"])}

    inputs = {f"d{index}": (2, False) for index in range(4)}
    inputs |= {"low": (1, False), "high": (1, False)}
    codes = dict(zip(inputs, every(2, 2, 2, 2, 1, 1), strict=True))
    results = Datapath(build, inputs, {"z": 2}).run(tmp_path, codes)
    selected = codes["low"] + 2 * codes["high"]
    wanted = np.choose(selected.astype(int), [codes[f"d{index}"] for index in range(4)])
    np.testing.assert_array_equal(results["z"], wanted)


def test_a_decision_diagram_equals_its_function(tmp_path):
    function = partial(pow, 3)

    def build(pipeline, values):
        return {"z": pipeline.logic(lambda x: lookup(list(x), function, 9), values["x"])}

    results = Datapath(build, {"x": (6, False)}, {"z": 9}).run(tmp_path, {"x": every(6)[0]})
    wanted = [function(address) % 512 for address in range(64)]
    np.testing.assert_array_equal(results["z"], np.array(wanted, np.uint64))


def test_the_e2m1_network_multiplies_all_magnitudes():
    magnitudes = [0, 1, 2, 3, 4, 6, 8, 12]
    for a in range(8):
        for b in range(8):
            values = {f"a{bit}": a >> bit & 1 for bit in range(3)}
            values |= {f"b{bit}": b >> bit & 1 for bit in range(3)}
            for output, inputs, table in E2M1_NETWORK:
                address = sum(values[each] << bit for bit, each in enumerate(inputs.split()))
                values[output] = table >> address & 1
            product = sum(values[f"p{bit}"] << bit for bit in range(8))
            assert product == magnitudes[a] * magnitudes[b], (a, b)
