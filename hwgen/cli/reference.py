"""Write the reference pages of the documentation: ``python -m hwgen.cli.reference [FOLDER]``."""

import inspect
import json
import sys
from pathlib import Path

import click

from hwgen.cli import describe
from hwgen.cli.core_command import CoreCommand
from hwgen.cli.sections import Section, as_markdown

__all__ = ["pages", "write_pages"]

_NOTE = "<!-- Written by `make docs`; edit the source of the facts, not this page. -->"

_COMMON = """\
A request may stand in a YAML file instead: its keys are `core`, `board` and the options of the
core without dashes (`fmt_a: mxfp4`). Options on the command line override the file.

With `--json`, standard output holds exactly one JSON document. Its key `schema` is
`hwgen-COMMAND/1`, or `hwgen-error/1` with `message` and `exit_code` where nothing could be
reported. The number grows when a key changes its meaning or goes away."""


def pages(folder=Path("docs", "reference")):
    """Return the pages that are made from the catalogue: file name to text.

    ``../benchmarks/sweep`` beside ``folder`` holds the measured figures of the cores' pages.
    """
    from hwgen import boards, catalogue

    made = {"commands.md": _commands(), "formats.md": _formats(), "boards.md": _boards(boards)}
    made["gpt-instructions.md"] = _instructions()
    for name in catalogue.names():
        document = describe.core_document(catalogue.get(name))
        sections = describe.core_sections(document)
        sections += _sweep(Path(folder).parent / "benchmarks" / "sweep" / f"{name}.json")
        made[f"core-{name}.md"] = _page(f"Core {name}", sections)
    return made


def _instructions():
    """Return the page of the GPT machine's instructions."""
    from hwgen.formats.gpt_instructions import INSTRUCTIONS, WORD_BYTES
    from hwgen.formats.gpt_status import REASONS

    heads = ("operand", "bits", "meaning")
    sections = []
    for kind in INSTRUCTIONS:
        position, rows = 8, []
        for each in kind.operands:
            last = position + each.bits - 1
            meaning = each.doc + (f": {', '.join(each.choices)}" if each.choices else "")
            bits = f"{position}-{last}" if each.bits > 1 else f"{position}"
            rows.append((f"`{each.name}`", bits + (", signed" if each.signed else ""), meaning))
            position = last + 1
        text = f"{kind.doc}\n\nOpcode {kind.opcode}, {kind.unit} unit."
        sections.append(Section(kind.name, heads if rows else (), rows, text))
    note = (
        f"A word has {8 * WORD_BYTES} bits, little endian: the opcode in bits 0-7, then the "
        "operands, then zeros.\nA number stands for a choice by its place among them. Values have "
        "16 fraction bits; what they are and\nhow they are rounded: "
        "[the GPT machine](../explanation-gpt-machine.md)."
    )
    statuses = Section(
        "Statuses",
        ("status", "why the machine stopped"),
        [(f"{status}", reason) for status, reason in REASONS.items()],
        "Others are those of the instruction `halt`. After one from 17 on the machine goes on only "
        "behind a reset, of the memory's side as well.",
    )
    sections = [Section("Words", (), [], note), *sections, statuses]
    return _page("Instructions of the GPT machine", sections)


def _sweep(path):
    """Return the section of a core's figures over ``--freq``, where they were measured."""
    if not path.exists():
        return []
    document = json.loads(path.read_text())
    heads = {
        "--freq": "freq",
        "LUT4 eq.": "comb",
        "FF": "ff",
        "DSP": "dsp",
        "latency": "latency",
        "Fmax MHz": "fmax",
    }
    rows = []
    for point in document["points"]:
        shown = {**point, "freq": point["freq"] or "none", "fmax": f"{point['fmax']:.0f}"}
        rows.append(tuple(shown[key] for key in heads.values()))
    options = " ".join(f"--{key.replace('_', '-')} {v}" for key, v in document["options"].items())
    text = (
        f"![Area, Fmax and latency over --freq](../benchmarks/sweep/{path.stem}.svg)\n\n"
        f"Options: {options or 'default'}. {document['measured']}\n"
        "Command: `python benchmarks/frequency_sweep.py --write`."
    )
    return [Section("Area, Fmax and latency", tuple(heads), rows, text)]


def write_pages(folder):
    """Write all pages into ``folder`` and return their paths."""
    from hwgen.flow.outputs import prepare_folder, write_file

    folder = prepare_folder(folder)
    return [write_file(folder / name, text) for name, text in pages(folder).items()]


def _page(title, sections):
    return f"{_NOTE}\n\n# {title}\n\n{as_markdown(sections)}"


def _commands():
    """Return the page of all commands; a core's own options stand on the core's page."""
    from hwgen.cli import application
    from hwgen.cli.group import EXIT_CODES

    sections = [Section("", text=_COMMON)]
    for name, command in _each_command(application):
        rows = [_option(each) for each in command.params if isinstance(each, click.Option)]
        words = [each.metavar for each in command.params if isinstance(each, click.Argument)]
        words += ["[OPTIONS OF THE CORE]"] if isinstance(command, CoreCommand) else []
        text = f"`hwgen {' '.join([name, *(word or 'NAME' for word in words)])}`\n\n"
        text += inspect.cleandoc(command.help)
        sections.append(Section(f"hwgen {name}", ("option", "meaning"), rows, text))
    codes = [(str(code), meaning) for code, meaning in EXIT_CODES.items()]
    sections.append(Section("Exit codes", ("code", "meaning"), codes))
    return _page("Commands", sections)


def _each_command(group, before=""):
    """Yield (words, command) for all commands, those of a group inside in its place."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if isinstance(command, click.Group):
            yield from _each_command(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _option(option):
    names = ", ".join([*option.opts, *option.secondary_opts])
    return f"`{names} {option.metavar or ''}".rstrip() + "`", option.help


def _formats():
    from hwgen.cli.list import list_formats

    _, sections = list_formats()
    sections[0] = Section("Well-known formats", sections[0].heads, sections[0].rows)
    return _page("Formats", sections)


def _boards(boards):
    sections = []
    for name in boards.names():
        first, second = describe.board_sections(describe.board_document(boards.get(name)))
        sections.append(Section(f"{name}: {first.title}", (), first.rows))
        sections.append(Section("", second.heads, second.rows))
    return _page("Boards", sections)


if __name__ == "__main__":
    for path in write_pages(sys.argv[1] if len(sys.argv) > 1 else Path("docs", "reference")):
        print(path)
