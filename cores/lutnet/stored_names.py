"""Which tables of a network stand in block RAM: how many, or their places by name."""

import re

from hwgen.errors import UsageError

__all__ = ["ADDRESS_BITS", "check_table", "named_tables", "names_of", "parse_block_tables"]

ADDRESS_BITS = range(10, 15)
"""Bits of address that matter, of a table that is worth a block RAM."""
_NAMES = re.compile(r"\d+/\d+(,\d+/\d+)*", re.ASCII)


def parse_block_tables(text):
    """Return what ``block_tables`` says: a number as an integer, names as they are.

    Raises
    ------
    UsageError
        It is neither.
    """
    if text.isascii() and text.isdecimal():
        return int(text)
    if not _NAMES.fullmatch(text):
        raise UsageError(
            "must be a number of tables, or the tables as LAYER/TABLE,LAYER/TABLE,..., "
            f"not {text!r}"
        )
    return text


def check_table(network, layer, table):
    """Raise a `UsageError` where a `LutNetwork` has no such table."""
    layers = network.layers
    tables = [at for at, each in enumerate(layers) if each.kind == "tables"]
    if layer not in tables:
        known = ", ".join(map(str, tables)) or "none"
        raise UsageError(
            f"block_tables must name layers of tables ({known}), not layer {layer} in "
            f"'{layer}/{table}'"
        )
    count = len(layers[layer].tables)
    if table >= count:
        raise UsageError(
            f"block_tables must name tables 0 to {count - 1} of layer {layer}, not "
            f"'{layer}/{table}'"
        )


def named_tables(text):
    """Return the tables that a list of names means, as a sorted tuple of (layer, table)."""
    return tuple(sorted({tuple(map(int, each.split("/"))) for each in text.split(",")}))


def names_of(tables):
    """Return (layer, table) pairs as ``block_tables`` takes them: names, ``"0"`` for none."""
    return ",".join(f"{layer}/{table}" for layer, table in sorted(tables)) or "0"
