"""``hwgen emit``: plain Verilog for people who build it elsewhere."""

import click

from hwgen.cli.console import json_option, report
from hwgen.cli.core_command import CoreCommand

__all__ = ["command"]


@click.command("emit", cls=CoreCommand)
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    help="Where the files go. [default: build/ and the configuration]",
)
@click.option(
    "--vectors",
    type=click.IntRange(min=0),
    default=1000,
    metavar="N",
    help="Test vectors of the Verilog test bench; 0 writes no bench. [default: 1000]",
)
@click.option("--seed", type=int, default=1, metavar="N", help="Seed of the vectors. [default: 1]")
@json_option
def command(request, output, vectors, seed, as_json):
    """Write a core as plain Verilog-2001.

    Beside it stand interface.json (streams, fields, latency) and a self-checking test bench with
    its vector files that needs a Verilog simulator only.
    """
    config = request.configure()

    from hwgen.flow.emit import emit

    folder = output or request.default_folder()
    result = emit(request.core, config, folder, vectors=vectors, seed=seed).as_dict()
    document = {"core": request.core.name, "config": config.as_dict(), **result}
    files = [result["verilog"], result["interface"], *result["bench"]]
    report("emit", document, "\n".join(files), as_json)
