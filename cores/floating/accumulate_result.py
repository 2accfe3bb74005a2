"""The result of an exact sum: NaN and infinities, the sign of zero, rounding, exception flags."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, signed
from hwgen.cores.arith.timed import Timed
from hwgen.cores.floating.accumulate_config import rounding_of
from hwgen.cores.floating.accumulate_round import round_sum
from hwgen.cores.floating.accumulate_segments import sticky_bit
from hwgen.cores.floating.special_result import limited
from hwgen.cores.interface import Field

__all__ = ["SumState", "result_fields", "sum_result"]


@dataclass(frozen=True)
class SumState:
    """What is known of the terms of a sum beside their total.

    Parameters
    ----------
    nan, positive, negative : Timed
        Whether a term is NaN, +infinity, -infinity.
    invalid : Timed
        Whether a term signals invalid by itself.
    all_minus, any_minus : Timed
        Signs of the terms.
    """

    nan: Timed
    positive: Timed
    negative: Timed
    invalid: Timed
    all_minus: Timed
    any_minus: Timed

    def over(self, pipeline, first, update):
        """Return the state of all terms since ``first``."""
        held = {
            name: bit
            if isinstance(bit.signal, Const)
            else sticky_bit(
                pipeline,
                bit,
                first,
                update,
                (lambda so_far, now: so_far & now)
                if name == "all_minus"
                else (lambda so_far, now: so_far | now),
                f"sum_{name}",
            )
            for name, bit in vars(self).items()
        }
        return SumState(**held)


def result_fields(config, width, unit):
    """Return the output fields of a sum whose exact result has ``width`` bits and a unit."""
    if config.out == "exact":
        doc = f"exact sum in units of 2**{unit}; 0 when a flag is set"
        significand = Field("significand", width, format="integer", signed=True, doc=doc)
        fields = [
            significand,
            Field("nan", 1, doc="1: the sum is not a number"),
            Field("inf_positive", 1, doc="1: the sum is +infinity"),
            Field("inf_negative", 1, doc="1: the sum is -infinity"),
        ]
        names = ("invalid",)
    else:
        fields = [Field("result", config.out.width, format=config.out.name, doc="the sum")]
        names = ("invalid", "overflow", "underflow", "inexact")
    if config.flags:
        fields += [Field(name, 1, doc=f"IEEE 754 exception {name}") for name in names]
    return fields


def sum_result(pipeline, segments, lsb_exponent, state, config, random):
    """Return the output fields of a sum in two's complement segments."""
    nan = pipeline.bit(
        lambda n, p, m: n | (p & m),
        *(state.nan, state.positive, state.negative),
        name="sum_is_nan",
    )
    positive, negative = (
        pipeline.bit(lambda one, other, n: one & ~other & ~n, *each, state.nan, name=name)
        for each, name in (
            ((state.positive, state.negative), "sum_is_inf"),
            ((state.negative, state.positive), "sum_is_minus_inf"),
        )
    )
    special = pipeline.bit(lambda *bits: Cat(bits).any(), nan, positive, negative, name="special")
    if config.out == "exact":
        fields = _exact(pipeline, segments, special)
        fields |= {"nan": nan, "inf_positive": positive, "inf_negative": negative}
    else:
        zero_sign = state.any_minus if config.rounding == "down" else state.all_minus
        rounded = round_sum(
            pipeline, segments, lsb_exponent, zero_sign, rounding_of(config), random
        )
        fields = {
            "result": limited(
                pipeline, config.out, config.overflow, rounded.code, nan, positive, negative
            )
        }
        for name in ("overflow", "underflow", "inexact") if config.flags else ():
            flag = getattr(rounded, name)
            fields[name] = pipeline.bit(lambda x, y: x & ~y, flag, special, name=f"{name}_flag")
    if config.flags:
        fields["invalid"] = pipeline.bit(
            lambda own, n, p, m: own | (p & m & ~n),
            *(state.invalid, state.nan, state.positive, state.negative),
            name="invalid_flag",
        )
    return fields


def _exact(pipeline, segments, special):
    whole = pipeline.concatenate(segments)
    return {
        "significand": pipeline.logic(
            lambda bits, flag: Mux(flag, 0, bits),
            whole,
            special,
            shape=signed(len(whole)),
            name="finite_sum",
        )
    }
