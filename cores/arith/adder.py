"""Adders on carry chains: two terms, each optionally masked or inverted, in one look-up level."""

from dataclasses import dataclass
from itertools import product

from amaranth.hdl import Cat, Const, Instance, Signal, Value, signed, unsigned
from hwgen.cores.arith.timed import Timed

__all__ = ["Term", "add", "add_three"]

_SHORTEST_SEGMENT = 4


@dataclass(frozen=True)
class Term:
    """One operand of an adder: ``(bits & mask) ^ invert``.

    Parameters
    ----------
    bits : Timed
        The operand; sign-extended if its shape is signed.
    mask : Timed or None
        One bit, or one a bit of an unsigned operand; 0 makes the operand zero there.
    invert : Timed or None
        One bit; 1 complements the operand after the mask. With a carry in of the same bit the
        operand is negated.
    """

    bits: Timed
    mask: Timed | None = None
    invert: Timed | None = None

    def controls(self):
        """Return the control bits that are present."""
        return [each for each in (self.mask, self.invert) if each is not None]

    def at(self, pipeline, stage):
        """Return the members as signals of ``stage``, ``None`` where absent."""
        return {
            name: None if member is None else pipeline.at(member, stage)
            for name, member in vars(self).items()
        }


def _extend(value, width):
    """Return ``value`` sign- or zero-extended (or cut) to ``width`` bits."""
    value = Value.cast(value)
    if len(value) >= width:
        return value[:width]
    top = value[-1] if value.shape().signed else Const(0, 1)
    return Cat(value, top.replicate(width - len(value)))


def _spread(control, width):
    """Return a one-bit control for every bit, or a control vector cut or padded to ``width``."""
    return control.replicate(width) if len(control) == 1 else _extend(control, width)


def _applied(bits, mask, invert, width):
    result = _extend(bits, width)
    if mask is not None:
        result = result & _spread(mask, width)
    if invert is not None:
        result = result ^ _spread(invert, width)
    return result


def _table(function, inputs):
    """Return the truth table of a function of so many bits; the first is the lowest address bit."""
    return sum(
        int(bool(function(*reversed(bits)))) << address
        for address, bits in enumerate(product((0, 1), repeat=inputs))
    )


def _members(term, number):
    """Return what feeds a term's bit: pairs of member and number of the term."""
    controls = [name for name in ("mask", "invert") if getattr(term, name) is not None]
    return [(name, number) for name in ("bits", *controls)]


def _value(given, number):
    """Return the bit of a term from the bits that feed it."""
    masked = given["bits", number] & given.get(("mask", number), 1)
    return masked ^ given.get(("invert", number), 0)


def _tables(order, *functions):
    """Return one truth table a function; each takes a dict from what ``order`` names to bits."""
    return [
        _table(lambda *bits, f=function: f(dict(zip(order, bits, strict=True))), len(order))
        for function in functions
    ]


def _assign_four(x, y):
    """Return (parameters, order) that realise ``x + y`` in tables of four inputs, or None.

    ``order`` names what feeds a, b, c, d: pairs of member and term (0 for x, 1 for y).
    The chain needs x to be a function of a and b, and y to be 0 at c = d = 0.
    """
    kinds = tuple((term.mask is not None, term.invert is not None) for term in (x, y))
    if (True, True) not in kinds:
        order = [each for number, term in enumerate((x, y)) for each in _padded(term, number)]
    elif kinds == ((False, False), (True, True)):
        order = [("bits", 0), ("bits", 1), ("invert", 1), ("mask", 1)]
    else:
        return None
    (table,) = _tables(order, lambda given: _value(given, 0) ^ _value(given, 1))
    return {"INIT": Const(table, 16)}, order


def _padded(term, number):
    members = _members(term, number)
    return members + [None] * (2 - len(members))


def _assign_five(x, y):
    """Return (parameters, order) that realise ``x + y`` in tables of five inputs, or None.

    A plain x reaches the carry chain past the table, any other x by the table's second output.
    """
    order = [*_members(x, 0), *_members(y, 1)]
    if len(order) > 5:
        return None
    order += [None] * (5 - len(order))
    total, first = _tables(
        order, lambda given: _value(given, 0) ^ _value(given, 1), lambda given: _value(given, 0)
    )
    direct = int(x.mask is None and x.invert is None)
    return {"SUM": Const(total, 64), "X": Const(first, 32), "DIRECT": direct}, order


def _assigned(fabric, x, y):
    """Return (x, y, parameters, order) of a chain that adds both terms in either order, or None."""
    assign = _assign_four if fabric.carry_inputs == 4 else _assign_five
    plain_first = sorted((x, y), key=lambda term: len(term.controls()))
    for first, second in ((x, y), (y, x)) if fabric.carry_inputs == 4 else (plain_first,):
        found = assign(first, second)
        if found is not None:
            return first, second, *found
    return None


def _carry_of_lowest_bit(x, y, carry_in, order):
    """Return the table of bit 0's carry out if the chain can do without a slot for the carry in.

    The carry in must be the inversion of ``y``, one of the four inputs. The slot has a carry in
    of 1, so that it hands on its table, unless that is 0 where its low part, addressed by a and b
    alone, is 1.
    """
    if carry_in is not y.invert or x.invert is not None or len(carry_in) != 1:
        return None

    def carry(given):
        return _value(given, 0) + _value(given, 1) + given["invert", 1] > 1

    (table,) = _tables(order, carry)
    low = [table >> address % 4 & 1 for address in range(16)]
    fits = all(table >> address & 1 for address in range(16) if low[address])
    return table if fits else None


def _materialized(pipeline, term, width, name):
    """Return ``term`` with its controls applied in look-up tables of their own."""
    inputs = [term.bits, *term.controls()]

    def apply(bits, *controls):
        controls = list(controls)
        mask = controls.pop(0) if term.mask is not None else None
        invert = controls.pop(0) if term.invert is not None else None
        return _applied(bits, mask, invert, width)

    value = pipeline.logic(apply, *inputs, shape=signed(width), name=name)
    return Term(value)


def add(pipeline, x, y, shape, carry_in=0, name="sum", divisible=False):
    """Add two terms on one carry chain.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the adder becomes part of.
    x, y : Term
        Operands. At most one of them may have both a mask and an inversion without cost; what
        does not fit into the chain's own tables gets look-up tables in front.
    shape : Shape
        Shape of the sum; the caller knows that the sum fits, or wants it modulo its width.
    carry_in : Timed or int
        0, 1, or one bit added at the least significant position.
    name : str
        Name of the sum in the emitted Verilog.
    divisible : bool
        Whether a chain that is longer than the clock period is cut into several stages; not in
        a loop, which has one.

    Returns
    -------
    Timed
        The sum.
    """
    width = shape.width
    dynamic = isinstance(carry_in, Timed)
    size = _segment_size(pipeline, x, y, width, dynamic) if divisible else width
    if size < width:
        return _add_in_segments(pipeline, x, y, shape, carry_in, size, name)
    fabric = pipeline.fabric
    chained = fabric.carry_chain_module is not None
    if chained:
        if _assigned(fabric, x, y) is None:
            x = _materialized(pipeline, x, width, f"{name}_x")
        if _assigned(fabric, x, y) is None:
            y = _materialized(pipeline, y, width, f"{name}_y")
        x, y, parameters, order = _assigned(fabric, x, y)
    inputs = [x.bits, *x.controls(), y.bits, *y.controls()]
    delay = fabric.carry_chain_delay(width + dynamic)
    if not chained and any((*x.controls(), *y.controls())):
        delay += fabric.logic_delay()
    single = [carry_in] * dynamic
    stage, arrival = pipeline.start(inputs, delay, width=width, single=single)
    result = Signal(shape, name=name)
    carry = pipeline.at(carry_in, stage) if dynamic else Const(carry_in, 1)
    members = [term.at(pipeline, stage) for term in (x, y)]
    if pipeline.sizing:
        return pipeline.chained(result, stage, arrival + delay)
    if not chained:
        operands = [_applied(**member, width=width) for member in members]
        pipeline.m.d.comb += result.eq(operands[0] + operands[1] + carry)
        return pipeline.chained(result, stage, arrival + delay)
    if fabric.carry_inputs == 4:
        kind, low_table = (2 if dynamic else carry_in), 0
        if dynamic and width % 2 == 0 and width > 2:
            folded = _carry_of_lowest_bit(x, y, carry_in, order)
            if folded is not None:
                kind, low_table = 3, folded
        parameters |= {"CARRY_IN": kind, "LOW_INIT": Const(low_table, 16)}
    else:
        parameters["CELL"] = fabric.carry_cell_bits
        order = [*order, None]
    pipeline.m.submodules += Instance(
        fabric.carry_chain_module,
        p_WIDTH=width,
        **{f"p_{parameter}": value for parameter, value in parameters.items()},
        **_ports(order, members, width),
        i_ci=carry,
        o_s=result,
    )
    return pipeline.chained(result, stage, arrival + delay)


def _segment_size(pipeline, x, y, width, dynamic):
    """Return how many bits to add on one chain: ``width``, or less if that does not fit.

    ``dynamic``: the carry in is no constant, and so takes a slot of the chain.
    """
    if pipeline.period is None:
        return width
    fabric = pipeline.fabric
    controls = (*x.controls(), *y.controls())
    left = pipeline.period - fabric.launch_delay - fabric.capture_delay - fabric.carry_delay
    left -= max(pipeline.fan_out_delay(each, width) for each in (x.bits, y.bits, *controls))
    left -= fabric.spread(width)
    if fabric.carry_chain_module is None and controls:
        left -= fabric.logic_delay()
    # a slot for the carry in and one for the carry out
    slots = int(left / fabric.carry_delay_per_bit)
    fits = max(_SHORTEST_SEGMENT, slots - 2)
    if width + dynamic <= max(_SHORTEST_SEGMENT + 2, slots):
        return width
    return -(-width // -(-width // fits))


def _add_in_segments(pipeline, x, y, shape, carry_in, size, name):
    """Add ``size`` bits at a time, from the lowest up; each carry goes to the next stage."""
    width, pieces = shape.width, []
    for low in range(0, width, size):
        bits = min(size, width - low)
        last = low + bits == width
        terms = [_segment(pipeline, term, low, bits, width, last) for term in (x, y)]
        shape_of_sum = unsigned(bits + (not last))
        total = add(pipeline, *terms, shape_of_sum, carry_in, f"{name}_{low}")
        pieces.append(pipeline.slice(total, 0, bits))
        carry_in = None if last else pipeline.slice(total, bits, bits + 1)
    return pipeline.free(
        lambda *parts: Cat(*parts).as_signed() if shape.signed else Cat(*parts), *pieces
    )


def _segment(pipeline, term, low, bits, width, last):
    """Return bits ``low`` and up of a term; above them it is 0 unless they are the last."""

    def cut(value):
        return _spread(value, width)[low : low + bits]

    mask, invert = term.mask, term.invert
    if mask is not None and len(mask) > 1:
        mask = pipeline.free(cut, mask)
    if invert is not None and (len(invert) > 1 or not last):
        invert = pipeline.free(cut, invert)
    operand = pipeline.free(lambda value: _extend(value, width)[low : low + bits], term.bits)
    return Term(operand, mask, invert)


def _ports(order, members, width):
    """Return the inputs a, b, ... of a chain as ``order`` names them."""
    ports = {}
    for port, feed in zip("abcdef", order, strict=False):
        if feed is None:
            value = Const(0, width)
        elif feed[0] == "bits":
            value = _extend(members[feed[1]]["bits"], width)
        else:
            value = _spread(members[feed[1]][feed[0]], width)
        ports[f"i_{port}"] = value
    return ports


def add_three(pipeline, terms, shape, carries=(), name="sum"):
    """Add three terms with one look-up table a bit, on a fabric that has a ``ternary_module``.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the adder becomes part of.
    terms : list of Term
        Three operands; at most one control (mask or inversion) among them.
    shape : Shape
        Shape of the sum; the caller knows that the sum fits, or wants it modulo its width.
    carries : sequence of Timed
        Up to two bits added at the least significant position.
    name : str
        Name of the sum in the emitted Verilog.

    Raises
    ------
    ValueError
        If the terms have more than one control.
    """
    fabric, width = pipeline.fabric, shape.width
    order = [each for number, term in enumerate(terms) for each in _members(term, number)]
    if len(order) > 4:
        raise ValueError(f"three terms must have at most one control, not {len(order) - 3}")
    order += [None] * (4 - len(order))
    total, majority = _tables(
        order,
        lambda given: sum(_value(given, number) for number in range(3)) % 2,
        lambda given: sum(_value(given, number) for number in range(3)) > 1,
    )
    inputs = [each for term in terms for each in (term.bits, *term.controls())]
    delay = fabric.carry_chain_delay(width + 1) + fabric.logic_delay()
    stage, arrival = pipeline.start([*inputs, *carries], delay)
    bits = [pipeline.at(each, stage) for each in carries] + [Const(0, 1)] * (2 - len(carries))
    result = Signal(shape, name=name)
    pipeline.m.submodules += Instance(
        fabric.ternary_module,
        p_WIDTH=width,
        p_SUM=Const(total, 16),
        p_MAJORITY=Const(majority, 16),
        p_CELL=fabric.carry_cell_bits,
        **_ports(order, [term.at(pipeline, stage) for term in terms], width),
        i_ci=bits[0],
        i_second_ci=bits[1],
        o_s=result,
    )
    return pipeline.chained(result, stage, arrival + delay)
