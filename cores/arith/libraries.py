"""The Verilog files of the modules that arithmetic may instantiate on a fabric."""

from hwgen.cores.arith.adder import CARRY_CHAIN_LIBRARY
from hwgen.cores.arith.lut4 import LUT4_LIBRARY
from hwgen.cores.arith.multiply import MULTIPLIER_LIBRARY

__all__ = ["libraries_of"]


def libraries_of(fabric):
    """Return the paths; empty for a fabric whose primitives are all inferred."""
    libraries = {
        fabric.carry_chain_module: CARRY_CHAIN_LIBRARY,
        fabric.lut4_module: LUT4_LIBRARY,
        fabric.multiplier_module: MULTIPLIER_LIBRARY,
    }
    return tuple(path for module, path in libraries.items() if module is not None)
