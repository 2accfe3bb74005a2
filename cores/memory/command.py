"""What goes to all clusters one after the other: blocks of codes, and products to begin."""

from amaranth.hdl import signed
from hwgen.cores.gpt.block_terms import EXPONENT_BITS
from hwgen.cores.interface import Field

from hwgen.formats.weight_stream import GROUP

__all__ = ["BASE_BITS", "ROW_BITS", "STEP_BITS", "Kind", "command_fields", "job_layout"]

ROW_BITS, STEP_BITS, BASE_BITS = 20, 12, 12


class Kind:
    """Values of a command's ``kind``."""

    CODES, PRODUCTS = range(2)


def command_fields(config):
    """Return the fields of a command for clusters of a `ClusterConfig`."""
    place = (config.code_blocks - 1).bit_length()
    return (
        Field("kind", 1, doc="0: a block of codes; 1: products begin"),
        Field("place", place, doc="block of codes, or a product's first one"),
        Field("codes", config.activation_bits, GROUP, "integer", True, "of 32 columns"),
        Field("exponent", EXPONENT_BITS, 1, "integer", True, "of the block of codes"),
        Field("rows", ROW_BITS, doc="rows of every channel, 1 or more"),
        Field("steps", STEP_BITS, doc="tokens of a row, 1 or more"),
        Field("base", BASE_BITS, 1, "integer", True, "exponent of all units"),
    )


def job_layout(config):
    """Return the layout of a product in a cluster's queue; places count tokens."""
    from amaranth.lib import data

    return data.StructLayout(
        {
            "place": max(1, (config.code_blocks // config.lanes - 1).bit_length()),
            "last_row": ROW_BITS,
            "last_step": STEP_BITS,
            "base": signed(BASE_BITS),
        }
    )
