"""A layer of look-up tables as a Verilog module: cells of the fabric, or plain expressions."""

from hwgen.cores.verilog_module import VerilogModule

__all__ = ["tables_module"]

# name, inputs (that of the address' lowest bit first), output and parameter of a fabric's table
_CELLS = {
    "ecp5": ("LUT4", ("A", "B", "C", "D"), "Z", "INIT"),
    "ice40": ("SB_LUT4", ("I0", "I1", "I2", "I3"), "O", "LUT_INIT"),
    **dict.fromkeys(
        ("xilinx7", "ultrascale_plus"),
        ("LUT6", ("I0", "I1", "I2", "I3", "I4", "I5"), "O", "INIT"),
    ),
}
# name, pins where the select is 0 and 1, select and output of what joins two tables, then two pairs
_MULTIPLEXERS = {
    "ecp5": (
        ("PFUMX", "BLUT", "ALUT", "C0", "Z"),
        ("L6MUX21", "D0", "D1", "SD", "Z"),
    ),
    **dict.fromkeys(
        ("xilinx7", "ultrascale_plus"),
        (("MUXF7", "I0", "I1", "S", "O"), ("MUXF8", "I0", "I1", "S", "O")),
    ),
}


def tables_module(mapped, fabric):
    """Return the module ``x`` to ``y`` of a `Mapped` network of look-up tables.

    For synthesis they are cells of the fabric where it has some of that size, with multiplexers
    where a table has more inputs; else, and for simulation, each is a constant whose bits the
    inputs choose from.
    """
    plain = [f"    assign {name} = {_expression(each)};" for name, each in mapped.tables.items()]
    cell = _CELLS.get(fabric.name)
    lines = [f"    wire {name};" for name in mapped.tables]
    if cell is not None and plain:
        cells = [
            line for name, each in mapped.tables.items() for line in _cells(name, each, fabric)
        ]
        lines += ["`ifdef SYNTHESIS", *cells, "`else", *plain, "`endif"]
    else:
        lines += plain
    lines += [f"    assign y[{at}] = {_signal(name)};" for at, name in enumerate(mapped.outputs)]
    kind = fabric.name if cell is not None else "plain"
    name = f"lutnet_{kind}_{mapped.digest}"
    return VerilogModule.of_bits(name, mapped.inputs, len(mapped.outputs), lines)


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


def _cells(name, each, fabric):
    """Return lines with the cells of a look-up table: one, or several and multiplexers."""
    module, pins, output, parameter = _CELLS[fabric.name]
    size = len(pins)
    # what is not used is 0, and the table does not depend on it
    missing = max(0, size - len(each.inputs))
    table = each.table
    for unused in range(missing):
        table |= table << (1 << len(each.inputs) + unused)
    inputs = [*map(_signal, each.inputs), *["1'b0"] * missing]
    wired = ", ".join(f".{pin}({signal})" for pin, signal in zip(pins, inputs, strict=False))
    selects = inputs[size:]
    values = _names(name, len(selects))
    lines = [f"    wire {', '.join(values)};"] if selects else []
    for at, value in enumerate(values):
        constant = _constant(table >> (at << size) & (1 << (1 << size)) - 1, size)
        lines.append(
            f"    {module} #(.{parameter}({constant})) c{value} ({wired}, .{output}({value}));"
        )
    for level, select in enumerate(selects):
        cell, low, high, chosen, result = _MULTIPLEXERS[fabric.name][level]
        pairs, values = values, _names(name, len(selects) - 1 - level)
        lines += [f"    wire {', '.join(values)};"] if len(values) > 1 else []
        for at, value in enumerate(values):
            ports = zip(
                (low, high, chosen, result),
                (*pairs[2 * at : 2 * at + 2], select, value),
                strict=True,
            )
            wires = ", ".join(f".{pin}({signal})" for pin, signal in ports)
            lines.append(f"    {cell} m{value} ({wires});")
    return lines


def _names(name, selects):
    """Return names of the values from which so many selects are still to choose."""
    return [f"{name}_{selects}_{at}" for at in range(1 << selects)] if selects else [name]
