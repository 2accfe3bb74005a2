"""The order of a product's tokens: tiles of the vector come in while an earlier one is in use."""

from dataclasses import dataclass

from amaranth.hdl import Mux, Signal, Value

__all__ = ["Order", "follow"]


@dataclass(frozen=True)
class Order:
    """What the next token is, as signals in the cycle in which it is accepted.

    Parameters
    ----------
    loads, computes : Value
        Whether an element of the vector is taken from it, and whether weights are.
    element : Value
        Number of that element within its tile.
    completes : Value
        1 if it is the tile's last.
    ends : Value
        1 if the weights are the last that their tile serves.
    row : Value
        Row that the weights belong to.
    first_plane, first, last : Value
        Whether the weights belong to a tile's first plane, to a product's first tile and plane,
        to its last.
    load_bank, use_bank : Value
        Half of the tables' memories that the tile which comes in is for, and the one in use.
    waits : Value
        1 while no token may be accepted: the tables of the only tile are being filled.
    """

    loads: Value
    computes: Value
    element: Value
    completes: Value
    ends: Value
    row: Value
    first_plane: Value
    first: Value
    last: Value
    load_bank: Value
    use_bank: Value
    waits: Value


def follow(m, config, load, compute, update, filled):
    """Count elements, rows, planes and tiles; return the :class:`Order`.

    Parameters
    ----------
    m : Module
    config : LutGemmConfig
    load, compute : Value
        Marks of the token that is offered.
    update : Value
        1 while it is accepted.
    filled : Value
        1 in the cycle in which the last entry of a tile's tables is written.
    """
    held, both = Signal(name="tile_held"), Signal(name="both_tiles_held")
    unfinished = Signal(name="tables_unfinished")
    loads, computes = Signal(name="loads"), Signal(name="computes")
    m.d.comb += [loads.eq(load & ~both), computes.eq(compute & held)]
    element, completes = _count(m, update & loads, config.lanes, "element")
    row, last_row = _count(m, update & computes, config.rows, "row")
    plane, last_plane = _count(m, update & computes & last_row, config.bits, "plane")
    full, ends = Signal(name="completes"), Signal(name="ends")
    m.d.comb += [full.eq(loads & completes), ends.eq(computes & last_row & last_plane)]
    tile, last_tile = _count(m, update & ends, config.tiles, "tile")
    load_bank, use_bank = Signal(name="load_bank"), Signal(name="use_bank")
    with m.If(update):
        m.d.sync += [load_bank.eq(load_bank ^ full), use_bank.eq(use_bank ^ ends)]
        with m.If(full & ~ends):
            m.d.sync += [both.eq(held), held.eq(1)]
        with m.Elif(ends & ~full):
            m.d.sync += [held.eq(both), both.eq(0)]
    with m.If(update & full):
        m.d.sync += unfinished.eq(1)
    with m.Elif(filled):
        m.d.sync += unfinished.eq(0)
    first_plane = plane == 0
    return Order(
        loads=loads,
        computes=computes,
        element=element,
        completes=full,
        ends=ends,
        row=row,
        first_plane=first_plane,
        first=first_plane & (tile == 0),
        last=last_plane & last_tile,
        load_bank=load_bank,
        use_bank=use_bank,
        waits=held & ~both & unfinished,
    )


def _count(m, step, limit, name):
    """Return a counter below ``limit`` that moves with ``step``, and whether it is at its end."""
    number, last = Signal(range(limit), name=name), Signal(name=f"last_{name}")
    m.d.comb += last.eq(number == limit - 1)
    with m.If(step):
        m.d.sync += number.eq(Mux(last, 0, number + 1))
    return number, last
