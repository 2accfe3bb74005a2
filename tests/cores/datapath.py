"""A datapath under test as a NumPy function: built, emitted and compiled like a core."""

import json

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.libraries import libraries_of
from hwgen.cores.arith.output import connect_output
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.interface import Field, Stream

from hwgen import targets
from hwgen.flow.emit import emit_verilog
from hwgen.sim.model import CompiledModel


class Datapath(wiring.Component):
    """Inputs go through ``build(pipeline, values)``, a dict of results comes out.

    Parameters
    ----------
    inputs : dict
        Name -> (width, signed).
    outputs : dict
        Name -> width.
    """

    def __init__(self, build, inputs, outputs, fabric="ecp5", frequency=None):
        fields = tuple(
            Field(name, width, format="integer", signed=signed)
            for name, (width, signed) in inputs.items()
        )
        results = tuple(Field(name, width) for name, width in outputs.items())
        self.streams = (Stream("i", "input", fields), Stream("o", "output", results))
        self.build, self.fabric, self.frequency = build, targets.get(fabric), frequency
        self.verilog_libraries = libraries_of(self.fabric)
        super().__init__(
            {name: flow(stream.Signature(each.layout())) for name, flow, each in self._ports()}
        )

    def _ports(self):
        return zip("io", (In, Out), self.streams, strict=True)

    def elaborate(self, platform):
        m = Module()
        advance = Signal()
        m.d.comb += self.i.ready.eq(advance)
        pipeline = Pipeline(m, self.fabric, self.frequency, advance)
        payload = self.i.payload
        values = {name: pipeline.input(payload[name], name) for name in payload.shape().members}
        results = self.build(pipeline, values)
        last = max(value.stage for value in results.values())
        self.latency = last + 1
        valid = self.i.valid
        for _ in range(last):
            register = Signal()
            with m.If(advance):
                m.d.sync += register.eq(valid)
            valid = register
        fields = {name: pipeline.at(value, last) for name, value in results.items()}
        connect_output(pipeline, self.o, fields, valid)
        return m

    def run(self, folder, codes):
        """Return the outputs for arrays of input codes, with random stalls."""
        verilog = folder / "datapath.v"
        verilog.write_text(emit_verilog(self, module_name="datapath"))
        interface = {
            "core": "datapath",
            "module": "datapath",
            "clock": "clk",
            "reset": "rst",
            "streams": [each.describe() for each in self.streams],
            "latency": self.latency,
            "initiation_interval": 1,
        }
        interface = json.loads(json.dumps(interface))
        model = CompiledModel(verilog, interface, folder / "model", optimize=0)
        return model({"i": codes}, stalls=0.2, seed=1)["o"]


def every(*widths):
    """Return arrays of all combinations of codes of the given widths."""
    grids = np.meshgrid(*(np.arange(1 << width) for width in widths), indexing="ij")
    return [grid.ravel().astype(np.uint64) for grid in grids]


def as_signed(codes, width):
    """Return two's complement codes as integers."""
    values = codes.astype(np.int64)
    return np.where(values >> (width - 1) & 1, values - (1 << width), values)
