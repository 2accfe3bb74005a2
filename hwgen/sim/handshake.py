"""Both ends of a stream in a cocotb bench, and the monitor that holds it to its rules.

All parts work on a clock cycle at a time: `drive` before the clock edge, then, when the circuit has
settled, `sample`. The `Clocked` loop calls them; nothing here waits for the simulator.
"""

import random

from cocotb.triggers import Timer

__all__ = ["Clocked", "Monitor", "Pauses", "Sink", "Source", "StreamRuleError"]


class StreamRuleError(AssertionError):
    """A core broke one of the rules of valid/ready streams."""


class Pauses:
    """Random pauses: single cycles and runs of up to eight.

    Parameters
    ----------
    rate : float
        Chance that a pause starts in a cycle, 0 to below 1.
    seed : int
        Seed of this generator alone.
    """

    def __init__(self, rate, seed):
        self._rate = rate
        self._random = random.Random(seed)
        self._left = 0

    def __call__(self):
        """Return whether this cycle is a pause."""
        if self._left:
            self._left -= 1
            return True
        if not self._rate or self._random.random() >= self._rate:
            return False
        if self._random.random() < 0.25:
            self._left = self._random.randrange(8)
        return True


class Ports:
    """The three signals of one stream of the circuit."""

    def __init__(self, circuit, stream):
        self.name = stream.name
        self.payload = getattr(circuit, f"{stream.name}__payload")
        self.valid = getattr(circuit, f"{stream.name}__valid")
        self.ready = getattr(circuit, f"{stream.name}__ready")


class Source:
    """Sends tokens into an input stream; keeps valid and payload until each is taken.

    Parameters
    ----------
    circuit : cocotb handle
    stream : Stream
    tokens : list of int
        Payloads.
    pauses : Pauses
    """

    def __init__(self, circuit, stream, tokens, pauses):
        self.ports = Ports(circuit, stream)
        self.tokens = tokens
        self.sent = 0
        self.cycles = []
        self._pauses = pauses
        self._presented = False
        self._noise = random.Random(len(tokens))
        self.ports.valid.value = 0

    @property
    def done(self):
        """Whether every token was taken."""
        return self.sent == len(self.tokens)

    @property
    def paused(self):
        """Whether there is a token that is held back in this cycle."""
        return not self.done and not self._presented

    def drive(self):
        """Present the next token unless this cycle is a pause; noise lies between tokens."""
        if self._presented:
            return
        self._presented = not self.done and not self._pauses()
        self.ports.valid.value = int(self._presented)
        payload = self.ports.payload
        payload.value = (
            self.tokens[self.sent] if self._presented else self._noise.getrandbits(len(payload))
        )

    def sample(self, cycle):
        """Note whether the core takes the token; return True if so."""
        if not self._presented or not is_high(self.ports.ready):
            return False
        self.cycles.append(cycle)
        self.sent += 1
        self._presented = False
        return True


class Sink:
    """Takes tokens from an output stream, with pauses; feeds the monitor of that stream.

    Parameters
    ----------
    circuit : cocotb handle
    stream : Stream
    pauses : Pauses
    limit : int
        Tokens to come; one more is a `StreamRuleError`.
    patient : bool
        Be ready only for a token that was valid the cycle before: a core that waits for ready
        before it asserts valid then waits forever.
    """

    def __init__(self, circuit, stream, pauses, limit, patient=False):
        self.ports = Ports(circuit, stream)
        self.tokens = []
        self.cycles = []
        self.paused = False
        self._limit = limit
        self._patient = patient
        self._pauses = pauses
        self._ready = False
        self._waiting = False
        self._monitor = Monitor(stream.name)
        self.ports.ready.value = 0

    def drive(self):
        """Be ready unless this cycle is a pause."""
        self.paused = self._pauses()
        self._ready = not self.paused and (self._waiting or not self._patient)
        self.ports.ready.value = int(self._ready)

    def sample(self, cycle, offered):
        """Check the rules and note a transfer; return True if there was one."""
        valid = is_high(self.ports.valid)
        token = as_integer(self.ports.payload) if valid else None
        self._monitor.observe(valid, self._ready, token, offered)
        if not valid:
            return False
        if len(self.tokens) == self._limit:
            raise StreamRuleError(
                f"a token more than the {self._limit} expected on stream {self.ports.name!r}"
            )
        if not self._waiting:
            self.cycles.append(cycle)
        self._waiting = not self._ready
        if self._ready:
            self.tokens.append(token)
        return self._ready


class Monitor:
    """Holds the producer of one stream to its rules, a clock cycle at a time.

    1. valid is not asserted before any input was offered after reset;
    2. valid stays asserted until ready;
    3. the payload does not change while valid waits for ready;
    4. neither is unknown once reset is over (`is_high` and `as_integer` raise).

    The combinational rule, which needs a look between clock edges, is in `Clocked.probe`.
    """

    def __init__(self, name):
        self._name = name
        self._waiting = None
        self._transfers = 0

    def observe(self, valid, ready, payload, offered):
        """Check one clock cycle.

        Raises
        ------
        StreamRuleError
            A rule was broken; the message names the stream and the token.
        """
        token = f"token {self._transfers} of stream {self._name!r}"
        if valid and not offered:
            raise StreamRuleError(f"valid before any input was offered: {token}")
        if self._waiting is not None:
            if not valid:
                raise StreamRuleError(f"valid dropped before ready: {token}")
            if payload != self._waiting:
                raise StreamRuleError(f"payload changed while waiting for ready: {token}")
        self._waiting = payload if valid and not ready else None
        self._transfers += valid and ready


class Clocked:
    """The clock: drives every source and sink, lets the circuit settle, samples, ticks."""

    HALF_PERIOD = 5

    def __init__(self, circuit, sources, sinks, probes):
        self._circuit = circuit
        self.sources = sources
        self.sinks = sinks
        self._probes = probes
        self.cycle = 0
        self.offered = False

    @staticmethod
    async def reset(circuit, cycles=2):
        """Hold reset for a number of clock cycles, inputs idle."""
        circuit.rst.value = 1
        for _ in range(cycles):
            circuit.clk.value = 0
            await Timer(Clocked.HALF_PERIOD, "ns")
            circuit.clk.value = 1
            await Timer(Clocked.HALF_PERIOD, "ns")
        circuit.clk.value = 0
        circuit.rst.value = 0

    async def step(self, offer=True):
        """Simulate one clock cycle; sources offer a token only with ``offer``.

        Returns
        -------
        tuple of (bool, bool)
            Whether a token moved, and whether any side paused.
        """
        self._circuit.clk.value = 0
        for each in (*self.sources, *self.sinks) if offer else self.sinks:
            each.drive()
        await Timer(self.HALF_PERIOD, "ns")
        paused = any(each.paused for each in (*self.sources, *self.sinks))
        self.offered |= any(not each.paused and not each.done for each in self.sources)
        if self._probes():
            await self.probe()
        moved = [each.sample(self.cycle, self.offered) for each in self.sinks]
        moved += [each.sample(self.cycle) for each in self.sources]
        self._circuit.clk.value = 1
        await Timer(self.HALF_PERIOD, "ns")
        self.cycle += 1
        return any(moved), paused

    async def probe(self):
        """Flip one handshake input at a time and demand that its partner does not follow."""
        for each in self.sinks:
            ports = each.ports
            before = is_high(ports.valid), str(ports.payload.value) if is_high(ports.valid) else ""
            ready = int(is_high(ports.ready))
            await self._settle(ports.ready, 1 - ready)
            after = is_high(ports.valid), str(ports.payload.value) if is_high(ports.valid) else ""
            await self._settle(ports.ready, ready)
            if before != after:
                raise StreamRuleError(f"valid or payload of {ports.name!r} depends on its ready")
        for each in self.sources:
            ports = each.ports
            before = is_high(ports.ready)
            valid = int(is_high(ports.valid))
            await self._settle(ports.valid, 1 - valid)
            after = is_high(ports.ready)
            await self._settle(ports.valid, valid)
            if before != after:
                raise StreamRuleError(f"ready of {ports.name!r} depends on its valid")

    @staticmethod
    async def _settle(signal, value):
        signal.value = value
        await Timer(100, "ps")


def is_high(signal):
    """Return a one-bit signal as a bool; an unknown one is a `StreamRuleError`."""
    value = signal.value
    if not value.is_resolvable:
        raise StreamRuleError(f"{signal._name} is {value} after reset")
    return bool(value)


def as_integer(signal):
    """Return a payload as an unsigned integer; an unknown bit is a `StreamRuleError`."""
    value = signal.value
    if not value.is_resolvable:
        raise StreamRuleError(f"{signal._name} is {value} while valid")
    # a port of one bit is a Logic, which has no to_unsigned
    return value.to_unsigned() if len(signal) > 1 else int(value)
