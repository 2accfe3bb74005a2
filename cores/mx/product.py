"""The product of two elements as one operand of an exact fixed-point sum."""

from amaranth.hdl import Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.multiply import fits_hard_multiplier, multiply
from hwgen.cores.arith.multiply_pair import multiply_pair, pair_fits
from hwgen.cores.arith.shift import shift_left
from hwgen.cores.arith.table import lookup
from hwgen.cores.arith.tree import Operand
from hwgen.cores.mx.element import ElementRange
from hwgen.cores.mx.small_product import multiply_by_network, network_for

__all__ = ["hard_products", "multiply_elements", "pairs_fit", "product_range"]


def product_range(format_a, format_b, specials):
    """Return (minimum, maximum) of one product of elements in units of its lowest bit.

    The range is before the sign where the operands carry one, so that it is symmetric or
    unsigned in the sum.
    """
    a, b = (ElementRange.of(each, specials) for each in (format_a, format_b))
    corners = [x * y for x in (a.minimum, a.maximum) for y in (b.minimum, b.maximum)]
    return min(corners), max(corners)


def pairs_fit(format_a, format_b, fabric):
    """Return whether a hard multiplier takes two products of these element formats."""
    formats = (format_a, format_b)
    if not all(hasattr(each, "exponent_bits") for each in formats):
        return False
    return pair_fits(fabric, *(each.significand_bits + 1 for each in formats))


def hard_products(pipeline, formats, pairs, name="lane"):
    """Return the products of decoded elements' significands from hard multipliers.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the products become part of.
    formats : (Format, Format)
        Element formats of the operands.
    pairs : list of (Element, Element)
        Operands; two pairs share one multiplier where they fit.
    name : str
        Prefix of the names in the emitted Verilog.

    Returns
    -------
    list of Timed
        Empty where a network of tables is smaller than what surrounds a multiplier, or a
        multiplier is too slow.
    """
    fabric = pipeline.fabric
    fast = fits_hard_multiplier(pipeline, fabric.multiplier_bits, fabric.multiplier_bits)
    if network_for(*formats, fabric) is not None or not fast:
        return []
    operands = [(a.significand, b.significand) for a, b in pairs]
    step = 2 if pairs_fit(*formats, fabric) else 1
    products = []
    for start in range(0, len(operands), step):
        group = operands[start : start + step]
        prefix = f"{name}{start}_product"
        if len(group) == 2:
            products += multiply_pair(pipeline, *group, prefix)
        else:
            products.append(multiply(pipeline, *group[0], True, prefix))
    return products


def multiply_elements(pipeline, formats, elements, specials, hard, name, significands=None):
    """Multiply two decoded elements exactly.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the product becomes part of.
    formats : (Format, Format)
        Element formats of the operands.
    elements : (Element, Element)
        Decoded operands.
    specials : str
        Policy for NaN and infinity codes.
    hard : bool
        Whether the significands go through a hard multiplier.
    name : str
        Prefix of the names in the emitted Verilog.
    significands : Timed or None
        Product of the significands, where it exists already.

    Returns
    -------
    Operand
        Product in units of 2 to the sum of both formats' lowest exponents.
    """
    a, b = elements
    minimum, maximum = product_range(*formats, specials)
    sign = _product_sign(pipeline, a, b, name)
    network = network_for(*formats, pipeline.fabric)
    if network is not None and significands is None:
        product = multiply_by_network(pipeline, network, a.magnitude, b.magnitude, name)
        return Operand(product, minimum, maximum, sign=sign)
    product = significands
    if product is None:
        product = multiply(pipeline, a.significand, b.significand, hard, f"{name}_product")
    ranges = [ElementRange.of(each, specials) for each in formats]
    exponents = [
        (element.exponent, each)
        for element, each in zip(elements, ranges, strict=True)
        if element.exponent is not None
    ]
    if not exponents:
        return Operand(product, minimum, maximum, sign=sign)
    low = sum(each.exponent_low for _, each in exponents)
    high = sum(each.exponent_high for _, each in exponents)
    amount = exponents[0][0]
    if len(exponents) == 2:
        amount = _sum_of_exponents(pipeline, exponents[0][0], exponents[1][0], high, name)
    if product.signal.shape().signed:
        return _shift_signed(pipeline, product, amount, (low, high), minimum, maximum, sign, name)
    bits, mask = shift_left(pipeline, product, amount, low, high, f"{name}_shifted")
    return Operand(bits, minimum, maximum, mask, sign)


def _product_sign(pipeline, a, b, name):
    if a.sign is None or b.sign is None:
        return a.sign if b.sign is None else b.sign
    return pipeline.logic(
        lambda x, y: x ^ y, a.sign, b.sign, shape=unsigned(1), name=f"{name}_sign"
    )


def _sum_of_exponents(pipeline, a, b, high, name):
    shape = unsigned(high.bit_length())
    if len(a) + len(b) <= 4:
        width = len(a)

        def total(address):
            return (address & ((1 << width) - 1)) + (address >> width)

        return pipeline.logic(
            lambda x, y: lookup([*x, *y], total, shape.width),
            a,
            b,
            shape=shape,
            name=f"{name}_exponent",
        )
    return add(pipeline, Term(a), Term(b), shape, name=f"{name}_exponent")


def _shift_signed(pipeline, product, amount, limits, minimum, maximum, sign, name):
    """Shift a two's complement product left, one stage a bit of the amount."""
    low, high = limits
    value = product
    for stage in range(high.bit_length()):
        value = pipeline.logic(
            lambda bits, select, stage=stage: Mux(select[stage], bits << (1 << stage), bits),
            value,
            amount,
            name=f"{name}_shifted_{1 << stage}",
        )
    width = len(product) + high - low
    shifted = pipeline.free(lambda bits: bits[low : low + width].as_signed(), value)
    return Operand(shifted, minimum, maximum, sign=sign)
