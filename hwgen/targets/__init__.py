"""What a fabric is made of: look-up tables, carry chains, multipliers, memories, and their delays.

A fabric is one file of this package: a module that holds one :class:`Fabric`. It is found by
listing the package; there is no list to edit.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from hwgen.errors import UsageError, nearest
from hwgen.targets.fabric import Fabric, Memory, Synthesis

__all__ = ["Fabric", "Memory", "Synthesis", "get", "names"]


@cache
def _fabrics():
    found = {}
    for module in iter_modules(__path__):
        members = vars(import_module(f"{__name__}.{module.name}")).values()
        found |= {each.name: each for each in members if isinstance(each, Fabric)}
    return found


def names():
    """Return the names of all fabrics."""
    return sorted(_fabrics())


def get(name):
    """Return the :class:`Fabric` called ``name``.

    Raises
    ------
    UsageError
        If no fabric has that name.
    """
    fabrics = _fabrics()
    if name not in fabrics:
        raise UsageError(
            f"target must be one of {', '.join(sorted(fabrics))}, not {name!r}"
            + nearest(name, fabrics)
        )
    return fabrics[name]
