"""Request files: a core, a board and config fields in one YAML mapping."""

from dataclasses import dataclass

from hwgen.errors import UsageError, nearest
from hwgen.yaml_file import compose_yaml, construct_yaml

__all__ = ["RequestFile", "is_request_file", "read_request_file"]


@dataclass(frozen=True)
class RequestFile:
    """A parsed request file.

    Parameters
    ----------
    path : str
        Name of the file, for messages.
    core, board : str or None
        What the keys ``core`` and ``board`` say.
    values : dict
        All other keys with their values.
    lines : dict
        Key to its line, counted from 1.
    """

    path: str
    core: str | None
    board: str | None
    values: dict
    lines: dict

    def values_for(self, core):
        """Return the config values; a key that ``core`` does not have is a `UsageError`."""
        allowed = [*core.shorthands, *core.config.__pydantic_fields__]
        for key in self.values:
            if key not in allowed:
                hint = nearest(key, ["core", "board", *allowed])
                hint = hint or f"; keys: {', '.join(['core', 'board', *allowed])}"
                raise UsageError(f"{self.path}:{self.lines[key]}: no key {key!r}{hint}")
        return dict(self.values)


def is_request_file(word):
    """Return whether a word of the command line names a request file."""
    return word.endswith((".yaml", ".yml"))


def read_request_file(path):
    """Return the `RequestFile` at ``path``.

    Raises
    ------
    UsageError
        No such file, not YAML, not one mapping of plain values, or a key given twice. The message
        starts with file and line.
    """
    node = compose_yaml(path, "request file")
    if node is None or node.id != "mapping":
        raise UsageError(f"{path}:1: request file must hold lines 'key: value'")
    return _from_mapping(path, node)


def _from_mapping(path, node):
    values, lines = {}, {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = str(key_node.value)
        if value_node.id != "scalar":
            raise UsageError(f"{path}:{line}: value of {key!r} must be one word or number")
        values[key] = construct_yaml(path, value_node)
        lines[key] = line
    core, board = values.pop("core", None), values.pop("board", None)
    names = [None if each is None else str(each) for each in (core, board)]
    return RequestFile(str(path), *names, values, lines)
