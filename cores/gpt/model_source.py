"""Where the programs of the GPT machine come from: readers that packages above provide."""

from importlib.metadata import entry_points

from hwgen.errors import UsageError

__all__ = ["GROUP", "read_source"]

GROUP = "hwgen.gpt_models"
"""Group of entry points: functions with the parameters of `hwgen.gpt.source.read_source`."""


def read_source(*options):
    """Return the `Program` that a source names; see `hwgen.gpt.source.read_source`.

    The compiler stands above the cores, so its reader is found by its entry point.

    Raises
    ------
    UsageError
        The reader says what is wrong, or there is none, which means that hwgen is not installed.
    """
    found = entry_points(group=GROUP)
    if not found:
        raise UsageError(
            f"hwgen must be installed with its entry points ({GROUP}); run pip install again"
        )
    return next(iter(found)).load()(*options)
