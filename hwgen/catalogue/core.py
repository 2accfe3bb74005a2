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
            mistakes = [_explain(each) for each in error.errors()]
            raise UsageError("; ".join(dict.fromkeys(mistakes))) from None


def _explain(mistake):
    """Return one pydantic error as "field must be ..., not value"."""
    message = mistake["msg"].removeprefix("Value error, ")
    place = [str(part) for part in mistake["loc"]]
    if mistake["type"] == "value_error":
        named = place and not message.startswith(place[0])
        return f"{place[0]}: {message}" if named else message
    if not place:
        return message
    wanted = message[0].lower() + message[1:]
    wanted = wanted.removeprefix("input should be ")
    return f"{place[0]} must be {wanted}, not {mistake['input']!r}"
