"""Where `hwgen.tools.yosys` used to be; imports move there."""

import sys

from hwgen.tools.yosys import _main, run_script

__all__ = ["run_script"]

if __name__ == "__main__":
    _main(sys.argv[1:])
