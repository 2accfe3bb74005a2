"""Any core with one input and one output stream, behind a serial line."""

from amaranth.hdl import Cat, Const, Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.bridge.bist import Misr
from hwgen.cores.bridge.collector import Collector
from hwgen.cores.bridge.controller import Controller
from hwgen.cores.bridge.protocol import (
    MARKER_FIELDS,
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
# clocks of silence beyond the core's latency before its results are taken to be complete
MARGIN = 32


class Harness(wiring.Component):
    """Serial bridge around a core; `hwgen.cores.bridge.protocol` defines the frames.

    Parameters
    ----------
    component : wiring.Component
        The core: stream ports ``i`` and ``o``, attributes ``latency`` and
        ``initiation_interval``.
    streams : tuple of Stream
        Descriptors of its input and output stream.
    clock_hz, baud : float
        Clock of domain ``sync``, and bits per second on the line.
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
        core = self._component
        drain = core.latency + core.initiation_interval + MARGIN
        button = Signal(2)
        m.d.sync += button.eq(Cat(self.button, button[0]))

        controller = Controller(self.sizes, drain)
        collector = Collector(self._output.width, RESULT_RING)
        results = ByteRing(RESULT_RING)
        signature = Misr(self._output.width)
        responder = Responder(self._constants(), self.sizes.chunk_bytes, range(RESULT_RING))
        reset_core = Signal()
        # a register, because it goes to every register of the core
        m.d.sync += reset_core.eq(restart | controller.core_reset)
        m.submodules.core = ResetInserter(reset_core)(core)
        m.submodules.controller = ResetInserter(restart)(controller)
        m.submodules.collector = ResetInserter(restart)(collector)
        m.submodules.results = ResetInserter(restart)(results)
        m.submodules.signature = ResetInserter(restart | controller.test_starts)(signature)
        m.submodules.responder = ResetInserter(restart)(responder)

        wiring.connect(m, requests.o, controller.i)
        wiring.connect(m, results.o, responder.i)
        m.d.comb += [
            Value.cast(core.i.payload).eq(
                controller.token
                | (self._markers() & controller.testing.replicate(len(controller.token)))
            ),
            core.i.valid.eq(controller.token_valid),
            controller.token_ready.eq(core.i.ready),
            controller.quiet.eq(collector.quiet),
            controller.button.eq(button[1]),
            controller.accepted.eq(responder.accepted),
            collector.token.eq(core.o.payload),
            collector.token_valid.eq(core.o.valid),
            core.o.ready.eq(collector.token_ready),
            collector.testing.eq(controller.testing),
            collector.used.eq(results.used),
            results.data.eq(collector.data),
            results.write.eq(collector.write),
            results.commit.eq(1),
            signature.word.eq(core.o.payload),
            signature.valid.eq(controller.testing & core.o.valid & core.o.ready),
            responder.used.eq(results.used),
            responder.sequence.eq(controller.sequence),
            responder.done_request.eq(controller.done_request),
            responder.status_request.eq(controller.status_request),
        ]
        self._send(m, responder)
        m.d.comb += [
            receiver.asked.eq(responder.asked),
            responder.errors.eq(receiver.errors),
            responder.misr.eq(signature.value),
            responder.flags.eq(self._report(m, controller, receiver.dropped, signature.value)),
        ]
        return m

    def _receive(self, m):
        """Build line to frame buffer; return receiver, buffer, and the pulse of a ``RESET``."""
        m.submodules.uart_receiver = uart = UartReceiver(self._clock_hz, self._baud)
        m.submodules.receiver = receiver = FrameReceiver(self.sizes)
        m.submodules.requests = requests = ByteRing(self.sizes.ring_bytes)
        restart = Signal()
        m.d.sync += restart.eq(receiver.restart)
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
        m.submodules.sender = sender = FrameSender()
        m.submodules.uart_transmitter = uart = UartTransmitter(self._clock_hz, self._baud)
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

    def _markers(self):
        """Bits of an input token that the self-test holds at 1."""
        return sum(
            ((1 << field.width * field.count) - 1) << self._input.lsb(field.name)
            for field in self._input.fields
            if field.name in MARKER_FIELDS
        )

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
            "latency": self._component.latency,
            "name": int.from_bytes(self._name, "little"),
        }
        return b"".join(
            values.get(field, 0).to_bytes(width, "little") for field, width in STATUS_FIELDS
        )

    def _report(self, m, controller, dropped, signature):
        """Drive the LEDs; return the flags of the status reply."""
        known = self._signature is not None
        right = Signal(init=1)
        if known:
            m.d.sync += right.eq(signature == self._signature)
        if self._leds >= 8:
            running = Cat(Const(1, 1), dropped, Const(0, 5), controller.testing)
            m.d.sync += self.led.eq(Mux(controller.tested, signature[:8], running))
        else:
            failed = controller.tested & ~right
            m.d.sync += self.led.eq(Cat(dropped | failed, controller.tested & right))
        return Cat(controller.tested, controller.tested & right, Const(int(known), 1))


def _only(streams, direction):
    found = [each for each in streams if each.direction == direction]
    if len(found) != 1:
        raise ValueError(f"streams must hold one {direction} stream, not {len(found)}")
    return found[0]
