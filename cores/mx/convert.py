"""A block in another format: exact values, a new shared exponent, one rounding."""

from hwgen.cores.mx.block_output import BlockOutputCore
from hwgen.cores.mx.factor import decode_factor
from hwgen.cores.mx.operand import block_offset, operand_fields, operand_lanes, scaled_lanes

__all__ = ["MxConvert"]


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
        block, values = self.config.fmt_in, self.inputs(pipeline)
        scale, kind_of_scale = decode_factor(pipeline, block.scale, values["scale"], "scale_in")
        lanes, kind = operand_lanes(
            pipeline, values["elements"], block, self.special_inputs, "element"
        )
        lanes, kind = scaled_lanes(pipeline, lanes, kind, scale)
        return lanes, kind, block_offset(scale, kind_of_scale), scale.nan
