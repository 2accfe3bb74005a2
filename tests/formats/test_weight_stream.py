"""Streamed weights mean what their format's own dequantization says."""

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.formats.weight_stream import GROUP, Streamed, parse_weight_stream
from hwgen.quant.methods import parse_method

METHODS = [
    ("int8", 32, "fp16"),
    ("int4", 64, "bf16"),
    ("int4-asym", 32, "fp16"),
    ("int3-asym", "row", "fp16"),
    ("mxfp4", None, "fp16"),
    ("mxfp6-e2m3", None, "fp16"),
    ("mxfp8-e4m3", None, "fp16"),
    ("mxfp8-e5m2", None, "fp16"),
    ("mxint8", None, "fp16"),
    ("mx-int16/32", None, "fp16"),
    ("bitmod3", 64, "fp16"),
    ("bitmod4", 32, "fp16"),
    ("razer4", 32, "e8m0"),
    ("ternary", None, "fp16"),
    ("nf4", 32, "fp16"),
]
# units with a scale of 24 bits in them are rounded to 12 bits
ROUNDED = [
    ("nvfp4", None, "fp16"),
    ("int4", 32, "uint8"),
    ("int8", 32, "fp32"),
    *((f"bcq{planes}", 32, "uint8") for planes in range(1, 5)),
]


def matrix(shape):
    rng = np.random.default_rng(7)
    values = rng.normal(size=shape) * np.exp2(rng.integers(-6, 6, (shape[0], 1)))
    values[1] = 0
    return values.astype(np.float32)


def unpacked(method, shape):
    made = parse_method(*method).quantize(matrix(shape))
    stream = parse_weight_stream(made.form.name)
    packed = stream.pack(made.arrays, shape)
    assert packed.records.shape == (shape[0], -(-shape[1] // GROUP), stream.block_bytes)
    integers, significands, exponents = stream.unpack(packed.records)
    units = np.ldexp(significands.astype(float), exponents + packed.base)
    values = integers * np.repeat(units, stream.group, axis=1)
    return values[:, : shape[1]], made.dequantize(), packed


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method[0])
@pytest.mark.parametrize("shape", [(5, 172), (4, 64), (3, 7)], ids=str)
def test_every_weight_is_the_formats_value(method, shape):
    found, wanted, packed = unpacked(method, shape)
    assert packed.exact
    assert (found == wanted).all()


@pytest.mark.parametrize("method", ROUNDED, ids=lambda method: "-".join(map(str, method)))
def test_units_of_many_bits_are_rounded_once_to_twelve(method):
    found, wanted, packed = unpacked(method, (5, 172))
    assert not packed.exact
    assert (np.abs(found - wanted) <= np.abs(wanted) * 2.0**-12).all()


def test_units_far_below_the_largest_lose_bits_and_then_vanish():
    stream = parse_weight_stream("group-int8-fp32/32")
    scales = np.array([[1.0, 2.0**-63, 2.0**-64, 2.0**-80]], np.float32).view(np.uint32)
    arrays = {"codes": np.ones((1, 4 * GROUP), np.uint8), "scales": scales}
    packed = stream.pack(arrays, (1, 4 * GROUP))
    _, significands, exponents = stream.unpack(packed.records)
    assert significands.tolist() == [[2048, 2048, 1024, 0]]
    assert exponents.tolist() == [[63, 0, 0, 0]]
    assert not packed.exact


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("group-olive4-fp16/32", "must not be pairs with outliers"),
        ("binary-3-fp16/32", "must have at most 4 planes and uint8 scales"),
        ("group-int4-fp16/48", "must be a multiple of 32 columns or divide it, not 48"),
    ],
)
def test_formats_without_a_layout_are_refused(name, message):
    with pytest.raises(UsageError, match=message):
        parse_weight_stream(name)


def test_codes_that_are_no_numbers_are_refused():
    stream = parse_weight_stream("mxfp8-e4m3/32")
    arrays = {"codes": np.full((1, 32), 0x7F, np.uint8), "scales": np.full((1, 1), 127, np.uint8)}
    with pytest.raises(UsageError, match="must be finite numbers"):
        stream.pack(arrays, (1, 32))


def test_rows_and_blocks_of_a_matrix_are_its_bytes_in_another_order():
    made = [parse_method("int4-asym", 32).quantize(matrix((4, 96)) * each) for each in (1, 5)]
    stream = parse_weight_stream(made[0].form.name)
    base = max(stream.pack(each.arrays, (4, 96)).base for each in made)
    one, other = (stream.pack(each.arrays, (4, 96), base) for each in made)
    together = Streamed.interleaved([one, other]).rows([6, 1]).blocks(slice(1, 3))
    integers, significands, exponents = stream.unpack(together.records)
    values = integers * np.repeat(np.ldexp(significands.astype(float), exponents + base), 32, 1)
    wanted = [made[0].dequantize()[3, 32:], made[1].dequantize()[0, 32:]]
    assert (values == wanted).all()
    with pytest.raises(UsageError, match="base must be at least"):
        stream.pack(made[1].arrays, (4, 96), base - 1)
