"""Constant matrix times vector on a pipeline: the adders of a shared graph, no multipliers."""

from amaranth.hdl import Cat, Const, signed, unsigned
from hwgen.cores.arith.adder import Term as Addend
from hwgen.cores.arith.adder import add, add_three
from hwgen.cores.arith.shift_add_search import find_graph
from hwgen.cores.arith.shift_add_ternary import fuse
from hwgen.cores.arith.tree import shape_of_range

__all__ = ["add_shifted", "build_graph", "multiply_constants"]


def multiply_constants(pipeline, inputs, ranges, matrix, name="product"):
    """Multiply a vector by a constant matrix exactly.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the adders become part of.
    inputs : list of Timed
        The vector.
    ranges : list of (int, int)
        Least and greatest value of every input.
    matrix : sequence of sequences of int
        One row an output, one column an input.
    name : str
        Prefix of the names in the emitted Verilog.

    Returns
    -------
    list of Timed
        One product sum an output, each of the narrowest shape that holds its range.
    """
    # a carry cell that holds the tables of two bits takes both even where one is used
    slot = max(1, pipeline.fabric.synthesis.luts_per_carry)
    solution = find_graph(matrix, ranges, slot)
    return build_graph(pipeline, solution, inputs, name)


def build_graph(pipeline, solution, inputs, name="product"):
    """Add the adders of a :class:`~hwgen.cores.arith.shift_add_search.Solution`."""
    graph = solution.graph
    values = dict(enumerate(inputs))
    fused = fuse(solution) if pipeline.fabric.ternary_module is not None else {}
    inner = {ternary.inner for ternary in fused.values()}
    for node in solution.nodes:
        adder = graph.adders[node]
        if adder is None or node in inner:
            continue
        shape = shape_of_range(*graph.ranges[node])
        if node in fused:
            values[node] = _sum_of_three(pipeline, fused[node], values, shape, f"{name}_{node}")
        else:
            values[node] = _sum(pipeline, graph, adder, values, shape, f"{name}_{node}")
    return [_output(pipeline, graph, term, values) for term in solution.outputs]


def _output(pipeline, graph, term, values):
    if term is None:
        return pipeline.constant(Const(0, 1))
    bounds = [bound << term.shift for bound in graph.ranges[term.node]]
    shape = shape_of_range(*bounds)
    return pipeline.free(
        lambda bits: _shaped(Cat(Const(0, term.shift), bits), shape), values[term.node]
    )


def _sum(pipeline, graph, adder, values, shape, name):
    """Return the value of one adder of the graph."""
    high = values[adder.high]
    if adder.low is None:
        return add_shifted(pipeline, pipeline.constant(Const(0, 1)), high, 0, shape, True, name)
    low = values[adder.low]
    if graph.is_concatenation(adder):
        width = adder.distance
        return pipeline.free(lambda x, y: _shaped(Cat(_extended(x, width), y), shape), low, high)
    if adder.flipped:
        raised = _shifted(pipeline, high, adder.distance)
        return add_shifted(pipeline, raised, low, 0, shape, True, name)
    return add_shifted(pipeline, low, high, adder.distance, shape, adder.relation < 0, name)


def _sum_of_three(pipeline, ternary, values, shape, name):
    """Return the value of a ternary adder: low bits passed on, one carry chain above them."""
    passed = ternary.passed_bits
    low, *others = ternary.terms
    one = pipeline.constant(Const(1, 1))
    terms = [
        Addend(pipeline.free(lambda bits: _like(bits, _upper(bits, passed)), values[low.node]))
    ]
    for term in others:
        bits = _shifted(pipeline, values[term.node], term.shift - passed)
        terms.append(Addend(bits, None, one if term.sign < 0 else None))
    carries = [one] if any(term.sign < 0 for term in others) else []
    upper_shape = _narrowed(shape, passed)
    chain = add_three(pipeline, terms, upper_shape, carries, name=name)
    return _above(pipeline, values[low.node], chain, passed, shape)


def _shifted(pipeline, value, places):
    return pipeline.free(lambda bits: _like(bits, Cat(Const(0, places), bits)), value)


def _narrowed(shape, bits):
    return signed(shape.width - bits) if shape.signed else unsigned(shape.width - bits)


def _above(pipeline, low, chain, passed, shape):
    """Return the sum whose lowest bits are those of ``low`` and whose others come from a chain."""
    if not passed:
        return chain
    below = pipeline.free(lambda bits: _extended(bits, passed), low)
    return pipeline.free(lambda x, y: _shaped(Cat(x, y), shape), below, chain)


def add_shifted(pipeline, low, high, distance, shape, subtract=False, name="sum"):
    """Return ``low + (high << distance)``, or the difference, on a chain above the shift.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the adder becomes part of.
    low, high : Timed
        Operands, each signed or unsigned as its shape says.
    distance : int
        Bits by which ``high`` is shifted up; as many low bits of ``low`` need no adder.
    shape : Shape
        Shape of the result, which it is known to fit.
    subtract : bool or Timed
        Whether ``high`` is taken away; one bit that decides.
    name : str
        Name of the sum in the emitted Verilog.
    """
    upper = pipeline.free(lambda bits: _like(bits, _upper(bits, distance)), low)
    chain = _chain(pipeline, upper, high, _narrowed(shape, distance), subtract, name)
    return _above(pipeline, low, chain, distance, shape)


def _chain(pipeline, x, y, shape, subtract, name):
    """Return ``x + y`` or ``x - y`` on one carry chain."""
    if pipeline.fabric.carry_chain_module is None and isinstance(subtract, bool):
        return pipeline.operate(
            lambda x, y: x - y if subtract else x + y,
            x,
            y,
            delay=pipeline.fabric.carry_chain_delay(shape.width),
            exit=pipeline.fabric.carry_exit_delay,
            shape=shape,
            name=name,
        )
    if not isinstance(subtract, bool):
        return add(pipeline, Addend(x), Addend(y, None, subtract), shape, subtract, name=name)
    inverted = pipeline.constant(Const(1, 1)) if subtract else None
    return add(
        pipeline, Addend(x), Addend(y, None, inverted), shape, carry_in=int(subtract), name=name
    )


def _extended(bits, width):
    """Return the low ``width`` bits, sign or zero bits where there are fewer."""
    top = bits[-1] if bits.shape().signed else Const(0, 1)
    return Cat(bits, top.replicate(max(0, width - len(bits))))[:width]


def _upper(bits, passed):
    """Return the bits from ``passed`` on; the sign alone where there are none."""
    if passed < len(bits):
        return bits[passed:]
    return bits[-1] if bits.shape().signed else Const(0, 1)


def _like(bits, result):
    return result.as_signed() if bits.shape().signed else result


def _shaped(bits, shape):
    return bits[: shape.width].as_signed() if shape.signed else bits[: shape.width]
