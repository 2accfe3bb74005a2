"""A netlist with block RAM behaves as the memory that was inferred, on every fabric that has it."""

import json

import numpy as np
import pytest
from hwgen.cores.interface import Field, Stream

from hwgen.flow.synthesise import synthesise
from hwgen.sim.model import CompiledModel
from hwgen.sim.netlist import behavioral_netlist

MEMORY = """\
module table_of_words(
    input clk, input rst, input i__valid, output i__ready, input [{payload}:0] i__payload,
    output o__valid, input o__ready, output [{top}:0] o__payload
);
  wire write = i__payload[0];
  wire [{address}:0] to = i__payload[{address}+1:1], from = i__payload[2*{address}+2:{address}+2];
  wire [{top}:0] word = i__payload[{payload}:2*{address}+3];
  reg [{top}:0] words[0:{last}], found;
  integer at;
  initial for (at = 0; at <= {last}; at = at + 1) words[at] = at * 37;
  reg full = 0;
  assign i__ready = o__ready | ~full;
  assign o__valid = full;
  assign o__payload = found;
  always @(posedge clk) begin
    if (rst) full <= 0;
    else if (i__ready) full <= i__valid;
    if (i__ready) found <= words[from];
    if (i__ready & i__valid & write) words[to] <= word;
  end
endmodule
"""


@pytest.mark.parametrize(
    ("fabric", "width", "bits"),
    [
        ("ecp5", 18, 9),
        ("ecp5", 4, 12),
        ("ecp5", 36, 9),
        pytest.param("ice40", 8, 9, marks=pytest.mark.slow),
    ],
)
def test_a_netlist_reads_what_was_written_and_what_it_started_with(fabric, width, bits, tmp_path):
    fields = (Field("write", 1), Field("to", bits), Field("from", bits), Field("word", width))
    streams = (Stream("i", "input", fields), Stream("o", "output", (Field("word", width),)))
    interface = {
        "core": "table",
        "module": "table_of_words",
        "clock": "clk",
        "reset": "rst",
        "streams": [each.describe() for each in streams],
        "latency": 1,
        "initiation_interval": 1,
    }
    sizes = {"payload": 2 * bits + width, "top": width - 1, "address": bits - 1}
    source = tmp_path / "table.v"
    source.write_text(MEMORY.format(**sizes, last=(1 << bits) - 1))
    result = synthesise([source], "table_of_words", fabric, tmp_path / "synthesis")
    assert result.counts.bram > 0
    flat = behavioral_netlist(result.verilog, "table_of_words", fabric, tmp_path / "flat.v")
    model = CompiledModel(flat, json.loads(json.dumps(interface)), tmp_path / "model", optimize=0)
    rng = np.random.default_rng(1)
    count = 3000
    codes = {
        "write": rng.integers(0, 2, count, dtype=np.uint64),
        "to": rng.integers(0, 64, count, dtype=np.uint64),
        "from": rng.integers(0, 64, count, dtype=np.uint64),
        "word": rng.integers(0, 1 << width, count, dtype=np.uint64),
    }
    codes["from"][::5] = rng.integers(0, 1 << bits, len(codes["from"][::5]), dtype=np.uint64)
    codes["from"][1::7] = codes["to"][1::7]
    words = [at * 37 % (1 << width) for at in range(1 << bits)]
    wanted = []
    for write, to, source_address, word in zip(*codes.values(), strict=True):
        wanted.append(words[source_address])
        if write:
            words[to] = int(word)
    found = model({"i": codes}, stalls=0.2, seed=1)["o"]["word"]
    np.testing.assert_array_equal(found, np.array(wanted, np.uint64))
