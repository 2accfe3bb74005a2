"""Where `hwgen.tools.process` used to be; imports move there."""

from hwgen.tools.process import Finished, run, run_checked

__all__ = ["Finished", "run", "run_checked"]
