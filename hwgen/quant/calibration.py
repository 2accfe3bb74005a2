"""What linear layers multiply: moments of their inputs, measured on a text or read from a file.

The file is safetensors. Layers that multiply the same inputs share ``GROUP.second_moment``, the
mean of ``x x^T`` over all tokens, and ``GROUP.mean_magnitude``, the mean of ``|x|``, both float64.
The metadata entry ``hwgen-calibration`` is a JSON document with the group of every layer.
"""

import hashlib
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hwgen.errors import UsageError, nearest

from .decoder_file import read_decoder
from .symmetric import StoredMatrix, SymmetricMatrix
from .tensor_file import join_files, open_safetensors, stored_at, write_tensors
from .text_file import read_text
from .tokenizer import read_tokenizer

__all__ = [
    "SCHEMA",
    "Calibration",
    "InputStatistics",
    "Windows",
    "calibrate",
    "measure",
    "read_windows",
    "statistics_for",
]

SCHEMA = "hwgen-calibration/1"
_KEY = "hwgen-calibration"
# as many windows of so many tokens are used, and every fifth one is kept for measuring the loss
WINDOWS, WINDOW, KEPT = 80, 256, 5
# no token of a text is longer on average; only as much of it is split into tokens
_LONGEST = 16


@dataclass(frozen=True)
class Windows:
    """Pieces of a text as tokens.

    Parameters
    ----------
    calibration : tuple of tuple of int
        Those that statistics are measured on.
    held_out : tuple of tuple of int
        Those that a loss is measured on.
    """

    calibration: tuple
    held_out: tuple

    @property
    def digest(self):
        """A text that differs where the tokens do."""
        return hashlib.sha256(json.dumps([self.calibration, self.held_out]).encode()).hexdigest()


@dataclass(frozen=True)
class InputStatistics:
    """What is known of the inputs of one linear layer.

    Parameters
    ----------
    second_moment : float64 array or StoredMatrix
        Mean of ``x x^T``, shape (inputs, inputs).
    mean_magnitude : float64 array
        Mean of ``|x|``, shape (inputs,).

    Raises ``UsageError`` where shapes differ or numbers are not finite.
    """

    second_moment: np.ndarray | StoredMatrix
    mean_magnitude: np.ndarray

    def __post_init__(self):
        count = len(self.mean_magnitude) if self.mean_magnitude.ndim == 1 else 0
        if not count or self.second_moment.shape != (count, count):
            raise UsageError(
                f"second_moment and mean_magnitude must have shapes (N, N) and (N,), not "
                f"{self.second_moment.shape} and {self.mean_magnitude.shape}"
            )
        for name, values in vars(self).items():
            if values.dtype != np.float64:
                raise UsageError(f"{name} must be finite float64 numbers, not {values.dtype}")
        if not np.isfinite(self.mean_magnitude).all():
            raise UsageError("mean_magnitude must be finite float64 numbers")
        if (self.mean_magnitude < 0).any() or (self.moment().diagonal() < 0).any():
            raise UsageError("mean squares and mean magnitudes must not be negative")

    def moment(self):
        """Return ``second_moment`` as a `SymmetricMatrix` that may be changed."""
        return SymmetricMatrix.of(self.second_moment)

    def output_square(self, weights):
        """Return the mean squared output of ``weights`` (rows, inputs), summed over the rows."""
        return self.moment().square(np.asarray(weights, np.float64))


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    document_schema: Literal["hwgen-calibration/1"] = Field(alias="schema")
    origin: str
    tokens: int
    groups: dict[str, str]


class Calibration:
    """A file of statistics, which are read when they are asked for.

    Parameters
    ----------
    path : path-like
        A file that `measure` wrote, or another program in the same form.

    Members
    -------
    origin : str
        Says what was measured; statistics of the same origin are the same.
    tokens : int
        Tokens of the text that was measured.

    Raises
    ------
    UsageError
        The file cannot be read or holds something else.
    """

    def __init__(self, path):
        self.path = Path(path)
        with open_safetensors(self.path) as file:
            metadata, self._names = file.metadata() or {}, set(file.keys())
        if _KEY not in metadata:
            raise UsageError(
                f"{str(path)!r} must hold calibration statistics, and has none; "
                "hwgen quantize --save-statistics makes such a file"
            )
        try:
            document = _Document.model_validate_json(metadata[_KEY])
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "document"
            raise UsageError(
                f"metadata of {str(path)!r} must be a {SCHEMA} document: {place}: {first['msg']}"
            ) from None
        self.origin, self.tokens, self._groups = document.origin, document.tokens, document.groups

    @property
    def identity(self):
        """A text that differs where the statistics do."""
        stat = self.path.stat()
        return self.origin or f"{self.path.absolute()} {stat.st_size} {stat.st_mtime_ns}"

    def statistics(self, name, inputs):
        """Return the `InputStatistics` of the layer called ``name`` with so many inputs.

        Raises ``UsageError`` where the file has none, or wrong ones.
        """
        if name not in self._groups:
            raise UsageError(
                f"statistics in {str(self.path)!r} must cover every quantized matrix, and have no "
                f"{name!r}{nearest(name, self._groups)}; leave it out with --exclude"
            )
        moment, magnitude = (
            f"{self._groups[name]}.{part}" for part in ("second_moment", "mean_magnitude")
        )
        for tensor in (moment, magnitude):
            if tensor not in self._names:
                raise UsageError(f"{str(self.path)!r} must hold tensor {tensor!r}")
        with open_safetensors(self.path) as file:
            magnitudes = file.get_tensor(magnitude)
            double = file.get_slice(moment).get_dtype() == "F64"
            # one of another type is small or wrong; the other may be the largest thing there is
            moments = None if double else file.get_tensor(moment)
        try:
            if double:
                moments = StoredMatrix(self.path, *stored_at(self.path, moment))
            found = InputStatistics(moments, magnitudes)
        except UsageError as error:
            raise UsageError(f"statistics of {name!r} in {str(self.path)!r}: {error}") from None
        if len(magnitudes) != inputs:
            raise UsageError(
                f"statistics of {name!r} in {str(self.path)!r} must be of {inputs} inputs, not "
                f"{len(magnitudes)}; they are of another model"
            )
        return found


def read_windows(text, tokenizer, context):
    """Return the `Windows` of the beginning of a text file.

    Every window is the token that begins a text, if there is one, and up to 256 others. Every fifth
    one is held out, or the last one of fewer than five.

    Parameters
    ----------
    text, tokenizer : path-like
        A text in UTF-8, and a tokenizer; see `read_tokenizer`.
    context : int
        The most tokens that the model takes.

    Raises
    ------
    UsageError
        A file cannot be read, or the text is shorter than two windows.
    """
    content = read_text(text)
    size = min(WINDOW, context)
    content = content[: _LONGEST * size * WINDOWS]
    found = read_tokenizer(tokenizer)
    tokens = found.encode(content)[: size * WINDOWS]
    windows = [
        (*found.begin, *tokens[start : start + size])
        for start in range(0, len(tokens) - size + 1, size)
    ]
    if len(windows) < 2:
        raise UsageError(
            f"{str(text)!r} must have at least {2 * size} tokens for calibration, not {len(tokens)}"
        )
    held_out = windows[KEPT - 1 :: KEPT] or windows[-1:]
    return Windows(tuple(each for each in windows if each not in held_out), tuple(held_out))


def measure(model, windows, target, origin="", progress=None):
    """Measure the inputs of all linear layers of a model, and write them to a file.

    Decoder layer after decoder layer; in memory are the moments of one and the states of all
    tokens. The last token of a window is only predicted.

    Parameters
    ----------
    model : Decoder
    windows : sequence of sequences of int
    target : path-like
        Written under a temporary name and renamed, from parts in the folder ``TARGET.parts``.
    origin : str
        See `Calibration`.
    progress : callable
        Called as ``progress(name, done, total)`` after every decoder layer.

    Returns
    -------
    Calibration
    """
    target = Path(target)
    folder = target.with_name(f"{target.name}.parts")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {str(target)!r}: {error.strerror or error}") from None
    together = [each for layer in range(model.layers) for each in model.same_inputs(layer)]
    firsts = {members[0] for members in together}
    sums, parts = {}, []

    def observe(name, inputs):
        if name not in firsts:
            return
        if name not in sums:
            width = inputs.shape[1]
            sums[name] = SymmetricMatrix.zeros(width), np.zeros(width)
        moment, magnitude = sums[name]
        moment.add_products(inputs)
        magnitude += np.abs(inputs).sum(axis=0)

    def after_layer(number):
        parts.append(folder / f"{number}.safetensors")
        _write_moments(parts[-1], sums, count)
        sums.clear()
        if progress is not None:
            progress(f"calibration: layer {number}", number + 1, model.layers)

    inputs = [tokens[:-1] for tokens in windows]
    count = sum(map(len, inputs))
    try:
        model.states(inputs, observe, after_layer)
        groups = {each: members[0] for members in together for each in members}
        document = {"schema": SCHEMA, "origin": origin, "tokens": count, "groups": groups}
        join_files(target, parts, {_KEY: json.dumps(document)})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Calibration(target)


def _write_moments(path, sums, count):
    tensors = {}
    for name, (moment, magnitude) in sums.items():
        moment.divide(count)
        shape = len(moment), len(moment)
        tensors[f"{name}.second_moment"] = np.dtype(np.float64), shape, moment.rows()
        tensors[f"{name}.mean_magnitude"] = magnitude / count
    write_tensors(path, tensors)


@contextmanager
def statistics_for(model, target, calib=None, tokenizer=None, kept=None, progress=None):
    """Give what a container of ``model`` is made with: `Calibration` and `Windows` of its text.

    Both are ``None`` without calibration, and the windows are without a text.

    Parameters
    ----------
    model, target : path-like
        Model file and container.
    calib : path-like or None
        A file of statistics, where its name ends in ``.safetensors``, or a text.
    tokenizer : path-like or None
        Of the model, for a text.
    kept : path-like or None
        Where the statistics of a text go. By default they lie beside the container until it is
        finished, so that an interrupted run need not measure them again.
    progress : callable
        See `measure`.

    Raises ``UsageError`` for files that do not fit, and for options that have no effect.
    """
    if calib is None or Path(calib).suffix == ".safetensors":
        if tokenizer is not None or kept is not None:
            raise UsageError("--tokenizer and --save-statistics must come with a text as --calib")
        yield (None if calib is None else Calibration(calib)), None
        return
    file = Path(kept or Path(target).with_name(f"{Path(target).name}.statistics"))
    yield calibrate(model, calib, tokenizer, file, progress)
    if kept is None:
        file.unlink()


def calibrate(model, text, tokenizer, target, progress=None):
    """Return (`Calibration`, `Windows`) of a model file on a text, measured unless they are there.

    Parameters
    ----------
    model : path-like
        See `read_decoder`.
    text, tokenizer : path-like
        See `read_windows`.
    target : path-like
        Where the statistics go; a file there of the same origin is used as it is.
    progress : callable
        See `measure`.

    Raises
    ------
    UsageError
        The model is of another kind, or a file is not what it has to be.
    """
    if tokenizer is None:
        raise UsageError("calibration text must come with --tokenizer, that of the model")
    decoder = read_decoder(model)
    if decoder.transposed:
        raise UsageError(
            f"a model to calibrate must hold linear layers as (outputs, inputs), and "
            f"{str(model)!r} holds them the other way round; save them transposed"
        )
    windows = read_windows(text, tokenizer, decoder.context)
    stat = Path(model).stat()
    facts = [str(Path(model).absolute()), stat.st_size, stat.st_mtime_ns, windows.digest]
    origin = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    if Path(target).exists():
        found = _of_origin(target, origin)
        if found is not None:
            return found, windows
    return measure(decoder, windows.calibration, target, origin, progress), windows


def _of_origin(path, origin):
    """Return the statistics in a file if they are of this origin, else ``None``."""
    try:
        found = Calibration(path)
    except UsageError:
        return None
    return found if found.origin == origin else None
