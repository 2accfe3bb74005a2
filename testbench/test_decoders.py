"""The regression of the decoders of compressed weights, and their encoders in front of them."""

import json

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.catalogue import payload
from hwgen.flow.emit import emit
from hwgen.flow.verify import verify
from hwgen.quant.trit_encode import build_dictionary, pair_counts, trit_encode
from hwgen.quant.xor_encode import xor_encode
from hwgen.sim.model import CompiledModel

F2F = catalogue.get("f2f-decode")
TRITS = catalogue.get("trit-decode")

_DEFAULT = [
    (F2F, {"freq": 200}),
    (F2F, {"inputs": 4, "outputs": 21, "history": 2, "corrections": True, "freq": 150}),
    (F2F, {"inputs": 5, "outputs": 12, "history": 0, "mask": "input", "target": "ice40"}),
    (TRITS, {"freq": 120}),
    (TRITS, {"entries": 32, "longest": 3, "target": "ice40"}),
    (TRITS, {"entries": 64, "longest": 1, "target": "ultrascale_plus", "freq": 300}),
]
_THOROUGH = [
    (TRITS, {"entries": 256, "lanes": 16, "freq": 120}),
    (F2F, {"inputs": 3, "outputs": 9, "corrections": True, "mask": "input", "matrix_seed": 9}),
    (F2F, {"history": 2, "corrections": True, "mask": "input", "freq": 150}),
    (F2F, {"inputs": 1, "outputs": 15, "history": 3}),
    (F2F, {"inputs": 12, "outputs": 512, "freq": 100}),
    (F2F, {"inputs": 8, "outputs": 27, "target": "xilinx7", "freq": 200}),
    (F2F, {"inputs": 4, "outputs": 15, "history": 0, "target": "generic", "freq": 50}),
    (TRITS, {"entries": 16, "target": "generic"}),
    (TRITS, {"entries": 8192, "longest": 7, "freq": 100}),
    (TRITS, {"entries": 16, "longest": 1, "lanes": 2, "target": "generic"}),
    (TRITS, {"entries": 32, "longest": 14, "lanes": 2, "freq": 120}),
    (TRITS, {"entries": 64, "longest": 5, "lanes": 4, "out": "two-bit", "target": "ice40"}),
    (TRITS, {"entries": 64, "longest": 14, "lanes": 32, "out": "two-bit", "freq": 120}),
    (TRITS, {"entries": 64, "longest": 9, "lanes": 8, "target": "ultrascale_plus", "freq": 250}),
]
GRID = [*_DEFAULT, *(pytest.param(*each, marks=pytest.mark.slow) for each in _THOROUGH)]


def label(value):
    if not isinstance(value, dict):
        return value.name
    return "-".join(f"{key}={each}" for key, each in value.items()) or "plain"


@pytest.mark.parametrize(("core", "options"), GRID, ids=label)
def test_decoder_equals_its_golden_model(core, options, tmp_path):
    config = core.configure(options)
    result = verify(core, config, folder=tmp_path, vectors=400, seed=7)
    assert result.matched >= 200
    assert result.initiation_interval == 1
    assert {each.tier for each in result.findings} == {"compiled", "cocotb"}


@pytest.mark.parametrize(
    ("core", "options"),
    [
        (F2F, {"inputs": 4, "outputs": 12, "corrections": True, "mask": "input", "freq": 100}),
        (TRITS, {"entries": 1024, "longest": 14, "freq": 100}),
        pytest.param(
            *(TRITS, {"entries": 64, "longest": 6, "lanes": 8, "out": "two-bit", "freq": 100}),
            marks=pytest.mark.slow,
        ),
    ],
    ids=label,
)
def test_synthesised_decoder_equals_its_golden_model(core, options, tmp_path):
    config = core.configure(options)
    result = verify(
        core, config, folder=tmp_path, vectors=300, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]


def decoded(core, config, fields, folder):
    """Return what the emitted core gives for a stream of tokens."""
    emitted = emit(core, config, folder)
    interface = json.loads(emitted.interface.read_text())
    model = CompiledModel(emitted.verilog, interface, folder, optimize=0)
    (stream,), (out,) = model.inputs, model.outputs
    tokens = {name: np.asarray(each).astype(np.uint64) for name, each in fields.items()}
    return payload.unpack(out, model.run({"i": payload.pack(stream, tokens)}).outputs["o"])


def test_sparse_weights_come_out_of_the_circuit_as_they_went_into_the_encoder(tmp_path):
    config = F2F.configure({"outputs": 40, "corrections": True, "mask": "input"})
    random = np.random.default_rng(1)
    mask = (random.random((300, 40)) < 0.2).astype(int)
    weights = random.integers(0, 2, mask.shape) & mask
    tokens = {"code": [], "first": [], "correction": [], "mask": []}
    for segment in range(3):
        rows = slice(100 * segment, 100 * segment + 100)
        encoded = xor_encode(config.code, weights[rows], mask[rows])
        for number, word in enumerate(encoded.words):
            wrong = encoded.corrections[encoded.corrections // 40 == number] % 40
            tokens["code"] += [*wrong, word]
            tokens["first"] += [0] * len(wrong) + [number == 0]
            tokens["correction"] += [1] * len(wrong) + [0]
            tokens["mask"] += [mask[rows][number]] * (len(wrong) + 1)
    assert sum(tokens["correction"])
    found = decoded(F2F, config, tokens, tmp_path)["bits"]
    assert found.tolist() == weights.tolist()


def test_ternary_weights_come_out_of_the_circuit_as_they_went_into_the_encoder(tmp_path):
    config = TRITS.configure({})
    rows = np.random.default_rng(2).choice(3, (8, 512), p=[0.8, 0.1, 0.1])
    dictionary = build_dictionary(pair_counts(rows), config.entries)
    codes = np.concatenate(trit_encode(dictionary, rows))
    size = len(dictionary.entries)
    tokens = {
        "code": np.concatenate([np.arange(size), codes]),
        "load": np.arange(size + len(codes)) < size,
        "trits": np.concatenate([dictionary.trits, np.zeros((len(codes), 28), np.uint8)]),
        "pairs": np.concatenate([dictionary.lengths, np.zeros(len(codes), int)]),
    }
    found = decoded(TRITS, config, tokens, tmp_path)
    held = np.arange(28) < 2 * found["pairs"].astype(int)[:, None]
    assert found["trits"][held].tolist() == rows.ravel().tolist()
