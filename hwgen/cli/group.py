"""The group of commands: lazy loading, nearest names, and one place where errors become text."""

import importlib
import json
import sys

import click

import hwgen
from hwgen.errors import HwgenError, UsageError, nearest

__all__ = ["EXIT_CODES", "CommandGroup"]

EXIT_CODES = {
    0: "done",
    1: "the work failed",
    2: "wrong usage or configuration",
    3: "hardware and golden model disagree",
    4: "a tool is missing",
    5: "timing or area target missed",
    130: "interrupted",
}


class CommandGroup(click.Group):
    """A group whose commands are imported on first use.

    Parameters
    ----------
    name : str
        Name of the program.
    summaries : dict of str to str
        Command name to the line that stands in the help. Command ``build`` is the attribute
        ``command`` of module ``hwgen.cli.build``.
    package : str
        Where the modules are.
    """

    def __init__(self, name, summaries, package="hwgen.cli", **attributes):
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        super().__init__(name, context_settings=settings, no_args_is_help=False, **attributes)
        self.summaries, self.package = summaries, package
        click.version_option(hwgen.__version__, prog_name=name)(self)

    def list_commands(self, ctx):
        return list(self.summaries)

    def get_command(self, ctx, name):
        if name not in self.summaries:
            return None
        return importlib.import_module(f"{self.package}.{name}").command

    def parse_args(self, ctx, args):
        if not args:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(UsageError.exit_code)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx, args):
        if args and not args[0].startswith("-") and args[0] not in self.summaries:
            hint = nearest(args[0], self.summaries) or f"; commands: {', '.join(self.summaries)}"
            raise UsageError(f"no command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), text) for code, text in EXIT_CODES.items()])

    def main(self, args=None, prog_name=None, **extra):
        """Run, then exit with the command's code; every error is one line on stderr."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        try:
            code = super().main(arguments, prog_name or self.name, **extra)
        except HwgenError as error:
            code = _fail(str(error), error.exit_code, arguments)
        except click.ClickException as error:
            code = _fail(_click_message(error), UsageError.exit_code, arguments)
        except (click.Abort, KeyboardInterrupt):
            click.echo("hwgen: interrupted", err=True)
            code = 130
        except OSError as error:
            code = _fail(_system_message(error), HwgenError.exit_code, arguments)
        sys.exit(code or 0)


def _fail(message, code, arguments):
    """Print one error for a person and, when asked for, for a program; return ``code``."""
    click.echo(f"hwgen: error: {message}", err=True)
    if "--json" in arguments:
        document = {"schema": "hwgen-error/1", "exit_code": code, "message": message}
        click.echo(json.dumps(document, indent=2))
    return code


def _click_message(error):
    """Return click's message in the form of ours: lower case, no full stop."""
    message = error.format_message().rstrip(".")
    if isinstance(error, click.NoSuchOption):
        known = error.possibilities or ()
        message = f"no option {error.option_name!r}{nearest(error.option_name, known)}"
    return message[:1].lower() + message[1:]


def _system_message(error):
    """Return an operating system error with the file it concerns."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason
