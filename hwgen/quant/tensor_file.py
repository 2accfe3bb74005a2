"""Safetensors files: opened for NumPy, written piece by piece, and put together from parts."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hwgen.errors import HwgenError, UsageError
from hwgen.flow.outputs import replacing

__all__ = [
    "ModelTensors",
    "StoredTensors",
    "join_files",
    "open_safetensors",
    "read_header",
    "read_tensor",
    "stored_at",
    "write_tensors",
]

_LENGTH_BYTES = 8
_ALIGNMENT = 8
# bytes that are copied at a time
_CHUNK = 1 << 20
# names of types in the file, by those of NumPy
_TYPES = {
    **{"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "bool": "BOOL"},
    **{
        f"{kind}{8 << size}": f"{kind[0].upper()}{8 << size}"
        for kind in ("int", "uint")
        for size in range(4)
    },
    **{"float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "float8_e8m0fnu": "F8_E8M0"},
    "complex64": "C64",
}


def open_safetensors(path):
    """Return an open safetensors file for NumPy, bfloat16 and float8 included.

    Raises ``UsageError`` where it cannot be read or is something else. Nothing in it is executed.
    """
    # gives NumPy the number types of newer models
    import ml_dtypes  # noqa: F401
    from safetensors import SafetensorError, safe_open

    if Path(path).exists() and not Path(path).is_file():
        raise UsageError(f"{str(path)!r} must be a safetensors file, and is no file")
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


def stored_at(path, name):
    """Return (offset in the file, shape) of a tensor in a safetensors file that has it."""
    header, start = _header(path)
    return start + header[name]["data_offsets"][0], tuple(header[name]["shape"])


def read_tensor(path, name):
    """Return a tensor of a safetensors file that has it.

    Raises ``UsageError`` where its type is none of NumPy's or `ml_dtypes`.
    """
    dtype, offset, shape = _placed(path, name)
    little = dtype if dtype.kind == "V" else dtype.newbyteorder("<")
    values = np.fromfile(path, little, math.prod(shape), offset=offset)
    return values.astype(dtype, copy=False).reshape(shape)


def _placed(path, name):
    """Return (type, offset in the file, shape) of a tensor."""
    import ml_dtypes

    header, start = _header(path)
    kind, (first, _) = header[name]["dtype"], header[name]["data_offsets"]
    found = next((each for each, text in _TYPES.items() if text == kind), None)
    if found is None:
        raise UsageError(
            f"tensor {name!r} of {str(path)!r} must have a type of {', '.join(_TYPES.values())}, "
            f"not {kind}; convert it"
        )
    return np.dtype(getattr(ml_dtypes, found, found)), start + first, tuple(header[name]["shape"])


class ModelTensors(Mapping):
    """Tensors of a model's file by name, with the shapes that they have.

    Parameters
    ----------
    path : path-like
        For messages.
    shapes : dict of str to tuple of int
    """

    def __init__(self, path, shapes):
        self._path, self._shapes = path, shapes

    def __iter__(self):
        return iter(self._shapes)

    def __len__(self):
        return len(self._shapes)

    def __contains__(self, name):
        return name in self._shapes

    def shape(self, name, dimensions):
        """Return the shape of a tensor that must be there with so many dimensions."""
        found = self._shapes.get(name, ())
        if len(found) != dimensions or not math.prod(found):
            raise UsageError(
                f"{str(self._path)!r} must hold a tensor {name!r} of {dimensions} dimensions"
            )
        return found

    def check(self, shapes):
        """Raise ``UsageError`` unless there are tensors of these names and shapes."""
        for name, wanted in shapes.items():
            found = self._shapes.get(name)
            if found != wanted:
                there = "it is missing" if found is None else f"not {found}"
                raise UsageError(
                    f"{str(self._path)!r} must hold {name!r} of shape {wanted}, {there}"
                )

    def count(self, pattern):
        """Return for how many numbers from 0 on there is a tensor of a name with ``{}``."""
        number = 0
        while pattern.format(number) in self._shapes:
            number += 1
        return number


class StoredTensors(ModelTensors):
    """Tensors of a safetensors file by name, as views of it that are read where they are used.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    UsageError
        The file cannot be read or is something else.
    """

    def __init__(self, path):
        with open_safetensors(path):
            header = read_header(path)
        header.pop("__metadata__", None)
        super().__init__(path, {name: tuple(each["shape"]) for name, each in header.items()})

    def __getitem__(self, name):
        if name not in self:
            raise KeyError(name)
        dtype, offset, shape = _placed(self._path, name)
        little = dtype if dtype.kind == "V" else dtype.newbyteorder("<")
        return np.memmap(self._path, little, "r", offset, shape) if math.prod(shape) else ()


def write_tensors(path, tensors, metadata=None):
    """Write a safetensors file; in memory is one piece of a tensor at a time.

    Parameters
    ----------
    path : path-like
        Written under a temporary name and renamed.
    tensors : dict
        By name an array, or (dtype, shape, arrays that hold its rows one after the other).
    metadata : dict of str to str
    """
    parts = {
        name: (each.dtype, each.shape, _pieces(each)) if isinstance(each, np.ndarray) else each
        for name, each in tensors.items()
    }
    header, offset = {} if metadata is None else {"__metadata__": metadata}, 0
    # wide numbers first, so that each begins where a multiple of its size is
    order = sorted(parts, key=lambda name: (-parts[name][0].itemsize, name))
    for name in order:
        dtype, shape, _ = parts[name]
        if dtype.name not in _TYPES:
            raise UsageError(f"tensor {name!r} must have a type of safetensors, not {dtype}")
        size = dtype.itemsize * int(np.prod(shape, dtype=object))
        kind = _TYPES[dtype.name]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    with replacing(path) as file:
        _write_header(file, header)
        for name in order:
            dtype, _, pieces = parts[name]
            for piece in pieces:
                little = dtype if dtype.kind == "V" else dtype.newbyteorder("<")
                file.write(np.ascontiguousarray(piece, little).tobytes())


def _pieces(array):
    """Yield an array in its order, some of it at a time."""
    if not array.ndim or not array.size:
        yield array
        return
    step = max(1, _CHUNK * len(array) // array.nbytes)
    for start in range(0, len(array), step):
        yield array[start : start + step]


def _write_header(file, header):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    file.write(len(text).to_bytes(_LENGTH_BYTES, "little") + text)


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
            if name in header:
                raise UsageError(
                    f"names of tensors must differ, and the codes of a matrix have the name of "
                    f"another tensor, {name!r}; rename it, or leave the matrix out with --exclude"
                )
            first, last = each["data_offsets"]
            header[name] = {**each, "data_offsets": [offset, offset + last - first]}
            offset += last - first
            pieces.append((part, start + first, last - first))
    with replacing(path) as file:
        _write_header(file, header)
        for part, start, count in pieces:
            with open(part, "rb") as source:
                source.seek(start)
                _copy(source, file, count)


def _header(path):
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        return json.loads(file.read(length)), _LENGTH_BYTES + length


def _copy(source, target, count):
    while count:
        data = source.read(min(_CHUNK, count))
        if not data:
            raise HwgenError(f"{source.name} ended early; delete it and start again")
        target.write(data)
        count -= len(data)
