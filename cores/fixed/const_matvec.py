"""Constant integer matrix times vector: shared shifts and adds, one vector a clock cycle."""

from amaranth.hdl import Cat, Const
from hwgen.cores.arith.shift_add import multiply_constants
from hwgen.cores.fixed.formats import fixed_field, significand_range
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["ConstMatvec"]


class ConstMatvec(PipelinedCore):
    """``y = W x``, exact.

    Parameters
    ----------
    config : ConstMatvecConfig
        Matrix, format and fabric.

    Members
    -------
    i : In(stream)
        ``x``, one element a column of W.
    o : Out(stream)
        ``y``, one element a row of W.

    Attributes
    ----------
    macs_per_cycle : int
        Entries of W.
    """

    def __init__(self, config):
        outputs, inputs = config.weights.shape
        self.macs_per_cycle = outputs * inputs
        fmt, shape = config.fmt, config.output_shape
        exponent = fmt.lsb_exponent
        x = fixed_field("x", fmt.width, fmt.signed, exponent, inputs, "vector that W multiplies")
        y = fixed_field("y", shape.width, shape.signed, exponent, outputs, "exact product W x")
        super().__init__(config, [x], [y])

    def datapath(self, pipeline, valid):
        config = self.config
        x = self.inputs(pipeline)["x"]
        x = x if isinstance(x, list) else [x]
        ranges = [significand_range(config.fmt)] * len(x)
        sums = multiply_constants(pipeline, x, ranges, config.weights.tolist(), "y")
        shape = config.output_shape
        widened = [pipeline.free(lambda bits: _widened(bits, shape.width), each) for each in sums]
        return {"y": pipeline.concatenate(widened)}, None


def _widened(bits, width):
    top = bits[-1] if bits.shape().signed else Const(0, 1)
    return Cat(bits, top.replicate(width - len(bits)))
