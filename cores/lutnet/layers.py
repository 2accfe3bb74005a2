"""The layers of a network of look-up tables as parts of a pipeline."""

from amaranth.hdl import Cat, Const, Instance, Mux, Shape, Signal, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.compare import less
from hwgen.cores.arith.popcount import popcount
from hwgen.cores.arith.shift_add import multiply_constants
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import Operand, add_tree, negate_if, shape_of_range
from hwgen.cores.lutnet.plan import ONE, ZERO
from hwgen.cores.lutnet.stored_tables import stored_bits
from hwgen.cores.lutnet.verilog import tables_module

__all__ = ["bits_of", "greatest", "logic_layer", "number_layer"]


def bits_of(pipeline, elements):
    """Return the bits of elements by number: those of the first element, of the second, ..."""
    width = len(elements[0])
    return {
        at * width + bit: pipeline.slice(each, bit, bit + 1)
        for at, each in enumerate(elements)
        for bit in range(width)
    }


def logic_layer(pipeline, layer, blocks, tables, bits, modules):
    """Return the elements of a `LogicLayer`, and its bits by number.

    Parameters
    ----------
    pipeline : Pipeline
    layer : LogicLayer
    blocks : list of Block
        What it looks up.
    tables : list of StoredTable
        What else it looks up, in block RAM.
    bits : dict of int to Timed
        Those before, by number.
    modules : dict of str to VerilogModule
        Gets the modules that are used, by name.
    """
    own = {}
    for block in blocks:
        found = _looked_up(pipeline, block, [bits[number] for number in block.variables], modules)
        own |= zip(block.bits, found, strict=True)
    for table in tables:
        own |= stored_bits(pipeline, table, bits, modules)
    zero, one = (pipeline.constant(Const(bit, 1)) for bit in (0, 1))
    # what nobody reads was left out
    known = {ZERO: zero, ONE: one, **own}
    elements = [
        _element(pipeline, [known.get(bit, zero) for bit in each], layer.signed)
        for each in layer.elements
    ]
    return elements, own


def _looked_up(pipeline, block, inputs, modules):
    """Return the bits of a block, each as Timed; with registers inside where it is too deep."""
    mapped = block.mapped
    if mapped is None:
        facts = len(block.bits), block.levels, block.pins
        return _instance(pipeline, block.module, facts, inputs, modules)
    if block.narrow is not None and not _meets_period(pipeline, mapped, inputs, mapped.widest):
        mapped = block.narrow
    values = {f"x{at}": each for at, each in enumerate(inputs)}
    most = mapped.levels
    while most > mapped.widest and not _meets_period(pipeline, mapped, inputs, most):
        most = max(mapped.widest, most - 1)
    for part, reads, outputs in mapped.segments(most):
        module = tables_module(part, pipeline.fabric)
        facts = len(part.outputs), part.levels, part.pins
        found = _instance(pipeline, module, facts, [values[name] for name in reads], modules)
        values |= dict(zip(outputs, found, strict=True))
    return [values[name] for name in mapped.outputs]


def _meets_period(pipeline, mapped, inputs, levels):
    """Return whether so many levels fit between two registers."""
    launched = Timed(Signal(len(inputs)), 0, pipeline.fabric.launch_delay)
    return pipeline.fits([launched], pipeline.fabric.logic_delay(levels), width=mapped.pins)


def _instance(pipeline, module, facts, inputs, modules):
    """Return the bits of a module with so many outputs, levels, and pins behind its inputs."""
    outputs, levels, pins = facts
    joined = pipeline.concatenate(inputs)
    delay = pipeline.fabric.logic_delay(levels)
    stage, arrival = pipeline.start([joined], delay, width=pins)
    result = Signal(outputs, name="layer_bits")
    x = pipeline.at(joined, stage)
    if not pipeline.sizing:
        modules[module.name] = module
        pipeline.m.submodules += Instance(module.name, i_x=x, o_y=result)
    whole = Timed(result, stage, arrival + delay)
    return [pipeline.slice(whole, at, at + 1) for at in range(len(result))]


def _element(pipeline, bits, is_signed):
    if len(bits) == 1 and not is_signed:
        return bits[0]
    return pipeline.free(lambda *each: Cat(*each).as_signed() if is_signed else Cat(*each), *bits)


def number_layer(pipeline, layer, elements, before, after):
    """Return the sums or products of a layer, in the widths of ``after``.

    Parameters
    ----------
    pipeline : Pipeline
    layer : SumLayer or MatrixLayer
    elements : list of Timed
    before, after : Elements
        Those before and behind the layer.
    """
    if layer.kind == "sums":
        found = [
            _sum(pipeline, [elements[number] for number in group], before, f"sum_{at}")
            for at, group in enumerate(layer.groups)
        ]
    else:
        found = _products(pipeline, layer, elements, before)
    shape = Shape(after.bits, after.signed)
    return [pipeline.free(lambda bits: _extended(bits, shape), each) for each in found]


def _sum(pipeline, elements, before, name):
    if len(elements) == 1:
        return elements[0]
    if before.bits == 1 and not before.signed:
        count = popcount(pipeline, pipeline.concatenate(elements), name=name)
        if count.spare is None:
            return count.bits
        shape = shape_of_range(0, len(elements))
        zero = Term(pipeline.constant(Const(0, 1)))
        return add(pipeline, Term(count.bits), zero, shape, count.spare, name=f"{name}_whole")
    operands = [Operand(each, *before.bounds) for each in elements]
    return negate_if(pipeline, add_tree(pipeline, operands, name), name).bits


def _products(pipeline, layer, elements, before):
    ranges = [before.bounds] * len(elements)
    rows = multiply_constants(pipeline, elements, ranges, layer.weights.tolist(), "product")
    lows, highs = layer.bounds(before)
    found = []
    for row, constant, low, high in zip(rows, layer.bias.tolist(), lows, highs, strict=True):
        if constant:
            shape = shape_of_range(min(low, 0), max(high, 0))
            bias = pipeline.constant(
                Const(constant, shape_of_range(min(constant, 0), max(constant, 0)))
            )
            row = add(pipeline, Term(row), Term(bias), shape, name="with_bias")
        found.append(row)
    return found


def _extended(bits, shape):
    top = bits[-1] if bits.shape().signed else Const(0, 1)
    whole = Cat(bits, top.replicate(max(0, shape.width - len(bits))))[: shape.width]
    return whole.as_signed() if shape.signed else whole


def greatest(pipeline, elements):
    """Return the number of the greatest element, the lowest of equal ones."""
    width = max(1, (len(elements) - 1).bit_length())
    level = [
        (each, pipeline.constant(Const(number, width))) for number, each in enumerate(elements)
    ]
    while len(level) > 1:
        pairs = [level[start : start + 2] for start in range(0, len(level), 2)]
        level = [_greater(pipeline, *each) if len(each) == 2 else each[0] for each in pairs]
    return level[0][1]


def _greater(pipeline, first, second):
    (x, number_x), (y, number_y) = first, second
    later = less(pipeline, x, y, name="later_is_greater")

    def chosen(a, b, shape, name):
        return pipeline.logic(lambda one, p, q: Mux(one, q, p), later, a, b, shape=shape, name=name)

    shape = signed(len(x)) if x.signal.shape().signed else unsigned(len(x))
    return chosen(x, y, shape, "greater"), chosen(
        number_x, number_y, unsigned(len(number_x)), "number"
    )
