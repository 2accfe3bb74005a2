"""Where `hwgen.tools` used to be; imports move there."""

from hwgen.tools import find, names, needed_for

__all__ = ["find", "names", "needed_for"]
