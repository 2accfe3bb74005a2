"""The one list of cores: the modules of ``hwgen.catalogue.entries``."""

from importlib import import_module
from pkgutil import iter_modules

from hwgen.catalogue import entries
from hwgen.errors import UsageError, nearest

__all__ = ["get", "names"]


def names():
    """Return the names of all cores."""
    return sorted(each.name.replace("_", "-") for each in iter_modules(entries.__path__))


def get(name):
    """Return the entry (:class:`hwgen.catalogue.core.Core`) of the core called ``name``.

    Raises
    ------
    UsageError
        If no core has that name.
    """
    known = names()
    if name not in known:
        raise UsageError(
            f"core must be one of {', '.join(known)}, not {name!r}{nearest(name, known)}"
        )
    return import_module(f"{entries.__name__}.{name.replace('-', '_')}").CORE
