"""A circuit small enough to see through, with a port that switches on one fault at a time."""

import numpy as np
from hwgen.cores.interface import Field, Stream

from hwgen.sim.case import Case

INPUT = Stream(
    "i", "input", (Field("a", 4, format="integer", signed=True), Field("b", 4, format="integer"))
)
OUTPUT = Stream("o", "output", (Field("difference", 6, format="integer", signed=True),))

INTERFACE = {
    "core": "subtract",
    "module": "subtract",
    "clock": "clk",
    "reset": "rst",
    "streams": [INPUT.describe(), OUTPUT.describe()],
    "latency": 1,
    "initiation_interval": 1,
}

# fault -> words that its report must hold
FAULTS = {
    "value": "disagree",
    "valid_dropped": "dropped valid|disagree",
    "payload_changes": "changed the payload|disagree",
    "valid_after_reset": "before any input",
    "valid_follows_ready": "depend on ready|disagree",
    "ready_follows_valid": "depend on valid",
    "token_lost": "disagree",
    "token_doubled": "disagree",
    "hangs": "stopped taking tokens",
    "survives_reset": "before any input",
    "waits_for_ready": "stopped taking tokens",
    "looks_without_valid": "disagree",
}

VERILOG = """
module subtract(
  input clk, input rst, input [3:0] fault_port,
  input [7:0] i__payload, input i__valid, output i__ready,
  output [5:0] o__payload, output o__valid, input o__ready
);
  wire [3:0] fault = FAULT;
  reg full = 0;
  reg [5:0] difference = 0;
  reg [6:0] count = 0;
  reg late = 0;
  reg [7:0] previous = 0;
  reg moved = 0;
  wire often = &count[3:0];
  wire room = !full & !(fault == 11) | o__ready;
  assign i__ready = room & !(fault == 9 & &count) & !(fault == 6 & i__valid & often);
  assign o__valid = (full & !(fault == 2 & often)) | (fault == 4 & late)
    | (fault == 5 & o__ready & often);
  assign o__payload = difference ^ (fault == 3 & often);
  wire taken = i__valid & i__ready;
  always @(posedge clk) begin
    count <= &count & fault == 9 ? count : count + 1;
    late <= 0;
    previous <= i__payload;
    moved <= moved | (!i__valid & i__payload != previous);
    if (room) begin
      full <= taken & !(fault == 7 & often);
      difference <= {{2{i__payload[3]}}, i__payload[3:0]} - i__payload[7:4]
        ^ (fault == 1 & often | fault == 12 & moved);
    end
    if (fault == 8 & often & full & o__ready) full <= 1;
    if (rst) begin
      full <= fault == 10 & full;
      count <= 0;
      moved <= 0;
      late <= 1;
    end
  end
endmodule
"""


def write_circuit(folder, fault=None):
    """Write the circuit into ``folder``; its fault is that named, or else that of a port."""
    number = "fault_port" if fault is None else str(fault_number(fault))
    text = VERILOG.replace("= FAULT;", f"= {number};")
    if fault is not None:
        text = text.replace("input [3:0] fault_port,", "")
    path = folder / "subtract.v"
    path.write_text(text)
    return path


def fault_number(fault):
    return 1 + list(FAULTS).index(fault) if fault != "none" else 0


def golden(values):
    a = values["i"]["a"].astype(np.int64)
    signed = np.where(a < 8, a, a - 16)
    difference = (signed - values["i"]["b"].astype(np.int64)) & 63
    return {"o": {"difference": difference.astype(np.uint64)}}


def make_case(count=400, seed=3):
    random = np.random.default_rng(seed)
    a, b = random.integers(0, 16, (2, count), dtype=np.uint64)
    values = {"i": {"a": a, "b": b}}
    return Case.from_values(INTERFACE, values, golden(values), seed)
