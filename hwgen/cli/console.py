"""What a command prints: one report, as text or as JSON, and progress on a terminal."""

import json
import os
import sys
from contextlib import contextmanager

import click

__all__ = ["json_option", "progress", "report", "table"]

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document; text goes to stderr."
)


def report(command, document, text, as_json):
    """Print the result of ``command``.

    Parameters
    ----------
    command : str
        Name of the command; the document's schema is ``hwgen-<command>/1``.
    document : dict
        The result for programs.
    text : str
        The result for people: on stdout, or on stderr when stdout holds the document.
    as_json : bool
        Whether the document was asked for.
    """
    if as_json:
        _write(sys.stderr, text)
        document = {"schema": None, **document} | {"schema": f"hwgen-{command}/1"}
        _write(sys.stdout, json.dumps(document, indent=2, default=_plain))
    else:
        _write(sys.stdout, text)


def _write(stream, text):
    """Write one piece of output; a reader that has gone away does not change the exit code."""
    try:
        stream.write(text.rstrip("\n") + "\n")
        stream.flush()
    except BrokenPipeError:
        # Python flushes standard streams again at exit; give it somewhere to write to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _plain(value):
    """Return a NumPy number or array, a path or another stranger to JSON as plain data."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def table(rows, heads=()):
    """Return rows of cells as aligned text; numbers stand right, everything else left."""
    cells = [[str(cell) for cell in row] for row in ([heads] if heads else []) + list(rows)]
    if not cells:
        return ""
    columns = list(zip(*cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(_is_number(cell) for cell in column[bool(heads) :]) for column in columns]
    lines = [
        "  ".join(
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]
    if heads:
        lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _is_number(cell):
    return cell.strip("+-%").replace(".", "").replace(",", "").isdigit() or cell == ""


@contextmanager
def progress():
    """Give a function ``update(text, done=None, total=None)`` that shows where the work stands.

    It draws one line on stderr when that is a terminal, and does nothing elsewhere.
    """
    if not sys.stderr.isatty():
        yield lambda text, done=None, total=None: None
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def update(text, done=None, total=None):
            bar.update(task, description=text, completed=done or 0, total=total)

        yield update
