"""What a fabric is made of: look-up tables, carry chains, multipliers, and their delays."""

from hwgen.errors import UsageError, nearest
from hwgen.targets.fabric import Fabric

__all__ = ["Fabric", "get", "names"]


def _fabrics():
    from hwgen.targets import ecp5, generic, ice40

    return {each.name: each for each in (ecp5.ECP5, ice40.ICE40, generic.GENERIC)}


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
