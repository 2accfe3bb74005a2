"""Which tools are there, in which version, and what is missing."""

from hwgen.errors import HwgenError
from hwgen.tools import find, names, needed_for

__all__ = ["doctor"]


def doctor(warm=False):
    """Look for every tool that hwgen may run.

    Parameters
    ----------
    warm : bool
        Also prepare the tools that are slow at their first call.

    Returns
    -------
    list of dict
        One a tool: ``name``, ``found``, ``version``, ``path``, ``source`` (``"override"``,
        ``"native"``, ``"wheel"`` or None), ``needed_for``, ``install`` (how to get it),
        ``prepared`` (False: the first call takes a while), ``problem`` (why it was not found).
    """
    return [_look_for(name, warm) for name in names()]


def _look_for(name, warm):
    purpose, install = needed_for(name)
    entry = {"name": name, "needed_for": purpose, "install": install}
    try:
        tool = find(name)
    except HwgenError as error:
        missing = dict.fromkeys(("version", "path", "source"))
        return {**entry, "found": False, **missing, "prepared": False, "problem": str(error)}
    prepared = True
    if "hwgen.tools.wasm" in tool.command:
        from hwgen.tools.wasm import is_prepared, prepare

        if warm:
            prepare(name)
        prepared = is_prepared(name)
    return {
        **entry,
        "found": True,
        "version": tool.version,
        "path": tool.path,
        "source": tool.source,
        "prepared": prepared,
        "problem": None,
    }
