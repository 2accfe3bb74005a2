"""Exact results of the MX products on the wires."""

import numpy as np

__all__ = ["exact_codes"]


def exact_codes(config, outputs):
    """Return a golden model's exact outputs as codes: biased, two's complement.

    Parameters
    ----------
    config : MxDotConfig
        Tells the width of the significand and the bias of the exponent.
    outputs : dict of str to array
        ``significand``, ``exponent`` and flags, as integers.
    """
    width = config.significand_width
    significand = outputs["significand"]
    if width > 64:
        significand = significand.astype(object) & ((1 << width) - 1)
    else:
        significand = significand.astype(np.int64).astype(np.uint64)
        significand &= np.uint64((1 << width) - 1)
    codes = {name: outputs[name].astype(np.uint64) for name in outputs if name != "significand"}
    codes["significand"] = significand
    codes["exponent"] = (outputs["exponent"] + config.exponent_bias).astype(np.uint64)
    return codes
