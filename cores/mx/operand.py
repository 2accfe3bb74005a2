"""Block operands of the cores whose result is a block: elements and scales from the input."""

from amaranth.hdl import unsigned
from hwgen.cores.interface import Field
from hwgen.cores.mx.encode import is_float
from hwgen.cores.mx.lane import decode_float, decode_integer
from hwgen.cores.mx.special import any_of

__all__ = ["operand_fields", "operand_lanes", "scale_is_nan"]


def operand_fields(elements, scale, block, lanes, of="of the block"):
    """Return the fields of one block operand."""
    element = block.element
    return [
        Field(elements, element.width, lanes, element.name, doc=f"elements {of}"),
        Field(scale, 8, format="e8m0", doc=f"scale {of}, the same in all its beats"),
    ]


def operand_lanes(pipeline, codes, element, special, name):
    """Return (normalized lanes, LaneFormat) of the element codes of a beat."""
    decoded = []
    for index, code in enumerate(codes):
        if is_float(element):
            depth = element.significand_bits
            decoded.append(decode_float(pipeline, element, code, depth, special, f"{name}{index}"))
        else:
            decoded.append(decode_integer(pipeline, element, code, f"{name}{index}"))
    return [lane for lane, _ in decoded], decoded[0][1]


def scale_is_nan(pipeline, scales):
    """Return whether any of the scale codes is NaN."""
    flags = [
        pipeline.logic(
            lambda bits: bits.all(), scale, levels=2, shape=unsigned(1), name="scale_nan"
        )
        for scale in scales
    ]
    return any_of(pipeline, flags, "scale_nan")
