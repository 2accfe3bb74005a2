"""NaN and infinities as results: the codes that a format has for them."""

import numpy as np
from amaranth.hdl import Const, Mux, unsigned

__all__ = ["limited", "special_codes"]


def special_codes(fmt, overflow):
    """Return the codes of NaN, +infinity and -infinity in ``fmt``, or what stands for them."""
    return [
        int(each) for each in fmt.encode(np.array([np.nan, np.inf, -np.inf]), overflow=overflow)
    ]


def limited(pipeline, fmt, overflow, code, nan, positive, negative):
    """Return ``code``, but the code of NaN or an infinity where one of the three flags is 1."""
    constants = special_codes(fmt, overflow)
    flags = [
        (flag, constant)
        for flag, constant in zip((nan, positive, negative), constants, strict=True)
        if not isinstance(flag.signal, Const)
    ]

    def chosen(bits, *conditions):
        for condition, (_, constant) in zip(conditions, flags, strict=True):
            bits = Mux(condition, Const(constant, fmt.width), bits)
        return bits

    inputs = (code, *(flag for flag, _ in flags))
    levels = pipeline.fabric.gate_levels(len(inputs))
    return pipeline.logic(chosen, *inputs, levels=levels, shape=unsigned(fmt.width), name="result")
