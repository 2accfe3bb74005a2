"""A Llama-architecture model in NumPy: what a quantized model is measured with.

Reads the checkpoints of llama2.c (version 0) with their tokenizer. Everything is float64, so that
the order of sums does not show in a loss of six digits.
"""

import mmap
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np

from hwgen.errors import UsageError

__all__ = ["SAME_INPUTS", "Llama", "Tokenizer", "read_checkpoint", "read_tokenizer"]

# linear layers of a decoder layer, those that multiply the same inputs together
SAME_INPUTS = (
    ("attention.wq", "attention.wk", "attention.wv"),
    ("attention.wo",),
    ("feed_forward.w1", "feed_forward.w3"),
    ("feed_forward.w2",),
)

_HEADER = struct.Struct("<7i")
_EPSILON = 1e-5
_ROTATION_BASE = 10000.0
# name of a tensor -> its shape; L layers, D dim, H hidden, K key/value width, V vocabulary
_LAYOUT = (
    ("tok_embeddings.weight", "VD"),
    ("layers.{}.attention_norm.weight", "LD"),
    ("layers.{}.attention.wq.weight", "LDD"),
    ("layers.{}.attention.wk.weight", "LKD"),
    ("layers.{}.attention.wv.weight", "LKD"),
    ("layers.{}.attention.wo.weight", "LDD"),
    ("layers.{}.ffn_norm.weight", "LD"),
    ("layers.{}.feed_forward.w1.weight", "LHD"),
    ("layers.{}.feed_forward.w2.weight", "LDH"),
    ("layers.{}.feed_forward.w3.weight", "LHD"),
    ("norm.weight", "D"),
)


@dataclass(frozen=True)
class Llama:
    """A decoder of the Llama architecture.

    Parameters
    ----------
    dim, hidden, layers, heads, kv_heads, context : int
        Width, width of the feed-forward part, decoder layers, query heads, key/value heads, and
        the most tokens that it was made for.
    tensors : mapping of str to numpy.ndarray
        Weights by name, floats; those of linear layers have shape (outputs, inputs). The output
        layer shares those of the embedding.
    """

    dim: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    context: int
    tensors: Mapping

    def logits(self, tokens, observe=None):
        """Return the scores of the next token behind every token, shape (tokens, vocabulary).

        Parameters
        ----------
        tokens : sequence of int
            At most ``context``.
        observe : callable
            Called as ``observe(name, inputs)`` with what every linear layer multiplies, shape
            (tokens, inputs); layers of `SAME_INPUTS` are called with the same array.
        """
        (state,) = self.states([tokens], observe)
        return self._scores(state)

    def states(self, windows, observe=None, after_layer=None):
        """Return what the decoder layers make of every window of tokens, before the last norm.

        One layer after the other sees all windows, and its weights are in memory as float64 only
        meanwhile.

        Parameters
        ----------
        windows : sequence of sequences of int
            Each at most ``context`` tokens.
        observe : callable
            See `logits`.
        after_layer : callable
            Called with the number of every layer that has seen all windows.
        """
        for tokens in windows:
            if not 0 < len(tokens) <= self.context:
                raise UsageError(f"tokens must be 1..{self.context} in number, not {len(tokens)}")
        see = observe or (lambda name, inputs: None)
        embedding = self.tensors["tok_embeddings.weight"]
        states = [embedding[np.asarray(tokens)].astype(np.float64) for tokens in windows]
        for layer in range(self.layers):
            part = _Layer(self, layer, see)
            states = [part.output(state) for state in states]
            if after_layer is not None:
                after_layer(layer)
        return states

    def loss(self, tokens):
        """Return the mean negative log-likelihood (nats) of tokens 1, 2, ... given those before."""
        return self.losses([tokens])[0]

    def losses(self, windows):
        """Return the `loss` of each of some windows of tokens."""
        states = self.states([tokens[:-1] for tokens in windows])
        return [
            _mean_surprise(self._scores(state), np.asarray(tokens[1:]))
            for state, tokens in zip(states, windows, strict=True)
        ]

    def _scores(self, state):
        normed = _normed(state, self.tensors["norm.weight"].astype(np.float64))
        return normed @ self._embedding.T

    @cached_property
    def _embedding(self):
        return self.tensors["tok_embeddings.weight"].astype(np.float64)


class _Layer:
    """One decoder layer, its weights as float64."""

    def __init__(self, model, number, see):
        self._model, self._name, self._see = model, f"layers.{number}.", see
        self._weights = {
            name: model.tensors[name].astype(np.float64)
            for name in model.tensors
            if name.startswith(self._name)
        }

    def output(self, state):
        """Return the state behind this layer."""
        state = state + self._attention(state)
        return state + self._feed_forward(state)

    def _linear(self, name, inputs):
        self._see(f"{self._name}{name}.weight", inputs)
        return inputs @ self._weights[f"{self._name}{name}.weight"].T

    def _normed(self, name, state):
        return _normed(state, self._weights[f"{self._name}{name}.weight"])

    def _attention(self, state):
        model, count = self._model, len(state)
        width = model.dim // model.heads
        inputs = self._normed("attention_norm", state)
        queries, keys, values = (
            self._linear(f"attention.{name}", inputs).reshape(count, -1, width)
            for name in ("wq", "wk", "wv")
        )
        queries, keys = _rotated(queries), _rotated(keys)
        shared = model.heads // model.kv_heads
        keys, values = (np.repeat(each, shared, axis=1) for each in (keys, values))
        scores = np.einsum("thw,shw->hts", queries, keys) / np.sqrt(width)
        scores = np.where(np.tri(count, dtype=bool), scores, -np.inf)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = np.einsum("hts,shw->thw", weights, values).reshape(count, model.dim)
        return self._linear("attention.wo", mixed)

    def _feed_forward(self, state):
        inputs = self._normed("ffn_norm", state)
        gate, up = (self._linear(f"feed_forward.{name}", inputs) for name in ("w1", "w3"))
        return self._linear("feed_forward.w2", gate / (1 + np.exp(-gate)) * up)


def _mean_surprise(logits, following):
    highest = logits.max(axis=-1, keepdims=True)
    total = np.log(np.exp(logits - highest).sum(axis=-1)) + highest[:, 0]
    return float((total - logits[np.arange(len(logits)), following]).mean())


def _normed(state, weight):
    scale = 1 / np.sqrt((state**2).mean(axis=-1, keepdims=True) + _EPSILON)
    return state * scale * weight


def _rotated(vectors):
    """Return queries or keys turned by their positions: pairs (0, 1), (2, 3), ... of a head."""
    count, _, width = vectors.shape
    speed = _ROTATION_BASE ** (-np.arange(0, width, 2) / width)
    angle = (np.arange(count)[:, None] * speed)[:, None, :]
    even, odd = vectors[..., 0::2], vectors[..., 1::2]
    turned = np.empty_like(vectors)
    turned[..., 0::2] = even * np.cos(angle) - odd * np.sin(angle)
    turned[..., 1::2] = even * np.sin(angle) + odd * np.cos(angle)
    return turned


def read_checkpoint(path):
    """Return the `Llama` of a llama2.c checkpoint (version 0, float32).

    Its tensors are views of the file, which is read where they are used. Raises ``UsageError`` for
    a file that cannot be read or is something else.
    """
    data = _mapped(path)
    if len(data) < _HEADER.size:
        raise UsageError(f"{str(path)!r} must be a llama2.c checkpoint, and is too short for one")
    dim, hidden, layers, heads, kv_heads, vocabulary, context = _HEADER.unpack_from(data)
    sizes = (dim, hidden, layers, heads, kv_heads, vocabulary, context)
    if min(sizes) < 1 or max(sizes) > 1 << 20 or dim % heads or heads % kv_heads:
        raise UsageError(f"{str(path)!r} must be a llama2.c checkpoint of version 0, and is not")
    axes = {"L": layers, "D": dim, "H": hidden, "K": dim * kv_heads // heads, "V": vocabulary}
    tensors, position = {}, _HEADER.size
    for name, letters in _LAYOUT:
        shape = tuple(axes[each] for each in letters)
        count = int(np.prod(shape, dtype=object))
        if position + 4 * count > len(data):
            raise UsageError(f"{str(path)!r} ends in the middle of {name.format('N')}")
        values = np.frombuffer(data, "<f4", count, position).reshape(shape)
        position += 4 * count
        if "{}" in name:
            tensors |= {name.format(layer): values[layer] for layer in range(layers)}
        else:
            tensors[name] = values
    return Llama(dim, hidden, layers, heads, kv_heads, context, tensors)


@dataclass(frozen=True)
class Tokenizer:
    """Byte-pair encoding as llama2.c does it.

    Parameters
    ----------
    pieces : tuple of bytes
        What every token stands for; token 1 begins a text, tokens 3 to 258 are single bytes.
    scores : tuple of float
        Of two pairs that could be merged, the one with the higher score of its piece is.
    """

    pieces: tuple[bytes, ...]
    scores: tuple[float, ...]

    def encode(self, text):
        """Return the tokens of a text: the beginning, a space, and its pieces."""
        index = {piece: token for token, piece in reversed(list(enumerate(self.pieces)))}
        # no piece reaches beyond a space that follows something, so words can be merged alone
        inner = any(b" " in piece[1:] for piece in self.pieces[3:])
        words = [f" {text}"] if inner else re.split(r"(?= )", f" {text}")
        merged = {word: self._merged(word, index) for word in dict.fromkeys(words)}
        return [1, *chain.from_iterable(merged[word] for word in words)]

    def decode(self, tokens):
        """Return the bytes that tokens stand for, without the space in front of a text."""
        raw = b"".join(
            bytes([token - 3]) if 3 <= token <= 258 else self.pieces[token] for token in tokens
        )
        return raw.removeprefix(b" ")

    def _merged(self, word, index):
        tokens = []
        for character in word:
            piece = character.encode()
            tokens += [index[piece]] if piece in index else [byte + 3 for byte in piece]
        while True:
            best = None
            for place in range(len(tokens) - 1):
                pair = index.get(self.pieces[tokens[place]] + self.pieces[tokens[place + 1]])
                if pair is not None and (best is None or self.scores[pair] > best[0]):
                    best = (self.scores[pair], place, pair)
            if best is None:
                return tokens
            tokens[best[1] : best[1] + 2] = [best[2]]


def read_tokenizer(path):
    """Return the `Tokenizer` of a llama2.c file; raises ``UsageError`` for anything else."""
    data, pieces, scores, position = _read(path), [], [], 4
    try:
        while position < len(data):
            score, length = struct.unpack_from("<fi", data, position)
            position += 8
            if length < 0 or position + length > len(data):
                raise struct.error
            pieces.append(data[position : position + length])
            scores.append(score)
            position += length
    except struct.error:
        raise UsageError(f"{str(path)!r} must be a tokenizer of llama2.c, and is not") from None
    if len(pieces) < 259:
        raise UsageError(f"{str(path)!r} must have the 256 single bytes as tokens, and has not")
    return Tokenizer(tuple(pieces), tuple(scores))


def _mapped(path):
    """Return the bytes of a file as a memory map."""
    try:
        with open(path, "rb") as file:
            if not file.read(1):
                return b""
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot read {str(path)!r}: {reason}") from None


def _read(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
