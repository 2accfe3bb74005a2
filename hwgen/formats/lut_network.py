"""Networks of look-up tables: what every layer computes, in integers.

A network takes integers and hands lists of *elements* from layer to layer; all elements of a list
are integers of the same width. What the tables hold may come from any trained function of few
low-bit inputs (LogicNets, Umuroglu et al. 2020; PolyLUT, Andronic and Constantinides 2023;
NeuraLUT, 2024; DWN, Bacellar et al. 2024): of the function itself nothing is left here.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwgen.errors import UsageError

__all__ = [
    "HEADS",
    "MOST_ADDRESS_BITS",
    "Elements",
    "LutNetwork",
    "MatrixLayer",
    "SumLayer",
    "TableLayer",
    "ThresholdLayer",
]

MOST_ADDRESS_BITS = 16
MOST_ELEMENT_BITS = 32
CODINGS = ("binary", "thermometer")
HEADS = ("argmax", "none")


@dataclass(frozen=True)
class Elements:
    """A list of integers of one width.

    Parameters
    ----------
    count, bits : int
    signed : bool
        Two's complement.
    """

    count: int
    bits: int
    signed: bool = False

    @property
    def bounds(self):
        """Least and greatest integer."""
        return (-(1 << self.bits - 1), (1 << self.bits - 1) - 1) if self.signed else (0, self.most)

    @property
    def most(self):
        """Greatest code."""
        return (1 << self.bits) - 1


def _elements_between(count, low, high):
    """Return the narrowest `Elements` that hold the integers from ``low`` to ``high``."""
    if low >= 0:
        return Elements(count, max(1, high.bit_length()))
    return Elements(count, max((-low - 1).bit_length(), high.bit_length()) + 1, True)


def _integers(value, dimensions, what):
    array = np.asarray(value)
    if array.dtype.kind not in "iub" or array.ndim != dimensions or not array.size:
        raise UsageError(
            f"{what} must be integers in {dimensions} dimensions, not {array.dtype} {array.shape}"
        )
    array = array.astype(np.int64)
    array.setflags(write=False)
    return array


def _check_inputs(inputs, given, what):
    wrong = np.flatnonzero((inputs.ravel() < 0) | (inputs.ravel() >= given.count))
    if wrong.size:
        raise UsageError(
            f"{what} must be from 0 to {given.count - 1}, the elements of the layer before, "
            f"not {inputs.ravel()[wrong[0]]}"
        )


@dataclass(frozen=True, eq=False)
class ThresholdLayer:
    """Every element becomes the number of its thresholds that it reaches.

    Parameters
    ----------
    thresholds : array of int, [elements, T]
        Ascending in every row; element x reaches threshold t if x >= t.
    coding : str
        ``"binary"``: one element of as many bits as the number T has; ``"thermometer"``: T elements
        of one bit in the place of each, the lowest threshold's first.
    """

    kind: ClassVar[str] = "thresholds"
    arrays: ClassVar[tuple[str, ...]] = ("thresholds",)
    options: ClassVar[tuple[str, ...]] = ("coding",)

    thresholds: np.ndarray
    coding: str = "binary"

    def __post_init__(self):
        object.__setattr__(self, "thresholds", _integers(self.thresholds, 2, "thresholds"))
        if self.coding not in CODINGS:
            raise UsageError(f"coding must be one of {', '.join(CODINGS)}, not {self.coding!r}")
        if (np.diff(self.thresholds, axis=1) < 0).any():
            raise UsageError("thresholds must ascend in every row")

    def elements(self, given):
        """Return the `Elements` for those of the layer before; ``UsageError`` if they differ."""
        count, levels = self.thresholds.shape
        if count != given.count:
            raise UsageError(
                f"thresholds must have {given.count} rows, the elements before, not {count}"
            )
        if self.coding == "thermometer":
            return Elements(count * levels, 1)
        return Elements(count, levels.bit_length())


@dataclass(frozen=True, eq=False)
class TableLayer:
    """Every element is looked up in a table of its own under the codes of a few elements.

    Parameters
    ----------
    inputs : array of int, [neurons, F]
        Numbers of the elements that are the address, the lowest bits first.
    tables : array of int, [neurons, 2**(F * bits of an element)]
        Integers by address.
    bits : int
        Width of the integers.
    signed : bool
        Whether they are in two's complement.
    """

    kind: ClassVar[str] = "tables"
    arrays: ClassVar[tuple[str, ...]] = ("inputs", "tables")
    options: ClassVar[tuple[str, ...]] = ("bits", "signed")

    inputs: np.ndarray
    tables: np.ndarray
    bits: int
    signed: bool = False

    def __post_init__(self):
        for name in self.arrays:
            object.__setattr__(self, name, _integers(getattr(self, name), 2, name))
        if not 1 <= self.bits <= MOST_ADDRESS_BITS:
            raise UsageError(f"bits must be from 1 to {MOST_ADDRESS_BITS}, not {self.bits}")
        if len(self.inputs) != len(self.tables):
            raise UsageError(
                f"tables must be {len(self.inputs)}, one for every row of inputs, "
                f"not {len(self.tables)}"
            )
        low, high = Elements(1, self.bits, self.signed).bounds
        if self.tables.min() < low or self.tables.max() > high:
            raise UsageError(f"tables must hold integers from {low} to {high}")

    def elements(self, given):
        """Return the `Elements` for those of the layer before; ``UsageError`` if they differ."""
        _check_inputs(self.inputs, given, "inputs of tables")
        address = self.inputs.shape[1] * given.bits
        if address > MOST_ADDRESS_BITS:
            raise UsageError(
                f"tables must have at most {MOST_ADDRESS_BITS} bits of address, not {address}"
            )
        if self.tables.shape[1] != 1 << address:
            raise UsageError(
                f"tables must have {1 << address} entries for {address} bits of address, "
                f"not {self.tables.shape[1]}"
            )
        return Elements(len(self.tables), self.bits, self.signed)


@dataclass(frozen=True, eq=False)
class SumLayer:
    """Every element is the sum of some elements: adders behind tables, or a count of ones.

    Parameters
    ----------
    inputs : array of int
        Numbers of the elements, those of the first sum first.
    starts : array of int, [sums + 1]
        Where every sum's numbers begin in ``inputs``; last, how many there are.
    """

    kind: ClassVar[str] = "sums"
    arrays: ClassVar[tuple[str, ...]] = ("inputs", "starts")
    options: ClassVar[tuple[str, ...]] = ()

    inputs: np.ndarray
    starts: np.ndarray

    def __post_init__(self):
        for name in self.arrays:
            object.__setattr__(self, name, _integers(getattr(self, name), 1, f"{name} of sums"))
        starts = self.starts
        if len(starts) < 2 or starts[0] or starts[-1] != len(self.inputs):
            raise UsageError(f"starts of sums must begin with 0 and end with {len(self.inputs)}")
        if (np.diff(starts) < 1).any():
            raise UsageError("starts of sums must ascend: every sum has an element or more")

    @property
    def groups(self):
        """The elements of every sum."""
        return np.split(self.inputs, self.starts[1:-1])

    def elements(self, given):
        """Return the `Elements` for those of the layer before; ``UsageError`` if they differ."""
        _check_inputs(self.inputs, given, "inputs of sums")
        longest = int(np.diff(self.starts).max())
        low, high = given.bounds
        return _checked_width(
            _elements_between(len(self.starts) - 1, low * longest, high * longest), self.kind
        )


@dataclass(frozen=True, eq=False)
class MatrixLayer:
    """The elements are an integer matrix times the elements before, plus constants.

    Parameters
    ----------
    weights : array of int, [rows, elements]
    bias : array of int, [rows]
    """

    kind: ClassVar[str] = "matrix"
    arrays: ClassVar[tuple[str, ...]] = ("weights", "bias")
    options: ClassVar[tuple[str, ...]] = ()

    weights: np.ndarray
    bias: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "weights", _integers(self.weights, 2, "weights"))
        object.__setattr__(self, "bias", _integers(self.bias, 1, "bias"))
        if len(self.weights) != len(self.bias):
            raise UsageError(
                f"bias must have {len(self.weights)} entries, one for every row of weights, "
                f"not {len(self.bias)}"
            )
        limit = 1 << MOST_ELEMENT_BITS - 1
        if max(np.abs(each).max() for each in (self.weights, self.bias)) >= limit:
            raise UsageError(f"weights and bias must be less than 2**{MOST_ELEMENT_BITS - 1}")

    def bounds(self, given):
        """Return the least and the greatest integer of every row, as lists."""
        low, high = given.bounds
        lows, highs = [], []
        for row, constant in zip(self.weights.tolist(), self.bias.tolist(), strict=True):
            lows.append(constant + sum(each * (low if each > 0 else high) for each in row))
            highs.append(constant + sum(each * (high if each > 0 else low) for each in row))
        return lows, highs

    def elements(self, given):
        """Return the `Elements` for those of the layer before; ``UsageError`` if they differ."""
        if self.weights.shape[1] != given.count:
            raise UsageError(
                f"weights must have {given.count} columns, the elements before, "
                f"not {self.weights.shape[1]}"
            )
        lows, highs = self.bounds(given)
        found = _elements_between(len(self.weights), min(lows), max(highs))
        return _checked_width(found, self.kind)


def _checked_width(elements, kind):
    if elements.bits > MOST_ELEMENT_BITS:
        raise UsageError(f"{kind} must have at most {MOST_ELEMENT_BITS} bits, not {elements.bits}")
    return elements


@dataclass(frozen=True, eq=False)
class LutNetwork:
    """A network: its input, its layers, and what is made of the last one's elements.

    Parameters
    ----------
    inputs : Elements
        What the network takes.
    layers : tuple of ThresholdLayer, TableLayer, SumLayer or MatrixLayer
    head : str
        ``"argmax"``: the number of the greatest element, the lowest number of equal ones;
        ``"none"``: the elements themselves.

    Raises
    ------
    UsageError
        A layer that does not fit the one before; the message has its number, counted from 0.
    """

    inputs: Elements
    layers: tuple
    head: str = "argmax"

    def __post_init__(self):
        if self.head not in HEADS:
            raise UsageError(f"head must be one of {', '.join(HEADS)}, not {self.head!r}")
        if not self.layers:
            raise UsageError("a network must have a layer or more")
        self.elements  # noqa: B018

    @cached_property
    def elements(self):
        """`Elements` in front of every layer, and behind the last one."""
        found = [self.inputs]
        for number, layer in enumerate(self.layers):
            try:
                found.append(layer.elements(found[-1]))
            except UsageError as error:
                raise UsageError(f"layer {number}: {error}") from None
        return tuple(found)

    @property
    def outputs(self):
        """`Elements` that the network gives: one of as many bits as a class takes, with argmax."""
        last = self.elements[-1]
        return Elements(1, max(1, (last.count - 1).bit_length())) if self.head == "argmax" else last

    @cached_property
    def digest(self):
        """SHA-256 of everything that the network computes with."""
        found = hashlib.sha256(f"{self.inputs} {self.head}".encode())
        for layer in self.layers:
            options = [getattr(layer, name) for name in layer.options]
            found.update(f"{layer.kind} {options}".encode())
            for name in layer.arrays:
                array = getattr(layer, name)
                found.update(f"{name} {array.shape}".encode() + array.astype("<i8").tobytes())
        return found.hexdigest()
