"""A model on its way to codes: layer by layer, with a stop at any time."""

import hashlib
import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hwgen.errors import UsageError

from .calibration import Calibration
from .container import join_parts, write_part
from .low_rank import Correction
from .memory import check_memory
from .methods import Method
from .packed import pack
from .source import open_model

__all__ = ["SKIPPED", "LayerResult", "quantize_model"]

# embeddings, output layers and norms stay as they are unless asked for
SKIPPED = r"embed|embd|wte|wpe|lm_head|norm|ln_|^output\.weight"


@dataclass(frozen=True)
class LayerResult:
    """What became of one matrix.

    Parameters
    ----------
    name : str
        Of the tensor.
    shape : tuple of int
        Rows and columns.
    format : str
        Weight format that it has now.
    bits_per_weight : float
        Storage, scales included.
    relative_error : float
        Squared error over squared weights (NMSE).
    output_error : float or None
        Squared error of the layer's outputs over their squares, on calibration data.
    channel : str
        Whether scales belong to output or to input channels.
    compression : str or None
        How its codes are compressed.
    """

    name: str
    shape: tuple[int, int]
    format: str
    bits_per_weight: float
    relative_error: float
    output_error: float | None = None
    channel: str = "output"
    compression: str | None = None

    def as_dict(self):
        """Return the result as a plain dictionary."""
        return {**vars(self), "shape": list(self.shape)}


def quantize_model(
    source,
    target,
    method,
    include=None,
    exclude=SKIPPED,
    progress=None,
    calibration=None,
    correction=None,
    packing=None,
):
    """Quantize the matrices of a model file; return a `LayerResult` for each.

    Finished layers stay in the folder ``TARGET.parts`` until the container is written, so that an
    interrupted run goes on where it was; other choices begin anew. At most one layer is in memory,
    and what `hwgen.quant.memory.bytes_needed` says beside it.

    Parameters
    ----------
    source, target : path-like
        Model file and container.
    method : Method
        Quantizer.
    include, exclude : str or None
        Regular expressions on tensor names: which of the matrices become codes.
    progress : callable
        Called as ``progress(name, done, total)`` before every tensor.
    calibration : Calibration
        Statistics of what every chosen matrix multiplies; errors of outputs come from them.
    correction : Correction
        Which low-rank correction every matrix gets.
    packing : (str, int or None)
        How codes are compressed where that makes them smaller, from `parse_packing`.

    Raises
    ------
    UsageError
        A file cannot be read or written, an expression is none, or no matrix is left to quantize.
    HwgenError
        A matrix takes more memory than the machine has.
    """
    source, target = Path(source), Path(target)
    work = _Work(method, calibration, correction, packing)
    with open_model(source) as file:
        names = file.names
        chosen = _chosen(file, include, exclude, source)
        shapes = {name: file.shape(name) for name in sorted(chosen)}
        check_memory(shapes, method, correction, calibration is not None)
        parts = _parts_folder(source, target, work, chosen)
        results = []
        try:
            for number, name in enumerate(names):
                if progress is not None:
                    progress(name, number, len(names))
                own = work if name in chosen else None
                results += _finished(parts / f"{number}", file, name, own)
        finally:
            # nothing is finished: there is nothing to go on from
            if not any(parts.glob("*.safetensors")):
                shutil.rmtree(parts)
    join_parts(target, [parts / f"{number}.safetensors" for number in range(len(names))])
    shutil.rmtree(parts)
    return results


def _chosen(file, include, exclude, source):
    try:
        wanted = re.compile(include or "")
        unwanted = None if exclude is None else re.compile(exclude)
    except re.error as error:
        raise UsageError(
            f"include and exclude must be regular expressions: {error.pattern!r}: {error}"
        ) from None
    chosen = set()
    for name in file.names:
        if (
            file.is_matrix(name)
            and wanted.search(name)
            and not (unwanted and unwanted.search(name))
        ):
            chosen.add(name)
    if not chosen:
        raise UsageError(f"no matrix of {str(source)!r} is left to quantize; change the selection")
    return chosen


def _parts_folder(source, target, work, chosen):
    """Return the folder of finished layers, emptied where it is of another request."""
    stat = source.stat()
    key = [str(source.absolute()), stat.st_size, stat.st_mtime_ns, work.identity, sorted(chosen)]
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
    folder = target.with_name(f"{target.name}.parts")
    try:
        if folder.exists() and _text(folder / "request") != digest:
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "request").write_text(digest)
    except OSError as error:
        raise UsageError(f"cannot write {str(target)!r}: {error.strerror or error}") from None
    return folder


def _text(path):
    return path.read_text() if path.exists() else ""


def _finished(stem, file, name, work):
    """Write the part of one tensor unless it is there; return its results, none or one."""
    part, facts = stem.with_suffix(".safetensors"), stem.with_suffix(".json")
    if part.exists() and (work is None or facts.exists()):
        return [] if work is None else [_result(json.loads(facts.read_text()))]
    values = file.tensor(name)
    if work is None:
        write_part(part, {}, {name: values})
        return []
    matrix, result = work.quantized(name, values)
    facts.write_text(json.dumps(result.as_dict()))
    write_part(part, {name: matrix}, {})
    return [result]


@dataclass(frozen=True)
class _Work:
    """What is done to every matrix."""

    method: Method
    calibration: Calibration | None
    correction: Correction | None
    packing: tuple | None

    def __post_init__(self):
        if self.calibration is not None:
            return
        if self.method.compensates:
            raise UsageError(f"{self.method.name} must have calibration data; give --calib")
        if self.correction is not None and self.correction.needs_statistics:
            raise UsageError(f"{self.correction.kind} must have calibration data; give --calib")

    @property
    def identity(self):
        """What differs where results do."""
        calibration = None if self.calibration is None else self.calibration.identity
        facts = [calibration, self.packing]
        for method in (self.method, self.correction and self.correction.factors):
            facts += [] if method is None else [method.name, repr(method.forms), method.channel]
        if self.correction is not None:
            facts += [self.correction.kind, self.correction.rank]
        return facts

    def quantized(self, name, values):
        """Return the `QuantizedMatrix` and the `LayerResult` of one tensor."""
        # what float32 cannot hold is refused as what is not finite
        with np.errstate(over="ignore"):
            values, statistics = np.asarray(values, np.float32), None
        if self.calibration is not None:
            statistics = self.calibration.statistics(name, values.shape[1])
        try:
            matrix = self.method.quantize(values, statistics)
            if self.correction is not None:
                low_rank = self.correction.low_rank(values, matrix, statistics)
                matrix = replace(matrix, correction=low_rank)
            if self.packing is not None:
                matrix = pack(matrix, self.packing)
        except UsageError as error:
            raise UsageError(f"tensor {name!r}: {error}") from None
        return matrix, LayerResult(
            name,
            matrix.shape,
            matrix.form.name,
            matrix.bits_per_weight,
            matrix.relative_error(values),
            None if statistics is None else matrix.output_error(values, statistics),
            "input" if matrix.transposed else "output",
            None if matrix.packed is None else matrix.packed.facts["kind"],
        )


def _result(facts):
    return LayerResult(**{**facts, "shape": tuple(facts["shape"])})
