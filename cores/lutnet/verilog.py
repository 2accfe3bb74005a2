"""A layer of look-up tables as a Verilog module: cells of the fabric, or plain expressions."""

import hashlib

from hwgen.cores.verilog_module import VerilogModule

__all__ = ["multiplexers_module", "tables_module"]

# name, inputs (that of the address' lowest bit first), output and parameter of a fabric's table
_CELLS = {
    "ecp5": ("LUT4", ("A", "B", "C", "D"), "Z", "INIT"),
    "ice40": ("SB_LUT4", ("I0", "I1", "I2", "I3"), "O", "LUT_INIT"),
    **dict.fromkeys(
        ("xilinx7", "ultrascale_plus"),
        ("LUT6", ("I0", "I1", "I2", "I3", "I4", "I5"), "O", "INIT"),
    ),
}


def tables_module(mapped, fabric):
    """Return the module ``x`` to ``y`` of a `Mapped` network of look-up tables.

    For synthesis they are cells of the fabric where it has some of that size; else, and for
    simulation, each is a constant whose bits the inputs choose from.
    """
    plain = [f"    assign {name} = {_expression(each)};" for name, each in mapped.tables.items()]
    cell = _CELLS.get(fabric.name)
    lines = _wires(mapped.tables)
    if cell is not None and plain:
        cells = [_cell(name, each, cell) for name, each in mapped.tables.items()]
        lines += ["`ifdef SYNTHESIS", *cells, "`else", *plain, "`endif"]
    else:
        lines += plain
    lines += [f"    assign y[{at}] = {_signal(name)};" for at, name in enumerate(mapped.outputs)]
    kind = fabric.name if cell is not None else "plain"
    name = f"lutnet_{kind}_{mapped.digest}"
    return _module(name, mapped.inputs, len(mapped.outputs), lines)


def multiplexers_module(diagrams, functions):
    """Return (module ``x`` to ``y`` of functions, pins that its inputs reach).

    Every node of a diagram is a multiplexer.
    """
    place = {variable: at for at, variable in enumerate(diagrams.variables(functions))}
    nodes = diagrams.reachable(functions)
    names = {0: "1'b0", 1: "1'b1", **{number: f"n{at}" for at, number in enumerate(nodes)}}
    lines = _wires([names[number] for number in nodes])
    for number in nodes:
        variable, low, high = diagrams.children(number)
        lines.append(
            f"    assign {names[number]} = x[{place[variable]}] ? {names[high]} : {names[low]};"
        )
    lines += [f"    assign y[{at}] = {names[number]};" for at, number in enumerate(functions)]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
    name = f"lutnet_multiplexers_{digest}"
    return _module(name, len(place), len(functions), lines), len(nodes)


def _module(name, inputs, outputs, lines):
    head = f"module {name} (input [{inputs - 1}:0] x, output [{outputs - 1}:0] y);"
    return VerilogModule(name, head, "\n".join([*lines, ""]))


def _wires(names):
    return [f"    wire {name};" for name in names]


def _signal(name):
    return f"x[{name[1:]}]" if name.startswith("x") else name


def _constant(table, inputs):
    width = 1 << inputs
    return f"{width}'h{table:0{max(1, width // 4)}x}"


def _expression(each):
    count = len(each.inputs)
    address = ", ".join(_signal(name) for name in reversed(each.inputs))
    one = f"{1 << count}'d1"
    return f"|({_constant(each.table, count)} & ({one} << {{{address}}}))"


def _cell(name, each, cell):
    module, pins, output, parameter = cell
    missing = len(pins) - len(each.inputs)
    # pins that are not used are 0, and the table does not depend on them
    table = each.table
    for unused in range(missing):
        table |= table << (1 << len(each.inputs) + unused)
    inputs = [*map(_signal, each.inputs), *["1'b0"] * missing]
    wired = ", ".join(f".{pin}({signal})" for pin, signal in zip(pins, inputs, strict=True))
    constant = _constant(table, len(pins))
    return f"    {module} #(.{parameter}({constant})) c{name} ({wired}, .{output}({name}));"
