"""Matrices of a model as streams: quantized here, or taken from a container."""

import re
from dataclasses import dataclass, field

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.weight_stream import parse_weight_stream
from hwgen.quant.methods import parse_method

__all__ = ["Matrices", "method_of"]

_GROUP = 32


def method_of(name, group=None):
    """Return the `Method` of a name, with groups and scales that can be streamed.

    Groups are of 32 columns unless the name or ``group`` says otherwise; scales are fp16, of
    binary coding uint8.
    """
    scale = "uint8" if name.startswith("bcq") else "fp16"
    try:
        return parse_method(name, group or _GROUP, scale)
    except UsageError:
        # block formats have the group in the name, ternary weights one scale
        if group is not None:
            raise
        return parse_method(name, None, scale)


@dataclass
class Matrices:
    """Where the matrices of a model come from.

    Parameters
    ----------
    decoder : Decoder
        Of the model.
    method : Method
        Quantizer of matrices that no other rule names.
    rules : tuple of (str, Method)
        Regular expressions on names of tensors; the first that is found in a name counts.
    container : QuantizedModel or None
        Codes to take as they are.
    """

    decoder: object
    method: object
    rules: tuple = ()
    container: object = None
    _made: dict = field(default_factory=dict, repr=False)

    def __post_init__(self):
        for pattern, _ in self.rules:
            try:
                re.compile(pattern)
            except re.error as error:
                raise UsageError(f"{pattern!r} must be a regular expression: {error}") from None

    def quantized(self, name):
        """Return the `QuantizedMatrix` of a tensor, (outputs, inputs)."""
        if name not in self._made:
            self._made[name] = self._quantized(name)
        return self._made[name]

    def _quantized(self, name):
        if self.container is not None and name in self.container.matrices:
            found = self.container.matrix(name)
            for what, wrong in (
                ("rotated", found.rotation is not None),
                ("corrected", found.correction is not None),
                ("quantized along its inputs", found.transposed != self._turned(name)),
            ):
                if wrong:
                    raise UsageError(f"matrix {name!r} must not be {what} to be streamed")
            return found
        chosen = next((each for rule, each in self.rules if re.search(rule, name)), self.method)
        values = np.asarray(self.decoder.tensors[name], np.float32)
        return chosen.quantize(values.T if self._turned(name) else values)

    def _turned(self, name):
        """Return whether a tensor of the file has shape (inputs, outputs)."""
        return self.decoder.transposed and name != self.decoder.head

    def base(self, names):
        """Return the exponent that units of some matrices can share."""
        return max(self.stream(name).base for name in names)

    def stream(self, name, base=None):
        """Return the `Streamed` matrix of a tensor, its units with an exponent ``base``."""
        found = self.quantized(name)
        return parse_weight_stream(found.form.name).pack(found.arrays, found.stored_shape, base)

    def values(self, name):
        """Return the float64 weights that a tensor's codes stand for, (outputs, inputs)."""
        found = self.quantized(name)
        values = found.dequantize()
        return values.T if found.transposed else values
