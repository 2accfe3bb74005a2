"""Large tables of a network in block RAM: read a clock cycle after their address."""

import hashlib
from dataclasses import dataclass, replace

from amaranth.hdl import ClockSignal, Instance, Signal
from hwgen.cores.arith.timed import Timed
from hwgen.cores.lutnet.plan import LogicLayer
from hwgen.cores.lutnet.stored_names import ADDRESS_BITS
from hwgen.cores.verilog_module import VerilogModule

__all__ = ["StoredTable", "stored_bits", "with_tables_apart"]


@dataclass(frozen=True)
class StoredTable:
    """One table.

    Parameters
    ----------
    variables : tuple of int
        Numbers of the bits before that are its address, the lowest first.
    outputs : tuple of int
        Numbers of its bits, the lowest first.
    values : tuple of int
        Entries by address.
    """

    variables: tuple
    outputs: tuple
    values: tuple

    @property
    def module(self):
        """The memory as Verilog: ``y`` is the entry at ``x`` of the clock before, with ``en``."""
        address, width, words = len(self.variables), len(self.outputs), len(self.values)
        lines = [
            '    (* ram_style = "block", rom_style = "block" *)',
            f"    reg [{width - 1}:0] entries [0:{words - 1}];",
            "    initial begin",
            *(f"        entries[{at}] = {width}'d{value};" for at, value in enumerate(self.values)),
            "    end",
            "    always @(posedge clk) if (en) y <= entries[x];",
            "",
        ]
        body = "\n".join(lines)
        name = f"lutnet_stored_{hashlib.sha256(body.encode()).hexdigest()[:12]}"
        ports = f"input clk, input en, input [{address - 1}:0] x, output reg [{width - 1}:0] y"
        return VerilogModule(name, f"module {name} ({ports});", body)


def with_tables_apart(layers, chosen):
    """Return (layers without some tables, list of `StoredTable` of every layer).

    Parameters
    ----------
    layers : list of LogicLayer or NumberLayer
    chosen : int or sequence of (int, int)
        How many tables, at most; those of the most nodes among those with `ADDRESS_BITS` bits of
        address. Or these, as (layer, table), whatever they hold; of bits that are constant, that
        nobody reads, or that another table gives as well, none are stored.
    """
    places = _largest(layers, chosen) if isinstance(chosen, int) else _named(layers, chosen)
    parts = [(layer, []) for layer in layers]
    for place, outputs in places:
        layer = layers[place]
        element = [layer.functions[bit] for bit in outputs]
        variables = layer.diagrams.variables(element)
        values = layer.diagrams.values(element, variables)
        rest, tables = parts[place]
        functions = {bit: each for bit, each in rest.functions.items() if bit not in outputs}
        table = StoredTable(tuple(variables), tuple(outputs), tuple(values))
        parts[place] = replace(rest, functions=functions), [*tables, table]
    return [layer for layer, _ in parts], [tables for _, tables in parts]


def _largest(layers, count):
    """Return (layer, bits) of the tables of the most nodes."""
    found = sorted(
        (-len(layer.diagrams.reachable(element)), place, at)
        for place, layer in enumerate(layers)
        if count and isinstance(layer, LogicLayer)
        for at, element in enumerate(layer.functions_of_elements)
        if len(layer.diagrams.variables(element)) in ADDRESS_BITS
    )[:count]
    places = []
    for _, place, at in found:
        layer = layers[place]
        numbers = {function: bit for bit, function in layer.functions.items()}
        places.append((place, [numbers[each] for each in layer.functions_of_elements[at]]))
    return places


def _named(layers, names):
    """Return (layer, bits) of the tables of these names that give any bits of their own."""
    places, seen = [], set()
    for place, row in sorted(names):
        layer = layers[place]
        own = [
            bit
            for bit in dict.fromkeys(layer.elements[row])
            if bit in layer.functions and (place, bit) not in seen
        ]
        seen.update((place, bit) for bit in own)
        places += [(place, own)] if own else []
    return places


def stored_bits(pipeline, table, bits, modules):
    """Return the bits of a `StoredTable` by number; see `hwgen.cores.lutnet.layers.logic_layer`."""
    fabric, module = pipeline.fabric, table.module
    address = pipeline.concatenate([bits[number] for number in table.variables])
    stage, _ = pipeline.start([address], 0.0)
    x = pipeline.at(address, stage)
    if stage == address.stage:
        pipeline.capture(address)
    entry = Signal(len(table.outputs), name="stored_entry")
    if not pipeline.sizing:
        modules[module.name] = module
        pipeline.m.submodules += Instance(
            module.name, i_clk=ClockSignal(), i_en=pipeline.enable, i_x=x, o_y=entry
        )
    # the memory's own time does not grow with the circuit
    arrival = max(fabric.launch_delay, fabric.block_read_delay / pipeline.crowding)
    value = Timed(entry, stage + 1, arrival)
    return {bit: pipeline.slice(value, at, at + 1) for at, bit in enumerate(table.outputs)}
