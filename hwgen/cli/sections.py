"""Titled tables that can be printed as text or as Markdown."""

from dataclasses import dataclass

from hwgen.cli.console import table

__all__ = ["Section", "as_markdown", "as_text"]


@dataclass(frozen=True)
class Section:
    """One table with its title.

    Parameters
    ----------
    title : str
        Empty for a table that needs none.
    heads : tuple of str
        Names of the columns; empty for a list of facts.
    rows : list of tuple
        Cells.
    text : str
        A paragraph above the table.
    """

    title: str
    heads: tuple[str, ...] = ()
    rows: tuple = ()
    text: str = ""


def as_text(sections):
    """Return sections for a terminal."""
    parts = []
    for each in sections:
        parts += [each.title] if each.title else []
        parts += [each.text] if each.text else []
        parts += [table(each.rows, each.heads)] if each.rows else []
        parts.append("")
    return "\n".join(parts)


def as_markdown(sections, level=2):
    """Return sections as Markdown, their titles at heading ``level``."""
    parts = []
    for each in sections:
        parts += [f"{'#' * level} {each.title}\n"] if each.title else []
        parts += [f"{each.text}\n"] if each.text else []
        if each.rows:
            heads = each.heads or [""] * len(each.rows[0])
            lines = [_line(heads), _line(["---"] * len(heads)), *map(_line, each.rows)]
            parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _line(cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
