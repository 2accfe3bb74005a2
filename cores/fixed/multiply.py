"""Fixed-point multiplier of any two formats."""

from hwgen.cores.arith.multiply import multiply
from hwgen.cores.fixed.core import FixedCore, operand_fields, uses_multiplier

__all__ = ["FixedMul"]


class FixedMul(FixedCore):
    """``a * b``, exact, then rounded once.

    Parameters
    ----------
    config : FixedMulConfig
        Formats, rounding and fabric.

    Members
    -------
    i : In(stream)
        Both operands.
    o : Out(stream)
        One result a token.
    """

    def __init__(self, config):
        super().__init__(config, operand_fields(config))

    def datapath(self, pipeline, valid):
        values = self.inputs(pipeline)
        hard = uses_multiplier(pipeline, self.config)
        final = self.config.out == "exact"
        product = multiply(pipeline, values["a"], values["b"], hard, "product", final)
        return self.result(pipeline, valid, product), None
