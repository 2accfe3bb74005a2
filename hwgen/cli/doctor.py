"""``hwgen doctor``: which tools are there, and which are missing."""

import click

from hwgen.cli.console import json_option, progress, report, table
from hwgen.errors import MissingToolError

__all__ = ["command"]


@click.command("doctor")
@click.option("--warm", is_flag=True, help="Prepare the tools that are slow at their first call.")
@json_option
def command(warm, as_json):
    """List every tool: version, where it was found, what it is for, and what is missing.

    Exit code 4 when a tool is missing.
    """
    from hwgen.flow.doctor import doctor

    with progress() as update:
        update("preparing tools" if warm else "looking for tools")
        tools = doctor(warm)
    missing = [tool["name"] for tool in _missing(tools)]
    report("doctor", {"tools": tools, "missing": missing}, _text(tools), as_json)
    return MissingToolError.exit_code if missing else 0


def _text(tools):
    rows = [
        (tool["name"], tool["version"] or "missing", tool["needed_for"], tool["path"] or "")
        for tool in tools
    ]
    lines = [table(rows, ("tool", "version", "for", "where"))]
    lines += [f"{tool['name']} is missing: {tool['install']}" for tool in _missing(tools)]
    slow = [tool["name"] for tool in tools if tool["found"] and not tool["prepared"]]
    if slow:
        lines.append(f"slow at their first call: {', '.join(slow)} (hwgen doctor --warm)")
    return "\n".join(lines)


def _missing(tools):
    return [tool for tool in tools if not tool["found"]]
