"""Memories of queries, keys and values: a block of a head's width in each place."""

from amaranth.hdl import Cat, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.gpt.arithmetic import registered
from hwgen.cores.gpt.block_terms import EXPONENT_BITS

__all__ = ["Cache"]


class Cache:
    """Blocks of queries, and of keys and values of all tokens, in memories of a module.

    Keys and values of neighboring tokens, a group, lie in memories of their own, so that they are
    read at once. Exponents of values lie in others as well, to be read beside the keys.

    Parameters
    ----------
    m : Module
    config : MachineConfig
    attention : Attention
        Its ports say what is written.
    """

    def __init__(self, m, config, attention):
        machine = config.program.machine
        self._m, self._config, self._attention = m, config, attention
        self._groups = -(-machine.context // config.key_lanes)
        self._block = Cat(attention.codes, attention.exponent)

    def query(self, head):
        """Return (codes, exponent) of the query of a head."""
        machine, attention = self._config.program.machine, self._attention
        write = machine.heads, attention.place, attention.write_query
        return self._parts(self._memory("query", *write, head, self._block))

    def keys(self, slot, group):
        """Return (codes, exponent) of the key of every token of a group."""
        return [self._parts(each) for each in self._lanes("key", slot, group, self._block)]

    def values(self, slot, group):
        """Return (codes, exponent) of the value of every token of a group."""
        return [self._parts(each) for each in self._lanes("value", slot, group, self._block)]

    def value_exponents(self, slot, group):
        """Return the exponent of the value of every token of a group."""
        exponent = self._attention.exponent.as_unsigned()
        found = self._lanes("value", slot, group, exponent, "_exponent")
        return [each.as_signed() for each in found]

    def _lanes(self, name, slot, group, written, suffix=""):
        """Return what memories of keys or values give of every token of a group."""
        attention, lanes = self._attention, self._config.key_lanes
        bits = lanes.bit_length() - 1
        token, write_group = attention.position[:bits], attention.position[bits:]
        depth = self._config.program.machine.slots * self._groups
        return [
            self._memory(
                f"{name}{suffix}{lane}",
                depth,
                attention.place * self._groups + write_group,
                getattr(attention, f"write_{name}") & (token == lane if lanes > 1 else 1),
                slot * self._groups + group,
                written,
            )
            for lane in range(lanes)
        ]

    def _memory(self, name, depth, write_place, writes, read_place, written):
        """Return what a new memory gives, behind its registers."""
        memory = Memory(shape=unsigned(len(written)), depth=max(2, depth), init=[])
        self._m.submodules[f"{name}_memory"] = memory
        write, read = memory.write_port(), memory.read_port()
        self._m.d.comb += [
            write.addr.eq(write_place),
            write.data.eq(written),
            write.en.eq(writes),
            read.addr.eq(read_place),
        ]
        return registered(self._m, read.data, self._config.read_registers, f"{name}_now")

    def _parts(self, data):
        """Return (codes, exponent) of a block."""
        machine = self._config.program.machine
        bits = machine.activation_bits
        codes = [
            data[number * bits : (number + 1) * bits].as_signed()
            for number in range(machine.head_width)
        ]
        return codes, data[-EXPONENT_BITS:].as_signed()
