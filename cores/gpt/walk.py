"""The order in which tokens are read for attention: head after head, group after group."""

from amaranth.hdl import Const, Mux, Signal
from hwgen.cores.gpt.arithmetic import registered

__all__ = ["Walk"]


class Walk:
    """Reads all groups of tokens that are seen, once for every head.

    Parameters
    ----------
    m : Module
    config : MachineConfig
    attention : Attention
        Its ports say where heads and slots begin.
    name : str

    Members
    -------
    go : Signal
        Set by the user: read for a head from the next clock cycle on.
    reads, ends : Signal
        A group is read, and it is the last one.
    slot, group : Signal
        What is read.
    first, last, valid : Signal
        Marks of what memories give now.
    live : list of Value
        Whether tokens of that group, lane by lane, are seen.
    """

    def __init__(self, m, config, attention, name):
        self._m, self._name, self._registers = m, name, config.read_registers
        lane_bits = config.key_lanes.bit_length() - 1
        groups = -(-config.program.machine.context // config.key_lanes)
        token, last_group = attention.position[:lane_bits], attention.position[lane_bits:]
        self.go, self.reads = Signal(name=f"{name}_goes"), Signal(name=f"{name}_reads")
        self.slot = Signal(16, name=f"{name}_slot")
        self.group = Signal(range(max(2, groups)), name=f"{name}_group")
        self.ends = Signal(name=f"{name}_ends")
        moves = Signal(config.program.machine.heads, name=f"{name}_moves")
        m.d.comb += self.ends.eq(self.reads & (self.group == last_group))
        with m.If(self.reads):
            m.d.sync += self.group.eq(self.group + 1)
        with m.If(self.ends):
            m.d.sync += [
                self.group.eq(0),
                self.reads.eq(0),
                self.slot.eq(self.slot + moves[0]),
                moves.eq(moves >> 1),
            ]
        with m.If(self.go):
            m.d.sync += self.reads.eq(1)
        with m.If(attention.start):
            m.d.sync += [self.slot.eq(attention.slot), moves.eq(attention.moves)]
        self.valid = self.given(self.reads, "valid")
        self.first = self.given(self.group == 0, "first")
        self.last = self.given(self.ends, "last")
        self.live = [Const(1)]
        for lane in range(1, config.key_lanes):
            self.live.append(self.given(~self.ends | (token >= lane), f"live{lane}"))

    def given(self, value, what):
        """Return a value of what is read as it comes with what memories give."""
        value = Mux(value, 1, 0) if len(value) == 1 else value
        return registered(self._m, value, 1 + self._registers, f"{self._name}_{what}")
