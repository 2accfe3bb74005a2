"""Block operands of the cores whose result is a block: elements and scales from the input."""

from dataclasses import replace

from amaranth.hdl import Const
from hwgen.cores.interface import Field
from hwgen.cores.mx.encode import is_float
from hwgen.cores.mx.factor import decode_factor, is_power, multiply_lanes
from hwgen.cores.mx.lane import LaneFormat
from hwgen.cores.mx.shared_exponent import Offset

__all__ = ["block_offset", "operand_fields", "operand_lanes", "scaled_lanes"]


def operand_fields(elements, scale, block, lanes, of="of the block"):
    """Return the fields of one block operand."""
    element, number = block.element, block.scale
    return [
        Field(elements, element.width, lanes, element.name, doc=f"elements {of}"),
        Field(
            scale, number.width, format=number.name, doc=f"scale {of}, the same in all its beats"
        ),
    ]


def operand_lanes(pipeline, codes, block, special, name):
    """Return (normalized lanes, LaneFormat) of the element codes of a beat.

    ``special`` is that of ``decode_float``; the elements of a block whose scale is a float have
    flags in any case.
    """
    codes = codes if isinstance(codes, list) else [codes]
    special = special or is_float(block.scale)
    decoded = [
        decode_factor(pipeline, block.element, code, f"{name}{index}", special)
        for index, code in enumerate(codes)
    ]
    return [lane for lane, _ in decoded], decoded[0][1]


def block_offset(scale, kind):
    """Return what a scale, a decoded factor, adds to the exponents of its block."""
    return Offset(-kind.bias, scale.exponent, kind.low, kind.high)


def scaled_lanes(pipeline, lanes, kind, scale):
    """Return (lanes, format) times the significand of a scale; see `block_offset` for the rest."""
    if is_power(scale):
        return lanes, kind
    # the NaN of a scale is that of the whole block
    factor = replace(scale, exponent=pipeline.constant(Const(0, 1)), nan=None), LaneFormat(0, 0, 0)
    scaled = [
        multiply_lanes(pipeline, (lane, kind), factor, f"scaled{index}")
        for index, lane in enumerate(lanes)
    ]
    return [lane for lane, _ in scaled], scaled[0][1]
