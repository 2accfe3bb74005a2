"""Where measured tables go: between the markers of a page, the figures as JSON beside it."""

import json

from hwgen.flow.outputs import write_file

__all__ = ["earlier_figures", "write_figures", "write_table"]


def write_table(page, name, table):
    """Put a table into the page (a path) that has the markers ``benchmark:name``."""
    begin, end = f"<!-- benchmark:{name} -->", f"<!-- /benchmark:{name} -->"
    head, rest = page.read_text().split(begin, 1)
    _, tail = rest.split(end, 1)
    write_file(page, f"{head}{begin}\n{table}\n{end}{tail}")


def write_figures(page, figures):
    """Write figures as JSON beside a page."""
    write_file(page.with_suffix(".json"), json.dumps(figures, indent=1) + "\n")


def earlier_figures(page):
    """Return the figures that stand beside a page; none before the first run."""
    path = page.with_suffix(".json")
    return json.loads(path.read_text()) if path.exists() else []
