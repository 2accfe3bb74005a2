"""The file of a quantized model: safetensors with codes and scales, and what they mean.

Every quantized matrix ``NAME`` has its arrays as tensors ``NAME.codes``, ``NAME.scales``, ...; all
other tensors of the model are there as they were. The factors of a correction are matrices
``NAME.into`` and ``NAME.out``; compressed codes are other tensors in the place of
``NAME.codes``. The metadata entry ``hwgen`` is a JSON document (schema
``hwgen-weights/1``) with format, shape, method, rotation and correction of every matrix, and
whether its arrays are those of the transposed one.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hwgen.errors import UsageError, nearest
from hwgen.formats.weights import parse_weight_format

from .matrix import LowRank, QuantizedMatrix
from .packed import ARRAYS, unpack
from .tensor_file import join_files, open_safetensors, read_header, read_tensor, write_tensors

__all__ = ["SCHEMA", "QuantizedModel", "join_parts", "write_part"]

SCHEMA = "hwgen-weights/1"
_KEY = "hwgen"


class _Correction(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: str
    rank: int = Field(ge=1)
    into: str
    out: str


class _Xor(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["f2f"]
    outputs: int
    constant: list[Literal[0, 1] | None]


class _Dictionary(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["dictionary"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    format: str
    shape: list[int] = Field(min_length=2, max_length=2)
    method: str
    rotation: int | None = None
    correction: _Correction | None = None
    transposed: bool = False
    compression: _Xor | _Dictionary | None = Field(None, discriminator="kind")

    def pieces(self):
        """Return {suffix of the name: (format, shape)}: the matrix itself and its factors."""
        rows, columns = self.shape
        found = {"": (self.format, (columns, rows) if self.transposed else (rows, columns))}
        if self.correction is not None:
            rank = self.correction.rank
            found[".into"] = (self.correction.into, (rank, columns))
            found[".out"] = (self.correction.out, (rows, rank))
        return found


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
        used = {
            each
            for pieces in self._arrays.values()
            for arrays in pieces.values()
            for each in arrays.values()
        }
        self.matrices = tuple(self._entries)
        self.tensors = tuple(sorted(names - used))

    def _arrays_of(self, name, names):
        entry = self._entries[name]
        if not all(1 <= each < 1 << 31 for each in entry.shape):
            raise UsageError(
                f"shape of {name!r} in {str(self.path)!r} must be positive, not {entry.shape}"
            )
        found = {}
        for suffix, (form, shape) in entry.pieces().items():
            arrays = set(parse_weight_format(form).array_limits(shape))
            if entry.compression is not None and not suffix:
                arrays = arrays - {"codes"} | set(ARRAYS[entry.compression.kind])
            found[suffix] = {array: f"{name}{suffix}.{array}" for array in sorted(arrays)}
        wanted = [each for arrays in found.values() for each in arrays.values()]
        missing = [each for each in wanted if each not in names]
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
            pieces = {
                suffix: {array: file.get_tensor(each) for array, each in arrays.items()}
                for suffix, arrays in self._arrays[name].items()
            }
        try:
            return _as_matrix(entry, pieces)
        except UsageError as error:
            raise UsageError(f"matrix {name!r} in {str(self.path)!r}: {error}") from None

    def tensor(self, name):
        """Return a tensor that is as it was."""
        return read_tensor(self.path, name)

    def _open(self):
        return open_safetensors(self.path)


def _as_matrix(entry, pieces):
    """Return the matrix of an entry, from the arrays of each of its pieces."""
    packed = None
    if entry.compression is not None:
        pieces[""], packed = _unpacked(entry, pieces[""])
    made = {
        suffix: QuantizedMatrix(parse_weight_format(form), shape, pieces[suffix], entry.method)
        for suffix, (form, shape) in entry.pieces().items()
    }
    correction = None
    if entry.correction is not None:
        correction = LowRank(entry.correction.kind, made[".into"], made[".out"])
    return replace(
        made[""],
        shape=tuple(entry.shape),
        rotation=entry.rotation,
        correction=correction,
        transposed=entry.transposed,
        packed=packed,
    )


def _unpacked(entry, arrays):
    """Return the arrays of the format, codes among them, and the `Packed` codes."""
    form, shape = entry.pieces()[""]
    form, facts = parse_weight_format(form), entry.compression.model_dump()
    compressed = {name: arrays[name] for name in ARRAYS[facts["kind"]]}
    others = {name: values for name, values in arrays.items() if name not in compressed}
    form.check(others, shape, without=("codes",))
    stored = form.array_limits(shape)["codes"][1]
    codes, packed = unpack(form, stored, facts, compressed, others)
    return {**others, "codes": codes}, packed


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
    content = dict(tensors)
    entries = {}
    for name, matrix in matrices.items():
        for array, values in _arrays_to_write(name, matrix):
            if array in content:
                raise UsageError(f"model has a tensor {array}, the name of codes; rename it")
            content[array] = values
        entries[name] = _entry_of(matrix)
    document = json.dumps({"schema": SCHEMA, "matrices": entries})
    write_tensors(path, content, {_KEY: document})


def _arrays_to_write(name, matrix):
    """Yield (name of a tensor, values) of a matrix and of the factors of its correction."""
    arrays = matrix.arrays
    if matrix.packed is not None:
        plain = {array: values for array, values in arrays.items() if array != "codes"}
        arrays = {**plain, **matrix.packed.arrays}
    for array, values in arrays.items():
        yield f"{name}.{array}", values
    if matrix.correction is not None:
        yield from _arrays_to_write(f"{name}.into", matrix.correction.into)
        yield from _arrays_to_write(f"{name}.out", matrix.correction.out)


def _entry_of(matrix):
    entry = {
        "format": matrix.form.name,
        "shape": list(matrix.shape),
        "method": matrix.method,
        "rotation": matrix.rotation,
    }
    if matrix.transposed:
        entry["transposed"] = True
    if matrix.packed is not None:
        entry["compression"] = matrix.packed.facts
    if (correction := matrix.correction) is not None:
        entry["correction"] = {
            "kind": correction.kind,
            "rank": correction.rank,
            "into": correction.into.form.name,
            "out": correction.out.form.name,
        }
    return entry


def join_parts(path, parts):
    """Write one container with all that ``parts`` hold, without reading a whole one into memory."""
    entries = {}
    for part in parts:
        entries |= json.loads(read_header(part)["__metadata__"][_KEY])["matrices"]
    join_files(path, parts, {_KEY: json.dumps({"schema": SCHEMA, "matrices": entries})})
