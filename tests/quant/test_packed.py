"""Compressed codes: nothing is lost, the container decodes them, and corrupt ones are refused."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from test_container import rewritten

from hwgen.errors import UsageError
from hwgen.quant import packed
from hwgen.quant.container import QuantizedModel
from hwgen.quant.low_rank import parse_correction
from hwgen.quant.methods import parse_method
from hwgen.quant.model import quantize_model
from hwgen.quant.packed import pack, parse_packing, unpack

SPARSE = (
    *(("int4", 16), ("int4-asym", 16), ("bitmod4", 16), ("flint4", "row"), ("ternary", "tensor")),
    *(("mxfp4", None), ("mxint8/16", None), ("fp3", 8)),
)


def sparse(share, shape=(24, 50), seed=1):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=shape) * (rng.random(shape) < share)
    return values.astype(np.float32)


@pytest.mark.parametrize(("method", "group"), SPARSE)
@pytest.mark.parametrize("channel", ["output", "input"])
def test_codes_come_back_bit_by_bit(method, group, channel, tmp_path):
    if method == "ternary":
        channel = "output"
    method = parse_method(method, group, channel=channel)
    matrix, target = sparse(0.1), tmp_path / "q.safetensors"
    save_file({"a": matrix}, tmp_path / "m.safetensors")
    [result] = quantize_model(tmp_path / "m.safetensors", target, method, packing=("f2f", None))
    wanted, found = method.quantize(matrix), QuantizedModel(target).matrix("a")
    assert found.packed.facts["kind"] == result.compression == "f2f"
    for name, values in wanted.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], values)
        assert found.arrays[name].dtype == values.dtype
    np.testing.assert_array_equal(found.dequantize(), wanted.dequantize())
    assert result.bits_per_weight == found.bits_per_weight < wanted.bits_per_weight
    assert "a.codes" not in load_file(target)


@pytest.mark.parametrize("columns", [50, 51])
@pytest.mark.parametrize("packing", ["dictionary-9", "dictionary-64", "dictionary-9000"])
def test_dictionaries_give_ternary_codes_back(columns, packing):
    matrix = sparse(0.1, (24, columns))
    quantized = parse_method("ternary").quantize(matrix)
    made = packed._pack_trits(
        quantized.form, quantized.arrays, quantized.shape, parse_packing(packing)[1]
    )
    codes, again = unpack(quantized.form, quantized.shape, made.facts, made.arrays, {})
    np.testing.assert_array_equal(codes, quantized.arrays["codes"])
    assert again.bits == made.bits


def test_a_dictionary_stands_in_the_container(tmp_path):
    matrix = sparse(0.1, (64, 400))
    save_file({"a": matrix}, tmp_path / "m.safetensors")
    target, method = tmp_path / "q.safetensors", parse_method("ternary")
    correction = parse_correction("svd", 2)
    [result] = quantize_model(
        tmp_path / "m.safetensors",
        target,
        method,
        packing=parse_packing("dictionary-64"),
        correction=correction,
    )
    wanted, found = method.quantize(matrix), QuantizedModel(target).matrix("a")
    np.testing.assert_array_equal(found.dequantize(), wanted.dequantize())
    low_rank = correction.low_rank(matrix, wanted)
    np.testing.assert_array_equal(found.correction.product(), low_rank.product())
    words = found.packed.arrays["words"]
    bits = 6 * len(words) + 64 * (14 * 4 + 4) + 16
    assert found.bits_per_weight - low_rank.bits_per_weight == pytest.approx(bits / matrix.size)
    assert result.bits_per_weight == found.bits_per_weight


def test_segments_are_decoded_one_by_one(monkeypatch):
    monkeypatch.setattr(packed, "_SEGMENT", 7)
    quantized = parse_method("int4", 16).quantize(sparse(0.3))
    made = pack(quantized, ("f2f", 20))
    codes, _ = unpack(
        quantized.form, quantized.shape, made.packed.facts, made.packed.arrays, quantized.arrays
    )
    np.testing.assert_array_equal(codes, quantized.arrays["codes"])


def test_bits_are_those_of_words_mask_and_corrections():
    quantized = parse_method("int4", "row").quantize(sparse(0.1, (16, 128)))
    made = pack(quantized, ("f2f", 64))
    arrays = made.packed.arrays
    # four planes of 2048 weights, 13 bits name one of them
    assert len(arrays["words"]) == 4 * 32
    bits = 8 * 4 * 32 + 2048 + 13 * len(arrays["corrections"]) + 16 * 16
    assert made.bits_per_weight == pytest.approx(bits / 2048)
    assert len(arrays["corrections"]) < 2048 * 4 * 0.1 * 0.05


def test_codes_that_do_not_become_smaller_stay_as_they_are():
    quantized = parse_method("int4", 16).quantize(sparse(1.0))
    assert pack(quantized, ("f2f", None)) is quantized
    ternary = parse_method("ternary").quantize(sparse(1.0, (4, 8)))
    assert pack(ternary, ("dictionary", None)) is ternary


def test_a_matrix_of_zeros_is_a_mask():
    quantized = parse_method("int4", 16).quantize(np.zeros((8, 64), np.float32))
    made = pack(quantized, ("f2f", None))
    assert not len(made.packed.arrays["words"])
    codes, _ = unpack(quantized.form, (8, 64), made.packed.facts, made.packed.arrays, {})
    assert not codes.any()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("zip", "compression must be one of f2f"),
        ("f2f-1", "must be 2 to 512"),
        ("f2f-513", "must be 2 to 512"),
        ("dictionary-8", "must be 9 to 65536"),
    ],
)
def test_unknown_packings_are_refused(name, message):
    with pytest.raises(UsageError, match=message):
        parse_packing(name)


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        *(("bcq2", "f2f"), ("olive4", "f2f"), ("xnor", "f2f"), ("log4", "f2f")),
        *(("int4", "dictionary"), ("xnor", "dictionary"), ("mxfp4", "dictionary")),
    ],
)
def test_packings_of_other_codes_are_refused(method, kind):
    with pytest.raises(UsageError, match=f"{kind} must go with"):
        pack(parse_method(method).quantize(sparse(0.1)), (kind, None))


def change_of(name, values):
    def change(tensors, document):
        if callable(values):
            tensors[f"a.{name}"] = values(tensors[f"a.{name}"])
        else:
            document["matrices"]["a"]["compression"][name] = values

    return change


@pytest.mark.parametrize(
    ("packing", "name", "values", "message"),
    [
        ("f2f", "kind", "zip", "zip"),
        ("f2f", "outputs", 1, "outputs must be an integer from 2"),
        ("f2f", "constant", [None, None], "constant must have 2 planes|must have shape"),
        ("f2f", "constant", [None] * 3, "constant must have 2 planes, not 3"),
        ("f2f", "constant", [2, None], "constant"),
        ("f2f", "words", lambda each: each[:-1], "words must have shape"),
        ("f2f", "mask", lambda each: each[:-1], "mask must have shape"),
        ("f2f", "words", lambda each: each.astype(np.int8), "words must be uint8, not int8"),
        ("f2f", "corrections", lambda _: np.array([1 << 31], np.uint32), "must be below"),
        ("f2f", "corrections", lambda _: np.array([3, 3], np.uint32), "name every bit once"),
        ("f2f", "corrections", lambda _: np.zeros((1, 1), np.uint32), "must have one dimension"),
        ("dictionary-64", "words", lambda each: each[:-1], "words must be entries that hold"),
        ("dictionary-64", "words", lambda each: each + 64, "words must be entries that hold"),
        ("dictionary-64", "entries", lambda each: each[:, :3].copy(), "entries and lengths must"),
        ("dictionary-64", "lengths", lambda each: each * 0, "entry 0 must be 1 to 14 bytes"),
        ("dictionary-64", "entries", lambda each: each + 9, "must hold pairs below 9"),
    ],
)
def test_corrupt_ones_are_refused(packing, name, values, message, tmp_path):
    save_file({"a": sparse(0.1, (64, 400))}, tmp_path / "m.safetensors")
    target, method = tmp_path / "q.safetensors", parse_method("ternary")
    quantize_model(tmp_path / "m.safetensors", target, method, packing=parse_packing(packing))
    with pytest.raises(UsageError, match=message):
        QuantizedModel(rewritten(target, change_of(name, values))).matrix("a")


@pytest.mark.parametrize("packing", ["f2f", "dictionary-64"])
@pytest.mark.parametrize("group", ["row", "tensor"])
def test_a_shape_that_no_memory_holds_is_refused_at_once(packing, group, tmp_path):
    save_file({"a": sparse(0.1, (64, 400))}, tmp_path / "m.safetensors")
    target, method = tmp_path / "q.safetensors", parse_method("ternary", group)
    quantize_model(tmp_path / "m.safetensors", target, method, packing=parse_packing(packing))

    def change(tensors, document):
        document["matrices"]["a"]["shape"] = [64, (1 << 31) - 1]

    with pytest.raises(UsageError, match=r"mask must have shape|words must"):
        QuantizedModel(rewritten(target, change)).matrix("a")
