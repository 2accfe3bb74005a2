"""What stands beside a model's safetensors file: its configuration in JSON."""

import json
import math
from pathlib import Path

from hwgen.errors import UsageError

__all__ = ["Facts", "read_facts"]


def read_facts(path):
    """Return the `Facts` beside a model file: in a JSON file of its name, or ``config.json``.

    Raises
    ------
    UsageError
        There is none, or it is no JSON object.
    """
    path = Path(path)
    places = path.with_suffix(".json"), path.with_name("config.json")
    place = next((each for each in places if each.exists()), None)
    if place is None:
        raise UsageError(
            f"{str(path)!r} must have its configuration beside it, as {places[0].name!r} or "
            f"{places[1].name!r}, and has none"
        )
    try:
        values = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {str(place)!r}: {error}") from None
    if not isinstance(values, dict):
        raise UsageError(f"{str(place)!r} must hold a JSON object")
    return Facts(place, values)


class Facts:
    """Values of a configuration, checked when they are asked for.

    Parameters
    ----------
    path : pathlib.Path
        For messages.
    values : dict
    """

    def __init__(self, path, values):
        self._path, self._values = path, values

    def integer(self, name, default=None):
        """Return an integer of 1 or more; without a default it must be there."""
        value = self._values.get(name)
        value = default if value is None else value
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"{name} in {str(self._path)!r} must be 1 or more, not {value!r}")
        return value

    def positive(self, names, default):
        """Return the number greater than 0 that has one of some names."""
        name, value = self._first(names, default)
        if not isinstance(value, (int, float)) or not 0 < value < math.inf:
            raise UsageError(f"{name} in {str(self._path)!r} must be positive, not {value!r}")
        return float(value)

    def one_of(self, names, allowed, default):
        """Return what ``allowed`` maps the value to that has one of some names."""
        name, value = self._first(names, default)
        if not isinstance(value, str) or value not in allowed:
            raise UsageError(
                f"{name} in {str(self._path)!r} must be one of {', '.join(allowed)}, not {value!r}"
            )
        return allowed[value]

    def absent(self, name):
        """Make sure that something is not asked for that would be ignored."""
        if self._values.get(name) not in (None, False):
            raise UsageError(
                f"{name} in {str(self._path)!r} must not be set, and is {self._values[name]!r}"
            )

    def _first(self, names, default):
        return next(
            ((name, self._values[name]) for name in names if name in self._values),
            (names[0], default),
        )
