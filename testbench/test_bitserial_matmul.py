"""The regression of ``bitserial-matmul``: both tiers, its pace, and matrices larger than it."""

import json

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.lint import lint_messages
from hwgen.flow.verify import verify
from hwgen.formats.bit_planes import Operand, product_matrix, product_tokens
from hwgen.sim.model import CompiledModel

CORE = catalogue.get("bitserial-matmul")

_SMALL = {"rows": 2, "columns": 2, "words": 2, "k": 8, "buffer": 16}
_DEFAULT = [
    {**_SMALL, "rows": 4, "freq": 100},
    {**_SMALL, "words": 1, "k": 21, "buffer": 9, "max_bits": 3, "modes": "mixed"},
]


def _thorough():
    yield {**_SMALL, "buffer": 40, "modes": "bipolar", "target": "xilinx7", "freq": 100}
    yield {**_SMALL, "columns": 4, "k": 64, "modes": "integers", "freq": 150}
    for target in ("ecp5", "ice40", "generic", "xilinx7", "ultrascale_plus"):
        for modes in ("all", "integers"):
            yield {**_SMALL, "modes": modes, "target": target}
            yield {**_SMALL, "modes": modes, "target": target, "freq": 30}
    yield {}
    yield {"freq": 100}
    yield {**_SMALL, "rows": 8, "columns": 8, "words": 4, "k": 64, "freq": 100, "modes": "mixed"}
    yield {**_SMALL, "rows": 1, "columns": 1, "words": 1, "k": 4, "max_bits": 1, "buffer": 8}
    yield {**_SMALL, "rows": 3, "columns": 9, "words": 3, "k": 100, "max_bits": 5, "freq": 80}
    yield {**_SMALL, "k": 256, "modes": "bipolar", "freq": 120}
    yield {**_SMALL, "words": 1, "k": 512, "buffer": 8, "freq": 60}
    yield {**_SMALL, "buffer": 100, "max_bits": 7, "freq": 90}


GRID = [*_DEFAULT, *(pytest.param(each, marks=pytest.mark.slow) for each in _thorough())]


def label(options):
    return "-".join(f"{key}={value}" for key, value in options.items()) or "plain"


@pytest.mark.parametrize("options", GRID, ids=label)
def test_products_equal_their_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(CORE, config, folder=tmp_path, vectors=400, seed=7)
    assert result.matched >= 400
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}
    assert lint_messages([result.verilog], "bitserial_matmul") == []


@pytest.mark.parametrize(
    "options",
    [
        {**_SMALL, "freq": 100},
        pytest.param({**_SMALL, "k": 64, "modes": "integers"}, marks=pytest.mark.slow),
        pytest.param({**_SMALL, "modes": "bipolar", "freq": 100}, marks=pytest.mark.slow),
        pytest.param({**_SMALL, "k": 30, "target": "xilinx7"}, marks=pytest.mark.slow),
        pytest.param({**_SMALL, "target": "ice40", "freq": 30}, marks=pytest.mark.slow),
    ],
    ids=label,
)
def test_synthesised_products_equal_the_golden_model(options, tmp_path):
    config = CORE.configure(options)
    result = verify(
        CORE, config, folder=tmp_path, vectors=200, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


class Multiplier:
    """The emitted core as a function of matrices; counts clock cycles."""

    def __init__(self, options, folder):
        self.config = CORE.configure(options)
        emitted = emit(CORE, self.config, folder)
        interface = json.loads(emitted.interface.read_text())
        self.model = CompiledModel(emitted.verilog, interface, folder, optimize=0)

    def __call__(self, left, right, left_operand, right_operand, **options):
        """Return (product, cycle in which each row of it was valid)."""
        (stream,), (out,) = self.model.inputs, self.model.outputs
        tokens = product_tokens(left, right, left_operand, right_operand, self.config)
        fields = {each.name: tokens[each.name] for each in stream.fields}
        tiles = -(-len(left) // self.config.rows) * -(-right.shape[1] // self.config.columns)
        options["expected_tokens"] = {"o": tiles * self.config.rows}
        done = self.model.run({"i": payload.pack(stream, fields)}, timed=True, **options)
        codes = payload.unpack(out, done.outputs["o"])["row"].astype(np.int64)
        top = 1 << self.config.result_width - 1
        shape = (left.shape[0], right.shape[1])
        return product_matrix((codes ^ top) - top, shape, self.config), done.emerged["o"]


def utilization(rows_valid, config, tile):
    """Return the share of the clock cycles between first and last result in which the array works.

    ``tile``: pairs of words that make a tile.
    """
    ends = rows_valid.astype(int)[:: config.rows]
    return tile * (len(ends) - 1) / (ends[-1] - ends[0])


def test_a_product_of_256_by_256_by_256_at_4_bits_keeps_the_array_at_work(tmp_path):
    options = {"rows": 8, "columns": 8, "words": 4, "max_bits": 4, "freq": 100}
    multiplier = Multiplier({**options, "buffer": 16, "modes": "integers"}, tmp_path)
    random = np.random.default_rng(1)
    left, right = random.integers(-8, 8, (256, 256)), random.integers(-8, 8, (256, 256))
    found, valid = multiplier(left, right, Operand("signed", 4), Operand("signed", 4))
    np.testing.assert_array_equal(found, left @ right)
    assert utilization(valid, multiplier.config, 4 * 4 * 256 // 64) >= 0.99


OPERANDS = [
    ("signed", 8, "signed", 8),
    ("unsigned", 3, "signed", 5),
    ("ternary", 2, "signed", 8),
    ("bipolar", 1, "bipolar", 1),
    ("bipolar", 3, "bipolar", 4),
    ("bipolar", 1, "unsigned", 1),
    ("bipolar", 2, "signed", 8),
]


@pytest.fixture(scope="module")
def any_mode(tmp_path_factory):
    return Multiplier({"words": 2, "buffer": 40}, tmp_path_factory.mktemp("any_mode"))


@pytest.mark.parametrize("kinds", OPERANDS, ids=lambda each: "-".join(map(str, each)))
def test_matrices_of_any_size_and_kind_are_multiplied(any_mode, kinds):
    operands = Operand(*kinds[:2]), Operand(*kinds[2:])
    random = np.random.default_rng(4)
    shape = (9, 201, 6)
    matrices = []
    for operand, size in zip(operands, (shape[:2], shape[1:]), strict=True):
        low, high = operand.bounds
        step = 2 if operand.encoding == "bipolar" else 1
        matrices.append(random.choice(np.arange(low, high + 1, step), size))
    found, _ = any_mode(*matrices, *operands, stalls=0.3, seed=9)
    np.testing.assert_array_equal(found, matrices[0] @ matrices[1])


def test_the_cost_is_paid_for_each_pair_of_bits(any_mode):
    """Every bit of an operand costs one pass, whatever the widths the core was built for."""
    config = any_mode.config
    random = np.random.default_rng(5)
    for bits in ((1, 4), (3, 5), (8, 8)):
        left = random.integers(0, 1 << bits[0], (16, 320))
        right = random.integers(0, 1 << bits[1], (320, 4))
        operands = [Operand("unsigned", each) for each in bits]
        found, valid = any_mode(left, right, *operands)
        np.testing.assert_array_equal(found, left @ right)
        assert np.unique(np.diff(valid.astype(int)[:: config.rows])).tolist() == [
            bits[0] * bits[1] * 320 // config.k
        ]
