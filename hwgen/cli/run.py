"""``hwgen run``: operands through a real or simulated board, every answer checked."""

import click

from hwgen.cli.console import json_option, progress, report, table
from hwgen.cli.core_command import CoreCommand, board_option, seed_option

__all__ = ["command"]


@click.command("run", cls=CoreCommand)
@click.option(
    "--port",
    required=True,
    metavar="DEVICE|sim",
    help="Serial port of the board, such as /dev/ttyUSB0; sim: a simulated board.",
)
@board_option
@click.option(
    "--vectors",
    type=click.IntRange(min=1),
    default=1000,
    metavar="N",
    help="Operand sets to send: corner cases first, then random ones (default: 1000).",
)
@seed_option
@json_option
def command(request, port, vectors, seed, as_json):
    """Stream operands through a board and compare every answer with the golden model.

    The board must hold the bitstream that `hwgen build` made for the same core and options. Exit
    code 3 when an answer is wrong.
    """
    board = request.find_board()
    clock = {"freq": board.clock_hz / 1e6} if board else {}
    config = request.configure(board, **clock)

    from hwgen.flow.run import run

    with progress() as update:
        result = run(
            request.core,
            config,
            port,
            vectors,
            seed,
            progress=lambda done, total: update("streaming", done, total),
            board=board,
        )
    report("run", result.as_dict(), _text(result), as_json)


def _text(result):
    dropped = sum(value for name, value in result.status.items() if name.endswith("_errors"))
    rows = [
        ("tokens sent", f"{result.tokens:,}"),
        ("answers", f"{result.matched:,}, all equal to the golden model's"),
        ("self-test", f"signature {result.self_test}, as it must be"),
        ("dropped frames", f"{dropped}"),
        ("time", f"{result.seconds:.2f} s"),
    ]
    if result.clocks is not None:
        rows.append(("simulated clocks", f"{result.clocks:,}"))
    return table(rows)
