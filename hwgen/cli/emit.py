"""``hwgen emit``: plain Verilog, or a package, for people who build it elsewhere."""

import click

from hwgen.cli.console import json_option, report
from hwgen.cli.core_command import CoreCommand, output_option, seed_option
from hwgen.errors import UsageError

__all__ = ["command"]


@click.command("emit", cls=CoreCommand)
@output_option
@click.option(
    "--name",
    metavar="NAME",
    help="Verilog module; needed where a design holds a core twice (default: after the core).",
)
@click.option(
    "--package",
    metavar="TOOL",
    help="Write what a tool imports: vivado, quartus, radiant or fusesoc.",
)
@click.option(
    "--bus",
    metavar="BUS",
    help="Ports of a package: axis (AXI4-Stream) or raw (those of the core) (default: axis).",
)
@click.option(
    "--vectors",
    type=click.IntRange(min=0),
    default=1000,
    metavar="N",
    help="Test vectors of the Verilog test bench; 0 writes no bench (default: 1000).",
)
@seed_option
@json_option
def command(request, output, name, package, bus, vectors, seed, as_json):
    """Write a core as plain Verilog-2001.

    Beside it stand interface.json (streams, fields, latency) and a self-checking test bench with
    its vector files that needs a Verilog simulator only. With --package, a wrapper with the ports
    of --bus and the files with which that tool imports the core are there as well; the core is
    then made of plain Verilog (--target generic) unless a target is given.
    """
    if package is None:
        if bus is not None:
            raise UsageError(f"bus {bus!r} needs a package: --package vivado, quartus, ...")
        _emit(request, output, as_json, vectors=vectors, seed=seed, module=name)
    else:
        choice = {"kind": package, "bus": bus or "axis"}
        _package(request, output, as_json, choice, vectors=vectors, seed=seed, module=name)


def _emit(request, output, as_json, **options):
    config = request.configure()

    from hwgen.flow.build import default_folder
    from hwgen.flow.emit import emit

    folder = output or default_folder(request.core, config)
    result = emit(request.core, config, folder, **options).as_dict()
    document = {"core": request.core.name, "config": config.as_dict(), **result}
    files = [result["verilog"], result["interface"], *result["bench"]]
    report("emit", document, "\n".join(files), as_json)


def _package(request, output, as_json, choice, **options):
    config = request.configure(target="generic")

    from hwgen.flow.build import default_folder
    from hwgen.flow.packages import package

    folder = default_folder(request.core, config)
    folder = output or folder.with_name(f"{folder.name}-{'-'.join(choice.values())}")
    result = package(request.core, config, folder, **choice, **options).as_dict()
    document = {"core": request.core.name, "config": config.as_dict(), **result}
    report("emit", document, "\n".join(result["files"]), as_json)
