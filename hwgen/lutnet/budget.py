"""What a budget is about, and what a network within one takes of it."""

from dataclasses import dataclass

import numpy as np

from hwgen.cores.lutnet.stored_names import named_tables, names_of
from hwgen.formats.lut_network import LutNetwork
from hwgen.lutnet.estimate import estimated_luts, estimated_registers, table_block_rams

__all__ = ["RESOURCES", "Pruned", "stored_tables"]

RESOURCES = ("luts", "registers", "block_rams")


@dataclass(frozen=True)
class Pruned:
    """A network, and which of its tables stand in block RAM.

    Parameters
    ----------
    network : LutNetwork
    stored : tuple of (int, int)
        Tables that outputs depend on, as (layer, table).
    fabric : Fabric or None
        Whose block RAM that is; ``None`` where none may be used.
    """

    network: LutNetwork
    stored: tuple = ()
    fabric: object = None

    @property
    def block_tables(self):
        """What ``block_tables`` of the core must be, as text."""
        return names_of(self.stored)

    @property
    def block_rams(self):
        """How many block RAMs the stored tables take."""
        layers = self.network.layers
        return sum(
            table_block_rams(layers[at].tables[row], layers[at].bits, self.fabric)
            for at, row in self.stored
        )

    @property
    def resources(self):
        """What is taken of each of `RESOURCES`, as an array."""
        luts = estimated_luts(self.network, self.stored)
        return np.array([luts, estimated_registers(self.network), self.block_rams], float)

    def facts(self, network, limits, before):
        """Return what the file says of it: from which network, limits, and accuracies before."""
        found = {"from": network.digest, "limits": limits, "before": before}
        if self.fabric is not None:
            found |= {"target": self.fabric.name, "block_tables": self.block_tables}
        return found


def stored_tables(facts):
    """Return the tables that stand in block RAM by the facts of a network, as (layer, table)."""
    text = facts.get("pruned", {}).get("block_tables", "0")
    return () if text == "0" else named_tables(text)
