"""Errors that a person can act on; each class has the exit code that the command line returns."""


class HwgenError(Exception):
    """The work failed: a tool broke, a file could not be written.

    The message says what was wrong, what is allowed, and what to do next, in one line.
    """

    exit_code = 1


class UsageError(HwgenError):
    """The request itself is wrong: an unknown name, a value out of range, a missing file."""

    exit_code = 2


class MismatchError(HwgenError):
    """The hardware and its golden model disagree."""

    exit_code = 3


class MissingToolError(HwgenError):
    """A tool that the request needs is not installed."""

    exit_code = 4


class TargetMissedError(HwgenError):
    """The result is correct but too slow or too large for what was asked."""

    exit_code = 5


def nearest(name, allowed):
    """Return ``"; did you mean 'x'?"`` for the allowed name closest to ``name``, or ``""``."""
    import difflib

    matches = difflib.get_close_matches(str(name), [str(each) for each in allowed], n=1)
    return f"; did you mean {matches[0]!r}?" if matches else ""
