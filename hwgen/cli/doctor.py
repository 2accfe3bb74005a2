"""``hwgen doctor``: which tools are there, and which are missing."""

import click

from hwgen.cli.console import json_option, report, table
from hwgen.errors import MissingToolError

__all__ = ["command"]


@click.command("doctor")
@click.option("--warm", is_flag=True, help="Run every tool once, so that later runs start fast.")
@json_option
def command(warm, as_json):
    """List every tool: version, where it was found, what it is for, and what is missing."""
    from hwgen.flow.doctor import doctor

    tools = doctor(warm)
    missing = [tool for tool in tools if not tool["found"]]
    rows = [
        (tool["name"], tool["version"] or "missing", tool["path"] or tool["install"])
        for tool in tools
    ]
    text = table(rows, ("tool", "version", "where"))
    report("doctor", {"tools": tools, "ok": not missing}, text, as_json)
    if missing:
        return MissingToolError.exit_code
    return 0
