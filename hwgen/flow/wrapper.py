"""Registers around a core, so that every path inside it runs from register to register."""

import json
from pathlib import Path

__all__ = ["registered_wrapper"]


def registered_wrapper(netlist, top, *, clock="clk", serial=False):
    """Return Verilog that instantiates ``top`` with a register on every port bit but the clock.

    Parameters
    ----------
    netlist : path
        Yosys JSON of the core, which tells the ports.
    top : str
        Module name of the core.
    clock : str
        Clock input; the wrapper has one of that name whether the core does or not.
    serial : bool
        Fill the input registers bit after bit from one pin, and shift the output registers out
        through a second rank, for fabrics that cannot be placed without pins.

    Notes
    -----
    The registers carry ``keep`` and have no reset, so that synthesis neither drops them nor moves
    them into the core.
    """
    ports = json.loads(Path(netlist).read_text())["modules"][top]["ports"]
    width = {"input": 0, "output": 0}
    register = {"input": "taken", "output": "result"}
    connections = []
    for name, port in ports.items():
        if name == clock:
            connections.append(f".{name}({clock})")
            continue
        direction, lsb = port["direction"], width[port["direction"]]
        width[direction] += len(port["bits"])
        connections.append(f".{name}({register[direction]}[{width[direction] - 1}:{lsb}])")
    taken, given = f"[{width['input'] - 1}:0]", f"[{width['output'] - 1}:0]"
    lines = [
        f"module registered(input {clock}, input {'' if serial else taken} in,",
        f"                  output {'' if serial else given} out);",
        f"  (* keep *) reg {taken} taken;",
        f"  (* keep *) reg {given} given;",
        f"  wire {given} result;",
        f"  {top} core ({', '.join(connections)});",
        f"  always @(posedge {clock}) taken <= {'(taken << 1) | in' if serial else 'in'};",
        f"  always @(posedge {clock}) given <= result;",
    ]
    if serial:
        lines += [
            f"  (* keep *) reg {given} shifted;",
            f"  always @(posedge {clock}) shifted <= (shifted << 1) ^ given;",
            f"  assign out = shifted[{width['output'] - 1}];",
        ]
    else:
        lines.append("  assign out = given;")
    return "\n".join([*lines, "endmodule", ""])
