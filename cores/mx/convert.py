"""A block in another format: exact values, a new shared exponent, one rounding."""

from hwgen.cores.mx.block_output import BlockOutputCore
from hwgen.cores.mx.operand import operand_fields, operand_lanes, scale_is_nan
from hwgen.cores.mx.shared_exponent import Offset

__all__ = ["MxConvert"]

_ONE_CODE = 127


class MxConvert(BlockOutputCore):
    """Turns a block into a block of another format.

    Parameters
    ----------
    config : MxConvertConfig
        Formats, rules and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` elements and the scale, ``k / lanes`` beats a block.
    o : Out(stream)
        The same of the new block.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of a block's last beat to the last beat of its result.
    initiation_interval : int
        Clock cycles from one beat to the next: 1.
    """

    def __init__(self, config):
        super().__init__(config, operand_fields("elements", "scale", config.fmt_in, config.lanes))

    def lanes(self, pipeline):
        config = self.config
        values = self.inputs(pipeline)
        codes = values["elements"] if config.lanes > 1 else [values["elements"]]
        lanes, kind = operand_lanes(
            pipeline, codes, config.fmt_in.element, self.special_inputs, "element"
        )
        scale = values["scale"]
        offset = Offset(-_ONE_CODE, scale, 0, 254)
        return lanes, kind, offset, scale_is_nan(pipeline, [scale])
