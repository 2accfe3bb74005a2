"""Constants of an ONNX graph as exact numbers, and the quantizers of QONNX.

QONNX (Pappalardo et al. 2022) adds nodes whose inputs and outputs are real numbers: ``Quant`` with
scale s, zero point z and width b makes ``s * (clip(round(x / s + z)) - z)`` of x, ``BipolarQuant``
s or -s by the sign. Here all of it is in fractions: nothing is rounded but by the node itself.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hwgen.errors import UsageError

__all__ = ["Quantizer", "attributes", "fractions", "node_error", "quantizer"]

# u of the lowest real number that rounds to n or more, and whether it does so itself
_ROUNDINGS = {
    "ROUND": lambda n: (n - Fraction(1, 2), n % 2 == 0),
    "HALF_EVEN": lambda n: (n - Fraction(1, 2), n % 2 == 0),
    "FLOOR": lambda n: (Fraction(n), True),
    "CEIL": lambda n: (Fraction(n - 1), False),
    "DOWN": lambda n: (Fraction(n), True) if n > 0 else (Fraction(n - 1), False),
}
_MOST_BITS = 8


@dataclass(frozen=True)
class Quantizer:
    """A quantizer: integers from ``low`` to ``high`` mean (integer + offset) times ``scale``.

    Parameters
    ----------
    scale, offset : array of Fraction
        One number, or one a channel.
    shift : array of Fraction
        What is added to x / scale before the rounding.
    low, high : int
    boundary : callable
        From an integer n to the least number that becomes n or more, and whether it does itself
        (or only all that are greater).
    bits : int
    signed : bool
        Of the integers.
    """

    scale: np.ndarray
    offset: np.ndarray
    shift: np.ndarray
    low: int
    high: int
    boundary: object
    bits: int
    signed: bool

    def integers(self, values):
        """Return the integers that an array of fractions becomes."""
        steps = values / self.scale + self.shift
        return np.frompyfunc(self._integer, 1, 1)(steps)

    def _integer(self, step):
        # the boundary of n is less than one below n
        guess = min(max(math.floor(step) + 1, self.low), self.high)
        while guess > self.low and not self._reaches(step, guess):
            guess -= 1
        return Fraction(guess)

    def _reaches(self, step, n):
        least, itself = self.boundary(n)
        return step > least or (itself and step == least)

    def values(self, values):
        """Return what the node makes of an array of fractions."""
        return (self.integers(values) + self.offset) * self.scale


def node_error(node, text):
    """Return the `UsageError` about a node."""
    return UsageError(f"node {node.name or node.output[0]!r} ({node.op_type}): {text}")


def attributes(node, known):
    """Return the attributes of a node, with defaults from ``known``; others are refused."""
    from onnx import helper

    found = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    if unknown := sorted(set(found) - set(known)):
        raise node_error(node, f"attributes must be of {', '.join(known)}, not {unknown[0]!r}")
    text = {name: each.decode() for name, each in found.items() if isinstance(each, bytes)}
    return known | found | text


def fractions(array):
    """Return an array of numbers as exact fractions."""
    array = np.asarray(array)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise UsageError("constants must be finite numbers")
    exact = np.frompyfunc(lambda each: Fraction(each), 1, 1)
    return np.asarray(exact(array), object).reshape(array.shape)


def quantizer(node, parameters):
    """Return the `Quantizer` of a ``Quant`` or ``BipolarQuant`` node.

    Parameters
    ----------
    node : onnx.NodeProto
    parameters : list of array of Fraction
        Its inputs behind the first.
    """
    if len(parameters) != (3 if node.op_type == "Quant" else 1):
        raise node_error(node, "scale, zero point and width must be given, as constants")
    parameters = [np.atleast_1d(each) for each in parameters]
    scale = parameters[0]
    if not (scale > 0).all():
        raise node_error(node, "scale must be greater than 0")
    if node.op_type == "BipolarQuant":
        attributes(node, {})
        # 0 and 1 stand for -scale and scale: (integer - 1/2) times twice the scale
        half, zero = fractions([0.5]), fractions([0])
        return Quantizer(2 * scale, -half, zero, 0, 1, lambda n: (Fraction(0), True), 1, False)
    found = attributes(node, {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"})
    _, zero, width = parameters
    mode = found["rounding_mode"].upper()
    if mode not in _ROUNDINGS:
        raise node_error(node, f"rounding_mode must be of {', '.join(_ROUNDINGS)}, not {mode!r}")
    if width.size != 1 or width.item().denominator != 1 or not 1 <= width.item() <= _MOST_BITS:
        raise node_error(node, f"width must be one integer from 1 to {_MOST_BITS}")
    bits, signed, narrow = int(width.item()), bool(found["signed"]), bool(found["narrow"])
    low = -(1 << bits - 1) + narrow if signed else 0
    high = (1 << bits - 1) - 1 if signed else (1 << bits) - 1 - narrow
    if low >= high:
        raise node_error(node, "there must be two integers or more; width is too small")
    return Quantizer(scale, -zero, zero, low, high, _ROUNDINGS[mode], bits, signed)
