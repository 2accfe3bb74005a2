"""The file of a compiled model: instructions, memory image, tokenizer; and its map for people.

A safetensors file with the tensors ``code`` (words of 32 bytes), ``weights.N`` (blocks of the
format of number N), ``constants`` (int32) and ``tokenizer`` (bytes). The metadata entry
``hwgen`` is a JSON document (schema ``hwgen-gpt-program/1``): the machine that the program needs,
the name of the tokenizer's file, and facts for people, which change nothing.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hwgen.errors import UsageError
from hwgen.flow.outputs import replacing
from hwgen.formats.gpt_check import check_program
from hwgen.formats.gpt_instructions import WORD_BYTES, disassemble
from hwgen.formats.gpt_program import Machine, Program
from hwgen.quant.tensor_file import open_safetensors, write_tensors
from hwgen.quant.tokenizer import tokenizer_of

__all__ = ["StoredProgram", "is_program", "read_program", "write_map", "write_program"]

SCHEMA = "hwgen-gpt-program/1"
_KEY = "hwgen"
_TENSORS = {"code": np.uint8, "constants": np.int32, "tokenizer": np.uint8}


class _Machine(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    activation_bits: int
    heads: int
    head_width: int
    slots: int
    context: int
    values: int
    blocks: int
    vocabulary: int
    formats: list[str]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    format_schema: str = Field(alias="schema", pattern=f"^{SCHEMA}$")
    machine: _Machine
    tokenizer: str
    facts: dict = {}


@dataclasses.dataclass(frozen=True)
class StoredProgram:
    """What a file of a compiled model holds.

    Parameters
    ----------
    program : Program
    tokenizer : object
        See `read_tokenizer`; ``None`` where the file has none.
    facts : dict
        Model, formats and sizes, for people.
    """

    program: Program
    tokenizer: object
    facts: dict


def write_program(path, program, tokenizer=None, facts=None):
    """Write the file of a program.

    Parameters
    ----------
    path : path-like
    program : Program
    tokenizer : (str, bytes) or None
        Name and contents of a tokenizer's file, which is put into this one; see `tokenizer_file`.
    facts : dict
        See `StoredProgram`.
    """
    name, contents = tokenizer or ("", b"")
    document = {
        "schema": SCHEMA,
        "machine": dataclasses.asdict(program.machine),
        "tokenizer": name,
        "facts": facts or {},
    }
    tensors = {
        "code": np.frombuffer(program.code, np.uint8).reshape(-1, WORD_BYTES),
        **{f"weights.{number}": each for number, each in enumerate(program.weights)},
        "constants": program.constants,
        "tokenizer": np.frombuffer(contents, np.uint8),
    }
    write_tensors(path, tensors, {_KEY: json.dumps(document)})


def is_program(path):
    """Return whether a file is that of a compiled model; raises ``UsageError`` if it is missing."""
    if Path(path).suffix != ".safetensors":
        return False
    with open_safetensors(path) as file:
        metadata = file.metadata() or {}
    try:
        return json.loads(metadata.get(_KEY, "{}")).get("schema") == SCHEMA
    except (ValueError, AttributeError):
        return False


def read_program(path):
    """Return the `StoredProgram` of a file.

    Raises
    ------
    UsageError
        The file cannot be read, or is no compiled model.
    """
    with open_safetensors(path) as file:
        metadata, names = file.metadata() or {}, set(file.keys())
        if _KEY not in metadata or not names >= set(_TENSORS):
            raise UsageError(
                f"{str(path)!r} must hold a compiled model, and does not; "
                "hwgen gpt compile makes such a file"
            )
        tensors = {name: file.get_tensor(name) for name in sorted(names)}
    try:
        document = _Document.model_validate_json(metadata[_KEY])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "document"
        raise UsageError(
            f"metadata of {str(path)!r} must be a {SCHEMA} document: {place}: {first['msg']}"
        ) from None
    for name, tensor in tensors.items():
        dtype = _TENSORS.get(name, np.uint8)
        if tensor.dtype != dtype:
            raise UsageError(
                f"tensor {name!r} of {str(path)!r} must be {np.dtype(dtype)}, not {tensor.dtype}"
            )
    values = document.machine.model_dump()
    weights = [f"weights.{number}" for number in range(len(values["formats"]))]
    if missing := [each for each in weights if each not in tensors]:
        raise UsageError(f"tensor {missing[0]!r} of {str(path)!r} is missing")
    try:
        machine = Machine(**{**values, "formats": tuple(values["formats"])})
        program = Program(
            machine,
            tensors["code"].tobytes(),
            tuple(tensors[each] for each in weights),
            tensors["constants"].ravel(),
        )
        check_program(program)
    except UsageError as error:
        raise UsageError(f"compiled model {str(path)!r}: {error}") from None
    tokenizer = None
    if document.tokenizer:
        tokenizer = tokenizer_of(document.tokenizer, tensors["tokenizer"].tobytes())
    return StoredProgram(program, tokenizer, document.facts)


def write_map(path, compiled):
    """Write what a person reads of a `Compiled` program: its instructions and what lies where."""
    program = compiled.program
    lines = [f"{len(program)} instructions of {WORD_BYTES} bytes", ""]
    for counter in range(len(program)):
        lines.append(f"{counter:5}  {disassemble(program.instruction(counter))}")
    sizes = [
        (form, len(each), "blocks")
        for form, each in zip(program.machine.formats, program.weights, strict=True)
    ]
    for memory, total, unit in (*sizes, ("constants", len(program.constants), "words")):
        lines += ["", f"{memory}: {total} {unit}", ""]
        lines += [
            f"{each.start:10}  {each.size:8}  {each.name}"
            + (each.meaning and f"  ({each.meaning})")
            for each in compiled.places
            if each.memory == memory
        ]
    with replacing(path) as file:
        file.write(("\n".join(lines) + "\n").encode())
