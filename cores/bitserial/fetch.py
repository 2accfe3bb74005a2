"""Takes the tokens of products: where their words go, and which tiles are complete."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.bitserial.fields import product_fields, tile_layout

__all__ = ["HALVES", "Fetch"]

HALVES = 2
"""Tiles of each operand that the buffers hold."""


class Fetch(wiring.Component):
    """Counts the words of right and left tiles, and keeps what the schedule has to know of them.

    Parameters
    ----------
    config : BitserialMatmulConfig

    Members
    -------
    valid, ready, start : In(1), Out(1), In(1)
        The stream of tokens, and the mark of a product's first one.
    product : In
        Fields of the token that tell about a product.
    write_left, write_right : Out
        One bit a group of ``words`` rows or columns: the token's words are for them, to be written
        at ``address`` of the half ``half_left`` or ``half_right``.
    tile, waiting, taken : Out, Out(1), In(1)
        The next tile that the schedule may begin; whether there is one; it begins.
    finish, release : In(1)
        The last words of a left tile are being read; those of a right tile as well.
    """

    def __init__(self, config):
        self.config = config
        layout = data.StructLayout({each.name: each.width for each in product_fields(config)})
        self.groups = {
            "left": config.rows // config.words,
            "right": config.columns // config.words,
        }
        super().__init__(
            {
                **{name: In(1) for name in ("valid", "start", "taken", "finish", "release")},
                "ready": Out(1),
                "product": In(layout),
                **{f"write_{side}": Out(count) for side, count in self.groups.items()},
                **{f"half_{side}": Out(1) for side in self.groups},
                "address": Out(config.words_bits),
                "tile": Out(tile_layout(config)),
                "waiting": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        active, on_left = Signal(name="product_active"), Signal(name="takes_left_tile")
        product = Signal(self.product.shape(), reset_less=True, name="product_now")
        takes = Signal(name="takes_words")
        m.d.comb += takes.eq(self.valid & self.ready & active)
        with m.If(self.valid & ~active & self.start):
            m.d.sync += [active.eq(1), on_left.eq(0), product.eq(self.product)]
        bits = Mux(on_left, product.bits_left, product.bits_right)
        tile_ends = self._count_words(m, takes, on_left, product.k_words, bits)
        rows_end, columns_end = Signal(name="rows_end"), Signal(name="columns_end")
        row, column = (
            Signal(len(Value.cast(product[f"{name}_tiles"])), name=f"{name}_tile")
            for name in ("row", "column")
        )
        m.d.comb += [
            rows_end.eq(row == product.row_tiles),
            columns_end.eq(column == product.column_tiles),
        ]
        with m.If(tile_ends):
            with m.If(~on_left):
                m.d.sync += on_left.eq(1)
            with m.Elif(rows_end):
                m.d.sync += [on_left.eq(0), row.eq(0), column.eq(column + 1)]
                with m.If(columns_end):
                    m.d.sync += [active.eq(0), column.eq(0)]
            with m.Else():
                m.d.sync += row.eq(row + 1)
        room = self._hold(m, tile_ends, on_left)
        m.d.comb += self.ready.eq(~active | room)
        self._queue(m, tile_ends & on_left, rows_end, product)
        return m

    def _count_words(self, m, takes, on_left, k_words, bits):
        """Count words, planes and groups; return whether a tile is completed."""
        config = self.config
        word, self._address = (
            Signal(config.words_bits, name=f"fetched_{name}") for name in ("word", "address")
        )
        plane = Signal(config.width_bits, name="fetched_plane")
        group = Signal(range(max(self.groups.values())), name="fetched_group")
        word_ends, group_ends, tile_ends = (
            Signal(name=f"fetched_{name}_ends") for name in ("word", "group", "tile")
        )
        last = Mux(on_left, self.groups["left"] - 1, self.groups["right"] - 1)
        top_plane = plane == bits
        m.d.comb += [
            word_ends.eq(word == k_words),
            group_ends.eq(takes & word_ends & top_plane),
            tile_ends.eq(group_ends & (group == last)),
            self.address.eq(self._address),
        ]
        with m.If(takes):
            m.d.sync += [word.eq(word + 1), self._address.eq(self._address + 1)]
            with m.If(word_ends):
                m.d.sync += [word.eq(0), plane.eq(plane + 1)]
        with m.If(group_ends):
            m.d.sync += [plane.eq(0), self._address.eq(0)]
            m.d.sync += group.eq(Mux(tile_ends, 0, group + 1))
        self._top = {}
        for side, mine in (("left", on_left), ("right", ~on_left)):
            enable = getattr(self, f"write_{side}")
            for number in range(self.groups[side]):
                m.d.comb += enable[number].eq(takes & mine & (group == number))
            self._top[side] = Signal(config.words_bits, reset_less=True, name=f"top_{side}")
            with m.If(takes & mine & top_plane & (word == 0)):
                m.d.sync += self._top[side].eq(self._address)
        return tile_ends

    def _hold(self, m, tile_ends, on_left):
        """Keep account of the tiles held; return whether there is room for the next word."""
        rooms = {}
        for side, mine, freed in (
            ("left", on_left, self.finish),
            ("right", ~on_left, self.release),
        ):
            held = Signal(range(HALVES + 1), name=f"{side}_tiles_held")
            half = getattr(self, f"half_{side}")
            filled = Signal(name=f"{side}_half_filled")
            m.d.comb += half.eq(filled)
            completed = tile_ends & mine
            m.d.sync += held.eq(held + completed - freed)
            with m.If(completed):
                m.d.sync += filled.eq(~filled)
            rooms[side] = held != HALVES
        return Mux(on_left, rooms["left"], rooms["right"])

    def _queue(self, m, completed, rows_end, product):
        """Keep what is to be known of up to two complete left tiles, a clock after the last word.

        The highest planes' addresses are then known, and the words written.
        """
        now, releases = Signal(name="tile_completed"), Signal(name="tile_releases")
        m.d.sync += [now.eq(completed), releases.eq(rows_end)]
        entries = [
            Signal(self.tile.shape(), reset_less=True, name=f"tile_{at}") for at in range(HALVES)
        ]
        write, read = Signal(name="tile_written"), Signal(name="tile_read")
        count = Signal(range(HALVES + 1), name="tiles_waiting")
        m.d.sync += [
            count.eq(count + now - self.taken),
            write.eq(write ^ now),
            read.eq(read ^ self.taken),
        ]
        facts = {**self._top, "releases": releases}
        for at, entry in enumerate(entries):
            with m.If(now & (write == at)):
                for name in self.tile.shape().members:
                    source = facts.get(name.removeprefix("top_"))
                    m.d.sync += entry[name].eq(product[name] if source is None else source)
        m.d.comb += [
            self.waiting.eq(count != 0),
            self.tile.eq(Mux(read, Cat(entries[1]), Cat(entries[0]))),
        ]
