"""Adders on carry chains: two terms, each optionally masked or inverted, in one look-up level."""

from dataclasses import dataclass
from pathlib import Path

from amaranth.hdl import Cat, Const, Instance, Signal, Value, signed
from hwgen.cores.arith.lut4 import truth_table
from hwgen.cores.arith.pipeline import Timed

__all__ = ["CARRY_CHAIN_LIBRARY", "Term", "add"]

CARRY_CHAIN_LIBRARY = Path(__file__).with_name("carry_chain.v")


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


def _assign_inputs(x, y):
    """Return (table, order) that realise ``x + y`` in one table, or None if it does not fit.

    ``order`` names what feeds a, b, c, d: pairs of term (0 for x, 1 for y) and member.
    The chain needs x to be a function of a and b, and y to be 0 at c = d = 0.
    """
    kinds = tuple((term.mask is not None, term.invert is not None) for term in (x, y))
    plain, masked, inverted, both = (False, False), (True, False), (False, True), (True, True)
    single = {
        plain: (["bits", None], lambda bits, _: bits),
        masked: (["bits", "mask"], lambda bits, mask: bits & mask),
        inverted: (["bits", "invert"], lambda bits, invert: bits ^ invert),
    }
    if kinds[0] in single and kinds[1] in single:
        members_x, x_of = single[kinds[0]]
        members_y, y_of = single[kinds[1]]
        order = [member and (member, 0) for member in members_x]
        order += [member and (member, 1) for member in members_y]
        return truth_table(lambda a, b, c, d: x_of(a, b) ^ y_of(c, d)), order
    if kinds == (plain, both):
        order = [("bits", 0), ("bits", 1), ("invert", 1), ("mask", 1)]
        return truth_table(lambda a, b, c, d: a ^ ((b & d) ^ c)), order
    return None


def _carry_of_lowest_bit(x, y, carry_in, order):
    """Return the table of bit 0's carry out if the chain can do without a slot for the carry in.

    The carry in must be the inversion of ``y``, one of the four inputs. The slot has a carry in
    of 1, so that it hands on its table, unless that is 0 where its low part, addressed by a and b
    alone, is 1.
    """
    if carry_in is not y.invert or x.invert is not None or len(carry_in) != 1:
        return None

    def carry(*inputs):
        given = {feed: bit for feed, bit in zip(order, inputs, strict=True) if feed}
        invert = given["invert", 1]
        bits_x = given["bits", 0] & given.get(("mask", 0), 1)
        bits_y = given["bits", 1] & given.get(("mask", 1), 1) ^ invert
        return bits_x + bits_y + invert > 1

    table = truth_table(carry)
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


def add(pipeline, x, y, shape, carry_in=0, name="sum"):
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

    Returns
    -------
    Timed
        The sum.
    """
    width = shape.width
    fabric = pipeline.fabric
    dynamic = isinstance(carry_in, Timed)
    if fabric.carry_chain_module is not None:
        if _assign_inputs(x, y) is None and _assign_inputs(y, x) is not None:
            x, y = y, x
        if _assign_inputs(x, y) is None:
            x = _materialized(pipeline, x, width, f"{name}_x")
        if _assign_inputs(x, y) is None:
            y = _materialized(pipeline, y, width, f"{name}_y")
    inputs = [x.bits, *x.controls(), y.bits, *y.controls()] + [carry_in] * dynamic
    delay = fabric.carry_chain_delay(width + dynamic)
    if fabric.carry_chain_module is None and any((*x.controls(), *y.controls())):
        delay += fabric.logic_delay()
    stage, arrival = pipeline.start(inputs, delay)
    result = Signal(shape, name=name)
    carry = pipeline.at(carry_in, stage) if dynamic else Const(carry_in, 1)
    members = [term.at(pipeline, stage) for term in (x, y)]
    if fabric.carry_chain_module is None:
        operands = [_applied(**member, width=width) for member in members]
        pipeline.m.d.comb += result.eq(operands[0] + operands[1] + carry)
    else:
        table, order = _assign_inputs(x, y)
        kind, low_table = (2 if dynamic else carry_in), 0
        if dynamic and width % 2 == 0 and width > 2:
            folded = _carry_of_lowest_bit(x, y, carry_in, order)
            if folded is not None:
                kind, low_table = 3, folded
        ports = []
        for feed in order:
            if feed is None:
                ports.append(Const(0, width))
            elif feed[0] == "bits":
                ports.append(_extend(members[feed[1]]["bits"], width))
            else:
                ports.append(_spread(members[feed[1]][feed[0]], width))
        pipeline.m.submodules += Instance(
            fabric.carry_chain_module,
            p_WIDTH=width,
            p_INIT=Const(table, 16),
            p_LOW_INIT=Const(low_table, 16),
            p_CARRY_IN=kind,
            i_a=ports[0],
            i_b=ports[1],
            i_c=ports[2],
            i_d=ports[3],
            i_ci=carry,
            o_s=result,
        )
    return Timed(result, stage, arrival + delay)
