"""Fixed-point multiply-accumulator: the sum of products between two marks."""

from hwgen.cores.arith.multiply import multiply
from hwgen.cores.fixed.accumulate import accumulate
from hwgen.cores.fixed.core import FixedCore, operand_fields, uses_multiplier
from hwgen.cores.interface import Field

__all__ = ["FixedMac"]


class FixedMac(FixedCore):
    """The sum of ``a * b`` from the token marked ``first`` to that marked ``last``.

    Parameters
    ----------
    config : FixedMacConfig
        Formats, headroom, rounding and fabric.

    Members
    -------
    i : In(stream)
        Both operands and the marks, one product a clock cycle.
    o : Out(stream)
        One result for every token marked ``last``.

    Attributes
    ----------
    macs_per_cycle : int
        1.
    """

    macs_per_cycle = 1

    def __init__(self, config):
        marks = [
            Field("first", 1, doc="1 with the first product of a sum"),
            Field("last", 1, doc="1 with the last product of a sum"),
        ]
        super().__init__(config, operand_fields(config) + marks)

    def datapath(self, pipeline, valid):
        values, config = self.inputs(pipeline), self.config
        hard = uses_multiplier(pipeline, config)
        product = multiply(pipeline, values["a"], values["b"], hard, "product")
        total = accumulate(pipeline, product, values["first"], valid.update, config.exact_shape)
        return self.result(pipeline, valid, total), values["last"]
