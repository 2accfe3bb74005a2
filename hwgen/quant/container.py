"""The file of a quantized model: safetensors with codes and scales, and what they mean.

Every quantized matrix ``NAME`` has its arrays as tensors ``NAME.codes``, ``NAME.scales``, ...; all
other tensors of the model are there as they were. The metadata entry ``hwgen`` is a JSON document
(schema ``hwgen-weights/1``) with format, shape, method and rotation of every matrix.
"""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hwgen.errors import UsageError, nearest
from hwgen.flow.outputs import write_file
from hwgen.formats.weights import parse_weight_format

from .matrix import QuantizedMatrix
from .tensor_file import join_files, open_safetensors, read_header

__all__ = ["SCHEMA", "QuantizedModel", "join_parts", "write_part"]

SCHEMA = "hwgen-weights/1"
_KEY = "hwgen"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    format: str
    shape: list[int] = Field(min_length=2, max_length=2)
    method: str
    rotation: int | None = None


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    format_schema: Literal["hwgen-weights/1"] = Field(alias="schema")
    matrices: dict[str, _Entry]


class QuantizedModel:
    """A container, whose tensors are read when they are asked for.

    Parameters
    ----------
    path : path-like
        A file that ``hwgen quantize`` wrote.

    Members
    -------
    matrices : tuple of str
        Names of the quantized matrices.
    tensors : tuple of str
        Names of the tensors that are as they were.

    Raises
    ------
    UsageError
        The file cannot be read, is no safetensors file, or its metadata are not those of a
        container.
    """

    def __init__(self, path):
        self.path = Path(path)
        with self._open() as file:
            metadata, names = file.metadata() or {}, set(file.keys())
        if _KEY not in metadata:
            raise UsageError(
                f"{str(path)!r} must hold quantized weights, and has none; "
                "hwgen quantize makes such a file"
            )
        try:
            self._entries = _Document.model_validate_json(metadata[_KEY]).matrices
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "document"
            raise UsageError(
                f"metadata of {str(path)!r} must be a {SCHEMA} document: {place}: {first['msg']}"
            ) from None
        self._arrays = {name: self._arrays_of(name, names) for name in self._entries}
        used = {each for arrays in self._arrays.values() for each in arrays.values()}
        self.matrices = tuple(self._entries)
        self.tensors = tuple(sorted(names - used))

    def _arrays_of(self, name, names):
        entry = self._entries[name]
        if not all(1 <= each < 1 << 31 for each in entry.shape):
            raise UsageError(
                f"shape of {name!r} in {str(self.path)!r} must be positive, not {entry.shape}"
            )
        limits = parse_weight_format(entry.format).array_limits(tuple(entry.shape))
        found = {array: f"{name}.{array}" for array in limits}
        missing = [each for each in found.values() if each not in names]
        if missing:
            raise UsageError(f"{str(self.path)!r} must hold tensor {missing[0]!r}, and does not")
        return found

    def matrix(self, name):
        """Return the `QuantizedMatrix` called ``name``; raises ``UsageError`` for a wrong one."""
        if name not in self._entries:
            raise UsageError(
                f"matrix must be one of those in {str(self.path)!r}, not {name!r}"
                + nearest(name, self._entries)
            )
        entry = self._entries[name]
        with self._open() as file:
            arrays = {array: file.get_tensor(each) for array, each in self._arrays[name].items()}
        form, shape = parse_weight_format(entry.format), tuple(entry.shape)
        try:
            return QuantizedMatrix(form, shape, arrays, entry.method, entry.rotation)
        except UsageError as error:
            raise UsageError(f"matrix {name!r} in {str(self.path)!r}: {error}") from None

    def tensor(self, name):
        """Return a tensor that is as it was."""
        with self._open() as file:
            return file.get_tensor(name)

    def _open(self):
        return open_safetensors(self.path)


def write_part(path, matrices, tensors):
    """Write some matrices and tensors of a model as a container of their own.

    Parameters
    ----------
    path : path-like
        Written under a temporary name and renamed.
    matrices : dict of str to QuantizedMatrix
        By name.
    tensors : dict of str to numpy.ndarray
        Other tensors, by name.

    Raises ``UsageError`` where an array of a matrix has the name of a tensor.
    """
    from safetensors.numpy import save

    content = dict(tensors)
    entries = {}
    for name, matrix in matrices.items():
        for array, values in matrix.arrays.items():
            if f"{name}.{array}" in content:
                raise UsageError(f"model has a tensor {name}.{array}, the name of codes; rename it")
            content[f"{name}.{array}"] = values
        entries[name] = {
            "format": matrix.form.name,
            "shape": list(matrix.shape),
            "method": matrix.method,
            "rotation": matrix.rotation,
        }
    document = json.dumps({"schema": SCHEMA, "matrices": entries})
    write_file(path, save(content, {_KEY: document}))


def join_parts(path, parts):
    """Write one container with all that ``parts`` hold, without reading a whole one into memory."""
    entries = {}
    for part in parts:
        entries |= json.loads(read_header(part)["__metadata__"][_KEY])["matrices"]
    join_files(path, parts, {_KEY: json.dumps({"schema": SCHEMA, "matrices": entries})})
