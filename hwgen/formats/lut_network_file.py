"""The file of a network of look-up tables: safetensors with the arrays, JSON with what they are.

Layer N has its arrays as tensors ``N.NAME``. The metadata entry ``hwgen`` is a JSON document
(schema ``hwgen-lutnet/1``): input, layers, head, and facts for people, which change nothing.
"""

import json
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hwgen.errors import UsageError
from hwgen.formats.lut_network import (
    Elements,
    LutNetwork,
    MatrixLayer,
    SumLayer,
    TableLayer,
    ThresholdLayer,
)

__all__ = ["network_bytes", "read_network", "read_network_facts"]

SCHEMA = "hwgen-lutnet/1"
_KEY = "hwgen"
_KINDS = {each.kind: each for each in (ThresholdLayer, TableLayer, SumLayer, MatrixLayer)}
_STORED = (np.uint8, np.int8, np.uint16, np.int16, np.int32, np.int64)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Input(_Part):
    count: int = Field(ge=1, le=1 << 16)
    bits: int = Field(ge=1, le=32)
    signed: bool = False


class _Thresholds(_Part):
    kind: Literal["thresholds"]
    coding: str


class _Tables(_Part):
    kind: Literal["tables"]
    bits: int
    signed: bool


class _Sums(_Part):
    kind: Literal["sums"]


class _Matrix(_Part):
    kind: Literal["matrix"]


_Layer = Annotated[_Thresholds | _Tables | _Sums | _Matrix, Field(discriminator="kind")]


class _Document(_Part):
    format_schema: Literal["hwgen-lutnet/1"] = Field(alias="schema")
    input: _Input
    layers: list[_Layer] = Field(min_length=1, max_length=256)
    head: str
    facts: dict = {}


def network_bytes(network, facts=None):
    """Return the contents of a network's file.

    Parameters
    ----------
    network : LutNetwork
    facts : dict, optional
        What else is to be known about it, as JSON: how it was trained, names of classes.
    """
    from safetensors.numpy import save

    arrays, layers = {}, []
    for number, layer in enumerate(network.layers):
        options = {name: getattr(layer, name) for name in layer.options}
        layers.append({"kind": layer.kind, **options})
        for name in layer.arrays:
            arrays[f"{number}.{name}"] = _narrowest(getattr(layer, name))
    inputs = network.inputs
    document = {
        "schema": SCHEMA,
        "input": {"count": inputs.count, "bits": inputs.bits, "signed": inputs.signed},
        "layers": layers,
        "head": network.head,
        "facts": facts or {},
    }
    return save(arrays, {_KEY: json.dumps(document)})


def _narrowest(array):
    """Return ``array`` in the smallest type that holds it."""
    low, high = array.min(), array.max()
    for kind in _STORED:
        limits = np.iinfo(kind)
        if limits.min <= low and high <= limits.max:
            return np.ascontiguousarray(array, kind)
    raise AssertionError("every array has 64 bits")


def read_network(path):
    """Return the `LutNetwork` of a file.

    Raises
    ------
    UsageError
        The file cannot be read, or does not hold a network; one line that names the file.
    """
    document, arrays = _read(path)
    try:
        layers = [_layer(number, each, arrays, path) for number, each in enumerate(document.layers)]
        inputs = document.input
        given = Elements(inputs.count, inputs.bits, inputs.signed)
        return LutNetwork(given, tuple(layers), document.head)
    except UsageError as error:
        raise UsageError(f"network {str(path)!r}: {error}") from None


def read_network_facts(path):
    """Return the facts that the file has about its network; raises as `read_network`."""
    return _read(path)[0].facts


def _layer(number, entry, arrays, path):
    kind, options = _KINDS[entry.kind], entry.model_dump(exclude={"kind"})
    missing = [name for name in kind.arrays if f"{number}.{name}" not in arrays]
    if missing:
        raise UsageError(f"tensor {number}.{missing[0]} is missing")
    try:
        return kind(**{name: arrays[f"{number}.{name}"] for name in kind.arrays}, **options)
    except UsageError as error:
        raise UsageError(f"layer {number}: {error}") from None


def _read(path):
    """Return (document, {name: array})."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError) as error:
        raise UsageError(f"network {str(path)!r} must be a safetensors file: {error}") from None
    except OSError as error:
        reason = error.strerror or "there is no such file"
        raise UsageError(f"cannot read network {str(path)!r}: {reason}") from None
    if _KEY not in metadata:
        raise UsageError(
            f"{str(path)!r} must hold a network of look-up tables, and has none; "
            "hwgen lutnet train makes such a file"
        )
    try:
        return _Document.model_validate_json(metadata[_KEY]), arrays
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "document"
        raise UsageError(f"network {str(path)!r}: {place}: {first['msg']}") from None
