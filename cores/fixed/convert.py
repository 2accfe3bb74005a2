"""Conversion between two fixed-point formats."""

from hwgen.cores.fixed.core import FixedCore
from hwgen.cores.fixed.formats import fixed_field

__all__ = ["FixedConvert"]


class FixedConvert(FixedCore):
    """A number of one format, rounded to another.

    Parameters
    ----------
    config : FixedConvertConfig
        Formats, rounding and fabric.

    Members
    -------
    i : In(stream)
        The number.
    o : Out(stream)
        One result a token.
    """

    def __init__(self, config):
        fmt = config.fmt
        fields = [fixed_field("a", fmt.width, fmt.signed, fmt.lsb_exponent, doc="the number")]
        super().__init__(config, fields)

    def datapath(self, pipeline, valid):
        return self.result(pipeline, valid, self.inputs(pipeline)["a"]), None
