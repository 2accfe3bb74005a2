"""The names of quantizers: from ``bitmod4`` and a group to codes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hwgen.errors import UsageError, nearest
from hwgen.formats.names import BLOCK_NAMES, SHORT_NAMES
from hwgen.formats.power import PowerOfTwoFormat
from hwgen.formats.weights import BlockedFormat, parse_weight_format

from .binary_coding import binary_coded
from .blocks import blocked
from .gptq import check_compensable, compensated, compensated_inputs, inverse_factor
from .grouped import (
    absmean,
    asymmetric,
    mean_scaled_signs,
    nearest_entry,
    outlier_victim,
    rms_scaled,
)
from .groups import outer_scale
from .matrix import QuantizedMatrix, row_parts
from .rotation import rotated

__all__ = ["CHANNELS", "METHODS", "Method", "parse_method"]

METHODS = {
    "intN": "symmetric integers of 2 to 8 bits, scale from the largest magnitude",
    "intN-asym": "unsigned integers of 2 to 8 bits with a zero point",
    "fp3, fp4": "float elements e2m0 and e2m1 with a scale of the group",
    "bitmod3, bitmod4": "BitMoD: float elements and one special value a group",
    "razer4": "RaZeR: FP4 and one of six special values a group; --scale e8m0, e4m3-fp32",
    "logN": "block log: powers of two without a zero, 2 to 6 bits; --scale e8m0",
    "minifloat-eXmY[/K]": "block minifloat: every code a number, the bias shared by K weights",
    "flint4, pot4, nf4": "ANT's flint, powers of two, normal float",
    "ant4": "ANT: the best of int4, pot4, fp4 and flint4 for each matrix",
    "olive4": "OliVe: outliers take the place of their neighbors",
    "bcqN": "binary coding with 1 to 4 planes, greedy start, alternating improvement",
    "ternary": "BitNet b1.58: -1, 0, 1 by the mean magnitude of the matrix",
    "xnor": "XNOR-Net: signs with the mean magnitude of the row",
    "bipolarN": "odd integers of 1 to 8 bits, scale from the largest magnitude",
    "questN": "QuEST: Hadamard rotation, odd integers, scale from the root mean square",
    "gptq-METHOD": "GPTQ: one of those above with later columns making up for errors; --calib",
    "a block format": "mxfp4, mxfp6-e2m3/16, mxint8, nvfp4, block-int4-fp16/64, ...",
}
CHANNELS = {
    "output": "groups run along the inputs of an output, as products are summed",
    "input": "groups run along the outputs of an input: scales multiply activations",
    "adadim": "AdaDim: for each matrix the one with the less output error, or weight error",
}
_TRANSPOSED = {"output": (False,), "input": (True,), "adadim": (False, True)}
_EXAMPLES = (
    *("int4", "int4-asym", "fp4", "bitmod3", "bitmod4", "flint4", "pot4", "nf4", "ant4", "olive4"),
    *("razer4", "log4", "minifloat-e2m3"),
    *("bcq3", "ternary", "xnor", "bipolar4", "quest4", "gptq-int4", *SHORT_NAMES, *BLOCK_NAMES),
)
_ANT = ("int4", "pot4", "fp4", "flint4")
_GPTQ = "gptq-"
_DEFAULT_GROUP = 128
_QUEST_ROTATION = 128
# pattern of a name: codebook, function, group that the method's definition asks for
_GROUPED = (
    (r"int([2-8])", "int{0}", nearest_entry, None),
    (r"int([2-8])-asym", "uint{0}-zero", asymmetric, None),
    (r"fp3", "e2m0", nearest_entry, None),
    (r"fp4", "e2m1", nearest_entry, None),
    (r"bitmod([34])", "bitmod-fp{0}", nearest_entry, None),
    (r"(razer4|log[2-6]|flint4|pot4|nf4)", "{0}", nearest_entry, None),
    (r"olive4", "olive4", outlier_victim, None),
    (r"ternary", "ternary", absmean, "tensor"),
    (r"xnor", "bipolar1", mean_scaled_signs, "row"),
    (r"bipolar([1-8])", "bipolar{0}", nearest_entry, None),
    (r"quest([1-8])", "bipolar{0}", rms_scaled, None),
)


@dataclass(frozen=True)
class Method:
    """A quantizer with its format.

    Parameters
    ----------
    name : str
        As `parse_method` takes it.
    forms : tuple of WeightFormat
        Formats; of several, the one with the least squared error is taken for each matrix.
    function : callable
        Takes a matrix and a format, returns the arrays.
    rotation : int or None
        Columns of the Hadamard blocks that weights are rotated by before; halved until it divides
        the columns.
    compensates : bool
        Whether later columns make up for the errors of earlier ones (GPTQ). Statistics of the
        inputs are needed then, and of several formats the one with the least output error is taken.
    channel : str
        One of `CHANNELS`.
    """

    name: str
    forms: tuple
    function: Callable
    rotation: int | None = None
    compensates: bool = False
    channel: str = "output"

    def quantize(self, matrix, statistics=None):
        """Return the `QuantizedMatrix` of a float array of shape (rows, columns).

        Parameters
        ----------
        matrix : float array
            Two dimensions, finite as float32.
        statistics : InputStatistics
            Of what the matrix multiplies; methods that do not need them ignore them.

        Raises
        ------
        UsageError
            The matrix is something else, or statistics are missing.
        """
        if self.compensates and statistics is None:
            raise UsageError(f"{self.name} must have calibration data; give --calib")
        matrix = np.asarray(matrix)
        if matrix.ndim != 2 or not matrix.size or matrix.dtype.kind != "f":
            raise UsageError(
                f"matrix must have two dimensions of floats, not shape {matrix.shape} of "
                f"{matrix.dtype}"
            )
        matrix = matrix.astype(np.float32, copy=False)
        if not np.isfinite(matrix).all():
            raise UsageError("matrix must hold finite float32 numbers only")
        rotation = self.rotation
        while rotation is not None and matrix.shape[1] % rotation:
            rotation //= 2
        source = matrix if rotation is None else rotated(matrix, rotation)
        factor = self._factor(statistics, rotation)

        def made(form, transposed):
            arrays = self._arrays(source, form, factor, transposed)
            return QuantizedMatrix(
                form, matrix.shape, arrays, self.name, rotation, transposed=transposed
            )

        def weight_error(each):
            return each.relative_error(matrix)

        def output_error(each):
            return each.output_error(matrix, statistics)

        error_of_form = output_error if self.compensates else weight_error
        candidates = [
            [made(form, transposed) for form in self.forms]
            for transposed in _TRANSPOSED[self.channel]
        ]
        # errors of outputs need the moment itself; both together would be too much
        factor = None
        best = [_least(each, error_of_form) for each in candidates]
        return _least(best, weight_error if statistics is None else output_error)

    def _factor(self, statistics, rotation):
        """Return what errors are compensated with, ``None`` where they are not."""
        if not self.compensates:
            return None
        moment = statistics.moment()
        if rotation is not None:
            moment.rotate(rotation)
        return inverse_factor(moment)

    def _arrays(self, matrix, form, factor, transposed):
        """Return the arrays of a matrix, made from some rows at a time."""
        if factor is not None:
            function = compensated_inputs if transposed else compensated
            return function(matrix, form, self.function, factor)
        if transposed:
            matrix = matrix.T
        shared = _of_whole_matrix(self.function, matrix, form)
        if getattr(form, "group", None) == "tensor" and self.function is not absmean:
            return self.function(matrix, form, **shared)
        parts = [self.function(matrix[rows], form, **shared) for rows in row_parts(matrix.shape)]
        limits = form.array_limits(matrix.shape)
        return {
            name: np.concatenate([each[name] for each in parts])
            if limits[name][1][0] == len(matrix)
            else parts[0][name]
            for name in parts[0]
        }


def _least(made, error):
    """Return the first of some quantized matrices with the least error."""
    return min(made, key=error) if len(made) > 1 else made[0]


def _of_whole_matrix(function, matrix, form):
    """Return what a quantizer has to know of a matrix before it sees some of its rows."""
    parts = [matrix[rows] for rows in row_parts(matrix.shape)]
    if function is absmean and form.group == "tensor":
        total = sum(float(np.abs(part).sum(dtype=np.float64)) for part in parts)
        return {"mean": total / matrix.size}
    if function is outlier_victim:
        mean = sum(float(part.sum(dtype=np.float64)) for part in parts) / matrix.size
        square = sum(float(((part.astype(np.float64) - mean) ** 2).sum()) for part in parts)
        return {"deviation": np.sqrt(square / matrix.size)}
    # NVFP4's block has the scale of the matrix, as a codebook with such scales has
    scaled = form.block if isinstance(form, BlockedFormat) else form
    if getattr(scaled, "tensor_scale", None):
        largest = max(float(np.abs(part).max()) for part in parts)
        if scaled is form:
            return {"outer": outer_scale(largest, form)}
        return {"outer": scaled.choose_tensor_scale(np.array([largest]))}
    return {}


def parse_method(name, group=None, scale="fp16", channel="output"):
    """Return the `Method` called ``name``.

    Parameters
    ----------
    name : str
        One of `METHODS`, with numbers for N, or the name of a block format.
    group : int, str or None
        Columns that share a scale, ``"row"`` or ``"tensor"``; by default 128, or what the method's
        definition says. Block formats have it in their name.
    scale : str
        Format of the scales: fp16, bf16, fp32, e8m0, e4m3-fp32 (with one fp32 for the matrix), or
        uint8 with one fp32 a row.
    channel : str
        One of `CHANNELS`: where the groups run.

    Raises
    ------
    UsageError
        No quantizer has that name, or it cannot have that group, scale or channel.
    """
    if channel not in CHANNELS:
        raise UsageError(f"channel must be one of {', '.join(CHANNELS)}, not {channel!r}")
    method = _output_method(name, group, scale)
    if channel == "output":
        return method
    if method.rotation is not None:
        raise UsageError(
            f"channel must be 'output' with {name}, whose rotation mixes the input channels"
        )
    if any(getattr(form, "group", None) == "tensor" for form in method.forms):
        raise UsageError(f"channel must be 'output' with {name}, which has one scale for all")
    return replace(method, channel=channel)


def _output_method(name, group, scale):
    """Return the method with groups along the inputs."""
    if name.startswith(_GPTQ):
        plain = _output_method(name.removeprefix(_GPTQ), group, scale)
        if plain.compensates:
            raise UsageError(f"method must have gptq- once, not {name!r}")
        for form in plain.forms:
            check_compensable(form)
        return replace(plain, name=name, compensates=True)
    if name == "ant4":
        parts = [_output_method(each, group, scale) for each in _ANT]
        return Method(name, tuple(each.forms[0] for each in parts), nearest_entry)
    if found := re.fullmatch(r"bcq([1-4])", name):
        form = parse_weight_format(f"binary-{found[1]}-{scale}/{group or _DEFAULT_GROUP}")
        return Method(name, (form,), binary_coded)
    for pattern, codebook, function, own_group in _GROUPED:
        if found := re.fullmatch(pattern, name):
            columns = group or own_group or _DEFAULT_GROUP
            stem = codebook.format(*found.groups())
            form = parse_weight_format(f"group-{stem}-{scale}/{columns}")
            special_scale = isinstance(form.scale, PowerOfTwoFormat) or form.tensor_scale
            if special_scale and function is not nearest_entry:
                raise UsageError(f"scale of {name} must be a float format, not {scale}")
            rotation = _QUEST_ROTATION if function is rms_scaled else None
            return Method(name, (form,), function, rotation)
    return _block_method(name, group)


def _block_method(name, group):
    # with every code a number MX and block minifloat have the same numbers: the largest exponent
    # is that of the largest weight (Fox et al., ICLR 2021)
    plain = re.sub(r"^minifloat-(e\d+m\d+)(?=/|$)", r"mx-\1none", name)
    try:
        form = parse_weight_format(plain)
    except UsageError:
        raise UsageError(
            f"method must be one of {', '.join(METHODS)}, not {name!r}{nearest(name, _EXAMPLES)}"
        ) from None
    if not isinstance(form, BlockedFormat):
        raise UsageError(f"method must be the name of a quantizer, not of the format {name!r}")
    if group is not None:
        raise UsageError(f"group must be part of the name of a block format: {name}/{group}")
    return Method(form.name, (form,), blocked)
