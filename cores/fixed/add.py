"""Fixed-point adder and subtractor of any two formats."""

from amaranth.hdl import Cat, Const
from hwgen.cores.arith.shift_add import add_shifted
from hwgen.cores.fixed.core import FixedCore, operand_fields
from hwgen.cores.interface import Field

__all__ = ["FixedAdd"]


class FixedAdd(FixedCore):
    """``a + b`` or ``a - b``, exact, then rounded once.

    Parameters
    ----------
    config : FixedAddConfig
        Formats, operation, rounding and fabric.

    Members
    -------
    i : In(stream)
        Both operands, and which operation where the config leaves it open.
    o : Out(stream)
        One result a token.
    """

    def __init__(self, config):
        fields = operand_fields(config)
        if config.operation == "both":
            fields.append(Field("subtract", 1, doc="1: a - b, 0: a + b"))
        super().__init__(config, fields)

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        subtract = config.operation == "subtract"
        if config.operation == "both":
            subtract = values["subtract"]
        low, high = values["a"], values["b"]
        distance = config.fmt_b.lsb_exponent - config.fmt_a.lsb_exponent
        if distance < 0 and subtract is False:
            low, high, distance = high, low, -distance
        elif distance < 0:
            low = pipeline.free(lambda bits: _raised(bits, -distance), low)
            distance = 0
        total = add_shifted(pipeline, low, high, distance, config.exact_shape, subtract, "sum")
        return self.result(pipeline, valid, total), None


def _raised(bits, places):
    raised = Cat(Const(0, places), bits)
    return raised.as_signed() if bits.shape().signed else raised
