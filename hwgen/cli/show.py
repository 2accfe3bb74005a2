"""``hwgen show``: everything about one core, format or board."""

import click

from hwgen.cli import describe
from hwgen.cli.console import json_option, report
from hwgen.cli.sections import as_text
from hwgen.errors import UsageError

__all__ = ["command"]


@click.command("show")
@click.argument("kind", metavar="core|format|board")
@click.argument("name", metavar="NAME", required=False)
@json_option
def command(kind, name, as_json):
    """Describe one core, format or board.

    A core: its options and its streams. A format: bits, range, special codes and, for small
    ones, every value. A board: device, clock, resources.
    """
    if name is None:
        words = f"{kind} NAME" if kind in describe.KINDS else f"core {kind}"
        raise UsageError(f"show needs a kind and a name, as in 'hwgen show {words}'")
    kind = describe.find_kind(kind)
    document, sections = {"core": _core, "format": _format, "board": _board}[kind](name)
    report("show", {"kind": kind, "item": document}, as_text(sections), as_json)


def _core(name):
    from hwgen import catalogue

    document = describe.core_document(catalogue.get(name))
    return document, describe.core_sections(document)


def _format(name):
    document = describe.format_document(name)
    return document, describe.format_sections(document)


def _board(name):
    from hwgen import boards

    document = describe.board_document(boards.get(name))
    return document, describe.board_sections(document)
