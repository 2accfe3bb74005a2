"""What a budget is about, and what a network within one takes of it."""

from dataclasses import dataclass

import numpy as np

from hwgen import targets
from hwgen.cores.lutnet.stored_names import check_table, named_tables, names_of, parse_block_tables
from hwgen.errors import UsageError
from hwgen.formats.lut_network import LutNetwork
from hwgen.formats.lut_network_file import read_network_facts
from hwgen.lutnet.estimate import (
    estimated_luts,
    estimated_registers,
    live_elements,
    stored_block_rams,
)

__all__ = [
    "RESOURCES",
    "Pruned",
    "block_tables_of",
    "core_options",
    "placed",
    "stored_tables",
]

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
            stored_block_rams(layers[at].tables[row], layers[at].bits, self.fabric)
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


def block_tables_of(facts):
    """Return ``block_tables`` of the core by the facts of a network: names, ``"0"`` for none.

    Raises
    ------
    UsageError
        The facts do not name tables.
    """
    found = facts.get("pruned", {})
    text = found.get("block_tables", "0") if isinstance(found, dict) else None
    if text != "0" and not (isinstance(text, str) and "/" in text and parse_block_tables(text)):
        raise UsageError(f"a network's facts must name tables in block RAM, not {text!r}")
    return text


def stored_tables(facts):
    """Return the tables that stand in block RAM by the facts of a network, as (layer, table)."""
    text = block_tables_of(facts)
    return () if text == "0" else named_tables(text)


def placed(network, facts):
    """Return the `Pruned` that facts describe: which tables of a network stand in block RAM.

    Raises
    ------
    UsageError
        The facts name tables that the network does not have, or a fabric without block RAM.
    """
    stored = stored_tables(facts)
    if not stored:
        return Pruned(network)
    for place in stored:
        check_table(network, *place)
    fabric = targets.get(str(facts["pruned"].get("target", "ecp5")))
    if fabric.block_rams(1, 1) is None:
        raise UsageError(f"a network with tables in block RAM must not be for {fabric.name}")
    live = live_elements(network)
    return Pruned(network, tuple(each for each in stored if live[each[0] + 1][each[1]]), fabric)


def core_options(path):
    """Return the options that the core is to have for a network's file, as its facts say.

    Returns
    -------
    dict
        ``block_tables`` where pruning chose some; empty for what is no such file, too: the core
        says what is wrong with it.
    """
    try:
        facts = read_network_facts(path)
    except UsageError:
        return {}
    text = block_tables_of(facts)
    return {} if text == "0" else {"block_tables": text}
