"""Where `hwgen.tools.wasm` used to be; imports move there."""

import sys

from hwgen.tools.wasm import _main

if __name__ == "__main__":
    _main(sys.argv[1:])
