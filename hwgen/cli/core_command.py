"""Commands that work on one configured core: its options come from the catalogue entry."""

from dataclasses import dataclass, field

import click

from hwgen.cli.config_options import PREFIX, config_options, typed_values
from hwgen.cli.request_file import is_request_file, read_request_file
from hwgen.errors import UsageError

__all__ = ["CoreCommand", "CoreRequest", "board_option", "output_option", "seed_option"]


@dataclass
class CoreRequest:
    """What a person asked for: a core with its configuration, and maybe a board.

    Parameters
    ----------
    core : hwgen.catalogue.Core
        Catalogue entry.
    values : dict
        Config fields and shorthands that were given, from the file and from the flags.
    board : str or None
        Name of the board, when one was given.
    """

    core: object
    values: dict = field(default_factory=dict)
    board: str | None = None

    def configure(self, board=None, **defaults):
        """Return the validated config.

        Parameters
        ----------
        board : hwgen.boards.Board, optional
            Decides the field ``target``; to ask for another one is a `UsageError`.
        defaults
            Fields that hold where nothing was given.
        """
        target = self.values.get("target")
        if board and target not in (None, board.target):
            raise UsageError(f"target must be {board.target!r} on {board.name}, not {target!r}")
        fields = self.core.config.__pydantic_fields__
        if board:
            defaults["target"] = board.target
        known = {name: value for name, value in defaults.items() if name in fields}
        return self.core.configure({**known, **self.values})

    def find_board(self):
        """Return the board's record, or None when none was named."""
        from hwgen import boards

        return boards.get(self.board) if self.board else None


class CoreCommand(click.Command):
    """A command whose options grow by the config fields of the core that its line names.

    The callback gets the `CoreRequest` as ``request`` in place of the options that made it.
    """

    def __init__(self, name, **attributes):
        super().__init__(name, **attributes)
        file = click.Argument(["file"], required=False, callback=_check_file, metavar="[FILE.yaml]")
        core = click.Option(["--core"], metavar="NAME", help="Core to work on (hwgen list cores).")
        self.params = [file, core, *self.params]

    def parse_args(self, ctx, args):
        if not ctx.resilient_parsing:
            path, name = _scan(args)
            given = read_request_file(path) if path else None
            if name or (given and given.core):
                ctx.meta["hwgen.core"] = _find_core(name, given)
            elif not {"-h", "--help"} & set(args):
                _require_core(args)
            ctx.meta["hwgen.given"] = given
        return super().parse_args(ctx, args)

    def get_params(self, ctx):
        core = ctx.meta.get("hwgen.core")
        return super().get_params(ctx) + (config_options(core) if core else [])

    def invoke(self, ctx):
        request = _merge(ctx)
        ctx.params = {"request": request} | {
            name: value for name, value in ctx.params.items() if name not in ("file", "core")
        }
        return super().invoke(ctx)

    def format_options(self, ctx, formatter):
        """Write the command's own options and the core's in two sections."""
        core = ctx.meta.get("hwgen.core")
        own = [each for each in super().get_params(ctx) if isinstance(each, click.Option)]
        with formatter.section("Options"):
            formatter.write_dl([each.get_help_record(ctx) for each in own])
        if core:
            with formatter.section(f"Options of {core.name}"):
                formatter.write_dl([each.get_help_record(ctx) for each in config_options(core)])
        else:
            with formatter.section("Options of a core"):
                formatter.write_text(f"{ctx.command_path} --core NAME --help")


def _check_file(ctx, param, value):
    if value is not None and not is_request_file(value):
        from hwgen import catalogue

        if value in catalogue.names():
            raise UsageError(f"a core is named by an option: --core {value}")
        raise UsageError(f"request file must end in .yaml or .yml, not {value!r}")
    return value


def _scan(args):
    """Return the request file and the core named on a line that is not parsed yet."""
    path = name = None
    for position, word in enumerate(args):
        if word == "--core" and position + 1 < len(args):
            name = args[position + 1]
        elif word.startswith("--core="):
            name = word.removeprefix("--core=")
        elif is_request_file(word) and not word.startswith("-") and path is None:
            path = word
    return path, name


def _require_core(args):
    from hwgen import catalogue

    if args and not args[0].startswith("-"):
        _check_file(None, None, args[0])
    raise UsageError(
        f"a core must be named: --core NAME, or a file with a line 'core: NAME'; "
        f"cores: {', '.join(catalogue.names())}"
    )


def _find_core(name, given):
    """Return the catalogue entry named by a flag or, failing that, by the file."""
    from hwgen import catalogue

    if name:
        return catalogue.get(name)
    try:
        return catalogue.get(given.core)
    except UsageError as error:
        raise UsageError(f"{given.path}:{given.lines['core']}: {error}") from None


def _merge(ctx):
    """Return the request: the file's values, overridden by the flags."""
    core, given = ctx.meta["hwgen.core"], ctx.meta["hwgen.given"]
    flags = {name: ctx.params.pop(name) for name in list(ctx.params) if name.startswith(PREFIX)}
    flags = {name.removeprefix(PREFIX): value for name, value in flags.items() if value is not None}
    values = given.values_for(core) if given else {}
    for name in flags:
        for covered in core.shorthands.get(name, ()):
            values.pop(covered, None)
    values.update(typed_values(core, flags))
    board = ctx.params.pop("board", None) or (given.board if given else None)
    return CoreRequest(core, values, board)


output_option = click.option(
    "-o", "--output", metavar="FOLDER", help="Where the files go (default: a folder in build/)."
)
seed_option = click.option(
    "--seed", type=int, default=1, metavar="N", help="Seed of everything random (default: 1)."
)
board_option = click.option("--board", metavar="NAME", help="Board (hwgen list boards).")
