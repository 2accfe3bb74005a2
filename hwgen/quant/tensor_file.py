"""Safetensors files: opened for NumPy, and put together from parts."""

import json

from hwgen.errors import HwgenError, UsageError
from hwgen.flow.outputs import replacing

__all__ = ["join_files", "open_safetensors", "read_header"]

_LENGTH_BYTES = 8
_ALIGNMENT = 8


def open_safetensors(path):
    """Return an open safetensors file for NumPy, bfloat16 and float8 included.

    Raises ``UsageError`` where it cannot be read or is something else. Nothing in it is executed.
    """
    # gives NumPy the number types of newer models
    import ml_dtypes  # noqa: F401
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(path, framework="numpy")
    except (SafetensorError, TypeError) as error:
        raise UsageError(f"{str(path)!r} must be a safetensors file: {error}") from None
    except FileNotFoundError:
        raise UsageError(f"cannot read {str(path)!r}: there is no such file") from None
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from None


def read_header(path):
    """Return the header of a safetensors file that is known to be one, as a dictionary."""
    return _header(path)[0]


def join_files(path, parts, metadata):
    """Write one file with the tensors of all ``parts``, without reading a whole one into memory.

    The layout is that of safetensors: the length of the header as 8 bytes, the header as JSON, and
    the tensors' bytes in its order.

    Parameters
    ----------
    path : path-like
        Written under a temporary name and renamed.
    parts : sequence of path-like
        Safetensors files; their metadata are left out.
    metadata : dict of str to str
        Those of the new file.
    """
    header, offset, pieces = {"__metadata__": metadata}, 0, []
    for part in parts:
        found, start = _header(part)
        found.pop("__metadata__", None)
        order = sorted(found.items(), key=lambda item: item[1]["data_offsets"])
        for name, each in order:
            first, last = each["data_offsets"]
            header[name] = {**each, "data_offsets": [offset, offset + last - first]}
            offset += last - first
            pieces.append((part, start + first, last - first))
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with replacing(path) as file:
        file.write(len(text).to_bytes(_LENGTH_BYTES, "little") + text)
        for part, start, count in pieces:
            with open(part, "rb") as source:
                source.seek(start)
                _copy(source, file, count)


def _header(path):
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        return json.loads(file.read(length)), _LENGTH_BYTES + length


def _copy(source, target, count, chunk=1 << 20):
    while count:
        data = source.read(min(chunk, count))
        if not data:
            raise HwgenError(f"{source.name} ended early; delete it and start again")
        target.write(data)
        count -= len(data)
