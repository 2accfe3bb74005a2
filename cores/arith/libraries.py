"""The Verilog files of the modules that arithmetic may instantiate on a fabric."""

from pathlib import Path

__all__ = ["libraries_of"]

_FOLDER = Path(__file__).parent
_FILES = {
    "hwgen_carry_chain": "carry_chain.v",
    "hwgen_carry_chain6": "carry_chain6.v",
    "hwgen_ternary_adder": "ternary_adder.v",
    "hwgen_lut4": "lut4.v",
    "hwgen_multiplier": "multiplier.v",
    "hwgen_multiplier48": "multiplier48.v",
}


def libraries_of(fabric):
    """Return the paths; empty for a fabric whose primitives are all inferred."""
    modules = (
        fabric.carry_chain_module,
        fabric.ternary_module,
        fabric.lut4_module,
        fabric.multiplier_module,
    )
    return tuple(_FOLDER / _FILES[module] for module in modules if module is not None)
