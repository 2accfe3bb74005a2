"""Decoders in NumPy: what a quantized model is measured with.

Everything is float64, so that the order of sums does not show in a loss of six digits.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError

__all__ = ["Decoder", "DecoderLayer", "attention"]

# rows of the embedding that are float64 at a time
_ROWS = 4096


@dataclass(frozen=True)
class Decoder(ABC):
    """A model that predicts the next token; an architecture is a subclass.

    Parameters
    ----------
    dim, hidden, layers, heads, kv_heads, context : int
        Width, width of the feed-forward part, decoder layers, query heads, key/value heads, and
        the most tokens that it was made for.
    tensors : mapping of str to numpy.ndarray
        Weights by their names in the model's file, floats.
    """

    dim: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    context: int
    tensors: Mapping

    transposed = False
    """Whether linear layers have shape (inputs, outputs)."""

    @property
    @abstractmethod
    def head(self):
        """Name of the tensor that makes scores of states, shape (vocabulary, dim)."""

    @abstractmethod
    def embedded(self, windows):
        """Return the states of the tokens of every window before the first decoder layer."""

    @abstractmethod
    def layer(self, number, see):
        """Return the `DecoderLayer` of a number, which calls ``see`` as `logits` says."""

    @abstractmethod
    def normed(self, state):
        """Return states behind the last norm."""

    @abstractmethod
    def same_inputs(self, number):
        """Return the tensors of a layer's linear layers: tuples of those that multiply the same."""

    def logits(self, tokens, observe=None):
        """Return the scores of the next token behind every token, shape (tokens, vocabulary).

        Parameters
        ----------
        tokens : sequence of int
            At most ``context``.
        observe : callable
            Called as ``observe(name, inputs)`` with what every linear layer multiplies, shape
            (tokens, inputs); layers of `same_inputs` are called with the same array.
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
        states = self.embedded(windows)
        for number in range(self.layers):
            part = self.layer(number, see)
            states = [part.output(state) for state in states]
            if after_layer is not None:
                after_layer(number)
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
        normed, head = self.normed(state), self.tensors[self.head]
        parts = [
            normed @ head[start : start + _ROWS].astype(np.float64).T
            for start in range(0, len(head), _ROWS)
        ]
        return np.concatenate(parts, axis=1)


class DecoderLayer(ABC):
    """One decoder layer, its weights as float64.

    Parameters
    ----------
    model : Decoder
    names : iterable of str
        Of its tensors.
    see : callable
        Called with name and inputs of every linear layer.
    """

    def __init__(self, model, names, see):
        self.model, self._see = model, see
        self.weights = {name: model.tensors[name].astype(np.float64) for name in names}

    @abstractmethod
    def output(self, state):
        """Return the state behind this layer."""

    def linear(self, name, inputs, transposed=False):
        """Return inputs times the tensor ``name``, (outputs, inputs) unless it is transposed."""
        self._see(name, inputs)
        matrix = self.weights[name]
        return inputs @ (matrix if transposed else matrix.T)


def attention(queries, keys, values):
    """Return the values that every token attends to: itself and those before, softmax of scores.

    Parameters
    ----------
    queries : array, [tokens, heads, width]
    keys, values : array, [tokens, key/value heads, width]
        Consecutive query heads share one.

    Returns
    -------
    numpy.ndarray
        [tokens, heads * width].
    """
    count, heads, width = queries.shape
    keys, values = (np.repeat(each, heads // keys.shape[1], axis=1) for each in (keys, values))
    scores = np.einsum("thw,shw->hts", queries, keys) / np.sqrt(width)
    scores = np.where(np.tri(count, dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.einsum("hts,shw->thw", weights, values).reshape(count, heads * width)


def _mean_surprise(logits, following):
    highest = logits.max(axis=-1, keepdims=True)
    total = np.log(np.exp(logits - highest).sum(axis=-1)) + highest[:, 0]
    return float((total - logits[np.arange(len(logits)), following]).mean())
