"""What decoders of all architectures have in common on the machine: places and steps."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hwgen.formats.gpt_instructions import MOST_HEADS
from hwgen.formats.rotary_turns import rotary_turns
from hwgen.formats.weight_stream import GROUP

from .layout import fraction_of, significand_of

__all__ = ["Architecture", "Shape", "blocks_of", "interleaved_pairs"]

_GAIN_BITS = 16


def blocks_of(count):
    """Return the blocks of 32 that hold some elements."""
    return -(-count // GROUP)


@dataclass(frozen=True)
class Shape:
    """Sizes of a decoder, and where its vectors lie.

    Parameters
    ----------
    dim, hidden, layers, heads, kv_heads, width, context, vocabulary : int
        As in `Decoder`; ``width`` is that of a head.
    """

    dim: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    width: int
    context: int
    vocabulary: int

    @property
    def values(self):
        """Places for values: the residual stream."""
        return blocks_of(self.dim) * GROUP

    @property
    def attended_codes(self):
        """First block of what the heads attended to; normalised codes begin at 0."""
        return blocks_of(self.dim)

    @property
    def hidden_codes(self):
        """First block of the hidden part."""
        return self.attended_codes + blocks_of(self.heads * self.width)

    @property
    def blocks(self):
        """Places for blocks of codes."""
        return self.hidden_codes + blocks_of(self.hidden)


class Architecture(ABC):
    """How a decoder becomes instructions; an architecture is a subclass.

    Parameters
    ----------
    decoder : Decoder
    matrices : Matrices
    context : int
        Tokens that the machine keeps.
    """

    def __init__(self, decoder, matrices, context):
        self.decoder, self.matrices = decoder, matrices
        self.shape = Shape(
            decoder.dim,
            decoder.hidden,
            decoder.layers,
            decoder.heads,
            decoder.kv_heads,
            decoder.dim // decoder.heads,
            context,
            len(decoder.tensors[decoder.head]),
        )
        self._bases = {}

    @abstractmethod
    def begin(self, layout):
        """Append what comes before the layers."""

    @abstractmethod
    def layer(self, layout, number, slot):
        """Append a layer, whose keys and values begin at a slot."""

    @abstractmethod
    def end(self, layout):
        """Append what comes behind the layers."""

    def floats(self, name):
        """Return a tensor of the model as it is, float64."""
        return np.asarray(self.decoder.tensors[name], np.float64)

    def shared_base(self, *names):
        """Return the exponent that matrices of these names share in all layers."""
        if names not in self._bases:
            of_layers = [name.format(layer) for name in names for layer in range(self.shape.layers)]
            self._bases[names] = self.matrices.base(dict.fromkeys(of_layers))
        return self._bases[names]

    def normalise(self, layout, name, gain, scalar, epsilon, center=False):
        """Append a norm of the residual stream."""
        count = self.shape.dim
        significand, shift = significand_of(1 / count)
        fraction = self._gain_fraction
        words = np.rint(gain * 2.0**fraction)
        layout.do(
            "normalise",
            count=count,
            mean_significand=significand,
            mean_shift=shift,
            center=int(center),
            epsilon=round(epsilon * 2**32),
            gain=layout.words(name, words, f"gains, {fraction} fraction bits"),
            gain_fraction=fraction,
            scalar=scalar,
        )

    @property
    @abstractmethod
    def gains(self):
        """Names of all tensors that are gains."""

    @property
    def _gain_fraction(self):
        if "gain" not in self._bases:
            values = np.concatenate([self.floats(name) for name in self.gains])
            self._bases["gain"] = fraction_of(values, _GAIN_BITS)
        return self._bases["gain"]

    def multiply(self, layout, name, streamed, source, bias=None, factor=1.0, **operands):
        """Append a product with a matrix."""
        significand, shift = significand_of(factor)
        rows, blocks, _ = streamed.records.shape
        if bias is not None:
            words = np.rint(bias * 2.0**16)
            address = layout.words(f"{name} bias", words, "values")
            operands = {**operands, "biased": 1, "bias": address}
        layout.do(
            "multiply",
            **layout.matrix(name, streamed),
            rows=rows,
            blocks=blocks,
            source=source,
            factor=significand,
            factor_shift=shift,
            **operands,
        )

    def attention(self, layout, slot):
        """Append all heads; their keys and values begin at a slot."""
        shape = self.shape
        slots = [head * shape.kv_heads // shape.heads for head in range(shape.heads)]
        for first in range(0, shape.heads, MOST_HEADS):
            part = slots[first : first + MOST_HEADS]
            moves = sum((high - low) << number for number, (low, high) in enumerate(pairwise(part)))
            layout.do(
                "attend",
                query=first,
                heads=len(part),
                slot=slot + part[0],
                moves=moves,
                destination=shape.attended_codes + first * shape.width // GROUP,
            )

    def angles(self, layout, base):
        """Append the turns of a position, `base` to the power of -2 i / width a place."""
        shape = self.shape
        bits = min(15, (shape.context - 1).bit_length() // 2)
        tables = {}
        for name, step, count in (
            ("coarse", 1 << bits, (shape.context - 1 >> bits) + 1),
            ("fine", 1, 1 << bits),
        ):
            words = rotary_turns(count, step, shape.width // 2, shape.width, base)
            tables[name] = layout.words(f"{name} turns", words, "cosines and sines")
        layout.do("angles", **tables, bits=bits, pairs=shape.width // 2)


def interleaved_pairs(streamed, heads, width):
    """Return rows of heads with those of both halves alternating."""
    order = np.arange(heads * width).reshape(heads, 2, width // 2)
    return streamed.rows(order.transpose(0, 2, 1).ravel())
