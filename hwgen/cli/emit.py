"""``hwgen emit``: plain Verilog for people who build it elsewhere."""

import click

from hwgen.cli.console import json_option, report
from hwgen.cli.core_command import CoreCommand, output_option, seed_option

__all__ = ["command"]


@click.command("emit", cls=CoreCommand)
@output_option
@click.option(
    "--vectors",
    type=click.IntRange(min=0),
    default=1000,
    metavar="N",
    help="Test vectors of the Verilog test bench; 0 writes no bench (default: 1000).",
)
@seed_option
@json_option
def command(request, output, vectors, seed, as_json):
    """Write a core as plain Verilog-2001.

    Beside it stand interface.json (streams, fields, latency) and a self-checking test bench with
    its vector files that needs a Verilog simulator only.
    """
    config = request.configure()

    from hwgen.flow.build import default_folder
    from hwgen.flow.emit import emit

    folder = output or default_folder(request.core, config)
    result = emit(request.core, config, folder, vectors=vectors, seed=seed).as_dict()
    document = {"core": request.core.name, "config": config.as_dict(), **result}
    files = [result["verilog"], result["interface"], *result["bench"]]
    report("emit", document, "\n".join(files), as_json)
