"""Options of the command line made from the fields of a core's config class."""

import types
import typing

import click

__all__ = ["PREFIX", "config_options", "option_name", "typed_values"]

# Keeps a config field and a command's own option of the same name apart inside click.
PREFIX = "field__"


def config_options(core):
    """Return one click option for every shorthand and every config field of ``core``.

    The options check nothing but their type: the config itself explains every mistake, so that
    flags, files and Python calls give the same message.
    """
    options = [
        click.Option(
            [option_name(name), PREFIX + name],
            metavar="NAME",
            help=f"Short for {' and '.join(option_name(each) for each in covered)}.",
        )
        for name, covered in core.shorthands.items()
    ]
    return options + [_option(name, field) for name, field in _fields(core).items()]


def option_name(name):
    """Return how config field ``name`` is typed: ``fmt_a`` is ``--fmt-a``."""
    return "--" + name.replace("_", "-")


def typed_values(core, flags):
    """Return ``flags`` (field name to text) with numbers where the config takes numbers."""
    fields = _fields(core)
    return {
        name: _typed(value, _choices(fields[name].annotation)[1]) if name in fields else value
        for name, value in flags.items()
    }


def _fields(core):
    return core.config.__pydantic_fields__


def _option(name, field):
    words, kinds = _choices(field.annotation)
    text = (field.description or "").rstrip(".")
    default = field.get_default(call_default_factory=True)
    if bool in kinds:
        declaration = f"{option_name(name)}/--no-{option_name(name)[2:]}"
        default = {True: "on", False: "off"}.get(default, default)
        return click.Option(
            [declaration, PREFIX + name], default=None, help=_with_default(text, default)
        )
    metavar = "|".join([*words, *(_METAVARS[kind] for kind in kinds)]) or "TEXT"
    return click.Option(
        [option_name(name), PREFIX + name], metavar=metavar, help=_with_default(text, default)
    )


_METAVARS = {int: "N", float: "NUMBER", str: "NAME"}


def _with_default(text, default):
    return f"{text}." if default is None else f"{text}. [default: {default}]"


def _choices(annotation):
    """Return the words and the types that an annotation admits: ``Literal["a"] | int``."""
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return [str(word) for word in typing.get_args(annotation)], []
    if origin is typing.Annotated:
        return _choices(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        words, kinds = [], []
        for each in typing.get_args(annotation):
            more_words, more_kinds = _choices(each)
            words += more_words
            kinds += [kind for kind in more_kinds if kind not in kinds]
        return words, kinds
    return [], [annotation] if annotation in (bool, int, float, str) else []


def _typed(value, kinds):
    """Return text as the first number type of ``kinds`` that can read it, else unchanged."""
    for kind in (int, float):
        if kind in kinds and isinstance(value, str):
            try:
                return kind(value)
            except ValueError:
                continue
    return value
