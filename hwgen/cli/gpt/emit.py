"""``hwgen gpt emit``."""

import json
from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table

__all__ = ["command"]


@click.command("emit")
@click.argument("program", metavar="PROGRAM", type=click.Path(path_type=Path))
@click.option(
    "--target",
    metavar="NAME",
    default="generic",
    show_default=True,
    help="Fabric: hwgen doctor, or plain Verilog.",
)
@click.option("--freq", metavar="MHZ", type=float, help="Clock that registers are placed for.")
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the files go (default: build/gpt-PROGRAM).",
)
@json_option
def command(program, target, freq, output, as_json):
    """Write the machine of a compiled model as Verilog, the model in its memories.

    PROGRAM is a file of hwgen gpt compile. Beside gpt.v stands interface.json: clock, reset, and
    the streams of tokens with the places of their fields.
    """
    import hashlib

    import hwgen
    from hwgen.flow.outputs import prepare_folder, write_file
    from hwgen.gpt.circuit import machine_circuit
    from hwgen.gpt.program_file import read_program

    stored = read_program(program)
    folder = prepare_folder(output or Path("build", f"gpt-{program.stem}"))
    with progress() as update:
        update("emitting Verilog")
        interface, text = machine_circuit(stored.program, target, freq)
    digest = hashlib.sha256(text.encode()).hexdigest()
    document = {
        "schema": "hwgen-interface/1",
        **interface,
        "generator": f"hwgen {hwgen.__version__}",
        "verilog": "gpt.v",
        "verilog_sha256": digest,
    }
    verilog = write_file(folder / "gpt.v", text)
    described = write_file(folder / "interface.json", json.dumps(document, indent=2) + "\n")
    found = {
        "verilog": str(verilog),
        "interface": str(described),
        "verilog_sha256": digest,
        "target": target,
        "freq": freq,
    }
    rows = [("Verilog", verilog), ("interface", described), ("SHA-256", digest)]
    report("gpt-emit", found, table(rows), as_json)
