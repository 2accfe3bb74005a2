"""A network of look-up tables: a vector in, a class or the last elements out."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Mux, Signal
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.lutnet.layers import bits_of, greatest, logic_layer, number_layer
from hwgen.cores.lutnet.mapped import Mapped
from hwgen.cores.lutnet.mapping import best, map_functions
from hwgen.cores.lutnet.ordering import reordered
from hwgen.cores.lutnet.plain_verilog import cases_module, multiplexers_module
from hwgen.cores.lutnet.plan import LogicLayer, plan_network
from hwgen.cores.lutnet.stored_tables import with_tables_apart
from hwgen.cores.pipelined import PipelinedCore
from hwgen.cores.verilog_module import VerilogModule

from hwgen import targets

__all__ = ["Block", "Lutnet", "blocks_of"]

_CLEARLY = 0.9
_MANY = 30_000
# nodes of a layer that is left to synthesis as a whole, and of a piece of a larger one: the time of
# synthesis grows faster than a module does, but ABC9 goes through the whole design for each module
_MOST_IN_ONE = 50_000
_PIECE = 20_000


@dataclass(frozen=True)
class Block:
    """What a layer looks up: as mapped tables, or as the module that synthesis is to map.

    Parameters
    ----------
    bits, variables : tuple of int
        Numbers of the bits that it gives, and of those before that it reads.
    mapped : Mapped or None
    narrow : Mapped or None
        The same without wide tables, for a short period; ``None`` where that is no other one.
    module : VerilogModule or None
    levels, pins : int
        Tables in series behind the module's inputs, and pins that they reach, about.
    """

    bits: tuple
    variables: tuple
    mapped: Mapped | None = None
    narrow: Mapped | None = None
    module: VerilogModule | None = None
    levels: int = 0
    pins: int = 0


def blocks_of(layers, config):
    """Return a list of `Block` for every layer of a plan; empty where nothing is looked up."""
    return [
        _blocks(layer, config) if isinstance(layer, LogicLayer) and layer.functions else []
        for layer in layers
    ]


def _blocks(layer, config):
    functions, fabric = list(layer.functions.values()), targets.get(config.target)
    size, support = fabric.lut_inputs, layer.longest_support
    levels, whole = _levels(support, size), (tuple(layer.functions), tuple(layer.variables))
    if config.mapping == "case":
        module, pins = cases_module(layer.diagrams, layer.functions_of_elements)
        return [Block(*whole, module=module, levels=levels, pins=pins)]
    forms = _forms(layer, functions, support, size)
    if config.mapping == "none":
        return list(_left_to_synthesis(*forms[0], whole[0], levels))
    mapped = _best(forms, config.mapping, size, fabric.wide_levels)
    # where a register may have to stand between tables that multiplexers would join
    narrow = config.freq is not None and mapped.widest > 1
    return [Block(*whole, mapped, _best(forms, config.mapping, size) if narrow else None)]


def _left_to_synthesis(diagrams, functions, bits, levels):
    """Yield a block of multiplexers, or many of some functions each."""
    nodes = len(diagrams.reachable(functions))
    pieces = -(-nodes // _PIECE) if nodes > _MOST_IN_ONE else 1
    each = -(-len(functions) // pieces)
    for start in range(0, len(functions), each):
        own = functions[start : start + each]
        module, pins = multiplexers_module(diagrams, own, apart=pieces > 1)
        variables = tuple(diagrams.variables(own))
        yield Block(bits[start : start + each], variables, module=module, levels=levels, pins=pins)


def _best(forms, effort, size, wide_levels=()):
    """Return the best `Mapped` of the forms of some functions."""
    return best([map_functions(*each, size, effort, wide_levels) for each in forms], effort)


def _forms(layer, functions, support, size):
    """Return (diagrams, functions) that are worth a mapping, those of the fewest nodes first."""
    given = layer.diagrams, functions
    if support <= size:
        return [given]
    forms = [reordered(layer), given]
    new, old = (len(diagrams.reachable(each)) for diagrams, each in forms)
    if new > old:
        forms.reverse()
    # by how much fewer nodes are fewer tables is not sure where the difference is small
    return forms[:1] if min(new, old) < _CLEARLY * max(new, old) or new > _MANY else forms


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
        layers = plan_network(config.network)
        self._layers, self._tables = with_tables_apart(layers, config.stored_tables)
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
        for layer, block, tables, before, after in zip(
            self._layers,
            self._blocks,
            self._tables,
            network.elements,
            network.elements[1:],
            strict=False,
        ):
            if isinstance(layer, LogicLayer):
                elements, bits = logic_layer(pipeline, layer, block, tables, bits, self._modules)
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
