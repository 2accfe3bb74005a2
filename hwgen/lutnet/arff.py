"""Tables of numbers with one column of classes, in ARFF files as OpenML gives them."""

import re

import numpy as np

from hwgen.errors import UsageError

__all__ = ["read_arff"]

_ATTRIBUTE = re.compile(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)\s+(.+)", re.IGNORECASE)
_NUMBERS = ("numeric", "real", "integer")


def read_arff(path):
    """Return (features, class numbers, class names) of a file.

    Every attribute must be a number but one, which lists the names of the classes; rows are dense
    and without missing values.

    Raises
    ------
    UsageError
        The file is not so, in one line that names it and, for a row, its line.
    """
    with path.open(encoding="utf-8") as file:
        kinds, lines = _header(path, file)
        column, names = _classes(path, kinds)
        numbers = {name: number for number, name in enumerate(names)}
        features, classes = [], []
        for line, text in enumerate(file, lines + 1):
            if not text.strip() or text.startswith("%"):
                continue
            cells = text.strip().split(",")
            try:
                if len(cells) != len(kinds):
                    raise ValueError
                classes.append(numbers[_plain(cells.pop(column))])
                features.append([float(each) for each in cells])
            except (ValueError, KeyError):
                raise UsageError(
                    f"{path}:{line}: a row must have {len(kinds) - 1} numbers and one of the "
                    f"classes {', '.join(names)}, not {text.strip()[:60]!r}"
                ) from None
    found = np.array(features)
    if not features or not np.isfinite(found).all():
        raise UsageError(f"{str(path)!r} must have rows, all of finite numbers")
    return found, np.array(classes), names


def _header(path, file):
    """Return the types of the attributes, and how many lines there are up to the data."""
    kinds = []
    for line, text in enumerate(file, 1):
        if text.strip().lower() == "@data":
            return kinds, line
        if text.lower().startswith("@attribute"):
            match = _ATTRIBUTE.match(text.strip())
            if match is None:
                raise UsageError(f"{path}:{line}: an attribute must have a name and a type")
            kinds.append(match[2].strip())
    raise UsageError(f"{str(path)!r} must be an ARFF file, and has no line @data")


def _classes(path, kinds):
    """Return the place of the column of classes, and their names."""
    listed = [place for place, kind in enumerate(kinds) if kind.startswith("{")]
    others = [kind for kind in kinds if not kind.startswith("{") and kind.lower() not in _NUMBERS]
    if len(listed) != 1 or others:
        raise UsageError(
            f"{str(path)!r} must have numbers in all attributes but one, that of the classes"
        )
    names = [_plain(each) for each in kinds[listed[0]].strip("{}").split(",")]
    return listed[0], names


def _plain(word):
    return word.strip().strip("'\"")
