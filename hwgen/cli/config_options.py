"""Options of the command line made from the fields of a core's config class."""

import types
import typing

import click

__all__ = ["PREFIX", "config_options", "describe_fields", "option_name", "typed_values"]

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
            metavar=_metavar(*_choices(_fields(core)[covered[0]].annotation)),
            help=f"Short for {' and '.join(option_name(each) for each in covered)}",
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
        name: _typed(value, *_choices(fields[name].annotation)) if name in fields else value
        for name, value in flags.items()
    }


def describe_fields(core):
    """Return ``{name, values, default, doc}`` of every config field, for pages and programs."""
    rows = []
    for name, field in _fields(core).items():
        words, kinds = _choices(field.annotation)
        default = field.get_default(call_default_factory=True)
        values = "on|off" if bool in kinds else _metavar(words, kinds)
        doc = field.description
        rows.append({"name": name, "values": values, "default": default, "doc": doc})
    return rows


def _fields(core):
    return core.config.__pydantic_fields__


def _option(name, field):
    words, kinds = _choices(field.annotation)
    default = field.get_default(call_default_factory=True)
    declaration, metavar = option_name(name), _metavar(words, kinds)
    if bool in kinds:
        declaration, metavar = f"{declaration}/--no-{declaration[2:]}", None
        default = {True: "on", False: "off"}.get(default)
    return click.Option(
        [declaration, PREFIX + name],
        default=None,
        metavar=metavar,
        help=_with_default(field.description, default),
    )


def _with_default(description, default):
    text = description[:1].upper() + description[1:]
    return text if default is None else f"{text} (default: {default})"


def _metavar(words, kinds):
    """Return how a value is typed: ``auto|none|N``."""
    names = {int: "N", float: "NUMBER", str: "NAME"}
    return "|".join([*map(str, words), *(names.get(kind, "FORMAT") for kind in kinds)])


def _choices(annotation):
    """Return the words and the types that an annotation admits: ``Literal["a"] | int``."""
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return list(typing.get_args(annotation)), []
    if origin is typing.Annotated:
        return _choices(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        words, kinds = [], []
        for each in typing.get_args(annotation):
            more_words, more_kinds = _choices(each)
            words += more_words
            kinds += [kind for kind in more_kinds if kind not in kinds]
        return words, kinds
    return [], [] if annotation is types.NoneType else [annotation]


def _typed(value, words, kinds):
    """Return text as what it stands for: a word of the list, or a number if one fits."""
    for word in words:
        if str(word) == value:
            return word
    for kind in (int, float):
        if kind in kinds and isinstance(value, str):
            try:
                return kind(value)
            except ValueError:
                continue
    return value
