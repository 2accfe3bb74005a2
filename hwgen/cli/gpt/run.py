"""``hwgen gpt run``."""

import sys
import time
from contextlib import contextmanager
from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report
from hwgen.cli.gpt.draw_options import draw_of, temperature_option, top_k_option

__all__ = ["command"]


@click.command("run")
@click.argument("program", metavar="PROGRAM", type=click.Path(path_type=Path))
@click.option("--prompt", metavar="TEXT", default="", help="What the text begins with.")
@click.option(
    "--tokens",
    metavar="N",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="Most tokens to add.",
)
@temperature_option
@top_k_option
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(1, (1 << 32) - 1),
    default=1,
    show_default=True,
    help="Of what is drawn.",
)
@click.option(
    "--backend",
    type=click.Choice(("golden", "rtl", "board")),
    default="golden",
    show_default=True,
    help="What executes it: golden, the model that hardware is compared with; rtl, the emitted "
    "Verilog in a simulation; board, one with the bitstream of hwgen build --core gpt.",
)
@click.option(
    "--port",
    metavar="PORT",
    help="Serial port of the board, such as /dev/ttyUSB0; sim: a simulated board.",
)
@click.option("--board", metavar="NAME", help="Which board it is (default: ulx3s).")
@json_option
def command(program, prompt, tokens, temperature, top_k, seed, backend, port, board, as_json):
    """Continue a text with a compiled model; tokens are printed as they come.

    PROGRAM is a file of hwgen gpt compile. A text ends with a token that ends texts or begins a new
    one, or where the context is full.
    """
    from hwgen.errors import UsageError
    from hwgen.gpt.generate import prompt_tokens
    from hwgen.gpt.program_file import read_program

    stored = read_program(program)
    if stored.tokenizer is None:
        raise UsageError(
            f"{str(program)!r} must have a tokenizer; compile it with hwgen gpt compile --tokenizer"
        )
    draw = draw_of(temperature, top_k, seed)
    if (backend == "board") != (port is not None) or (board and backend != "board"):
        raise UsageError("--port must come with --backend board, and --board only with it")
    given = prompt_tokens(prompt, stored.tokenizer, stored.program.machine.context)
    with _machine(stored.program, program, backend, port, board, draw) as machine:
        started = time.perf_counter()
        stream = sys.stderr if as_json else sys.stdout
        chosen, text = _tell(machine, stored, prompt, given, tokens, stream)
        seconds = time.perf_counter() - started
    document = {
        "program": str(program),
        "backend": backend,
        "prompt_tokens": given,
        "tokens": chosen,
        "text": text,
        "seconds": round(seconds, 3),
        "tokens_per_second": round(len(chosen) / seconds, 2),
    }
    summary = f"\n{len(chosen)} tokens in {seconds:.1f} s, {len(chosen) / seconds:.1f} a second"
    if backend == "rtl":
        floor = stored.program.blocks_per_token
        each = machine.cycles / machine.tokens
        document |= {"cycles_per_token": round(each), "least_cycles_per_token": floor}
        summary += f"; {each:,.0f} clock cycles a token ({floor:,} blocks of weights)"
    if as_json:
        report("gpt-run", document, summary, as_json)
    else:
        click.echo(summary, err=True)


@contextmanager
def _machine(program, path, backend, port, board, draw):
    """Give what executes a program."""
    if backend == "golden":
        from hwgen.golden.gpt.machine import Interpreter
        from hwgen.golden.gpt.sampling import Sampler

        machine = Interpreter(program)
        if draw is not None:
            machine.sampler = Sampler(draw.inverse_temperature, draw.count, draw.seed)
        yield machine
    elif backend == "rtl":
        from hwgen.gpt.circuit import Circuit

        with progress() as update:
            machine = Circuit(program, progress=update, sampling=draw is not None)
        machine.draw = draw
        yield machine
    else:
        from hwgen import boards
        from hwgen.gpt.board import machine_on_board

        with machine_on_board(path, port, boards.get(board or "ulx3s"), draw) as machine:
            yield machine


def _tell(machine, stored, prompt, given, count, stream):
    """Write a text as its tokens come; return (tokens, text)."""
    from hwgen.gpt.generate import decoded_pieces, generate

    tokenizer, context = stored.tokenizer, stored.program.machine.context
    chosen, pieces = [], []

    def noted():
        for token in generate(machine, given, count, context, tokenizer.ends):
            chosen.append(token)
            yield token

    for piece in decoded_pieces(tokenizer, given, noted()):
        stream.write(piece if pieces else prompt + piece)
        pieces.append(piece)
        stream.flush()
    stream.write("\n")
    return chosen, prompt + "".join(pieces)
