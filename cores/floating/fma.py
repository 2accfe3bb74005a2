"""Fused multiply-add: an exact product, one aligned sum, one rounding."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.float_round import Special, round_significand
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.floating.align import add_aligned, align
from hwgen.cores.floating.product import exact_product
from hwgen.cores.floating.result import (
    any_of,
    random_bits,
    random_fields,
    result_fields,
    results,
)
from hwgen.cores.floating.unpack import unpack
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["FloatFma"]


@dataclass(frozen=True)
class _Ordered:
    """The terms of the sum, the one with the larger exponent first.

    ``exponent`` counts like the addend's, for a significand in the addend's place; it lies
    between the two numbers in ``exponent_range``. ``distance`` is the difference of exponents.
    """

    larger: Timed
    smaller: Timed
    sign: Timed
    exponent: Timed
    exponent_range: tuple
    distance: Timed
    most: int


class FloatFma(PipelinedCore):
    """``a * b + c`` with one rounding, one triple a clock cycle.

    IEEE 754-2019, clause 5.4.1 (fusedMultiplyAdd). The term with the larger exponent stays where
    it is, the other one is shifted right; what it loses is too small to decide more than a
    sticky bit does, whichever operands are subnormal.

    Parameters
    ----------
    config : FloatFmaConfig
        Formats, rounding and fabric.

    Members
    -------
    i : In(stream)
        ``a``, ``b`` and ``c``; ``negate_product``, ``negate_addend`` and ``random`` where the
        config asks for them.
    o : Out(stream)
        ``result``, and the exception flags if there are any.

    Attributes
    ----------
    keeps_state : bool
        Whether results depend on how many tokens came before: random bits from inside.
    """

    def __init__(self, config):
        names = {"a": "factor a", "b": "factor b", "c": "addend c"}
        formats = {"a": config.fmt_a, "b": config.fmt_b, "c": config.fmt_c}
        inputs = [
            Field(name, formats[name].width, format=formats[name].name, doc=doc)
            for name, doc in names.items()
        ]
        if config.negations:
            inputs += [
                Field("negate_product", 1, doc="1: -(a * b)"),
                Field("negate_addend", 1, doc="1: -c"),
            ]
        self.keeps_state = config.keeps_state
        super().__init__(
            config, inputs + random_fields(config), result_fields(config.out, config.flags)
        )

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        rounding = config.rounding_to(config.out)
        random = random_bits(pipeline, config, values, valid)
        a, b, c = (
            unpack(pipeline, values[name], fmt, config.subnormals, name)
            for name, fmt in (("a", config.fmt_a), ("b", config.fmt_b), ("c", config.fmt_c))
        )
        product = exact_product(pipeline, a, b, config.multipliers_for(config.fmt_a, config.fmt_b))
        signs = self._signs(pipeline, values, product, c)
        differ = pipeline.bit(lambda s, t: s ^ t, *signs, name="differ")
        special, invalid = self._special(pipeline, product, c, differ)
        terms = self._ordered(pipeline, product, c, signs)
        width = self._window(rounding)
        shifted = align(pipeline, terms.smaller, terms.distance, terms.most, width)
        padding = width - len(terms.larger)
        minuend = pipeline.free(lambda bits: Cat(Const(0, padding), bits), terms.larger)
        total = add_aligned(pipeline, minuend, shifted, differ, signed(width + 2))
        magnitude, negative = _magnitude(pipeline, total, shifted.sticky)
        sign, zero_sign = self._result_signs(pipeline, terms.sign, negative, differ, special)
        rounded = round_significand(
            pipeline,
            sign,
            magnitude,
            terms.exponent,
            c.bias - len(c.significand) + width,
            terms.exponent_range,
            rounding,
            sticky=shifted.sticky,
            random=random,
            zero_sign=zero_sign,
            special=special,
        )
        return results(rounded, invalid), None

    def _signs(self, pipeline, values, product, c):
        """Return the signs of both terms, changed where the token asks for it."""
        signs = [product.sign, c.sign]
        if not self.config.negations:
            return signs
        return [
            pipeline.bit(lambda s, n: s ^ n, sign, values[name], name=f"{name}d")
            for sign, name in zip(signs, ("negate_product", "negate_addend"), strict=True)
        ]

    def _result_signs(self, pipeline, usual, negative, differ, special):
        """Return the signs of a nonzero result and of a zero one; an infinity keeps its own."""
        infinite = [] if special.infinite is None else [special.infinite]
        sign = pipeline.bit(
            lambda sign, flip, *infinite: sign ^ (flip & ~Cat(*infinite).any()),
            usual,
            negative,
            *infinite,
            name="sum_sign",
        )
        zero_sign = pipeline.bit(
            lambda sign, minus, *infinite: Mux(
                minus & ~Cat(*infinite).any(), self.config.rounding == "down", sign
            ),
            usual,
            differ,
            *infinite,
            name="zero_sign",
        )
        return sign, zero_sign

    def _special(self, pipeline, product, c, differ):
        opposite = None
        if product.is_infinite is not None and c.is_infinite is not None:
            opposite = pipeline.bit(
                lambda one, two, minus: one & two & minus,
                product.is_infinite,
                c.is_infinite,
                differ,
                name="opposite_infinities",
            )
        nan = any_of(pipeline, [product.is_nan, c.is_nan, opposite], "is_nan")
        infinite = any_of(pipeline, [product.is_infinite, c.is_infinite], "is_infinite")
        conditions = [product.invalid, c.is_signaling]
        if opposite is not None:
            # infinities of opposite signs are invalid unless a NaN came in
            conditions.append(
                pipeline.bit(
                    lambda both, one, two: both & ~one & ~two,
                    opposite,
                    product.is_nan,
                    c.is_nan,
                    name="invalid_sum",
                )
            )
        return Special(nan, infinite), any_of(pipeline, conditions, "invalid")

    def _reach(self):
        """Return how far the product's and the addend's top bits can lie above emin of the output.

        That is at the smallest exponent of their formats; 0 where they do not.
        """
        config = self.config
        lowest = config.out.min_normal_exponent
        product = config.fmt_a.min_normal_exponent + config.fmt_b.min_normal_exponent + 1
        return max(0, product - lowest), max(0, config.fmt_c.min_normal_exponent - lowest)

    def _window(self, rounding):
        """Return how many bits of the sum, from the larger term's top on, decide the result.

        A larger term with z leading zeros leaves the result's leading one at most z + 1 places
        down, unless the smaller term, at most z + 1 places down, cancels it: then every bit of
        that one has to be there. Zeros that only results below the normal numbers have, do not
        count.
        """
        config = self.config
        widths = [each.significand_bits + 1 for each in (config.fmt_a, config.fmt_b, config.fmt_c)]
        of_product, of_addend = sum(widths[:2]), widths[2]
        zeros_of_product, zeros_of_addend = 1, 0
        if config.subnormals == "full":
            reach_of_product, reach_of_addend = self._reach()
            zeros_of_product = max(*widths[:2], min(of_product - 1, reach_of_product))
            zeros_of_addend = min(of_addend - 1, reach_of_addend)
        kept = rounding.kept_bits
        return max(
            of_product,
            of_addend,
            zeros_of_product + 1 + max(kept, of_addend),
            zeros_of_addend + 1 + max(kept, of_product),
        )

    def _ordered(self, pipeline, product, c, signs):
        """Compare exponents and return the terms in order; a zero product is the smaller term."""
        of_product, of_addend = len(product.significand), len(c.significand)
        # what makes the product's exponent count like the addend's, top bit for top bit
        constant = c.bias - of_addend - product.bias + of_product
        low, high = (each + constant for each in product.exponent_range)
        least, most = c.exponent_range
        offset = add(
            pipeline,
            Term(product.exponent),
            Term(pipeline.constant(Const(constant, signed(constant.bit_length() + 1)))),
            shape_of_range(low, high),
            name="product_offset",
        )
        one = pipeline.constant(Const(1, 1))
        extreme = max(high - least, most - low)
        shape = signed(extreme.bit_length() + 1)
        below, above = (
            add(pipeline, Term(x), Term(pipeline.signed(y), None, one), shape, 1, name=name)
            for x, y, name in (
                (offset, c.exponent, "product_above"),
                (c.exponent, offset, "product_below"),
            )
        )
        swap = self._swap(pipeline, below, product, c)
        width = max(of_product, of_addend)

        def chosen(first, second, bits, name, shape=None):
            return pipeline.logic(
                lambda x, y, swapped: Mux(swapped, y, x),
                first,
                second,
                swap,
                shape=unsigned(bits) if shape is None else shape,
                name=name,
            )

        left, right = (
            pipeline.free(lambda bits: Cat(Const(0, width - len(bits)), bits), each.significand)
            for each in (product, c)
        )
        bounds = (min(low, least) if self._reach()[1] else least), max(high, most)
        return _Ordered(
            larger=chosen(left, right, width, "larger"),
            smaller=chosen(right, left, width, "smaller"),
            sign=chosen(*signs, 1, "larger_sign"),
            exponent=chosen(offset, c.exponent, 0, "larger_exponent", shape_of_range(*bounds)),
            exponent_range=bounds,
            distance=chosen(below, above, shape.width - 1, "distance"),
            most=extreme,
        )

    def _swap(self, pipeline, difference, product, c):
        """Return whether the addend is the larger term; zeros and infinities decide first."""
        names = {"zero": product.nonzero, "infinite": product.is_infinite}
        names |= {"addend_infinite": c.is_infinite}
        if self._reach()[1]:
            names["addend_zero"] = c.is_zero
        present = {name: each for name, each in names.items() if each is not None}

        def swap(distance, *given):
            given = dict(zip(present, given, strict=True))
            less = distance[-1]
            if "addend_zero" in given:
                less = less & ~given["addend_zero"]
            less = less | ~given["zero"]
            if "addend_infinite" in given:
                less = less | given["addend_infinite"]
            if "infinite" in given:
                less = less & ~given["infinite"]
            return less

        levels = pipeline.fabric.gate_levels(1 + len(present))
        return pipeline.bit(swap, difference, *present.values(), levels=levels, name="swap")


def _magnitude(pipeline, total, sticky):
    """Return the magnitude of a sum that was rounded down, also rounded down, and its sign."""
    width = len(total) - 1
    negative = pipeline.slice(total, width, width + 1)
    carry = pipeline.bit(lambda minus, lost: minus & ~lost, negative, sticky, name="negate")
    magnitude = add(
        pipeline,
        Term(pipeline.constant(Const(0, 1))),
        Term(pipeline.slice(total, 0, width), None, negative),
        unsigned(width),
        carry,
        name="magnitude",
    )
    return magnitude, negative
