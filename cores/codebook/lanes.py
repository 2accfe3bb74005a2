"""What a lane adds: its weight's integer times its element, as a product or as one term of it."""

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.table import lookup
from hwgen.cores.arith.tree import Operand

__all__ = ["LaneDecoder", "addresses_of", "multiplied", "term_of"]


def addresses_of(pipeline, weights, codes):
    """Return the addresses of the lanes' integers: codes, in pairs with a victim's mark.

    ``weights`` is the Codebook or the OutlierPairs that the codes are of.
    """
    mark = getattr(weights, "victim_code", None)
    if mark is None:
        return codes
    victims = [
        pipeline.bit(lambda code: code == mark, code, name=f"victim{lane}")
        for lane, code in enumerate(codes)
    ]
    return [pipeline.concatenate([code, victims[lane ^ 1]]) for lane, code in enumerate(codes)]


_MOST_LEVELS = 3


class LaneDecoder:
    """Tables from a lane's address to control bits, with those of the special address in common.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the tables become part of.
    values : LaneValues
        What the addresses stand for.
    selector : Timed or None
        Which special value the group has.
    signed : bool
        Whether a bit that may be either is the address's top one, often a sign; else it is 0.
    """

    def __init__(self, pipeline, values, selector, signed=True):
        self.pipeline, self.values, self.selector = pipeline, values, selector
        self.signed = signed
        self._special_bits = {}
        # units with the same weights share the tables
        self._made = {}

    def bit(self, name, function, address, step=None):
        """Return one bit of an integer, or a constant.

        Parameters
        ----------
        name : str
            Of the bit, the same in every lane.
        function : callable
            Takes the integer and the step (0 without one), returns 0, 1 or None for either.
        address : Timed
            Of the lane.
        step : Timed or None
            Number of the term.
        """
        key = name, id(address)
        if key not in self._made:
            self._made[key] = address, self._bit(name, function, address, step)
        return self._made[key][1]

    def _bit(self, name, function, address, step):
        values, size = self.values, self.values.address_width
        steps = [] if step is None else [step]

        def of_address(given):
            low = given & (1 << size) - 1
            return self._chosen(function(values.table[low], given >> size), low)

        count = size + sum(map(len, steps))
        if values.special is None:
            return self._table(name, of_address, address, *steps, count=count)
        special = self._special_bit(name, function, step)

        def of_both(given):
            inner = given >> 1
            at_special = inner & (1 << size) - 1 == values.special
            return given & 1 if at_special else of_address(inner)

        return self._table(name, of_both, special, address, *steps, count=count + 1)

    def _special_bit(self, name, function, step):
        if name not in self._special_bits:
            width = len(self.selector)

            def of_selector(given):
                integer = self.values.specials[given & (1 << width) - 1]
                return self._chosen(function(integer, given >> width), 0)

            inputs = [self.selector] + [step] * (step is not None)
            count = sum(map(len, inputs))
            found = self._table(f"special_{name}", of_selector, *inputs, count=count)
            self._special_bits[name] = self.pipeline.broadcast(found)
        return self._special_bits[name]

    def _chosen(self, bit, address):
        """Return a bit, also one that may be either."""
        if bit is not None:
            return bit
        return address >> self.values.address_width - 1 if self.signed else 0

    def _table(self, name, function, *inputs, count):
        outputs = {function(given) for given in range(1 << count)}
        if len(outputs) == 1:
            return self.pipeline.constant(Const(outputs.pop(), 1))
        # an input more takes a level more, until few combinations of the inputs matter
        beyond = max(0, count - self.pipeline.fabric.lut_inputs)
        levels = 1 + min(beyond, _MOST_LEVELS)
        return self.pipeline.bit(
            lambda *bits: lookup(list(Cat(*bits)), function, 1), *inputs, levels=levels, name=name
        )


def _constant(value):
    """Return the value of a constant bit, None where it is none."""
    return value.signal.value if isinstance(value.signal, Const) else None


def _sign_or_none(sign):
    return None if _constant(sign) == 0 else sign


def multiplied(decoder, address, x, bounds, hard, far, name):
    """Return a lane's product as an `Operand`.

    Parameters
    ----------
    decoder : LaneDecoder
    address : Timed
        Of the weight's integer.
    x : Timed
        Element of the vector.
    bounds : (int, int)
        Least and greatest element.
    hard : callable
        Takes both factors, returns whether a hard multiplier multiplies them.
    far : bool
        Whether hard multipliers lie so far from each other that their products need a register.
    name : str
        Of the product in the emitted Verilog.
    """
    pipeline, values = decoder.pipeline, decoder.values
    shape = values.shape

    def part(at):
        return lambda integer, step: (abs(integer) if values.magnitudes else integer) >> at & 1

    bits = [decoder.bit(f"weight_{at}", part(at), address) for at in range(shape.width)]
    sign = None
    if values.magnitudes:
        sign = _sign_or_none(decoder.bit("sign", lambda value, step: _sign_of(value), address))
    products = [x_end * end for x_end in bounds for end in values.bounds]
    low, high = min(products), max(products)
    weight = pipeline.free(
        lambda *each: Cat(*each).as_signed() if shape.signed else Cat(*each), *bits
    )
    uses_hard = hard(x, weight)
    product = multiply(pipeline, x, weight, uses_hard, name)
    if uses_hard and far and pipeline.period is not None:
        product = pipeline.register(product)
    return Operand(product, low, high, sign=sign)


def _sign_of(integer):
    return None if integer == 0 else int(integer < 0)


def term_of(decoder, plan, address, x, bounds, step, name):
    """Return one term of a lane's product, less the step's offset, as an `Operand`.

    Parameters
    ----------
    decoder, address, x, bounds, name
        As in `multiplied`.
    plan : TermPlan
        The terms of every integer.
    step : Timed or None
        Which term; None where there is one only.
    """

    def digit(integer, number):
        # steps beyond the last do not occur
        return plan.digits[integer][min(number, plan.steps - 1)]

    def table(what, function):
        def of_digit(integer, number):
            found = digit(integer, number)
            return None if found is None and what != "some" else function(found)

        return decoder.bit(what, of_digit, address, step)

    some = table("some", lambda found: int(found is not None))
    sign = _sign_or_none(table("sign", lambda found: int(found[1])))
    mask = None if _constant(some) == 1 else some
    bits = x
    levels = (plan.window - 1).bit_length()
    for level in range(levels):
        amount = table(f"shift_{level}", lambda found, at=level: found[0] >> at & 1)
        last = level == levels - 1
        most = min(plan.window, 2 << level) - 1
        keep = [mask] if last and mask is not None else []
        bits = _shifted(decoder.pipeline, bits, amount, keep, level, len(x) + most, name)
    reach = 1 << plan.window - 1
    low, high = min(bounds[0] * reach, bounds[0], 0), max(bounds[1] * reach, bounds[1], 0)
    return Operand(bits, low, high, mask=None if levels else mask, sign=sign)


def _shifted(pipeline, value, amount, keep, level, width, name):
    """Return ``value << (amount << level)``, or zero where a bit of ``keep`` is zero."""
    shape = signed(width) if value.signal.shape().signed else unsigned(width)

    def moved(bits, one, *kept):
        result = Mux(one, bits << (1 << level), bits)
        return Mux(kept[0], result, 0) if kept else result

    return pipeline.logic(moved, value, amount, *keep, shape=shape, name=f"{name}_shift_{level}")
