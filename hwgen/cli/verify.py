"""``hwgen verify``: the circuit against its golden model."""

import click

from hwgen.cli.console import json_option, progress, report
from hwgen.cli.core_command import CoreCommand
from hwgen.errors import MismatchError

__all__ = ["command"]


@click.command("verify", cls=CoreCommand)
@click.option(
    "--vectors",
    type=click.IntRange(min=1),
    default=10_000,
    metavar="N",
    help="Operand sets: the corner cases first, then random ones. [default: 10000]",
)
@click.option("--seed", type=int, default=1, metavar="N", help="Seed of the vectors. [default: 1]")
@click.option(
    "--sim",
    "simulator",
    metavar="verilator|cxxrtl|icarus",
    default="verilator",
    help="Simulator. [default: verilator]",
)
@click.option(
    "--tier",
    metavar="model|bench",
    help="model: compiled, millions of vectors; bench: cocotb with random stalls.",
)
@click.option("--post-synth", is_flag=True, help="Verify the synthesized netlist as well.")
@click.option("--waves", metavar="FILE.fst", help="Write waveforms.")
@click.option("-o", "--output", metavar="FOLDER", help="Keep the simulation in this folder.")
@json_option
def command(request, vectors, seed, simulator, tier, post_synth, waves, output, as_json):
    """Compare a core in simulation with its golden model, bit for bit.

    Exit code 3 when one bit differs; the report names the first difference.
    """
    config = request.configure()
