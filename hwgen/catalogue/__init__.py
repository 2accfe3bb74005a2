"""The one list of cores."""

from importlib import import_module

from hwgen.errors import UsageError, nearest

__all__ = ["get", "names"]

# name of the core -> module that holds its entry as CORE
_ENTRIES = {"mx-dot": "hwgen.catalogue.mx_dot"}


def names():
    """Return the names of all cores."""
    return sorted(_ENTRIES)


def get(name):
    """Return the entry (:class:`hwgen.catalogue.core.Core`) of the core called ``name``.

    Raises
    ------
    UsageError
        If no core has that name.
    """
    if name not in _ENTRIES:
        raise UsageError(
            f"core must be one of {', '.join(names())}, not {name!r}{nearest(name, names())}"
        )
    return import_module(_ENTRIES[name]).CORE
