"""A layer of functions as plain Verilog, which synthesis maps: multiplexers, or cases."""

import hashlib
from dataclasses import replace

from hwgen.cores.verilog_module import VerilogModule

__all__ = ["CASE_BITS", "cases_module", "multiplexers_module"]

CASE_BITS = 12
"""Most bits of address of a table that is written as a case."""


def multiplexers_module(diagrams, functions, apart=False):
    """Return (module ``x`` to ``y`` of functions, pins that its inputs reach).

    Every node of a diagram is a multiplexer.

    Parameters
    ----------
    diagrams : Diagrams
    functions : list of int
    apart : bool
        Whether synthesis is to map the module by itself.
    """
    place = {variable: at for at, variable in enumerate(diagrams.variables(functions))}
    lines = _multiplexers(diagrams, functions, place, range(len(functions)))
    module = _module("multiplexers", place, functions, lines)
    if apart:
        module = replace(module, head=f"(* keep_hierarchy *)\n{module.head}")
    return module, len(diagrams.reachable(functions))


def cases_module(diagrams, elements):
    """Return (module ``x`` to ``y`` of the functions of all elements, pins that its inputs reach).

    Every element is one case over the bits that its functions depend on; where these are more than
    `CASE_BITS`, its functions are multiplexers.

    Parameters
    ----------
    diagrams : Diagrams
    elements : list of list of int
        Functions of every element; none of them constant.
    """
    functions = [each for element in elements for each in element]
    place = {variable: at for at, variable in enumerate(diagrams.variables(functions))}
    lines, large, pins, start = [], {}, 0, 0
    for element in elements:
        variables = diagrams.variables(element)
        if len(variables) > CASE_BITS:
            large |= {start + at: each for at, each in enumerate(element)}
        else:
            pins += len(variables) * len(element)
            values = diagrams.values(element, variables)
            lines += _case([place[each] for each in variables], values, start, len(element))
        start += len(element)
    pins += len(diagrams.reachable(large.values()))
    lines += _multiplexers(diagrams, list(large.values()), place, large)
    return _module("cases", place, functions, lines), pins


def _module(kind, place, functions, lines):
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
    return VerilogModule.of_bits(f"lutnet_{kind}_{digest}", len(place), len(functions), lines)


def _multiplexers(diagrams, functions, place, outputs):
    """Return lines that give functions to the bits ``outputs`` of ``y``.

    What is new in a function is one vector for each variable that chooses: synthesis takes memory
    for every object of the text, and a layer may have a million multiplexers.
    """
    names, lines = {0: "1'b0", 1: "1'b1"}, []
    for function in functions:
        levels = {}
        for number in diagrams.reachable([function], names):
            levels.setdefault(diagrams.children(number)[0], []).append(number)
        named = [(f"n{len(names)}_{variable}", each) for variable, each in levels.items()]
        for name, numbers in named:
            many = len(numbers) > 1
            names |= {each: f"{name}[{at}]" if many else name for at, each in enumerate(numbers)}
            lines.append(f"    wire {f'[{len(numbers) - 1}:0] ' if many else ''}{name};")
        for variable, (name, numbers) in zip(levels, named, strict=True):
            children = [diagrams.children(each) for each in reversed(numbers)]
            low, high = (_joined([names[each[side]] for each in children]) for side in (1, 2))
            lines.append(f"    assign {name} = x[{place[variable]}] ? {high} : {low};")
    pairs = zip(outputs, functions, strict=True)
    return lines + [f"    assign y[{at}] = {names[number]};" for at, number in pairs]


def _joined(names):
    """Return bits side by side, the first one the highest."""
    return names[0] if len(names) == 1 else f"{{{', '.join(names)}}}"


def _case(inputs, values, start, width):
    """Return lines that look ``width`` bits of ``y`` up, from ``start`` on, by some bits of ``x``.

    The last address is the default: so no bit is a latch.
    """
    name, bits = f"e{start}", len(inputs)
    address = ", ".join(f"x[{each}]" for each in reversed(inputs))
    lines = [f"    reg [{width - 1}:0] {name};", "    always @*", f"        case ({{{address}}})"]
    labels = [*(f"{bits}'d{at}" for at in range(len(values) - 1)), "default"]
    lines += [
        f"            {label}: {name} = {width}'d{value};"
        for label, value in zip(labels, values, strict=True)
    ]
    return [*lines, "        endcase", f"    assign y[{start + width - 1}:{start}] = {name};"]
