"""Quantized perceptrons of QONNX files (Brevitas, QKeras) as networks of integers.

The graph is taken as what it says in real numbers, with its constants as they stand in the file; a
runtime computes the same in 32-bit floats and may differ where a sum is within its error of a
threshold. A square root (batch normalization) is computed to 512 binary places.

An element in front of a quantizer is ``factor * integer + constant``, so a dense layer is a matrix
of integers, and what lies between it and the next quantizer moves the quantizer's thresholds.
"""

import math
from fractions import Fraction

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements, LutNetwork, MatrixLayer, ThresholdLayer
from hwgen.lutnet.onnx_constants import attributes, fractions, node_error, quantizer

__all__ = ["imported_network"]

_QUANTIZERS = ("Quant", "BipolarQuant")
_ALLOWED = ("Quant", "BipolarQuant", "Gemm", "MatMul", "Add", "BatchNormalization", "Relu")
_ALLOWED += ("Flatten", "Identity")
_PLACES = 512
_LIMIT = 1 << 31
# weights with one unit for all rows, so that logits have one scale
_SMALL = 1 << 15


def imported_network(path):
    """Return (LutNetwork, facts) of a QONNX file: a chain of nodes from one input to logits.

    Raises
    ------
    UsageError
        The file cannot be read, or has a node that cannot be expressed exactly; one line that names
        file, node and what is allowed.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path)
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
    except (DecodeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{str(path)!r} must be an ONNX file: {reason}") from None
    try:
        return _Import(model.graph).run()
    except UsageError as error:
        raise UsageError(f"{str(path)!r}: {error}") from None


class _Import:
    """The walk along the chain of nodes."""

    def __init__(self, graph):
        from onnx import numpy_helper

        self.graph = graph
        self.constants = {
            each.name: fractions(numpy_helper.to_array(each)) for each in graph.initializer
        }
        given = [each for each in graph.input if each.name not in self.constants]
        if len(given) != 1 or len(graph.output) != 1:
            raise UsageError(
                f"the graph must have one input and one output, not {len(given)} and "
                f"{len(graph.output)}"
            )
        self.tensor = given[0].name
        sizes = [each.dim_value for each in given[0].type.tensor_type.shape.dim]
        if len(sizes) < 2 or min(sizes[1:]) < 1:
            raise UsageError("the input must have known sizes behind the first, that of the batch")
        self.count = math.prod(sizes[1:])
        self.flat = len(sizes) == 2
        # the last integers, and what they mean: factor * integer + constant, Relu behind it
        self.inputs, self.layers, self.facts = None, [], {}
        self.factor = self.constant = None
        self.relu = False

    def run(self):
        for node in self.graph.node:
            if not self._is_constant(node):
                self._take(node)
        if self.tensor != self.graph.output[0].name:
            raise UsageError(f"the output must be {self.tensor!r}, at the end of the chain")
        if self.inputs is None or self.relu or not self.layers:
            raise UsageError("the graph must end in logits, behind a Gemm, MatMul or quantizer")
        self._finish()
        return LutNetwork(self.inputs, tuple(self.layers)), self.facts

    def _is_constant(self, node):
        """Note the result of a node of constants; return whether it was one."""
        from onnx import numpy_helper

        if node.op_type == "Constant":
            (value,) = [each for each in node.attribute if each.name == "value"] or [None]
            if value is None:
                raise node_error(node, "attribute must be value")
            self.constants[node.output[0]] = fractions(numpy_helper.to_array(value.t))
            return True
        if not node.input or any(each not in self.constants for each in node.input):
            return False
        first, *others = (self.constants[each] for each in node.input)
        if node.op_type in _QUANTIZERS:
            found = quantizer(node, others).values(first)
        elif node.op_type == "Transpose":
            found = first.transpose(attributes(node, {"perm": None})["perm"])
        elif node.op_type == "Identity":
            found = first
        else:
            allowed = ", ".join((*_QUANTIZERS, "Transpose", "Identity"))
            raise node_error(node, f"of constants only {allowed} can be made")
        self.constants[node.output[0]] = found
        return True

    def _take(self, node):
        if node.op_type not in _ALLOWED:
            raise node_error(node, f"a node must be one of {', '.join(_ALLOWED)}")
        names = list(node.input)
        if node.op_type == "Add" and names[1] == self.tensor:
            names.reverse()
        if names[0] != self.tensor or len(node.output) != 1:
            raise node_error(node, f"nodes must be a chain: it must read {self.tensor!r}, alone")
        if unknown := [each for each in names[1:] if each not in self.constants]:
            raise node_error(node, f"{unknown[0]!r} must be a constant")
        parameters = [self.constants[each] for each in names[1:]]
        if node.op_type in _QUANTIZERS:
            self._quantize(node, quantizer(node, parameters))
        elif node.op_type == "Flatten":
            if attributes(node, {"axis": 1})["axis"] != 1:
                raise node_error(node, "axis must be 1")
            self.flat = True
        elif node.op_type != "Identity":
            if self.inputs is None:
                raise node_error(node, "the input must go through a Quant or BipolarQuant first")
            if not self.flat:
                raise node_error(node, "the input has more than two dimensions: it must be flat")
            if self.relu:
                raise node_error(node, "behind Relu there must be a Quant or BipolarQuant")
            getattr(self, f"_{node.op_type.lower()}")(node, *parameters)
        self.tensor = node.output[0]

    def _channels(self, node, array):
        """Return a constant with one number a channel."""
        if not self.flat and array.size != 1:
            raise node_error(node, "constants must have one number in front of a Flatten")
        if array.size not in (1, self.count) or array.shape[-1:] not in ((), (1,), (self.count,)):
            raise node_error(
                node, f"constants must have 1 or {self.count} numbers, not shape {array.shape}"
            )
        return np.broadcast_to(array.ravel(), self.count)

    def _quantize(self, node, found):
        scale, offset, shift = (
            self._channels(node, each) for each in (found.scale, found.offset, found.shift)
        )
        if self.inputs is None:
            self.inputs = Elements(self.count, found.bits, found.signed)
            if (found.low, found.high) != self.inputs.bounds:
                raise node_error(node, "narrow must be 0 for the input")
            self.facts["inputs"] = {
                "scale": [float(each) for each in scale],
                "offset": [float(each) for each in offset],
            }
            self.factor, self.constant = scale, scale * offset
            return
        self._make_factors_positive()
        low, high = self._bounds()
        rows = []
        for channel in range(self.count):
            firsts = []
            for n in range(found.low + 1, found.high + 1):
                step, itself = found.boundary(n)
                first = self._first(channel, (step - shift[channel]) * scale[channel], itself)
                # what is always or never reached stays within a bit of the elements
                firsts.append(low if first is None else min(max(first, low), high + 1))
            rows.append(firsts)
        self.layers.append(ThresholdLayer(np.array(rows), "binary"))
        self.factor, self.constant = scale, scale * (offset + found.low)
        self.relu = False

    def _bounds(self):
        if not self.layers:
            return self.inputs.bounds
        return LutNetwork(self.inputs, tuple(self.layers), "none").elements[-1].bounds

    def _first(self, channel, least, itself):
        """Return the lowest integer whose number is ``least`` or more, or more than it; None if
        all are."""
        if self.relu and (least < 0 or (itself and least == 0)):
            return None
        least = (least - self.constant[channel]) / self.factor[channel]
        return math.ceil(least) if itself else math.floor(least) + 1

    def _make_factors_positive(self):
        signs = [1 if each > 0 else -1 for each in self.factor]
        if min(signs) > 0:
            return
        self._scale_rows(signs, [0] * self.count)
        self.factor = self.factor * np.array([Fraction(each) for each in signs], object)

    def _scale_rows(self, factors, constants):
        """Multiply the integers by some, and add others."""
        factors = np.array(factors, object)
        if self.layers and self.layers[-1].kind == "matrix":
            last = self.layers.pop()
            weights, bias = last.weights * factors[:, None], last.bias * factors
        else:
            weights, bias = np.diag(factors), np.zeros(self.count, object)
        self._add_matrix(weights, bias + np.array(constants, object))

    def _add_matrix(self, weights, bias):
        largest = max(abs(int(each)) for each in (*np.ravel(weights), *bias))
        if largest >= _LIMIT:
            raise UsageError(
                "weights must be multiples of a scale (behind a Quant), with few bits: as integers "
                f"they must be less than 2**31, not {float(largest):.3g}"
            )
        self.layers.append(MatrixLayer(weights.astype(np.int64), bias.astype(np.int64)))

    def _matmul(self, node, weights):
        self._dense(node, weights, None)

    def _gemm(self, node, weights, bias=None):
        known = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0}
        found = attributes(node, known)
        if found["transA"]:
            raise node_error(node, "transA must be 0")
        weights = weights.T if found["transB"] else weights
        bias = None if bias is None else bias * Fraction(found["beta"])
        self._dense(node, weights * Fraction(found["alpha"]), bias)

    def _dense(self, node, weights, bias):
        if weights.ndim != 2 or len(weights) != self.count:
            raise node_error(
                node,
                f"weights must have {self.count} rows, the elements before, not shape "
                f"{weights.shape}",
            )
        scaled = (weights * self.factor[:, None]).T
        units = _units(scaled)
        try:
            self._add_matrix(scaled / units[:, None], np.zeros(len(units), object))
        except UsageError as error:
            raise node_error(node, str(error)) from None
        self.constant = self.constant @ weights
        self.factor, self.count = units, len(units)
        if bias is not None:
            self._add(node, bias)

    def _add(self, node, bias):
        self.constant = self.constant + self._channels(node, bias)

    def _relu(self, node):
        self.relu = True

    def _batchnormalization(self, node, *parameters):
        known = {"epsilon": 1e-5, "momentum": 0.9, "training_mode": 0, "spatial": 1}
        found = attributes(node, known)
        if found["training_mode"]:
            raise node_error(node, "training_mode must be 0")
        gamma, beta, mean, variance = (self._channels(node, each) for each in parameters)
        spread = variance + Fraction(found["epsilon"])
        if not (spread > 0).all() or not all(gamma):
            raise node_error(node, "variances must be positive and scales not 0")
        factor = gamma / np.frompyfunc(_root, 1, 1)(spread)
        self.constant = (self.constant - mean) * factor + beta
        self.factor = self.factor * factor

    def _finish(self):
        """Make integers of the logits whose greatest is in the same place."""
        self._make_factors_positive()
        if len(set(self.factor)) == 1:
            steps = self.constant / self.factor[0]
            wholes = [math.floor(each) for each in steps]
            rests = [each - whole for each, whole in zip(steps, wholes, strict=True)]
            # the rest is less than one step: only its order counts
            order = sorted(set(rests))
            factors = [len(order)] * self.count
            constants = [
                whole * len(order) + order.index(rest)
                for whole, rest in zip(wholes, rests, strict=True)
            ]
        else:
            unit = _unit([*self.factor, *self.constant])
            factors = [each / unit for each in self.factor]
            constants = [each / unit for each in self.constant]
        if set(factors) != {1} or set(constants) != {constants[0]}:
            try:
                self._scale_rows(factors, constants)
                self._bounds()
            except UsageError:
                raise UsageError(
                    "the logits must have one scale, or scales and constants with few bits"
                ) from None


def _unit(numbers):
    """Return the greatest fraction that all numbers are multiples of; 1 if all are 0."""
    numbers = [Fraction(each) for each in numbers]
    divisor = math.gcd(*(each.numerator for each in numbers))
    multiple = math.lcm(*(each.denominator for each in numbers))
    # reduced fractions: the divisor of the numerators has no factor of a denominator
    return Fraction(divisor, multiple) if divisor else Fraction(1)


def _units(rows):
    """Return what the numbers of every row are multiples of: if they stay small, one for all."""
    unit = _unit(rows.ravel())
    if max(abs(each) for each in rows.ravel()) < unit * _SMALL:
        return np.array([unit] * len(rows), object)
    return np.array([_unit(row) for row in rows], object)


def _root(number):
    """Return the square root, exact where it is a fraction."""
    top, bottom = math.isqrt(number.numerator), math.isqrt(number.denominator)
    if (top * top, bottom * bottom) == (number.numerator, number.denominator):
        return Fraction(top, bottom)
    return Fraction(
        math.isqrt((number.numerator << 2 * _PLACES) // number.denominator), 1 << _PLACES
    )
