"""Scalars to a block: the conversion of the OCP Microscaling Formats specification."""

from dataclasses import replace

from hwgen.cores.interface import Field
from hwgen.cores.mx.block_output import BlockOutputCore
from hwgen.cores.mx.encode import is_float
from hwgen.cores.mx.lane import decode_float, decode_integer
from hwgen.cores.mx.shared_exponent import Offset

__all__ = ["MxQuantise"]

_LOWEST_SCALE = -127


def needed_depth(number, block):
    """Return by how many places a subnormal input must be normalized.

    The scale cannot fall below its least code; an input so small that every shift leaves it below
    the element's normal numbers needs none.
    """
    least, element = number.min_normal_exponent, block.element
    lowest, raises = _LOWEST_SCALE, block.quantization.scale_rule != "floor"
    if is_float(block.scale):
        # half of the least scale rounds to it
        lowest, raises = block.scale.lsb_exponent, 2
    depth = least - lowest - 1 + raises - element.max_exponent
    if is_float(element):
        depth = max(depth, least - lowest - element.min_normal_exponent)
    return max(0, depth)


class MxQuantise(BlockOutputCore):
    """Turns ``k`` scalars into a block of elements with one scale.

    The definition is that of the OCP Microscaling Formats (MX) specification v1.0, section 6.3;
    with a float scale it is that of ``hwgen.formats.Quantization``.

    Parameters
    ----------
    config : MxQuantiseConfig
        Formats, rules and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` scalars, ``k / lanes`` beats a block.
    o : Out(stream)
        ``lanes`` elements and the scale, ``k / lanes`` beats a block.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of a block's last beat to its last beat of elements.
    initiation_interval : int
        Clock cycles from one beat to the next: 1.
    """

    def __init__(self, config):
        fmt = config.fmt_in
        super().__init__(
            config, [Field("values", fmt.width, config.lanes, fmt.name, doc="values of the block")]
        )

    def lanes(self, pipeline):
        config = self.config
        number = config.fmt_in
        values = self.inputs(pipeline)["values"]
        values = values if isinstance(values, list) else [values]
        decoded = []
        if is_float(number):
            if config.input_subnormals == "flush":
                number = replace(number, subnormals=False)
            special = self.special_inputs
            depth = needed_depth(number, config.block)
            # the scale does not tell exponents below 1 apart
            apart = is_float(config.block.element) and self.wanted_bits is not None
            apart = apart and self.scale_offset(number.bias) <= 0
            for index, value in enumerate(values):
                name = f"value{index}"
                decoded.append(
                    decode_float(
                        pipeline, number, value, depth, special, name, self.wanted_bits, apart
                    )
                )
        else:
            for index, value in enumerate(values):
                decoded.append(decode_integer(pipeline, number, value, f"value{index}"))
        return [lane for lane, _ in decoded], decoded[0][1], Offset(0), None
