"""The record of one core: everything that commands, documentation and tests are made from."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import ValidationError

from hwgen.errors import UsageError, nearest

__all__ = ["Core"]


@dataclass(frozen=True)
class Core:
    """One core of the catalogue.

    Parameters
    ----------
    name : str
        Name as typed on the command line.
    summary : str
        What the core is for, in one line.
    source : str
        Where the definition of what it computes comes from.
    config : type
        Frozen pydantic dataclass with a description and a default for every field.
    component : callable
        Takes a config, returns the Amaranth component.
    golden : callable
        ``(config, inputs) -> outputs``: arrays of codes by stream and field, one row a token.
    vectors : callable
        ``(config, count, seed) -> inputs``: directed cases first, then seeded random ones;
        at least ``count`` tokens.
    semantics : str
        What the outputs are, exactly: paragraphs of Markdown for the core's page.
    examples : tuple of str
        Command lines that show the core at work.
    shorthands : dict
        Options that stand for several fields: name -> tuple of field names.
    """

    name: str
    summary: str
    source: str
    config: type
    component: Callable
    golden: Callable
    vectors: Callable
    semantics: str = ""
    examples: tuple[str, ...] = ()
    shorthands: dict = field(default_factory=dict)

    def configure(self, options):
        """Return the config for a dict of options, shorthands included.

        Raises
        ------
        UsageError
            One line that names every unknown key and every wrong value.
        """
        fields = self.config.__dataclass_fields__
        expanded, unknown = {}, []
        for key, value in options.items():
            names = self.shorthands.get(key, (key,))
            if key not in fields and key not in self.shorthands:
                unknown.append(f"unknown option {key!r}{nearest(key, [*fields, *self.shorthands])}")
            for name in names:
                if key in fields or name not in options:
                    expanded[name] = value
        if unknown:
            raise UsageError("; ".join(unknown))
        try:
            return self.config(**expanded)
        except ValidationError as error:
            raise UsageError(_explain(error.errors())) from None


def _explain(mistakes):
    """Return pydantic's errors as one line: "field must be ..., not value"; each value once."""
    fields = {}
    for mistake in mistakes:
        field = str(mistake["loc"][0]) if mistake["loc"] else ""
        message = mistake["msg"].removeprefix("Value error, ")
        if mistake["type"] != "value_error" and field:
            wanted = (message[0].lower() + message[1:]).removeprefix("input should be ")
            message = f"must be {wanted}, not {mistake['input']!r}"
        # a union reports every alternative: the first one says enough
        fields.setdefault(field, message)
    names = {}
    for field, message in fields.items():
        names.setdefault(message, []).append(field)
    return "; ".join(_named(" and ".join(each), message) for message, each in names.items())


def _named(field, message):
    if not field or message.startswith(field):
        return message
    return f"{field} {message}" if message.startswith("must be") else f"{field}: {message}"
