"""``hwgen verify``: the circuit against its golden model."""

import click

from hwgen.cli.console import json_option, progress, report, table
from hwgen.cli.core_command import CoreCommand, output_option, seed_option

__all__ = ["command"]


@click.command("verify", cls=CoreCommand)
@output_option
@click.option(
    "--vectors",
    type=click.IntRange(min=1),
    default=1000,
    metavar="N",
    help="Results to compare: corner cases first, then random ones (default: 1000).",
)
@seed_option
@click.option(
    "--sim",
    "simulator",
    metavar="verilator|cxxrtl|icarus",
    default="verilator",
    help="Simulator (default: verilator).",
)
@click.option(
    "--tier",
    metavar="both|compiled|cocotb",
    default="both",
    help="compiled: millions of vectors; cocotb: stalls and stream rules (default: both).",
)
@click.option("--post-synth", is_flag=True, help="Verify the synthesized netlist as well.")
@click.option("--waves", metavar="FILE.fst", help="Write the waveforms of the cocotb tier.")
@json_option
def command(request, output, vectors, seed, simulator, tier, post_synth, waves, as_json):
    """Compare a core in simulation with its golden model, bit for bit.

    Where there are at most 2**20 inputs, all of them are tried. Exit code 3 when one bit differs:
    the message then shows the operands, what was expected and what came.
    """
    config = request.configure()

    from hwgen.flow.build import default_folder
    from hwgen.flow.verify import verify

    with progress() as update:
        result = verify(
            request.core,
            config,
            folder=output or default_folder(request.core, config),
            vectors=vectors,
            seed=seed,
            simulator=simulator,
            tier=tier,
            post_synth=post_synth,
            waves=waves,
            progress=update,
        ).as_dict()
    document = {"core": request.core.name, "config": config.as_dict(), **result}
    report("verify", document, _text(result), as_json)


def _text(result):
    rows = [
        (each["tier"], each["simulator"], each["netlist"], each["vectors"], each["cycles"])
        for each in result["tiers"]
    ]
    every = "every possible input: " if result["exhaustive"] else ""
    return "\n".join(
        [
            table(rows, ("tier", "simulator", "of", "results", "cycles")),
            "",
            f"{every}{result['matched']:,} results match the golden model",
            f"latency {_cycles(result['latency'])}, one result in "
            f"{_cycles(result['initiation_interval'])}, as stated",
        ]
    )


def _cycles(count):
    return "1 cycle" if count == 1 else f"{count} cycles"
