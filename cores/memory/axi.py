"""The read half of an AXI4 port, with the names of its specification (Arm IHI 0022)."""

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["INCREMENTING", "PAGE_BYTES", "Response", "read_signature"]

PAGE_BYTES = 4096
"""A burst must not cross a multiple of this."""
INCREMENTING = 1
"""ARBURST of bursts whose beats follow each other."""


class Response:
    """Values of RRESP."""

    OKAY, EXCLUSIVE_OKAY, SLAVE_ERROR, DECODE_ERROR = range(4)


def read_signature(address_bits, data_bits):
    """Return the members of a read port, as its master sees them.

    There is one ID, so responses come in the order of their bursts.

    Parameters
    ----------
    address_bits : int
    data_bits : int
        Bits of a beat.
    """
    return wiring.Signature(
        {
            "arvalid": Out(1),
            "arready": In(1),
            "araddr": Out(address_bits),
            "arlen": Out(8),
            "arsize": Out(3),
            "arburst": Out(2),
            "rvalid": In(1),
            "rready": Out(1),
            "rdata": In(data_bits),
            "rresp": In(2),
            "rlast": In(1),
        }
    )
