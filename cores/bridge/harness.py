"""Any core with one input and one output stream, behind a serial line."""

from amaranth.hdl import Cat, Const, DomainRenamer, Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.bist import Misr
from hwgen.cores.bridge.crossing import Crossing, Word
from hwgen.cores.bridge.dispatcher import Dispatcher
from hwgen.cores.bridge.feeder import Collector, Feeder
from hwgen.cores.bridge.protocol import (
    BIST_TOKENS,
    HELD_FIELDS,
    NAME_BYTES,
    STATUS_FIELDS,
    VERSION,
    Sizes,
)
from hwgen.cores.bridge.receiver import FrameReceiver
from hwgen.cores.bridge.responder import Responder
from hwgen.cores.bridge.ring import ByteRing
from hwgen.cores.bridge.sender import FrameSender
from hwgen.cores.bridge.uart import UartReceiver, UartTransmitter

__all__ = ["Harness"]

RESULT_RING = 512
# clocks for which the core's side is held in reset
RESTART_CLOCKS = 32
# clocks of silence beyond the core's latency before its results are taken to be complete
MARGIN = 32
_MOST_LATENCY = 0xFFFF


class Harness(wiring.Component):
    """Serial bridge around a core; `hwgen.cores.bridge.protocol` defines the frames.

    Clock domain ``sync`` is the core's; everything else runs in domain ``link``, so that the
    bridge never limits the core's clock. The two may have the same clock.

    Parameters
    ----------
    component : wiring.Component
        The core: stream ports ``i`` and ``o``, attributes ``latency`` and
        ``initiation_interval``; where it has them, ``longest_pause`` and ``self_test_tokens``.
    streams : tuple of Stream
        Descriptors of its input and output stream.
    clock_hz, baud : float
        Clock of domain ``link``, and bits per second on the line.
    leds : int
        Number of LEDs.
    name : str
        Name of the core for status frames; the first 16 characters count.
    identity : bytes
        Eight bytes that stand for core and configuration.
    signature : int or None
        Signature that a sound core leaves after the self-test, if known.

    Members
    -------
    uart_rx, uart_tx : In(1), Out(1)
        The line.
    button : In(1)
        High while pressed; starts the self-test. May be asynchronous.
    led : Out(leds)
        With eight or more LEDs: the low eight bits of the signature once the self-test has run;
        before, LED 0 on, LED 1 when a frame was dropped, LED 7 while the self-test runs. With
        fewer: LED 0 when a frame was dropped or the signature is wrong, LED 1 when the self-test
        has run and its signature is right, or not known.
    """

    def __init__(
        self,
        component,
        streams,
        clock_hz,
        baud,
        leds=8,
        name="",
        identity=bytes(8),
        signature=None,
    ):
        self._input = _only(streams, "input")
        self._output = _only(streams, "output")
        self._component = component
        self._clock_hz = clock_hz
        self._baud = baud
        self._leds = leds
        self._name = name.encode("ascii")[:NAME_BYTES].ljust(NAME_BYTES, b"\0")
        self._identity = identity
        self._signature = signature
        self.sizes = Sizes(self._input.width, self._output.width)
        super().__init__(
            {"uart_rx": In(1, init=1), "uart_tx": Out(1), "button": In(1), "led": Out(leds)}
        )

    def elaborate(self, platform):
        m = Module()
        receiver, requests, restart = self._receive(m)
        restarting, restart_core, words_down, words_up = self._cross(m, restart)
        dispatcher = Dispatcher(self.sizes)
        results = ByteRing(RESULT_RING)
        responder = Responder(self._constants(), self.sizes.chunk_bytes, range(RESULT_RING))
        misr = self._drive_core(m, restart_core, words_down.o, words_up.i)
        m.submodules.dispatcher = _on_line(dispatcher, restart)
        m.submodules.results = _on_line(results, restarting)
        m.submodules.responder = _on_line(responder, restart)

        button = Signal()
        m.submodules.button = FFSynchronizer(self.button, button, o_domain="link")
        room = Signal()
        # `used` is a clock late, and a full ring would look empty
        m.d.link += room.eq(results.used < RESULT_RING - 4)
        wiring.connect(m, requests.o, dispatcher.i)
        wiring.connect(m, dispatcher.o, words_down.i)
        wiring.connect(m, results.o, responder.i)
        answer = words_up.o
        is_byte = answer.payload.kind == Word.BYTE
        m.d.comb += [
            answer.ready.eq(room),
            results.data.eq(answer.payload.byte),
            results.write.eq(answer.valid & room & is_byte),
            results.commit.eq(1),
            dispatcher.ended.eq(answer.valid & room & ~is_byte),
            # a word that is sent while the crossings are in reset would be lost
            dispatcher.button.eq(button & ~restarting),
            dispatcher.accepted.eq(responder.accepted),
            responder.used.eq(results.used),
            responder.sequence.eq(dispatcher.sequence),
            responder.done_request.eq(dispatcher.done_request),
            responder.status_request.eq(dispatcher.status_request),
            receiver.asked.eq(responder.asked),
            responder.errors.eq(receiver.errors),
            # of the core's domain, but it rests while anybody looks
            responder.misr.eq(misr),
            responder.flags.eq(self._report(m, dispatcher, receiver.dropped, misr)),
        ]
        self._send(m, responder)
        return m

    def _cross(self, m, restart):
        """Build the ways between the domains; return both sides' resets and both crossings."""
        # long enough for a core's clock of an eighth of the line's
        held = Signal(range(RESTART_CLOCKS), init=RESTART_CLOCKS - 1)
        restarting = Signal(init=1)
        with m.If(restart):
            m.d.link += [held.eq(RESTART_CLOCKS - 1), restarting.eq(1)]
        with m.Elif(restarting):
            m.d.link += [held.eq(held - 1), restarting.eq(held != 0)]
        restart_core = Signal()
        m.submodules.restart = FFSynchronizer(restarting, restart_core, o_domain="sync", init=1)
        down, up = Crossing("link", "sync"), Crossing("sync", "link")
        resets = {"link": restarting, "sync": restart_core}
        m.submodules.down = ResetInserter(resets)(down)
        m.submodules.up = ResetInserter(resets)(up)
        return restarting, restart_core, down, up

    def _drive_core(self, m, restart, words, answers):
        """Build what runs on the core's clock; return the signature."""
        core = self._component
        drain = core.latency + core.initiation_interval + MARGIN
        drain += getattr(core, "longest_pause", 0)
        tests = getattr(core, "self_test_tokens", BIST_TOKENS)
        feeder = Feeder(self.sizes.input_bytes, drain, tests)
        collector = Collector(self._output.width)
        misr = Misr(self._output.width)
        reset_core = Signal()
        # a register, because it goes to every register of the core
        m.d.sync += reset_core.eq(restart | feeder.core_reset)
        m.submodules.core = ResetInserter(reset_core)(core)
        m.submodules.feeder = ResetInserter(restart)(feeder)
        m.submodules.collector = ResetInserter(restart)(collector)
        m.submodules.misr = ResetInserter(restart | feeder.test_starts)(misr)
        free, held = self._held()
        testing = feeder.testing.replicate(len(feeder.token))
        wiring.connect(m, words, feeder.i)
        wiring.connect(m, collector.o, answers)
        m.d.comb += [
            Value.cast(core.i.payload).eq(feeder.token & (~testing | free) | testing & held),
            core.i.valid.eq(feeder.valid),
            feeder.ready.eq(core.i.ready),
            feeder.quiet.eq(collector.quiet),
            feeder.end_taken.eq(collector.end_taken),
            collector.end.eq(feeder.end),
            collector.testing.eq(feeder.testing),
            collector.token.eq(core.o.payload),
            collector.valid.eq(core.o.valid),
            core.o.ready.eq(collector.ready),
            misr.word.eq(core.o.payload),
            misr.valid.eq(feeder.testing & core.o.valid & core.o.ready),
        ]
        return misr.value

    def _receive(self, m):
        """Build line to frame buffer; return receiver, buffer, and the pulse of a ``RESET``."""
        uart = UartReceiver(self._clock_hz, self._baud)
        receiver = FrameReceiver(self.sizes)
        requests = ByteRing(self.sizes.ring_bytes)
        m.submodules.uart_receiver = _on_line(uart)
        m.submodules.receiver = _on_line(receiver)
        m.submodules.requests = _on_line(requests)
        restart = Signal()
        m.d.link += restart.eq(receiver.restart)
        m.d.comb += [
            uart.rx.eq(self.uart_rx),
            receiver.data.eq(uart.data),
            receiver.strobe.eq(uart.strobe),
            receiver.bad_stop.eq(uart.bad_stop),
            receiver.full.eq(requests.full),
            requests.data.eq(receiver.write_data),
            requests.write.eq(receiver.write),
            requests.commit.eq(receiver.commit),
            requests.rollback.eq(receiver.rollback),
            requests.skip.eq(receiver.skip),
        ]
        return receiver, requests, restart

    def _send(self, m, responder):
        """Build answer frames to line."""
        sender = FrameSender()
        uart = UartTransmitter(self._clock_hz, self._baud)
        m.submodules.sender = _on_line(sender)
        m.submodules.uart_transmitter = _on_line(uart)
        m.d.comb += [
            sender.byte.eq(responder.byte),
            sender.address.eq(responder.address),
            sender.write.eq(responder.write),
            sender.length.eq(responder.length),
            sender.send.eq(responder.send),
            responder.ready.eq(sender.ready),
            uart.data.eq(sender.data),
            uart.valid.eq(sender.valid),
            sender.next.eq(uart.ready),
            self.uart_tx.eq(uart.tx),
        ]

    def _held(self):
        """Return the bits of an input token that the self-test leaves, and those that it sets."""
        free, held = (1 << self._input.width) - 1, 0
        for field in self._input.fields:
            if field.name in HELD_FIELDS:
                lsb, most = self._input.lsb(field.name), (1 << field.width * field.count) - 1
                free &= ~(most << lsb)
                held |= (HELD_FIELDS[field.name] & most) << lsb
        return free, held

    def _constants(self):
        """Return a status reply with zeros for what changes."""
        sizes = self.sizes
        values = {
            "version": VERSION,
            "identity": int.from_bytes(self._identity, "little"),
            "input_bytes": sizes.input_bytes,
            "output_bytes": sizes.output_bytes,
            "payload_limit": sizes.payload_limit,
            "buffer_bytes": sizes.buffer_bytes,
            "latency": min(self._component.latency, _MOST_LATENCY),
            "name": int.from_bytes(self._name, "little"),
        }
        return b"".join(
            values.get(field, 0).to_bytes(width, "little") for field, width in STATUS_FIELDS
        )

    def _report(self, m, dispatcher, dropped, misr):
        """Drive the LEDs; return the flags of the status reply."""
        known = self._signature is not None
        right = Signal(init=1)
        if known:
            m.d.link += right.eq(misr == self._signature)
        if self._leds >= 8:
            running = Cat(Const(1, 1), dropped, Const(0, 5), dispatcher.testing)
            m.d.link += self.led.eq(Mux(dispatcher.tested, misr[:8], running))
        else:
            failed = dispatcher.tested & ~right
            m.d.link += self.led.eq(Cat(dropped | failed, dispatcher.tested & right))
        return Cat(dispatcher.tested, dispatcher.tested & right, Const(int(known), 1))


def _only(streams, direction):
    found = [each for each in streams if each.direction == direction]
    if len(found) != 1:
        raise ValueError(f"streams must hold one {direction} stream, not {len(found)}")
    return found[0]


def _on_line(component, restart=None):
    """Put a component into the line's clock domain, reset by ``restart``."""
    if restart is not None:
        component = ResetInserter(restart)(component)
    return DomainRenamer("link")(component)
