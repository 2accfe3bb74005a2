"""Decoders of the GPT-2 architecture, from safetensors files.

Radford et al., Language Models are Unsupervised Multitask Learners (2019): layer norms in front of
both parts of a layer, learned positions, GELU, biases, the output layer shares the embedding.
"""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError

from .decoder import Decoder, DecoderLayer, attention
from .decoder_facts import read_facts

__all__ = ["Gpt2", "gpt2_of", "is_gpt2", "read_gpt2"]

# linear layers: queries, keys and values in one; output of the attention; feed-forward up, down
_LINEAR = {
    # of Hugging Face, with matrices (inputs, outputs)
    True: ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"),
    False: ("attn_qkv", "attn_proj", "fc", "proj"),
}
_PREFIX = "transformer."
_GELU = {"gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "gelu": "erf", "tanh": "tanh"}


@dataclass(frozen=True)
class Gpt2(Decoder):
    """A decoder of the GPT-2 architecture.

    Parameters
    ----------
    epsilon : float
        Added to variances.
    gelu : str
        ``"tanh"``, or ``"erf"`` for the exact one.
    transposed : bool
        Linear layers have shape (inputs, outputs).
    prefix : str
        Of the names of all tensors.
    """

    epsilon: float = 1e-5
    gelu: str = "tanh"
    transposed: bool = False
    prefix: str = ""

    @property
    def head(self):
        return f"{self.prefix}wte.weight"

    def embedded(self, windows):
        embedding, positions = (
            self.tensors[f"{self.prefix}{each}.weight"] for each in ("wte", "wpe")
        )
        return [
            embedding[np.asarray(tokens)].astype(np.float64)
            + positions[: len(tokens)].astype(np.float64)
            for tokens in windows
        ]

    def layer(self, number, see):
        return _Layer(self, number, see)

    def normed(self, state):
        weight, bias = (
            self.tensors[f"{self.prefix}ln_f.{each}"].astype(np.float64)
            for each in ("weight", "bias")
        )
        return _normed(state, weight, bias, self.epsilon)

    def same_inputs(self, number):
        return tuple((f"{name}.weight",) for name in self.linear_layers(number))

    def linear_layers(self, number):
        """Return the names of a layer's linear layers, in the order in which they work."""
        return [f"{self.prefix}h.{number}.{each}" for each in _LINEAR[self.transposed]]


class _Layer(DecoderLayer):
    def __init__(self, model, number, see):
        self._linear = model.linear_layers(number)
        self._norms = [f"{model.prefix}h.{number}.ln_{each}" for each in (1, 2)]
        names = [*self._linear, *self._norms]
        super().__init__(
            model, [f"{each}.{part}" for each in names for part in ("weight", "bias")], see
        )

    def output(self, state):
        into, out_of, up, down = self._linear
        state = state + self._biased(out_of, self._attended(self._biased(into, self._of(0, state))))
        return state + self._biased(down, self._activated(self._biased(up, self._of(1, state))))

    def _of(self, norm, state):
        weight, bias = (self.weights[f"{self._norms[norm]}.{each}"] for each in ("weight", "bias"))
        return _normed(state, weight, bias, self.model.epsilon)

    def _biased(self, name, inputs):
        found = self.linear(f"{name}.weight", inputs, self.model.transposed)
        return found + self.weights[f"{name}.bias"]

    def _attended(self, together):
        count, heads = len(together), self.model.heads
        parts = (each.reshape(count, heads, -1) for each in np.split(together, 3, axis=1))
        return attention(*parts)

    def _activated(self, values):
        if self.model.gelu == "tanh":
            inner = np.sqrt(2 / np.pi) * (values + 0.044715 * values**3)
            return values * (1 + np.tanh(inner)) / 2
        from math import erf

        return values * (1 + np.vectorize(erf)(values / np.sqrt(2))) / 2


def _normed(state, weight, bias, epsilon):
    centered = state - state.mean(axis=-1, keepdims=True)
    scale = 1 / np.sqrt((centered**2).mean(axis=-1, keepdims=True) + epsilon)
    return centered * scale * weight + bias


def is_gpt2(names):
    """Return whether tensors of these names may be those of a GPT-2."""
    return any(each.removeprefix(_PREFIX) == "wpe.weight" for each in names)


def read_gpt2(path, tensors):
    """Return the `Gpt2` of a safetensors file.

    Heads, epsilon and activation stand in a JSON file beside it, in the words of Hugging Face's
    ``config.json``; see `read_facts`.

    Parameters
    ----------
    path : path-like
        For the JSON file and messages.
    tensors : StoredTensors
        Of the file.

    Raises
    ------
    UsageError
        There is no such JSON file, it lacks something, or a tensor is missing or has another shape
        than it must have.
    """
    prefix = _PREFIX if f"{_PREFIX}wpe.weight" in tensors else ""
    transposed = f"{prefix}h.0.{_LINEAR[True][0]}.weight" in tensors
    facts = read_facts(path)
    gelu = facts.one_of(("activation_function", "gelu"), _GELU, "gelu_new")
    epsilon = facts.positive(("layer_norm_epsilon", "eps"), 1e-5)
    return gpt2_of(path, tensors, facts.integer("n_head"), epsilon, gelu, transposed, prefix)


def gpt2_of(path, tensors, heads, epsilon, gelu="tanh", transposed=False, prefix=""):
    """Return the `Gpt2` of tensors, a `ModelTensors`; for the others see there.

    Raises ``UsageError`` if one is missing or has another shape than it must have.
    """
    context, dim = tensors.shape(f"{prefix}wpe.weight", 2)
    (hidden,) = tensors.shape(f"{prefix}h.0.{_LINEAR[transposed][2]}.bias", 1)
    layers = tensors.count(f"{prefix}h.{{}}.ln_1.weight")
    if dim % heads:
        raise UsageError(f"heads must divide {dim}, the width of {str(path)!r}, not {heads}")
    sizes = (dim, hidden, layers, heads, heads, context)
    found = Gpt2(*sizes, tensors, epsilon, gelu, transposed, prefix)
    tensors.check(_shapes(found, tensors.shape(found.head, 2)[0]))
    return found


def _shapes(model, vocabulary):
    """Return the shapes that tensors must have."""
    dim, hidden = model.dim, model.hidden
    wanted = {model.head: (vocabulary, dim)}
    sizes = ((3 * dim, dim), (dim, dim), (hidden, dim), (dim, hidden))
    norms = [f"{model.prefix}ln_f"]
    for number in range(model.layers):
        norms += [f"{model.prefix}h.{number}.ln_{each}" for each in (1, 2)]
        for name, size in zip(model.linear_layers(number), sizes, strict=True):
            wanted[f"{name}.weight"] = size[::-1] if model.transposed else size
            wanted[f"{name}.bias"] = size[:1]
    return wanted | {f"{name}.{part}": (dim,) for name in norms for part in ("weight", "bias")}
