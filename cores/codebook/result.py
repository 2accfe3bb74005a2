"""The result of a row: its exact sum, or that rounded once."""

from amaranth.hdl import Cat, Const
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.floating.accumulate_result import SumState, result_fields, sum_result

__all__ = ["no_specials", "row_fields", "row_result"]


def no_specials(pipeline):
    """Return the state of a sum of finite numbers, whose zero is positive."""
    return SumState(*[pipeline.constant(Const(0, 1))] * 6)


def row_fields(config):
    """Return the output fields of a ``CodebookDotConfig``."""
    shape, unit = config.sum_shape, config.sum_exponent
    fields = result_fields(config, shape.width, unit)
    if config.out != "exact":
        return fields
    total = fixed_field("sum", shape.width, shape.signed, unit, doc="the sum of the row")
    return [total, *(fields[1:] if config.floats else [])]


def row_result(pipeline, config, row, state):
    """Return the output fields of a row.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the rounder becomes part of.
    config : CodebookDotConfig
    row : Timed
        Exact sum.
    state : SumState
        What is not finite in it.
    """
    exact = config.out == "exact"
    if exact and not config.floats:
        return {"sum": row}
    if not exact and not row.signal.shape().signed:
        # the rounder reads a sign
        row = pipeline.free(lambda bits: Cat(bits, Const(0, 1)), row)
    fields = sum_result(pipeline, [row], config.sum_exponent, state, config, None)
    if exact:
        fields["sum"] = fields.pop("significand")
    return fields
