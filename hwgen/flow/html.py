"""Reports as one HTML file each, that needs no other file and no network."""

from functools import cache
from pathlib import Path

from hwgen.flow.outputs import write_file

__all__ = ["printable", "write_page"]


def write_page(path, template, **values):
    """Write a report.

    Parameters
    ----------
    path : path-like
        HTML file.
    template : path-like
        A template that extends ``page.html.j2`` of this folder.
    values
        What it shows; all need ``title`` and ``facts``, pairs of name and value.

    Raises ``UsageError`` where the file cannot be written.
    """
    template = Path(template)
    write_file(path, _environment(template.parent).get_template(template.name).render(values))


def printable(name):
    """Return a name of a file with what would act on a screen, not show, as escapes."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in name)


@cache
def _environment(folder):
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
