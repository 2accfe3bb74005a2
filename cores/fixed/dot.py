"""Fixed-point dot product of vectors of fixed length."""

from amaranth.hdl import Mux, Signal
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.tree import Operand, add_tree
from hwgen.cores.fixed.accumulate import accumulate
from hwgen.cores.fixed.core import FixedCore, operand_fields, uses_multiplier
from hwgen.cores.fixed.result_config import product_bounds

__all__ = ["FixedDot"]


class FixedDot(FixedCore):
    """The sum of ``k`` products, exact, then rounded once.

    Parameters
    ----------
    config : FixedDotConfig
        Formats, length, lanes, rounding and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` elements of both vectors, ``k / lanes`` beats a vector.
    o : Out(stream)
        One result a vector.

    Attributes
    ----------
    initiation_interval : int
        Clock cycles from one vector to the next: ``k / lanes``.
    macs_per_cycle : int
        Multiplications per clock cycle.
    """

    def __init__(self, config):
        self.initiation_interval = config.k // config.lanes
        self.macs_per_cycle = config.lanes
        super().__init__(config, operand_fields(config, config.lanes))

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        a, b = (each if isinstance(each, list) else [each] for each in (values["a"], values["b"]))
        low, high = product_bounds(config.fmt_a, config.fmt_b)
        products = [
            Operand(
                multiply(pipeline, x, y, uses_multiplier(pipeline, config, lane), f"lane{lane}"),
                low,
                high,
            )
            for lane, (x, y) in enumerate(zip(a, b, strict=True))
        ]
        total = add_tree(pipeline, products, "lanes").bits
        if config.lanes == config.k:
            return self.result(pipeline, valid, total), None
        first, last = self._beats(pipeline, valid)
        total = accumulate(pipeline, total, first, valid.update, config.exact_shape)
        return self.result(pipeline, valid, total), last

    def _beats(self, pipeline, valid):
        """Return the bits that mark the first and the last beat of a vector."""
        beats = self.initiation_interval
        beat = Signal(range(beats))
        with pipeline.m.If(valid.update(0)):
            pipeline.m.d.sync += beat.eq(Mux(beat == beats - 1, 0, beat + 1))
        return tuple(
            pipeline.input(beat == number, name)
            for name, number in (("first_beat", 0), ("last_beat", beats - 1))
        )
