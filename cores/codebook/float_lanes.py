"""Products of codebook weights and floats, exact, each at its place in a fixed-point sum."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.shift import shift_left
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import Operand, add_tree, negate_if
from hwgen.cores.codebook.lanes import LaneDecoder, term_of
from hwgen.cores.codebook.terms import TermPlan, term_plan
from hwgen.cores.floating.unpack import unpack

__all__ = ["FloatLanes", "FloatProduct", "of_step"]


@dataclass(frozen=True)
class FloatProduct:
    """A lane's product.

    Parameters
    ----------
    operand : Operand
        Its value where it is finite.
    nan, positive, negative : Timed or None
        Whether it is NaN, +infinity, -infinity; None where the elements have no such codes.
    """

    operand: Operand
    nan: Timed | None
    positive: Timed | None
    negative: Timed | None


def of_step(pipeline, values, step, steps, name):
    """Return those of the lanes' values that a step takes: the first ones, the next ones, ...

    Parameters
    ----------
    pipeline : Pipeline
    values : list of Timed
        One a lane.
    step : Timed or None
        Number of the step; None where one takes all lanes.
    steps : int
        How many there are.
    name : str
        Of the values in the emitted Verilog.
    """
    if step is None:
        return values
    count = len(values) // steps

    def chosen(number, *each):
        result = each[-1]
        for at in reversed(range(steps - 1)):
            result = Mux(number == at, each[at], result)
        return result

    return [
        pipeline.logic(
            chosen,
            step,
            *values[lane::count],
            levels=(steps - 1).bit_length(),
            shape=unsigned(len(values[lane])),
            name=f"{name}{lane}",
        )
        for lane in range(count)
    ]


class FloatLanes:
    """Lanes that multiply a float by a weight.

    A weight is ``+-odd * 2**k``. The element's significand is multiplied by ``odd``, a short sum of
    powers of two; k is added to the element's exponent, and one shifter puts the product at its
    place. BitMoD (HPCA 2025, section 4.2) adds exponents likewise, but then aligns the lanes to the
    largest and drops what falls off.

    Parameters
    ----------
    pipeline : Pipeline
    config : CodebookDotConfig
    selector : Timed or None
        Which special value the group has.
    """

    def __init__(self, pipeline, config, selector):
        self.pipeline, self.config = pipeline, config
        integers = config.values.integers
        self._odd = {each: _odd_part(abs(each)) for each in integers}
        self._plan = term_plan(self._odd.values())
        self._decoder = LaneDecoder(pipeline, config.values, selector)
        self._decoders = [
            LaneDecoder(pipeline, config.values, selector, signed=False) for _ in self._plan.offsets
        ]

    def product(self, address, code, name):
        """Return the `FloatProduct` of a weight and an element.

        Parameters
        ----------
        address : Timed
            Of the weight's integer.
        code : Timed
            Element.
        name : str
            Of the lane in the emitted Verilog.
        """
        pipeline, config, decoder = self.pipeline, self.config, self._decoder
        x = unpack(pipeline, code, config.fmt, name=name)
        significand = self._multiplied(x.significand, address, name)
        amount, low, high = self._amount(x, address, name)
        bits, mask = shift_left(pipeline, significand, amount, low, high, f"{name}_placed")
        largest = max(map(abs, config.element_bounds)) * max(map(abs, self._odd))
        width = min(largest.bit_length(), len(bits))
        bits = pipeline.slice(bits, 0, width)
        if mask is not None:
            mask = pipeline.slice(mask, 0, width)
        sign = decoder.bit("sign", lambda integer, _: _sign_or_either(integer), address)
        sign = pipeline.bit(lambda s, t: s ^ t, sign, x.sign, name=f"{name}_sign")
        operand = Operand(bits, 0, largest, mask, sign)
        return FloatProduct(operand, *self._specials(x, address, sign, name))

    def _multiplied(self, x, address, name):
        """Return the significand times the weight's odd part."""
        pipeline, plan = self.pipeline, self._plan
        most = (1 << len(x)) - 1
        largest = most * max(self._odd.values())
        terms = []
        for number, offset in enumerate(plan.offsets):
            digits = {each: (plan.digits[odd][number],) for each, odd in self._odd.items()}
            one = TermPlan((offset,), plan.window, digits)
            decoder, label = self._decoders[number], f"{name}_term{number}"
            term = term_of(decoder, one, address, x, (0, most), None, label)
            bits = pipeline.free(lambda value, by=offset: Cat(Const(0, by), value), term.bits)
            reach = 1 << offset
            terms.append(
                Operand(bits, term.minimum * reach, term.maximum * reach, term.mask, term.sign)
            )
        total = add_tree(pipeline, terms, f"{name}_product")
        if total.sign is not None or total.mask is not None:
            total = negate_if(pipeline, total)
        # terms may reach further than their sums do
        width = min(largest.bit_length(), len(total.bits))
        return pipeline.free(lambda value: value[:width].as_unsigned(), total.bits)

    def _amount(self, x, address, name):
        """Return (places that the product is shifted by, the least and the most of them)."""
        pipeline = self.pipeline
        least, most = x.exponent_range
        shifts = {each: _power(each) for each in self._odd if each}
        further = max(shifts.values())
        if not further:
            return x.exponent, least, most
        bits = [
            self._decoder.bit(
                f"power_{at}", lambda integer, _, at=at: _power(integer) >> at & 1, address
            )
            for at in range(further.bit_length())
        ]
        power = pipeline.concatenate(bits)
        shape = unsigned((most + further).bit_length())
        amount = add(pipeline, Term(x.exponent), Term(power), shape, name=f"{name}_exponent_sum")
        return amount, least, most + further

    def _specials(self, x, address, sign, name):
        """Return (whether the product is NaN, +infinity, -infinity)."""
        pipeline = self.pipeline
        if x.is_infinite is None:
            return x.is_nan, None, None
        zero = self._decoder.bit("zero", lambda integer, _: int(integer == 0), address)
        nan = pipeline.bit(
            lambda n, i, z: n | (i & z), x.is_nan, x.is_infinite, zero, name=f"{name}_nan"
        )
        positive, negative = (
            pipeline.bit(
                lambda i, s, wanted=wanted: i & (s == wanted), x.is_infinite, sign, name=label
            )
            for wanted, label in ((0, f"{name}_inf"), (1, f"{name}_minus_inf"))
        )
        return nan, positive, negative


def _odd_part(size):
    """Return a natural number without its factors of two."""
    return size >> _power(size)


def _power(integer):
    """Return how often 2 divides an integer, 0 for 0."""
    return (integer & -integer).bit_length() - 1 if integer else 0


def _sign_or_either(integer):
    return None if integer == 0 else int(integer < 0)
