"""What decoders of all architectures have in common on the machine: places and steps."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from hwgen.formats.weight_stream import GROUP

from .layout import fraction_of, significand_of

__all__ = ["Architecture", "Shape", "blocks_of", "interleaved_pairs"]

_GAIN_BITS = 16
_ANGLE_FRACTION = 30


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
    def attended(self):
        """First value of what the heads attend to; the residual stream begins at 0."""
        return blocks_of(self.dim) * GROUP

    @property
    def values(self):
        """Places for values."""
        return self.attended + blocks_of(self.heads * self.width) * GROUP

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

    @property
    def output_parts(self):
        """Slices of blocks that the output layer of the attention is multiplied by in turn.

        The first part is multiplied while the last heads still attend.
        """
        blocks = blocks_of(self.heads * self.width)
        first = -(-blocks // 2)
        return [slice(0, blocks)] if blocks == 1 else [slice(0, first), slice(first, blocks)]


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

    def attention(self, layout, slot, queries, output):
        """Append heads one after the other, and the output layer as soon as it can begin.

        Parameters
        ----------
        slot : int
            Of the first key/value head.
        queries : callable
            Appends the queries of all heads.
        output : callable
            Appends a part of the output layer: ``output(part, slice of blocks)``.
        """
        shape, done = self.shape, 0
        parts = list(enumerate(shape.output_parts))
        queries()
        for head in range(shape.heads):
            layout.do(
                "attend",
                query=head,
                slot=slot + head * shape.kv_heads // shape.heads,
                destination=shape.attended + head * shape.width,
            )
            complete = (head + 1) * shape.width // GROUP
            if head == shape.heads - 1:
                complete = blocks_of(shape.heads * shape.width)
            while parts and complete >= parts[0][1].stop:
                number, blocks = parts.pop(0)
                layout.do(
                    "quantise",
                    source=shape.attended + GROUP * done,
                    blocks=blocks.stop - done,
                    destination=shape.attended_codes + done,
                )
                done = blocks.stop
                output(number, blocks)

    def angles(self, layout, base):
        """Append the turns of a position, `base` to the power of -2 i / width a place."""
        shape = self.shape
        bits = min(15, (shape.context - 1).bit_length() // 2)
        speeds = base ** (-np.arange(0, shape.width, 2) / shape.width)
        tables = {}
        for name, step, count in (
            ("coarse", 1 << bits, (shape.context - 1 >> bits) + 1),
            ("fine", 1, 1 << bits),
        ):
            angles = np.arange(count)[:, None] * step * speeds
            turns = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
            words = np.rint(turns * 2.0**_ANGLE_FRACTION)
            tables[name] = layout.words(f"{name} turns", words, "cosines and sines")
        layout.do("angles", **tables, bits=bits, pairs=shape.width // 2)


def interleaved_pairs(streamed, heads, width):
    """Return rows of heads with those of both halves alternating."""
    order = np.arange(heads * width).reshape(heads, 2, width // 2)
    return streamed.rows(order.transpose(0, 2, 1).ravel())
