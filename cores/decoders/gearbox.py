"""Sequences of any length to words of one length: a ring of memories, written and read by turns."""

from amaranth.hdl import Mux, Signal, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.shift import shift_left
from hwgen.cores.arith.timed import Timed

__all__ = ["Gearbox"]

_DEPTH = 16


class Gearbox:
    """Gathers symbols of sequences and gives them again, a fixed number at a time.

    Symbol p of all that came lies in column ``p % columns`` of the ring. There are as many columns
    as the longest sequence has symbols, or more, so that every column is written once for a
    sequence, in its current row or the next. What lies beyond a sequence's end is overwritten by
    the next one.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    valid : ValidChain
        Its tokens become those of the words.
    longest : int
        Symbols of the longest sequence.
    count : int
        Symbols of a word, a power of two.
    """

    def __init__(self, pipeline, valid, longest, count):
        self._pipeline, self._valid, self._count = pipeline, valid, count
        self._longest = longest
        self._columns = max(count, 1 << (longest - 1).bit_length())
        self._column_bits = self._columns.bit_length() - 1
        # places of the ring
        self._place_bits = (self._columns * _DEPTH).bit_length() - 1

    def words(self, symbols, length, counts, nearly_full):
        """Return the next word, in a stage of its own; the last stages hold words only.

        Parameters
        ----------
        symbols : list of Timed
            The symbols of a sequence, as many as the longest has; of equal width.
        length : Timed
            How many of them count.
        counts : Timed
            One bit: whether the token holds a sequence.
        nearly_full : Signal
            Driven, by a register: no sequence may be accepted.

        Returns
        -------
        list of Timed
            The symbols of a word.
        """
        pipeline, m = self._pipeline, self._pipeline.m
        place, after = self._place(length, counts)
        shifted = self._rotated(symbols, place)
        stage = max(each.stage for each in (*shifted, after, counts))
        stored = Signal(self._valid.at(stage).shape(), name="stores")
        m.d.comb += stored.eq(self._valid.update(stage) & pipeline.at(counts, stage))
        columns = [
            self._column(number, pipeline.at(symbol, stage), pipeline.at(place, stage), stored)
            for number, symbol in enumerate(shifted)
        ]
        low = self._count.bit_length() - 1
        written = Signal(self._place_bits - low, name="words_written")
        read = Signal(self._place_bits - low, name="words_read")
        complete = Signal(name="word_complete")
        m.d.comb += complete.eq(written != read)
        with m.If(stored):
            m.d.sync += written.eq(pipeline.at(after, stage)[low:])
        with m.If(pipeline.enable & complete):
            m.d.sync += read.eq(read + 1)
        # sequences on their way to the ring, and the one that is accepted before all is known
        under_way = (stage + 2) * self._longest
        room = (1 << self._place_bits) // self._count - 1 - -(-under_way // self._count)
        held = Signal(self._place_bits - low, name="words_held")
        m.d.comb += held.eq(written - read)
        m.d.sync += nearly_full.eq(held > room)
        self._valid.restart(stage + 1, complete)
        return self._selected(columns, read, stage + 1)

    def _place(self, length, counts):
        """Return the place of a sequence's first symbol, and that of what follows its last."""
        pipeline, m = self._pipeline, self._pipeline.m
        stage = max(length.stage, counts.stage) + (pipeline.period is not None)
        length, counts = pipeline.moved(length, stage), pipeline.moved(counts, stage)
        held, after = (Signal(self._place_bits, name=each) for each in ("place", "place_after"))
        m.d.comb += after.eq(held + length.signal)
        delay = pipeline.fabric.carry_chain_delay(self._place_bits)
        pipeline.capture(Timed(after, stage, pipeline.fabric.launch_delay + delay))
        with m.If(self._valid.update(stage) & counts.signal):
            m.d.sync += held.eq(after)
        launch = pipeline.fabric.launch_delay
        return Timed(held, stage, launch), Timed(after, stage, launch + delay)

    def _rotated(self, symbols, place):
        """Return the symbols in the order of columns."""
        pipeline, columns = self._pipeline, self._columns
        amount = pipeline.slice(place, 0, self._column_bits)
        planes = []
        for plane in range(len(symbols[0])):
            bits = pipeline.concatenate(
                [pipeline.slice(each, plane, plane + 1) for each in symbols]
            )
            found, mask = shift_left(pipeline, bits, amount, 0, columns - 1, f"turned_{plane}")
            inputs = [found] if mask is None else [found, mask]

            def folded(value, kept=None):
                value = value if kept is None else value & kept
                return value[:columns] | value[columns:]

            planes.append(
                pipeline.logic(folded, *inputs, shape=unsigned(columns), name=f"plane_{plane}")
            )
        return [
            pipeline.concatenate([pipeline.slice(each, at, at + 1) for each in planes])
            for at in range(columns)
        ]

    def _column(self, number, symbol, place, stored):
        """Add the memory of a column; return it."""
        m = self._pipeline.m
        memory = Memory(shape=unsigned(len(symbol)), depth=_DEPTH, init=[])
        memory._MustUse__silence = True
        m.submodules[f"column_{number}"] = memory
        write = memory.write_port()
        first, row = place[: self._column_bits], place[self._column_bits :]
        # columns left of the first symbol belong to the next row
        address = Signal(row.shape(), name=f"row_{number}")
        m.d.comb += [
            address.eq(row + (first > number)),
            write.addr.eq(address),
            write.data.eq(symbol),
            write.en.eq(stored),
        ]
        return memory

    def _selected(self, columns, read, stage):
        """Return the symbols of the word that is read."""
        pipeline, m, count = self._pipeline, self._pipeline.m, self._count
        parts = self._columns // count
        fabric = pipeline.fabric
        arrival = fabric.launch_delay + fabric.read_delay(_DEPTH, 1)
        part = Signal(range(max(2, parts)), name="part_read")
        row_low = parts.bit_length() - 1
        m.d.comb += part.eq(read[:row_low])
        words = []
        for memory in columns:
            port = memory.read_port(domain="comb")
            m.d.comb += port.addr.eq(read[row_low:])
            words.append(port.data)
        chosen = []
        levels = max(1, row_low)
        for at in range(count):
            symbol = Signal(len(words[0]), name=f"symbol_{at}")
            value = words[at]
            for number in range(1, parts):
                value = Mux(part == number, words[at + number * count], value)
            m.d.comb += symbol.eq(value)
            delay = fabric.logic_delay(levels) if parts > 1 else 0.0
            chosen.append(Timed(symbol, stage, arrival + delay))
        return chosen
