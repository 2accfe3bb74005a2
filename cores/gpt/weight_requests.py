"""Ahead of the machine: which weights a token needs, in the order in which they are used."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.gpt.block_cutter import COUNT_BITS, UNIT_BYTES
from hwgen.cores.gpt.decode import Operands, opcode_of
from hwgen.cores.memory.reader import BYTES_BITS

from hwgen.formats.weight_image import image_starts
from hwgen.formats.weight_stream import parse_weight_stream

__all__ = ["WeightRequests"]

_ENDS = ("angles", "attend", "normalise", "sample")


class WeightRequests(wiring.Component):
    """Goes through the program for a token and asks for the weights of every product.

    It does so as fast as requests are taken, whatever the machine is doing: no address depends on
    anything but the program, the token and its position. It ends with ``halt``, or with a word
    that is no instruction, as the machine does behind it.

    Parameters
    ----------
    config : MachineConfig
        With a reader.

    Members
    -------
    begin : In(1)
        Go through the program, with the token and position that stay beside it.
    token, position : In
    code_address, code_data : Out, In
        Port to the instructions, which come a clock cycle after the address.
    o : Out(stream)
        Address and number of bytes, whole beats that hold the weights; their format, the units of
        4 bytes in front of them in the first beat, and their number of blocks.
    """

    def __init__(self, config):
        self._program, self._reader = config.program, config.reader
        machine = config.program.machine
        request = {
            "address": self._reader.address_bits,
            "bytes": BYTES_BITS,
            "format": range(max(2, len(machine.formats))),
            "skip": range(self._reader.beat_bytes // UNIT_BYTES),
            "blocks": COUNT_BITS,
        }
        super().__init__(
            {
                "begin": In(1),
                "token": In(range(max(2, machine.vocabulary))),
                "position": In(range(machine.context + 1)),
                "code_address": Out(16),
                "code_data": In(256),
                "o": Out(stream.Signature(data.StructLayout(request))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        self._word = word = Signal(256, name="word")
        counter, opcode = Signal(16, name="counter"), word[:8]
        formats = len(self._program.machine.formats)
        self._moved = Array(Signal(32, name=f"moved{number}") for number in range(formats))
        self._sum(m)
        m.d.comb += self.code_address.eq(counter)
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += counter.eq(0)
                with m.If(self.begin):
                    m.next = "FETCH"
            with m.State("FETCH"):
                m.next = "READ"
            with m.State("READ"):
                m.d.sync += word.eq(self.code_data)
                m.next = "EXECUTE"
            with m.State("EXECUTE"):
                m.d.sync += counter.eq(counter + 1)
                m.next = "FETCH"
                with m.Switch(opcode):
                    with m.Case(opcode_of("multiply"), opcode_of("embed")):
                        m.next = "COUNT"
                    with m.Case(opcode_of("stride"), opcode_of("loop"), opcode_of("repeat")):
                        self._loop(m, counter)
                    with m.Case(*map(opcode_of, _ENDS)):
                        pass
                    with m.Default():
                        m.next = "IDLE"
            # the sum of an address goes through registers meanwhile
            with m.State("COUNT"):
                m.next = "PLACE"
            with m.State("PLACE"):
                m.next = "SCALE"
            with m.State("SCALE"):
                m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "FETCH"
        return m

    def _loop(self, m, counter):
        """Execute what moves weights on, as the machine does."""
        stride, loop = Operands(self._word, "stride"), Operands(self._word, "loop")
        begin, left = Signal(16, name="loop_begin"), Signal(16, name="loop_left")
        strides = Array(Signal.like(each, name_suffix="_by") for each in self._moved)
        with m.Switch(self._word[:8]):
            with m.Case(opcode_of("stride")):
                m.d.sync += strides[stride.format].eq(stride.blocks)
            with m.Case(opcode_of("loop")):
                m.d.sync += [begin.eq(counter + 1), left.eq(loop.count)]
            with m.Case(opcode_of("repeat")):
                with m.If(left <= 1):
                    m.d.sync += [each.eq(0) for each in self._moved]
                with m.Else():
                    m.d.sync += [counter.eq(begin), left.eq(left - 1)]
                    m.d.sync += [
                        each.eq(each + step)
                        for each, step in zip(self._moved, strides, strict=True)
                    ]

    def _sum(self, m):
        """Make a request of the word: four clock cycles behind it."""
        multiply, embed = (Operands(self._word, each) for each in ("multiply", "embed"))
        embeds = Signal(name="embeds")
        # operands of both stand at the same place
        form, blocks = multiply.format, Mux(embeds, embed.blocks, multiply.blocks)
        row = Mux(embed.chooses("index", "token"), self.token, self.position)
        rows, columns = Signal(20, name="rows"), Signal(12, name="blocks_of_row")
        total, count = Signal(COUNT_BITS, name="total"), Signal(COUNT_BITS, name="count")
        first, place = Signal(32, name="first"), Signal(32, name="place")
        # all in units
        fine, beat = UNIT_BYTES.bit_length() - 1, self._reader.beat_bytes // UNIT_BYTES
        bits = beat.bit_length() - 1
        begins = Signal(self._reader.address_bits - fine, name="begin_of_weights")
        size = Signal(BYTES_BITS - fine, name="size_of_weights")
        end = Signal(len(size) + 1, name="end_of_weights")
        streams = [parse_weight_stream(each) for each in self._program.machine.formats]
        sizes = Array(Const(each.block_bytes >> fine) for each in streams)[form]
        starts = Array(Const(each >> fine) for each in image_starts(self._program)[:-1])[form]
        m.d.comb += embeds.eq(self._word[:8] == opcode_of("embed"))
        m.d.sync += [
            rows.eq(Mux(embeds, row, multiply.rows)),
            columns.eq(blocks),
            first.eq(multiply.weights + self._moved[form]),
            total.eq(rows * columns),
            place.eq(first + Mux(embeds, total, 0)),
            count.eq(Mux(embeds, columns, total)),
            begins.eq(place[: len(begins)] * sizes + starts),
            size.eq(count[: len(size)] * sizes),
        ]
        m.d.comb += [
            end.eq(begins[:bits] + size + beat - 1),
            self.o.payload.address.eq(Cat(Const(0, bits + fine), begins[bits:])),
            self.o.payload.bytes.eq(Cat(Const(0, bits + fine), end[bits:])),
            self.o.payload.format.eq(form),
            self.o.payload.skip.eq(begins[:bits]),
            self.o.payload.blocks.eq(count),
        ]
