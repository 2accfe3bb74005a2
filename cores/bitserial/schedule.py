"""The order in which the planes of a tile meet: diagonal by diagonal, the highest first."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.bitserial.config import MODES
from hwgen.cores.bitserial.fields import tile_layout

__all__ = ["CONTROLS", "Schedule"]

CONTROLS = ("step", "doubles", "negate", "exclusive", "finish")
"""What the units are told with every pair of words."""


class Schedule(wiring.Component):
    """Walks through the pairs (l, r) of planes by falling l + r, and through their words.

    The diagonals are walked to and fro, so that from one pair to the next each plane changes by one
    or not at all, and with it its address by the words of a plane.

    Parameters
    ----------
    config : BitserialMatmulConfig

    Members
    -------
    tile, waiting, taken : In, In(1), Out(1)
        The next tile; whether there is one; it begins.
    may_end : In(1)
        Whether the sums of a tile may be completed.
    read_left, read_right : Out
        Addresses of the words, with the half as the highest bit.
    step : Out(1)
        The words at these addresses are used.
    doubles, negate, exclusive : Out(1)
        See `DotProductUnit`.
    finish, release : Out(1)
        They are the tile's last; and the last that the right tile serves.
    row_ends : Out(1)
        They are the last words of their rows' planes.
    padding, mode : Out
        Of the tile in use.
    """

    def __init__(self, config):
        self.config = config
        names = (*CONTROLS, "release", "row_ends", "taken")
        super().__init__(
            {
                "tile": In(tile_layout(config)),
                "waiting": In(1),
                "may_end": In(1),
                **{name: Out(1) for name in names},
                "read_left": Out(config.words_bits + 1),
                "read_right": Out(config.words_bits + 1),
                "padding": Out(config.padding_bits),
                "mode": Out(2),
            }
        )

    def elaborate(self, platform):
        m = Module()
        pair = self._pairs(m)
        self._words(m, pair)
        return m

    def _mode(self, tile):
        """Return the code of a tile's mode."""
        if self.config.mode_bits:
            return tile.mode
        return MODES["bipolar"] if self.config.modes == "bipolar" else MODES["integers"]

    def _pairs(self, m):
        """Make one pair of planes ahead of the words; return its signals by name."""
        config, tile = self.config, Signal(self.tile.shape(), reset_less=True, name="tile_now")
        valid, take = Signal(name="pair_valid"), Signal(name="pair_taken")
        first, rising = (
            Signal(reset_less=True, name=f"pair_{each}") for each in ("first", "rising")
        )
        half_left, half_right = (Signal(name=f"pair_half_{side}") for side in ("left", "right"))
        planes = {
            side: Signal(config.width_bits, reset_less=True, name=f"plane_{side}")
            for side in ("left", "right")
        }
        bases = {
            side: Signal(config.words_bits, reset_less=True, name=f"base_{side}") for side in planes
        }
        last = Signal(name="pair_last")
        m.d.comb += [
            last.eq((planes["left"] == 0) & (planes["right"] == 0)),
            self.taken.eq(self.waiting & (~valid | (take & last))),
        ]
        with m.If(take):
            self._move(m, tile, planes, bases, first, rising)
            with m.If(last):
                m.d.sync += [valid.eq(0), half_left.eq(~half_left)]
                m.d.sync += half_right.eq(half_right ^ tile.releases)
        with m.If(self.taken):
            m.d.sync += [valid.eq(1), tile.eq(self.tile), first.eq(1), rising.eq(0)]
            for side in planes:
                m.d.sync += planes[side].eq(self.tile[f"bits_{side}"])
                m.d.sync += bases[side].eq(self.tile[f"top_{side}"])
        halves = {"left": half_left, "right": half_right}
        return {
            **{"tile": tile, "valid": valid, "take": take, "first": first, "last": last},
            **{"planes": planes, "bases": bases, "halves": halves},
        }

    def _move(self, m, tile, planes, bases, first, rising):
        """Go to the next pair: along the diagonal, or from its end to the next one.

        The operand whose plane rises along the diagonal is the left one where ``rising`` is 1.
        """
        low = {side: planes[side] == 0 for side in planes}
        high = {side: planes[side] == tile[f"bits_{side}"] for side in planes}
        falls = Mux(rising, ~low["right"], ~low["left"])
        stays_on = Signal(name="stays_on_diagonal")
        m.d.comb += stays_on.eq(falls & Mux(rising, ~high["left"], ~high["right"]))
        step = tile.k_words + 1
        for side, mine in (("left", rising), ("right", ~rising)):
            up, down = Signal(name=f"{side}_rises"), Signal(name=f"{side}_falls")
            # at the end of a diagonal the plane that fell falls on, or else the other one
            m.d.comb += [up.eq(mine & stays_on), down.eq(Mux(mine, ~falls, falls))]
            with m.If(up | down):
                m.d.sync += planes[side].eq(Mux(up, planes[side] + 1, planes[side] - 1))
                m.d.sync += bases[side].eq(Mux(up, bases[side] + step, bases[side] - step))
        m.d.sync += [first.eq(~stays_on), rising.eq(rising ^ ~stays_on)]

    def _words(self, m, pair):
        """Walk through the words of each pair, one a clock cycle."""
        config, tile, planes = self.config, pair["tile"], pair["planes"]
        valid, left_over = Signal(name="words_valid"), Signal(config.words_bits, name="words_left")
        held = {
            name: Signal(reset_less=True, name=f"words_{name}")
            for name in ("doubles", "negate", "exclusive", "last", "release")
        }
        addresses = {
            side: Signal(config.words_bits, reset_less=True, name=f"address_{side}")
            for side in planes
        }
        halves = {side: Signal(name=f"{side}_half_read") for side in planes}
        padding = Signal(config.padding_bits, reset_less=True, name="words_padding")
        mode = Signal(2, reset_less=True, name="words_mode")
        moves = Signal(name="pair_done")
        m.d.comb += [
            self.row_ends.eq(left_over == 0),
            self.step.eq(valid & (~(self.row_ends & held["last"]) | self.may_end)),
            moves.eq(self.step & self.row_ends),
            self.finish.eq(moves & held["last"]),
            self.release.eq(self.finish & held["release"]),
            pair["take"].eq(pair["valid"] & (~valid | moves)),
            self.padding.eq(padding),
            self.mode.eq(mode),
        ]
        for name in ("doubles", "negate", "exclusive"):
            m.d.comb += getattr(self, name).eq(held[name])
        with m.If(self.step):
            m.d.sync += [left_over.eq(left_over - 1), held["doubles"].eq(0)]
            for side in planes:
                m.d.sync += addresses[side].eq(addresses[side] + 1)
        with m.If(moves):
            m.d.sync += valid.eq(0)
        new_mode = self._mode(tile)
        with m.If(pair["take"]):
            m.d.sync += [valid.eq(1), left_over.eq(tile.k_words), mode.eq(new_mode)]
            m.d.sync += [
                held["doubles"].eq(pair["first"]),
                held["negate"].eq(self._negates(tile, planes, new_mode)),
                held["exclusive"].eq(new_mode == MODES["bipolar"]),
                held["last"].eq(pair["last"]),
                held["release"].eq(tile.releases),
            ]
            if config.multiplies("bipolar"):
                m.d.sync += padding.eq(tile.padding)
            for side in planes:
                m.d.sync += addresses[side].eq(pair["bases"][side])
                m.d.sync += halves[side].eq(pair["halves"][side])
        for side in planes:
            address = getattr(self, f"read_{side}")
            m.d.comb += [address[:-1].eq(addresses[side]), address[-1].eq(halves[side])]

    def _negates(self, tile, planes, mode):
        """Return whether the products of two planes are subtracted.

        One highest plane of two's complement among them; different bits of bipolar planes.
        """
        if self.config.modes == "bipolar":
            return 1
        top = {side: planes[side] == tile[f"bits_{side}"] for side in planes}
        left = top["left"] & tile.signed_left
        right = top["right"] & tile.signed_right
        if not self.config.mode_bits:
            return left ^ right
        # a bipolar operand has no sign
        left = left & (mode == MODES["integers"])
        return (left ^ (right & (mode != MODES["bipolar"]))) | (mode == MODES["bipolar"])
