"""``hwgen build``: from a core and a board to a verified bitstream."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table
from hwgen.cli.core_command import CoreCommand, board_option, output_option, seed_option
from hwgen.errors import TargetMissedError

__all__ = ["command"]

_STAGES = {
    "emit": "writing Verilog",
    "lint": "checking Verilog",
    "verify": "comparing with the golden model",
    "harness": "writing the board's top",
    "synthesise": "synthesis",
    "place": "place and route",
    "pack": "packing the bitstream",
    "build": "looking for a finished build",
}


@click.command("build", cls=CoreCommand)
@board_option
@output_option
@click.option(
    "--vectors",
    type=click.IntRange(min=0),
    default=1000,
    metavar="N",
    help="Operand sets to compare with the golden model; 0: do not verify (default: 1000).",
)
@seed_option
@json_option
def command(request, output, vectors, seed, as_json):
    """Make a verified bitstream of a core for a board.

    Verilog, lint, simulation against the golden model, synthesis, place and route, bitstream,
    report. Without --board the core alone is synthesized and placed, to measure it. Results are
    kept: what has not changed is not made again. Exit code 5 when the clock asked for is missed.
    """
    board = request.find_board()
    config = request.configure(board)

    from hwgen.flow.build import build

    with progress() as update:
        try:
            result = build(
                request.core,
                config,
                board,
                output,
                seed=seed,
                vectors=vectors,
                progress=lambda event: event.finished or update(_STAGES[event.stage]),
            )
        except TargetMissedError as error:
            result, missed = getattr(error, "result", None), str(error)
            if result is None:
                raise
    report("build", result.as_dict(), _text(result), as_json)
    if result.missed:
        click.echo(f"hwgen: error: {missed}", err=True)
        return TargetMissedError.exit_code
    return 0


def _text(result):
    from hwgen.flow.report import figures

    rows = [
        (row.resource, f"{row.used:,}", "" if row.available is None else f"{row.available:,}")
        for row in result.rows
    ]
    end = Path(result.bitstream or result.files["verilog"])
    if end.is_relative_to(Path.cwd()):
        end = end.relative_to(Path.cwd())
    parts = [table(rows, ("resource", "used", "available")), table(figures(result)), str(end)]
    return "\n\n".join(parts)
