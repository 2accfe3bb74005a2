"""The stream rules hold for every input, stall and reset: proofs by induction."""

import pytest
from amaranth.hdl import Mux
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore
from hwgen.cores.systolic import buffers

from hwgen import catalogue
from hwgen.errors import MismatchError
from hwgen.flow.emit import emit_verilog
from hwgen.flow.prove import prove, prove_stream_rules, stream_rules

TOKEN = 3


class Wire:
    """Configuration of a core that only passes its payload through a few stages."""

    target, freq = "generic", 100.0


class Passage(PipelinedCore):
    """A pipeline of ``stages`` registers that drops the tokens whose lowest bit is ``drop``."""

    def __init__(self, stages, drop=None):
        self.stages, self.drop = stages, drop
        field = Field("token", TOKEN)
        super().__init__(Wire(), [field], [field])

    def datapath(self, pipeline, valid):
        token = self.inputs(pipeline)["token"]
        for _ in range(self.stages):
            token = pipeline.register(token)
        if self.drop is None:
            return {"token": token}, None
        return {"token": token}, pipeline.free(lambda bits: bits[0] ^ self.drop, token)


def emitted(component, folder, name="passage"):
    verilog = folder / f"{name}.v"
    verilog.write_text(emit_verilog(component, module_name=name))
    return verilog, {
        "module": name,
        "clock": "clk",
        "reset": "rst",
        "streams": [each.describe() for each in component.streams],
    }


@pytest.fixture(params=["one register", "skid buffer"])
def output_form(request, monkeypatch):
    fits = request.param == "one register"
    monkeypatch.setattr(Pipeline, "fits_broadcast", lambda self: fits)
    return request.param


ORDER = """\
module in_order(input clk, input rst, input i__valid, input [2:0] i__payload, input o__ready);
  wire i__ready, o__valid;
  wire [2:0] o__payload;
  passage dut(.clk(clk), .rst(rst), .i__valid(i__valid), .i__payload(i__payload),
    .i__ready(i__ready), .o__valid(o__valid), .o__payload(o__payload), .o__ready(o__ready));
  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  always @* if (!started) assume (rst); else assume (!rst);
  (* anyconst *) wire [3:0] watched;
  (* anyconst *) wire [2:0] value;
  reg [3:0] accepted, emerged;
  always @(posedge clk) begin
    if (rst) begin
      accepted <= 0;
      emerged <= 0;
    end else begin
      accepted <= accepted + (i__valid & i__ready & KEPT);
      emerged <= emerged + (o__valid & o__ready);
    end
  end
  always @* if (started) begin
    if (i__valid & accepted == watched) assume (i__payload == value | !(KEPT));
    if (o__valid & emerged == watched) assert (o__payload == value);
    if (o__valid) assert (emerged < accepted);
    assert (accepted - emerged <= CAPACITY);
  end
endmodule
"""


def order_of(kept, capacity):
    return ORDER.replace("KEPT", kept).replace("CAPACITY", str(capacity))


@pytest.mark.parametrize("stages", [0, 1, 3])
def test_a_pipeline_obeys_the_stream_rules(stages, output_form, tmp_path):
    prove_stream_rules(*emitted(Passage(stages), tmp_path), tmp_path / "proof")


# without a stage the first token can come out in the first clock cycle after reset
@pytest.mark.parametrize("stages", [0, 2])
@pytest.mark.parametrize(("drop", "kept"), [(None, "1'b1"), (0, "i__payload[0]")])
def test_a_pipeline_loses_doubles_and_swaps_no_token(stages, drop, kept, output_form, tmp_path):
    verilog, _ = emitted(Passage(stages, drop), tmp_path)
    order = tmp_path / "in_order.sv"
    # the stages, the output register and the skid buffer hold what has not come out yet
    order.write_text(order_of(kept, stages + 2))
    prove([verilog, order], "in_order", tmp_path / "proof", mode="bmc", depth=12)


class Swapping(Passage):
    """Gives a wrong payload for one token value: what the proof must notice."""

    def datapath(self, pipeline, valid):
        fields, emit = super().datapath(pipeline, valid)
        return {"token": pipeline.free(lambda bits: Mux(bits == 5, 2, bits), fields["token"])}, emit


def test_a_wrong_payload_is_found(tmp_path):
    verilog, _ = emitted(Swapping(1), tmp_path)
    order = tmp_path / "in_order.sv"
    order.write_text(order_of("1'b1", 3))
    with pytest.raises(MismatchError, match="no proof"):
        prove([verilog, order], "in_order", tmp_path / "proof", mode="bmc", depth=8)


CARELESS = """\
module careless(input clk, input rst, input i__valid, output i__ready, input [2:0] i__payload,
                output reg o__valid, input o__ready, output reg [2:0] o__payload);
  assign i__ready = {ready};
  always @(posedge clk) begin
    o__valid <= {valid};
    if ({load}) o__payload <= i__payload;
  end
endmodule
"""
GOOD = {
    "ready": "~o__valid | o__ready",
    "valid": "~rst & (i__valid | (o__valid & ~o__ready))",
    "load": "i__ready",
}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({}, None),
        ({"valid": "~rst & i__valid"}, "no proof"),
        ({"valid": "i__valid | (o__valid & ~o__ready)"}, "no proof"),
        ({"load": "1'b1"}, "no proof"),
        ({"ready": "i__valid & (~o__valid | o__ready)"}, "logic leads from valid to ready"),
    ],
)
def test_each_broken_rule_is_found(fault, message, tmp_path):
    verilog = tmp_path / "careless.v"
    verilog.write_text(CARELESS.format(**GOOD | fault))
    _, interface = emitted(Passage(1), tmp_path)
    interface["module"] = "careless"
    if message is None:
        prove_stream_rules(verilog, interface, tmp_path / "proof")
        return
    with pytest.raises(MismatchError, match=message):
        prove_stream_rules(verilog, interface, tmp_path / "proof")


def test_the_rules_name_every_output_stream(tmp_path):
    _, interface = emitted(Passage(1), tmp_path)
    text = stream_rules(interface)
    assert text.count("assert (o__payload == offered_o)") == 1


# a small configuration of each core; those that are not named are proved as they are by default
SMALL = {
    "mx-dot": {"fmt": "mxfp4", "k": 4, "freq": 120},
    "mx-quantise": {"fmt": "mxfp4", "k": 4, "lanes": 2, "fmt_in": "e5m2", "freq": 80},
    "mx-dequantise": {"fmt": "mxfp4", "lanes": 1},
    "mx-convert": {"fmt": "mxfp4", "fmt_in": "mxfp6-e3m2", "k": 2, "lanes": 1},
    "mx-add": {"fmt": "mxfp4", "k": 2, "lanes": 1},
    "mx-mul": {"fmt": "mxfp4", "k": 2, "lanes": 1},
    "mx-matmul": {"fmt": "mxfp4/2", "rows": 2, "columns": 2, "max_blocks": 1, "out": "exact"},
    "lut-gemm": {"fmt": "int2", "columns": 16, "lanes": 8, "rows": 3, "bits": 2, "freq": 80},
    "ternary-matvec": {"columns": 128, "rows": 2, "lanes": 64},
    "codebook-dot": {
        **{"weights": "bitmod-fp3", "architecture": "serial", "fmt": "int2", "group": 4},
        **{"lanes": 2, "max_groups": 2, "scale_width": 4, "freq": 100},
    },
    "bitmod-array": {
        **{"weights": "bitmod-fp3", "fmt": "int2", "rows": 1, "columns": 1, "group": 8},
        **{"tiles": 2, "scale_width": 4, "freq": 100},
    },
    "absmax-quantise": {"columns": 4, "lanes": 2, "fmt": "int4", "freq": 60},
    "f2f-decode": {"inputs": 2, "outputs": 6, "history": 1, "corrections": True},
    "trit-decode": {"entries": 16, "longest": 2},
    "integer-function": {"function": "exp", "freq": 60},
    "softmax": {"longest": 2, "fraction": 1, "freq": 60},
    "rms-norm": {"longest": 2, "mean": True, "bias": True, "freq": 60},
    "rotary": {"width": 4, "context": 4, "freq": 60},
    "gpt": {"model": "random/16x1/1", "context": 2},
    "lutnet": {"net": "random/4x1/6,3/1", "lanes": 2, "target": "generic", "freq": 40},
    "bitserial-matmul": {
        **{"rows": 2, "columns": 1, "words": 1, "k": 4, "buffer": 8, "max_bits": 1},
        "modes": "integers",
    },
}
# an output buffer that is a memory: it never holds more than it can, and its two ends agree
BUFFER = [
    "buffer_count <= 8",
    "buffer__signature__addr == ((buffer_read__addr + buffer_count) & 7)",
]
# the same for a queue with an account of the rows that are still to come: those of a tile whose
# last words were read one or two clocks ago, and those that are leaving the units
QUEUE = [
    "queue_count <= 16",
    "queue__signature__addr == ((queue_read__addr + queue_count) & 15)",
    "queue_reserved == queue_count"
    " + {sums_arrive_after_1, 1'b0} + {sums_arrive_after_2, rows_left}",
    "queue_reserved <= 16",
    "!queue_may_end | (queue_reserved <= 14)",
    "!queue_may_end | ({queue_wait_1, queue_wait_0} == 0)",
    "!sums_arrive_after_1 | ({queue_wait_1, queue_wait_0} == 2)",
    "!sums_arrive_after_2 | ({queue_wait_1, queue_wait_0} == 1)",
    "!(rows_left & (sums_arrive_after_1 | sums_arrive_after_2))",
]
LEMMAS = {"mx-matmul": BUFFER, "bitserial-matmul": QUEUE}


# the same where blocks have float scales
SMALL_FLOAT_SCALES = {
    "mx-quantise": {"fmt": "nvfp4", "fmt_in": "e5m2", "k": 2, "lanes": 1, "tensor_scale": "input"},
    "mx-convert": {"fmt_in": "nvfp4", "fmt": "nvfp4", "k": 2, "lanes": 1},
    "mx-add": {"fmt_a": "nvfp4", "fmt_b": "mxfp4", "out": "nvfp4", "k": 2, "lanes": 1},
    "mx-mul": {"fmt": "nvfp4", "k": 2, "lanes": 1},
}


def small_configuration(core):
    options = SMALL.get(core.name, {})
    return core.configure({"target": "generic", **options})


@pytest.mark.parametrize("name", catalogue.names())
def test_every_core_of_the_catalogue_obeys_the_stream_rules(name, tmp_path):
    core = catalogue.get(name)
    config = small_configuration(core)
    component = core.component(config)
    files = emitted(component, tmp_path, name.replace("-", "_"))
    prove_stream_rules(*files, tmp_path / "proof", lemmas=LEMMAS.get(name, ()))


@pytest.mark.parametrize(
    "options",
    [
        {"weights": "int2", "fmt": "int2", "group": 4, "lanes": 2, "scale_width": 2},
        {
            "weights": "uint2",
            "zero_points": True,
            "fmt": "int2",
            "group": 2,
            "lanes": 2,
            "freq": 100,
        },
        {
            **{"weights": "bitmod-fp3", "architecture": "serial", "fmt": "e2m1", "group": 8},
            **{"lanes": 2, "max_groups": 1, "scale_width": 4, "freq": 100, "out": "e4m3"},
        },
    ],
    ids=["scales by bits", "scales by a multiplier", "floats"],
)
def test_products_with_codebook_weights_obey_the_stream_rules(options, tmp_path):
    core = catalogue.get("codebook-dot")
    component = core.component(core.configure({"target": "generic", **options}))
    prove_stream_rules(*emitted(component, tmp_path, "codebook_dot"), tmp_path / "proof")


STATIONARY = {"fmt": "mxfp4/2", "columns": 2, "dataflow": "weight-stationary", "out": "exact"}


@pytest.mark.parametrize(
    "options",
    [STATIONARY, {**STATIONARY, "max_blocks": 2, "accumulators": 3, "freq": 100}],
    ids=["one block", "several blocks"],
)
def test_an_array_that_holds_its_weights_obeys_the_stream_rules(options, tmp_path):
    core = catalogue.get("mx-matmul")
    component = core.component(core.configure({"target": "generic", **options}))
    files = emitted(component, tmp_path, "mx_matmul")
    prove_stream_rules(*files, tmp_path / "proof", lemmas=BUFFER)


def test_an_array_that_stops_too_late_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(buffers, "_UNDER_WAY", 2)
    core = catalogue.get("mx-matmul")
    component = core.component(small_configuration(core))
    files = emitted(component, tmp_path, "mx_matmul")
    with pytest.raises(MismatchError, match="no proof"):
        prove_stream_rules(*files, tmp_path / "proof", lemmas=BUFFER)


def test_a_lemma_is_proved_not_assumed(tmp_path):
    verilog, interface = emitted(Passage(1), tmp_path)
    with pytest.raises(MismatchError, match="no proof"):
        prove_stream_rules(verilog, interface, tmp_path / "proof", lemmas=["i__valid"])


@pytest.mark.parametrize("name", SMALL_FLOAT_SCALES)
def test_cores_of_blocks_with_float_scales_obey_the_stream_rules(name, tmp_path):
    core = catalogue.get(name)
    component = core.component(core.configure({"target": "generic", **SMALL_FLOAT_SCALES[name]}))
    files = emitted(component, tmp_path, name.replace("-", "_"))
    prove_stream_rules(*files, tmp_path / "proof")
