"""Random bits for stochastic rounding: a Galois register that takes many steps a token."""

from functools import reduce
from operator import xor

from amaranth.hdl import Cat, Signal

__all__ = ["lfsr"]

_WIDTH = 33
# exponents of x**33 + x**20 + 1, the constant term left out
_POLYNOMIAL = (33, 20)
_LANE_STEP, _MIXER = 0x9E3779B1, 0x13C6EF373


def _after_steps(count):
    """Return, for every bit after ``count`` steps, the bits now whose parity it is."""
    bits = [frozenset((index,)) for index in range(_WIDTH)]
    for _ in range(count):
        out, *bits = bits
        bits.append(frozenset())
        for power in _POLYNOMIAL:
            bits[power - 1] = bits[power - 1] ^ out
    return bits


def lfsr(pipeline, bits, update, seed=0, lane=0, name="random"):
    """Return ``bits`` random bits for the token in the pipeline's first stage.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the register becomes part of.
    bits : int
        Random bits a token, at most 33; the register takes as many steps after each token.
    update : Value
        1 when a token leaves the first stage.
    seed, lane : int
        Choose the state after reset, ``(seed + 1 + lane * 0x9E3779B1) * 0x13C6EF373`` modulo
        ``2**33 - 1``, plus 1.
    name : str
        Name of the bits in the emitted Verilog.

    Returns
    -------
    Timed
        The lowest bits of the register.
    """
    first = (seed + 1 + lane * _LANE_STEP) * _MIXER % ((1 << _WIDTH) - 1) + 1
    state = Signal(_WIDTH, init=first, name=f"{name}_state")
    following = [reduce(xor, (state[each] for each in sorted(of))) for of in _after_steps(bits)]
    with pipeline.m.If(update):
        pipeline.m.d.sync += state.eq(Cat(*following))
    return pipeline.input(state[:bits], name)
