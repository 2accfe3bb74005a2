"""Compressed ternary weights in front of the core that multiplies by them: one circuit."""

import numpy as np
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.interface import Field, Stream

from hwgen import catalogue
from hwgen.flow.emit import emit_verilog
from hwgen.formats.ternary import columns_of_slots
from hwgen.quant.trit_encode import build_dictionary, pair_counts, trit_encode
from hwgen.sim.model import CompiledModel

LANES, COLUMNS, ROWS = 16, 128, 6
DECODE, MATVEC = catalogue.get("trit-decode"), catalogue.get("ternary-matvec")


class Layer(wiring.Component):
    """A vector comes in, then meets ``ROWS`` rows of weights that a decoder gives; and again."""

    def __init__(self):
        shared = {"lanes": LANES, "freq": 100}
        self.decode_config = DECODE.configure({"entries": 64, "out": "two-bit", **shared})
        self.matvec_config = MATVEC.configure({"columns": COLUMNS, "rows": ROWS, **shared})
        self.decoder = DECODE.component(self.decode_config)
        self.matvec = MATVEC.component(self.matvec_config)
        self.verilog_libraries = self.matvec.verilog_libraries
        x = Field("x", 8, LANES, "int8", signed=True)
        self.streams = (
            Stream("i_codes", "input", self.decoder.streams[0].fields),
            Stream("i_x", "input", (x,)),
            Stream("o", "output", self.matvec.streams[1].fields),
        )
        flows = {"input": In, "output": Out}
        super().__init__(
            {
                each.name: flows[each.direction](stream.Signature(each.layout()))
                for each in self.streams
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.decoder, m.submodules.matvec = self.decoder, self.matvec
        wiring.connect(m, wiring.flipped(self.i_codes), self.decoder.i)
        wiring.connect(m, self.matvec.o, wiring.flipped(self.o))
        # a vector's beats, then the words of its rows
        beats = self.matvec_config.beats
        place = Signal(range(beats * (ROWS + 1)))
        loads = place < beats
        token, words = self.matvec.i, self.decoder.o
        m.d.comb += [
            token.valid.eq(Mux(loads, self.i_x.valid, words.valid)),
            token.p.load.eq(loads),
            token.p.compute.eq(~loads),
            token.p.activations.eq(self.i_x.p.x),
            token.p.weights.eq(words.p.weights),
            self.i_x.ready.eq(token.ready & loads),
            words.ready.eq(token.ready & ~loads),
        ]
        with m.If(token.valid & token.ready):
            m.d.sync += place.eq(Mux(place == beats * (ROWS + 1) - 1, 0, place + 1))
        return m


def test_a_layer_of_compressed_weights_gives_the_products_of_its_matrix(tmp_path):
    random = np.random.default_rng(4)
    matrices = random.choice([-1, 0, 1], (3, ROWS, COLUMNS), p=[0.15, 0.7, 0.15])
    vectors = random.integers(-128, 128, (3, COLUMNS))
    slots = columns_of_slots("two-bit", COLUMNS).ravel()
    trits = np.array([0, 2, 1])[matrices.reshape(-1, COLUMNS)[:, slots]]
    dictionary = build_dictionary(pair_counts(trits), 64)
    codes = np.concatenate(trit_encode(dictionary, trits))
    size = len(dictionary.entries)
    layer = Layer()
    tokens = {
        "code": np.concatenate([np.arange(size), codes]),
        "load": np.arange(size + len(codes)) < size,
        "trits": np.concatenate([dictionary.trits, np.zeros((len(codes), 28), np.uint8)]),
        "pairs": np.concatenate([dictionary.lengths, np.zeros(len(codes), int)]),
    }
    tokens = {name: np.asarray(each).astype(np.uint64) for name, each in tokens.items()}
    elements = (vectors[:, slots] & 255).reshape(-1, LANES).astype(np.uint64)
    verilog = tmp_path / "layer.v"
    verilog.write_text(emit_verilog(layer, module_name="layer"))
    interface = {
        **{"core": "layer", "module": "layer", "clock": "clk", "reset": "rst"},
        "streams": [each.describe() for each in layer.streams],
        **{"latency": 40, "initiation_interval": 1, "keeps_state": True},
    }
    model = CompiledModel(verilog, interface, tmp_path / "model", optimize=0)
    for stalls in (0.0, 0.3):
        inputs = {"i_codes": tokens, "i_x": {"x": elements}}
        found = model(inputs, stalls=stalls, seed=2)["o"]["sum"].astype(np.int64)
        width = layer.matvec_config.sum_shape.width
        found = np.where(found >> width - 1 & 1, found - (1 << width), found)
        wanted = np.einsum("mrc,mc->mr", matrices, vectors).ravel()
        np.testing.assert_array_equal(found, wanted)
