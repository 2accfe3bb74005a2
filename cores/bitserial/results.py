"""Results on their way out: when sums may be completed, their correction, the queue."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.doubling import double_and_add
from hwgen.cores.bitserial.config import MODES
from hwgen.cores.output_queue import OutputQueue

from hwgen import targets

__all__ = ["Correction", "ResultQueue"]

_SHALLOWEST = 16


class ResultQueue(OutputQueue):
    """Rows of results, and the account of those that are still to come.

    Sums may be completed only where the queue has room for all their rows, and where those of the
    tile before have left the units.

    Parameters
    ----------
    width : int
        Bits of a row.
    rows : int
        Rows of a tile.
    distance : int
        Clock cycles at least from one tile's last words to the next one's.

    Members
    -------
    finish, may_end : In(1), Out(1)
        The last words of a tile are read; whether they may be.
    """

    def __init__(self, width, rows, distance):
        self._rows, self._distance = rows, distance
        # the rows of one tile come in while those of the one before leave
        depth = max(_SHALLOWEST, 1 << (2 * rows - 1).bit_length())
        super().__init__(width, depth, {"finish": In(1), "may_end": Out(1)})

    def elaborate(self, platform):
        m, _, taken = self.queue()
        reserved = Signal(range(self.depth + 1), name="reserved")
        wait = Signal(range(self._distance), name="wait")
        may_end = Signal(name="tile_may_end")
        m.d.comb += self.may_end.eq(may_end)
        m.d.sync += [
            reserved.eq(reserved + Mux(self.finish, self._rows, 0) - taken),
            wait.eq(Mux(self.finish, self._distance - 1, wait - (wait != 0))),
            may_end.eq(~self.finish & (wait <= 1) & (reserved <= self.depth - self._rows)),
        ]
        return m


class Correction(wiring.Component):
    """Twice a sum, and what the sums of bipolar operands are too small or too large by.

    A bipolar bit is 2 x - 1: of two of them, the product is 1 - 2 (x ^ y); with a bit of an integer
    it is 2 x y - y. So the units' sums are doubled, and the sum of the ones is added, or that of
    the y subtracted, weighted as the schedule weights the planes.

    Parameters
    ----------
    config : BitserialMatmulConfig

    Members
    -------
    step, doubles, finish, row_ends, padding, mode : In
        What the schedule says of a pair of words.
    arrives : In(1)
        The first row of the tile's sums is in ``sums``; further ones follow.
    sums, references : In
        Sums of a row, and those of the y, which come with the first row.
    results : Out
        The row, corrected, two clock cycles later.
    """

    latency = 2

    def __init__(self, config):
        self.config = config
        width = config.result_width * config.columns
        super().__init__(
            {
                **{name: In(1) for name in ("step", "doubles", "finish", "row_ends", "arrives")},
                "padding": In(config.padding_bits),
                "mode": In(2),
                "sums": In(width),
                "references": In(width),
                "results": Out(width),
            }
        )

    def elaborate(self, platform):
        m, config = Module(), self.config
        fabric, width = targets.get(config.target), config.result_width
        constant = self._ones(m, fabric) if config.multiplies("bipolar") else Const(0, width)
        mode = Signal(2, reset_less=True, name="mode_of_results")
        with m.If(self.finish):
            m.d.sync += mode.eq(self.mode)
        twice, mixed = Signal(name="twice"), Signal(name="subtracts")
        is_mixed = (mode == MODES["mixed"]) if config.multiplies("mixed") else Const(0, 1)
        with m.If(self.arrives):
            m.d.sync += [twice.eq(mode != MODES["integers"]), mixed.eq(is_mixed)]
        corrected = []
        for column in range(config.columns):
            row = Signal(signed(width), reset_less=True, name=f"row_{column}")
            m.d.sync += row.eq(self.sums.word_select(column, width))
            if column == 0 or config.multiplies("mixed"):
                term = Signal(signed(width), reset_less=True, name=f"correction_{column}")
                reference = ~self.references.word_select(column, width)
                chosen = Mux(mode == MODES["integers"], 0, constant)
                with m.If(self.arrives):
                    m.d.sync += term.eq(Mux(is_mixed, reference, chosen))
            total = double_and_add(m, fabric, row, twice, term, mixed, f"result_{column}")
            held = Signal(width, reset_less=True, name=f"result_held_{column}")
            m.d.sync += held.eq(total)
            corrected.append(held)
        m.d.comb += self.results.eq(Cat(corrected))
        return m

    def _ones(self, m, fabric):
        """Return the sum over all pairs of planes of the bits in use, weighted, of a tile."""
        config, width = self.config, self.config.result_width
        names = ("step", "doubles", "finish", "row_ends")
        step, double, finish, row_ends = (Signal(name=f"ones_{name}") for name in names)
        padding = Signal(config.padding_bits, reset_less=True, name="ones_padding")
        m.d.sync += [
            step.eq(self.step),
            double.eq(self.doubles),
            finish.eq(self.finish),
            row_ends.eq(self.row_ends),
            padding.eq(self.padding),
        ]
        so_far = Signal(signed(width), name="ones_so_far")
        constant = Signal(signed(width), reset_less=True, name="ones_of_tile")
        used = Signal(signed(config.padding_bits + 2), name="ones_of_word")
        m.d.comb += used.eq(config.k - Mux(row_ends, padding, 0))
        total = double_and_add(m, fabric, so_far, double, used, Const(0, 1), "ones")
        with m.If(step):
            m.d.sync += so_far.eq(Mux(finish, 0, total))
        with m.If(finish):
            m.d.sync += constant.eq(total)
        return constant
