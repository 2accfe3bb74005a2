"""Frequency-directed pipelining: operations get registers where the clock period runs out."""

import re
from dataclasses import replace

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value, unsigned
from hwgen.cores.arith.timed import Timed

from hwgen.errors import UsageError

__all__ = ["Pipeline"]

_TOLERANCE = 1e-9


class Pipeline:
    """A feed-forward datapath whose registers are placed by a delay model.

    Every operation starts in the earliest stage in which all its operands exist, unless the
    clock period would run out; then its operands are registered and it starts in the next stage.
    Values that wait for a later stage go through shared chains of registers.

    Parameters
    ----------
    m : Module
        Module that receives the statements.
    fabric : Fabric
        Where the delays come from.
    frequency : float or None
        Clock in MHz that must be met; ``None`` places no registers at all.
    enable : Value
        All registers of the pipeline load while this is 1.
    size : int
        Bits of the whole circuit, as far as known: paths in a large one are longer.
    sizing : bool
        Only the size and the stages are wanted: most statements are left out.

    Attributes
    ----------
    period : float or None
        Nanoseconds to plan for: the clock period less what crowding takes.
    register_bits : int
        Flip-flops so far.
    operand_bits : int
        Bits of all operands so far.
    slowest : float
        Nanoseconds that the slowest path from register to register so far takes.
    decisions : dict
        What blocks have decided by trial, for equal operands.
    """

    def __init__(self, m, fabric, frequency, enable, size=0, sizing=False):
        self.m = m
        self.sizing = sizing
        self.fabric = fabric
        self.frequency = frequency
        self.size = size
        self.crowding = fabric.crowding_factor(size)
        self.period = None if frequency is None else 1000.0 / frequency / self.crowding
        self.enable = enable
        self.register_bits = 0
        self.operand_bits = 0
        self.slowest = 0.0
        self.decisions = {}
        # whether one register takes the output, not two in turn
        self._one_output = True

    @property
    def bits(self):
        """Bits of all operands and registers so far: how large the circuit is."""
        return self.operand_bits + self.register_bits

    def trial(self):
        """Return a pipeline of the same period to try a block in; nothing of it is emitted."""
        other = Pipeline(Module(), self.fabric, self.frequency, self.enable, sizing=True)
        other.crowding, other.period, other.size = self.crowding, self.period, self.size
        return other

    def discard(self):
        """Let Amaranth not complain that the module and what stands in it are used by nobody."""
        submodules = (*self.m._anon_submodules, *self.m._named_submodules.values())
        for each in (self.m, *(submodule for submodule, _ in submodules)):
            each._MustUse__silence = True

    def input(self, value, name="input"):
        """Return ``value`` as launched by registers in front of the pipeline."""
        value = Value.cast(value)
        signal = Signal(value.shape(), name=name)
        self._connect(signal, value)
        return Timed(signal, 0, self.fabric.launch_delay)

    def _connect(self, signal, expression):
        if not self.sizing:
            self.m.d.comb += signal.eq(expression)

    def _register(self, previous, name):
        """Return a register behind ``previous``."""
        register = Signal(previous.shape(), reset_less=True, name=name)
        if not self.sizing:
            with self.m.If(self.enable):
                self.m.d.sync += register.eq(previous)
        self.register_bits += len(register)
        return register

    def constant(self, signal):
        """Return ``signal``, a constant, as a value that is stable at all times."""
        return Timed(signal, 0, float("-inf"))

    def at(self, value, stage):
        """Return ``value`` delayed to ``stage`` as an Amaranth signal."""
        if value.arrival == float("-inf") or value.stage == stage:
            return value.signal
        if stage < value.stage:
            raise ValueError(f"a value of stage {value.stage} does not exist in stage {stage}")
        later = value._later
        if not later:
            self.capture(value)
        while len(later) < stage - value.stage:
            previous = later[-1] if later else value.signal
            reached = value.stage + len(later) + 1
            name = f"{_base_name(value)}_at{reached}"
            later.append(self._register(previous, name))
        return later[stage - value.stage - 1]

    def capture(self, value):
        """Note that a register takes ``value`` at the end of its own stage."""
        self.slowest = max(self.slowest, value.arrival - value.exit + self.fabric.capture_delay)

    def capture_within(self, delay):
        """Note a path inside a hard block, which takes ``delay`` however crowded the chip is."""
        self.slowest = max(self.slowest, delay / self.crowding)

    def output_stage(self, values):
        """Return the stage in which the output register takes ``values``."""
        self._one_output = self.fits_broadcast()
        return max(self._landing_stage(self._outgoing(value)) for value in values)

    def _outgoing(self, value):
        """Return ``value`` as the output sees it: only one register lies beside a carry chain."""
        if self._one_output:
            return value
        return replace(value, exit=max(0.0, value.exit - self.fabric.carry_exit_delay))

    def _landing_stage(self, value):
        """Return the stage in which a register can take ``value``."""
        return self.start([value], -value.exit)[0]

    def output(self, value, last):
        """Return ``value`` in the ``last`` stage as a signal, for the output register to take."""
        signal = self.at(value, last)
        if value.stage == last:
            self.capture(self._outgoing(value))
        return signal

    def meets_period(self):
        """Return whether no path so far is longer than the period."""
        return self.period is None or self.slowest <= self.period + _TOLERANCE

    def check_period(self, name):
        """Raise an error if a path is longer than the period.

        Raises
        ------
        UsageError
            A single operation or a loop takes longer, so that no register helps; the message
            names the core by ``name``.
        """
        if not self.meets_period():
            limit = int(1000.0 / self.slowest / self.crowding)
            raise UsageError(
                f"freq must be at most {limit} MHz for {name} on {self.fabric.name}, "
                f"not {self.frequency:g}"
            )

    def moved(self, value, stage):
        """Return ``value`` delayed to ``stage`` as a :class:`Timed` value."""
        if value.arrival == float("-inf") or value.stage == stage:
            return value
        return Timed(self.at(value, stage), stage, self.fabric.launch_delay, wire=value.wire)

    def broadcast(self, value):
        """Note that ``value`` is taken all over the circuit, and return it."""
        # a seventh of what the enable takes, as placed blocks of 8 and 32 lanes show
        value.wire = self.fabric.fan_out_delay * self.size**0.5 / 7
        return value

    def start(self, inputs, delay, capture=True, width=0, single=()):
        """Return (stage, arrival of the inputs) of an operation that takes ``delay``.

        The arrival includes what the operation's own width costs, see `Fabric.spread`.

        Parameters
        ----------
        inputs : sequence of Timed
            Operands.
        delay : float
            Nanoseconds through the operation.
        capture : bool
            Whether a register takes the result.
        width : int
            Bits of the result that every input reaches, see `fan_out_delay`; 0: no more than it
            has itself.
        single : sequence of Timed
            Further operands, each bit of which reaches one place only.

        Raises
        ------
        ValueError
            If there are no operands.
        """
        self.operand_bits += sum(len(value) for value in (*inputs, *single))
        reach = self._reach(inputs, width, single)
        stage, arrival = self._operands_at(reach)
        delay += (spread := self._spread((*inputs, *single), width) if delay > 0 else 0.0)
        if not self._fits(arrival, delay, capture):
            launch = self.fabric.launch_delay
            if any(value.stage == stage and value.arrival > launch for value, _ in reach):
                stage += 1
            arrival = launch + max(fan_out for _, fan_out in reach)
        return stage, arrival + spread

    def fits(self, inputs, delay, capture=True, width=0):
        """Return whether ``delay`` fits behind the inputs in the latest of their stages."""
        _, arrival = self._operands_at(self._reach(inputs, width))
        return self._fits(arrival, delay + self._spread(inputs, width), capture)

    def _spread(self, inputs, width):
        """Return what an operation takes longer because it is spread over the chip."""
        return self.fabric.spread(max(width, *(len(value) for value in inputs)))

    def _fits(self, arrival, delay, capture):
        margin = self.fabric.capture_delay if capture else 0.0
        return self.period is None or arrival + delay + margin <= self.period + _TOLERANCE

    def _reach(self, inputs, width=0, single=()):
        """Return (value, its fan-out delay) of all operands."""
        return [
            *((value, self.fan_out_delay(value, width) + value.wire) for value in inputs),
            *((value, 0.0) for value in single),
        ]

    def _operands_at(self, reach):
        """Return (stage, arrival) at which all operands exist where they are needed."""
        stage = max(value.stage for value, _ in reach)
        launch = self.fabric.launch_delay
        arrivals = (
            # what waits for this stage comes from a register
            max(value.arrival, launch) + fan_out if value.stage == stage else launch + fan_out
            for value, fan_out in reach
        )
        return stage, max(arrivals)

    def fan_out_delay(self, value, width):
        """Return what it costs that the bits of ``value`` reach ``width`` bits of a result."""
        if value.arrival == float("-inf"):
            return 0.0
        sinks = width / max(1, len(value))
        return self.fabric.fan_out_delay * max(0.0, sinks - 1) ** 0.5

    def operate(self, function, *inputs, delay, exit=0.0, shape=None, name="value"):
        """Add one combinational operation.

        Parameters
        ----------
        function : callable
            Takes the inputs as Amaranth values of one stage, returns the result.
        inputs : Timed
            Operands.
        delay : float
            Nanoseconds through the operation, routing included.
        exit : float
            What is added to them where no register takes the result.
        shape : Shape or None
            Shape of the result; by default that of the expression.
        name : str
            Name of the result in the emitted Verilog.
        """
        width = 0 if shape is None else Shape.cast(shape).width
        stage, arrival = self.start(inputs, delay, width=width)
        operands = [self.at(value, stage) for value in inputs]
        if self.sizing and shape is not None:
            return Timed(Signal(shape, name=name), stage, arrival + delay + exit, exit)
        expression = Value.cast(function(*operands))
        result = Signal(shape if shape is not None else expression.shape(), name=name)
        self._connect(result, expression)
        return Timed(result, stage, arrival + delay + exit, exit)

    def chained(self, result, stage, arrival):
        """Return the result of a carry chain, which a register could take at ``arrival``."""
        exit = self.fabric.carry_exit_delay
        return Timed(result, stage, arrival + exit, exit)

    def logic(self, function, *inputs, levels=1, shape=None, name="value"):
        """Add an operation of ``levels`` look-up tables in series."""
        delay = self.fabric.logic_delay(levels)
        return self.operate(function, *inputs, delay=delay, shape=shape, name=name)

    def bit(self, function, *inputs, levels=1, name):
        """Add an operation with one bit as its result."""
        return self.logic(function, *inputs, levels=levels, shape=unsigned(1), name=name)

    def reduced(self, function, *inputs, name):
        """Add an operation with one bit as its result: an and or an or of all bits."""
        levels = self.fabric.gate_levels(sum(len(value) for value in inputs))
        return self.bit(function, *inputs, levels=levels, name=name)

    def register(self, value, stage=None):
        """Return ``value`` behind one more register, or delayed to ``stage``."""
        return self.moved(value, value.stage + 1 if stage is None else stage)

    def masked(self, value, keep, otherwise=0, name="masked"):
        """Return ``value``, or the constant ``otherwise`` where ``keep`` is 0.

        Where a register takes the result at once the mask becomes its synchronous reset: it costs
        no look-up tables, and one table's delay for the mask alone, where it meets the enable.
        """
        level, width = self.fabric.logic_delay() + self.fabric.reset_delay, len(value)
        shape, constant = value.signal.shape(), Const(otherwise, value.signal.shape())
        if width == 1:
            # synthesis makes a gate of it
            return self.logic(
                lambda bit, one: Mux(one, bit, constant), value, keep, shape=shape, name=name
            )
        stage = max(self._landing_stage(value), self.start((keep,), level, width=width)[0])
        bits, kept = self.moved(value, stage), self.moved(keep, stage)
        _, bits_at = self._operands_at(self._reach((bits,)))
        _, kept_at = self._operands_at(self._reach((kept,), width))
        result = Signal(shape, name=name)
        self._connect(result, Mux(kept.signal, bits.signal, constant))
        arrival = max(bits_at, kept_at) + self.fabric.logic_delay(bits=width)
        landing = max(bits_at - bits.exit, kept_at + level)
        return Timed(result, stage, arrival, arrival - landing)

    def register_masked(self, value, keep, name="masked"):
        """Return ``value`` behind one register that is cleared where ``keep`` is 0."""
        return self.register(self.masked(value, keep, name=name))

    def fits_broadcast(self):
        """Return whether one gate can drive every register's enable within the clock period.

        Like all inputs of a pipeline, the consumer's ready comes from a register.
        """
        fabric = self.fabric
        delay = fabric.launch_delay + fabric.logic_delay() + fabric.capture_delay
        delay += fabric.fan_out_delay * self.register_bits**0.5
        return self.period is None or delay <= self.period

    def slice(self, value, low, high):
        """Return bits ``low`` to ``high - 1`` of ``value``; costs nothing."""
        return self.free(lambda signal: signal[low:high], value)

    def signed(self, value):
        """Return ``value`` as a signed one, a bit wider where it has no sign; costs nothing."""
        if value.signal.shape().signed:
            return value
        return self.free(lambda bits: Cat(bits, Const(0, 1)).as_signed(), value)

    def concatenate(self, values):
        """Return ``values`` side by side, the first one lowest; costs nothing."""
        return self.free(lambda *signals: Cat(*signals), *values)

    def free(self, function, *inputs):
        """Add an operation that is wiring only: slices, concatenations, constants."""
        stage = max(value.stage for value in inputs)
        here = [value for value in inputs if value.stage == stage]
        arrival = max(value.arrival for value in here)
        exit = arrival - max(value.arrival - value.exit for value in here)
        expression = Value.cast(function(*(self.at(value, stage) for value in inputs)))
        if not isinstance(expression, Signal):
            # a name of its own: Amaranth would write the expression out again at every use
            wires = Signal(expression.shape(), name=f"{_base_name(inputs[0])}_part")
            self._connect(wires, expression)
            expression = wires
        wire = max(value.wire for value in inputs)
        return Timed(expression, stage, arrival, exit, wire)


def _base_name(value):
    """Return the name of a value without what registers and slices have added to it."""
    name = getattr(value.signal, "name", "constant")
    return re.sub(r"(_at\d+|_part)$", "", name)
