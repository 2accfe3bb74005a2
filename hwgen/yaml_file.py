"""YAML files that people write, read so that a message can name the line of a mistake."""

from pathlib import Path

from hwgen.errors import UsageError

__all__ = ["compose_yaml", "construct_yaml"]


def compose_yaml(path, what):
    """Return the nodes of a YAML file, which know their lines; ``None`` for an empty one.

    Parameters
    ----------
    path : path
    what : str
        What kind of file this is, for messages.

    Raises
    ------
    UsageError
        No such file, no UTF-8 text, not YAML, a value that is not what it looks like, or a
        mapping with a key twice.
    """
    import yaml

    try:
        node = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise UsageError(f"cannot read {what} {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{what} must be UTF-8 text, and {str(path)!r} is not") from None
    except yaml.MarkedYAMLError as error:
        raise UsageError(f"{path}:{error.problem_mark.line + 1}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: {str(error).splitlines()[0]}") from None
    if node is not None:
        _check(path, node)
    return node


def construct_yaml(path, node):
    """Return the plain values that a node stands for.

    Raises
    ------
    UsageError
        A value has a tag that is not plain YAML's.
    """
    import yaml

    try:
        return yaml.SafeLoader("").construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise UsageError(f"{path}:{error.problem_mark.line + 1}: {error.problem}") from None


def _check(path, node):
    left, visited = [node], set()
    while left:
        node = left.pop()
        # an alias may lead back to where it stands
        if id(node) in visited:
            continue
        visited.add(id(node))
        if node.id == "scalar":
            _check_scalar(path, node)
        elif node.id == "mapping":
            _check_mapping(path, node)
            left += [each for pair in node.value for each in pair]
        else:
            left += node.value


def _check_scalar(path, node):
    try:
        construct_yaml(path, node)
    except ValueError:
        line = node.start_mark.line + 1
        raise UsageError(f"{path}:{line}: value {node.value!r} cannot be read") from None


def _check_mapping(path, node):
    lines = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if key.id != "scalar":
            raise UsageError(f"{path}:{line}: key must be one word or number")
        if key.value in lines:
            first = lines[key.value]
            raise UsageError(f"{path}:{line}: key {key.value!r} stands on line {first} already")
        lines[key.value] = line
