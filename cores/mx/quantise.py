"""Scalars to a block: the conversion of the OCP Microscaling Formats specification."""

from dataclasses import replace

from amaranth.hdl import Cat, Const, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.interface import Field
from hwgen.cores.mx.block_output import BlockOutputCore
from hwgen.cores.mx.encode import is_float
from hwgen.cores.mx.factor import decode_factor
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
    lowest, rounded = _LOWEST_SCALE, 0
    if is_float(block.scale):
        # half of the least scale rounds to it
        lowest, rounded = block.scale.lsb_exponent, 1
    # a significand that is not normalized never raises the scale, whatever the rule
    depth = least - lowest + rounded - element.max_exponent
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
        fmt, unit = config.fmt_in, config.fmt.tensor_scale
        fields = [Field("values", fmt.width, config.lanes, fmt.name, doc="values of the block")]
        if config.tensor_scale == "input":
            doc = "scale of the tensor, the same in all beats of a block"
            fields.append(Field("tensor_scale", unit.width, format=unit.name, doc=doc))
        super().__init__(config, fields)

    def lanes(self, pipeline):
        config = self.config
        number = config.fmt_in
        inputs = self.inputs(pipeline)
        values = inputs["values"]
        values = values if isinstance(values, list) else [values]
        decoded = []
        if is_float(number):
            if config.input_subnormals == "flush":
                number = replace(number, subnormals=False)
            special = self.special_inputs
            depth = needed_depth(number, config.block)
            if config.tensor_scale == "input":
                # a small unit makes any number large
                depth = number.significand_bits
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
        offset, nan = Offset(0), None
        if config.tensor_scale == "input":
            offset, nan = _in_units(pipeline, config.fmt.tensor_scale, inputs["tensor_scale"])
        return [lane for lane, _ in decoded], decoded[0][1], offset, nan


def _in_units(pipeline, number, code):
    """Return the offset of values divided by a tensor scale, and whether that is none."""
    lane, kind = decode_factor(pipeline, number, code, "tensor_scale")
    exponent = pipeline.signed(lane.exponent)
    negated = add(
        pipeline,
        Term(pipeline.constant(Const(0, 1))),
        Term(exponent, None, pipeline.constant(Const(1, 1))),
        shape_of_range(-kind.high - 1, -kind.low),
        1,
        name="minus_tensor_scale",
    )
    flags = [each for each in (lane.nan, lane.infinite) if each is not None]
    bad = pipeline.logic(
        lambda sign, bits, *flags: sign | ~bits[-1] | Cat(*flags).any(),
        lane.sign,
        lane.significand,
        *flags,
        shape=unsigned(1),
        name="no_tensor_scale",
    )
    return Offset(kind.bias, negated, -kind.high, -kind.low, lane.significand), bad
