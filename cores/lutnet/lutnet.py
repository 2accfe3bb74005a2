"""A network of look-up tables: a vector in, a class or the last elements out."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Mux, Signal
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.lutnet.layers import bits_of, greatest, logic_layer, number_layer
from hwgen.cores.lutnet.mapping import Mapped, map_functions
from hwgen.cores.lutnet.plan import LogicLayer, plan_network
from hwgen.cores.lutnet.verilog import multiplexers_module
from hwgen.cores.pipelined import PipelinedCore
from hwgen.cores.verilog_module import VerilogModule

from hwgen import targets

__all__ = ["Block", "Lutnet", "blocks_of"]


@dataclass(frozen=True)
class Block:
    """What a layer looks up: as mapped tables, or as the module that synthesis is to map.

    Parameters
    ----------
    mapped : Mapped or None
    module : VerilogModule or None
    outputs : int
        Bits of the module.
    levels, pins : int
        Tables in series behind the module's inputs, and pins that they reach, about.
    """

    mapped: Mapped | None = None
    module: VerilogModule | None = None
    outputs: int = 0
    levels: int = 0
    pins: int = 0


def blocks_of(layers, config):
    """Return a `Block` for every layer of a plan, ``None`` where there is nothing to look up."""
    return [
        _block(layer, config) if isinstance(layer, LogicLayer) and layer.functions else None
        for layer in layers
    ]


def _block(layer, config):
    diagrams, functions = layer.diagrams, list(layer.functions.values())
    size = targets.get(config.target).lut_inputs
    if config.mapping != "none":
        return Block(map_functions(diagrams, functions, size, config.mapping))
    module, pins = multiplexers_module(diagrams, functions)
    return Block(None, module, len(functions), _levels(layer.longest_support, size), pins)


def _levels(inputs, size):
    """Return how many tables in series synthesis takes for a function, as measured with ABC."""
    return 1 + max(0, -(-(inputs - size) * 3 // size))


class Lutnet(PipelinedCore):
    """Layers of look-up tables, thresholds, sums and matrices, one vector after the other.

    Parameters
    ----------
    config : LutnetConfig

    Members
    -------
    i : In(stream)
        ``lanes`` elements of a vector.
    o : Out(stream)
        The number of a class, or the last layer's elements.

    Attributes
    ----------
    initiation_interval : int
        Tokens of a vector.
    """

    def __init__(self, config):
        self.initiation_interval = config.beats
        self._layers = plan_network(config.network)
        self._blocks = blocks_of(self._layers, config)
        given, outputs = config.network.inputs, config.network.outputs
        x = fixed_field("x", given.bits, given.signed, 0, config.lanes, "elements of the vector")
        doc = "number of the class" if config.network.head == "argmax" else "last elements"
        y = fixed_field("y", outputs.bits, outputs.signed, 0, outputs.count, doc)
        self._modules = {}
        super().__init__(config, [x], [y])
        self.verilog_libraries = (*self.verilog_libraries, *self._modules.values())

    def datapath(self, pipeline, valid):
        network = self.config.network
        elements, emit = self._vector(pipeline, valid)
        bits = bits_of(pipeline, elements)
        for layer, block, before, after in zip(
            self._layers, self._blocks, network.elements, network.elements[1:], strict=False
        ):
            if isinstance(layer, LogicLayer):
                elements, bits = logic_layer(pipeline, layer, block, bits, self._modules)
            else:
                elements = number_layer(pipeline, layer.layer, elements, before, after)
                bits = bits_of(pipeline, elements)
        if network.head == "argmax":
            return {"y": greatest(pipeline, elements)}, emit
        return {"y": pipeline.concatenate(elements)}, emit

    def _vector(self, pipeline, valid):
        """Return all elements of a vector, and the mark of its last token."""
        config, m = self.config, pipeline.m
        given = config.network.inputs
        whole, emit = Cat(self.i.payload), None
        if config.beats > 1:
            width = config.lanes * given.bits
            recent = Signal((config.beats - 1) * width, reset_less=True, name="recent_elements")
            beat = Signal(range(config.beats), name="beat")
            whole, last = Cat(recent, whole), beat == config.beats - 1
            with m.If(valid.update(0)):
                m.d.sync += [recent.eq(whole[width:]), beat.eq(Mux(last, 0, beat + 1))]
            emit = pipeline.input(last, "last_beat")
        return [
            pipeline.input(part.as_signed() if given.signed else part, f"x{number}")
            for number in range(given.count)
            for part in [whole[number * given.bits : (number + 1) * given.bits]]
        ], emit
