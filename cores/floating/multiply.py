"""Floating-point multiplier: one product, one shift, one rounding."""

from hwgen.cores.arith.float_round import Special, round_significand
from hwgen.cores.floating.product import exact_product
from hwgen.cores.floating.result import random_bits, random_fields, result_fields, results
from hwgen.cores.floating.unpack import unpack
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["FloatMul"]


class FloatMul(PipelinedCore):
    """Product of two floats, one pair a clock cycle.

    IEEE 754-2019, clause 5.4.1. The significands are multiplied as they are, subnormal or not;
    one shifter then moves the product to where it is rounded.

    Parameters
    ----------
    config : FloatMulConfig
        Formats, rounding and fabric.

    Members
    -------
    i : In(stream)
        ``a`` and ``b``; ``random`` where the config asks for it.
    o : Out(stream)
        ``result``, and the exception flags if there are any.

    Attributes
    ----------
    keeps_state : bool
        Whether results depend on how many tokens came before: random bits from inside.
    """

    def __init__(self, config):
        inputs = [
            Field(name, fmt.width, format=fmt.name, doc=f"factor {name}")
            for name, fmt in (("a", config.fmt_a), ("b", config.fmt_b))
        ]
        self.keeps_state = config.keeps_state
        super().__init__(
            config, inputs + random_fields(config), result_fields(config.out, config.flags)
        )

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        rounding = config.rounding_to(config.out)
        random = random_bits(pipeline, config, values, valid)
        a, b = (
            unpack(pipeline, values[name], fmt, config.subnormals, name)
            for name, fmt in (("a", config.fmt_a), ("b", config.fmt_b))
        )
        multipliers = config.multipliers_for(config.fmt_a, config.fmt_b)
        product = exact_product(pipeline, a, b, multipliers)
        rounded = round_significand(
            pipeline,
            product.sign,
            product.significand,
            product.exponent,
            product.bias,
            product.exponent_range,
            rounding,
            random=random,
            most_zeros=self._most_zeros(),
            nonzero=product.nonzero,
            special=Special(product.is_nan, product.is_infinite),
        )
        return results(rounded, product.invalid), None

    def _most_zeros(self):
        """Return the most leading zeros of a product that can be a normal number of the output."""
        config = self.config
        operands = config.fmt_a, config.fmt_b
        if config.subnormals == "flush":
            return 1
        if sum(each.min_normal_exponent for each in operands) > config.out.min_normal_exponent:
            return None
        return max(each.significand_bits + 1 for each in operands)
