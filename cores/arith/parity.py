"""Parities of the same bits on a pipeline, with shared exclusive ors."""

from functools import lru_cache, reduce
from operator import xor

from hwgen.cores.arith.lut4 import lut4_row, truth_table
from hwgen.cores.arith.parity_plan import plan_parities

__all__ = ["parities"]


@lru_cache(maxsize=16)
def _plan(rows, inputs, arity):
    widest, levels = max(row.bit_count() for row in rows), 1
    while arity**levels < widest:
        levels += 1
    # one level more than the widest row needs is what sharing takes
    return plan_parities(rows, inputs, arity, levels + (widest > arity))


def parities(pipeline, bits, rows, name="parity"):
    """Return one bit a row: the exclusive or of the input bits that it names.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the circuit becomes part of.
    bits : list of Timed
        Input bits.
    rows : tuple of int
        Bit b of a row says whether input b takes part; none is 0.
    name : str
        Names the results in the emitted Verilog.
    """
    # wider tables are two of four inputs to the search, whose time grows with their inputs
    operands, numbers = _plan(rows, len(bits), 4)
    signals = list(bits)
    for number, each in enumerate(operands):
        terms = [signals[term] for term in each]
        signals.append(_parity(pipeline, terms, f"{name}_{number}"))
    return [signals[number] for number in numbers]


def _parity(pipeline, terms, name):
    """Return the exclusive or of up to four bits, in a table that synthesis leaves as it is."""
    if pipeline.fabric.lut4_module is None:
        return pipeline.bit(lambda *bits: reduce(xor, bits), *terms, name=name)
    return lut4_row(pipeline, truth_table(lambda *bits: sum(bits) % 2), *terms, name=name)
