"""Find external tools by one rule, tell their versions, and run them."""

from hwgen.tools.lookup import Tool, find, find_wheel, names, needed_for

__all__ = ["Tool", "find", "find_wheel", "names", "needed_for"]
