"""Count a netlist's cells in the same words for every fabric."""

import re
from dataclasses import asdict, dataclass, fields

from hwgen import targets

__all__ = ["Counts", "count_cells"]


@dataclass(frozen=True)
class Counts:
    """What a netlist is made of.

    Parameters
    ----------
    lut : int
        Look-up tables of any size, those inside wide multiplexers included.
    lut_equivalents : int
        Look-up tables that the netlist occupies: on ECP5, where a carry cell takes two, this is
        ``lut + 2 * carry``; on the other fabrics the carry chain does not take them.
    carry : int
        Carry cells: CCU2C (two bits), SB_CARRY (one), CARRY4, CARRY8.
    ff : int
        Flip-flops.
    dsp, bram, lutram : int
        Multiplier, block RAM and distributed RAM cells.
    wide_mux : int
        Multiplexers that join look-up tables: PFUMX and L6MUX21, MUXF7 to MUXF9.
    latch : int
        Latches; always 0 in a netlist that synthesis let through.
    other : int
        All remaining cells: buffers, clocks, inverters.
    """

    lut: int = 0
    lut_equivalents: int = 0
    carry: int = 0
    ff: int = 0
    dsp: int = 0
    bram: int = 0
    lutram: int = 0
    wide_mux: int = 0
    latch: int = 0
    other: int = 0

    def as_dict(self):
        """Return the counts as a plain dictionary."""
        return asdict(self)


def count_cells(cells, target):
    """Sort a netlist's cells into `Counts`.

    Parameters
    ----------
    cells : dict
        Number of cells by cell type, as Yosys' ``stat`` gives it.
    target : str
        Name of a fabric.

    Returns
    -------
    Counts
    """
    counts = dict.fromkeys((each.name for each in fields(Counts)), 0)
    synthesis = targets.get(target).synthesis
    for kind, number in cells.items():
        for name, pattern in synthesis.cells:
            if re.fullmatch(pattern, kind):
                counts[name] += number
                break
        else:
            counts["other"] += number
    counts["lut_equivalents"] = counts["lut"] + synthesis.luts_per_carry * counts["carry"]
    return Counts(**counts)
