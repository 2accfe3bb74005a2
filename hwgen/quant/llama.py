"""Decoders of the Llama architecture, from checkpoints of llama2.c and from safetensors files.

Touvron et al., LLaMA: Open and Efficient Foundation Language Models (2023): RMS norms in front of
both parts of a layer, rotary positions, a gated feed-forward part, no biases.
"""

import mmap
import struct
from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError

from .decoder import Decoder, DecoderLayer, attention
from .decoder_facts import read_facts

__all__ = ["Llama", "is_llama", "llama_of", "read_checkpoint", "read_llama"]

_HEADER = struct.Struct("<7i")
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


# names of tensors by what they do, in the words of llama2.c and of Hugging Face
_LLAMA2C = {
    "embedding": "tok_embeddings.weight",
    "attention_norm": "layers.{}.attention_norm.weight",
    "query": "layers.{}.attention.wq.weight",
    "key": "layers.{}.attention.wk.weight",
    "value": "layers.{}.attention.wv.weight",
    "output": "layers.{}.attention.wo.weight",
    "feed_forward_norm": "layers.{}.ffn_norm.weight",
    "gate": "layers.{}.feed_forward.w1.weight",
    "up": "layers.{}.feed_forward.w3.weight",
    "down": "layers.{}.feed_forward.w2.weight",
    "norm": "norm.weight",
    "head": "tok_embeddings.weight",
}
_HUGGING_FACE = {
    "embedding": "model.embed_tokens.weight",
    "attention_norm": "model.layers.{}.input_layernorm.weight",
    "query": "model.layers.{}.self_attn.q_proj.weight",
    "key": "model.layers.{}.self_attn.k_proj.weight",
    "value": "model.layers.{}.self_attn.v_proj.weight",
    "output": "model.layers.{}.self_attn.o_proj.weight",
    "feed_forward_norm": "model.layers.{}.post_attention_layernorm.weight",
    "gate": "model.layers.{}.mlp.gate_proj.weight",
    "up": "model.layers.{}.mlp.up_proj.weight",
    "down": "model.layers.{}.mlp.down_proj.weight",
    "norm": "model.norm.weight",
    "head": "lm_head.weight",
}
# linear layers of a decoder layer, those that multiply the same inputs together
_SAME_INPUTS = (("query", "key", "value"), ("output",), ("gate", "up"), ("down",))


@dataclass(frozen=True)
class Llama(Decoder):
    """A decoder of the Llama architecture.

    Parameters
    ----------
    names : dict of str to str
        Names of tensors by what they do; ``{}`` stands for the layer.
    halves : bool
        Rotated pairs are elements i and i + width / 2 of a head, else 2 i and 2 i + 1.
    epsilon : float
        Added to mean squares.
    rotation_base : float
    """

    names: dict = None
    halves: bool = False
    epsilon: float = 1e-5
    rotation_base: float = 10000.0

    def __post_init__(self):
        if self.names is None:
            object.__setattr__(self, "names", _LLAMA2C)

    @property
    def head(self):
        return self.names["head"]

    def embedded(self, windows):
        embedding = self.tensors[self.names["embedding"]]
        return [embedding[np.asarray(tokens)].astype(np.float64) for tokens in windows]

    def layer(self, number, see):
        return _Layer(self, number, see)

    def normed(self, state):
        weight = self.tensors[self.names["norm"]].astype(np.float64)
        return _normed(state, weight, self.epsilon)

    def same_inputs(self, number):
        return tuple(
            tuple(self.names[each].format(number) for each in members) for members in _SAME_INPUTS
        )


class _Layer(DecoderLayer):
    def __init__(self, model, number, see):
        self._names = {
            what: name.format(number) for what, name in model.names.items() if "{}" in name
        }
        super().__init__(model, self._names.values(), see)

    def output(self, state):
        state = state + self._attention(state)
        return state + self._feed_forward(state)

    def _by(self, what, inputs):
        return self.linear(self._names[what], inputs)

    def _of(self, norm, state):
        return _normed(state, self.weights[self._names[norm]], self.model.epsilon)

    def _attention(self, state):
        width = self.model.dim // self.model.heads
        inputs = self._of("attention_norm", state)
        queries, keys, values = (
            self._by(each, inputs).reshape(len(state), -1, width)
            for each in ("query", "key", "value")
        )
        return self._by("output", attention(self._rotated(queries), self._rotated(keys), values))

    def _feed_forward(self, state):
        inputs = self._of("feed_forward_norm", state)
        gate, up = (self._by(each, inputs) for each in ("gate", "up"))
        return self._by("down", gate / (1 + np.exp(-gate)) * up)

    def _rotated(self, vectors):
        """Return queries or keys turned by their positions, pairs of elements of a head."""
        count, _, width = vectors.shape
        speed = self.model.rotation_base ** (-np.arange(0, width, 2) / width)
        angle = (np.arange(count)[:, None] * speed)[:, None, :]
        first, second = slice(0, None, 2), slice(1, None, 2)
        if self.model.halves:
            first, second = slice(0, width // 2), slice(width // 2, None)
        one, other = vectors[..., first], vectors[..., second]
        turned = np.empty_like(vectors)
        turned[..., first] = one * np.cos(angle) - other * np.sin(angle)
        turned[..., second] = one * np.sin(angle) + other * np.cos(angle)
        return turned


def _normed(state, weight, epsilon):
    return state / np.sqrt((state**2).mean(axis=-1, keepdims=True) + epsilon) * weight


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


def is_llama(names):
    """Return whether tensors of these names may be those of a Llama of Hugging Face."""
    return _HUGGING_FACE["embedding"] in names


def read_llama(path, tensors):
    """Return the `Llama` of a safetensors file in the words of Hugging Face.

    Heads, epsilon and more stand in a JSON file beside it; see `read_facts`.

    Parameters
    ----------
    path : path-like
        For the JSON file and messages.
    tensors : StoredTensors
        Of the file.

    Raises
    ------
    UsageError
        There is no such JSON file, it asks for something else than this architecture, or a tensor
        is missing or has another shape than it must have.
    """
    facts = read_facts(path)
    for name in ("rope_scaling", "attention_bias", "mlp_bias"):
        facts.absent(name)
    facts.one_of(("hidden_act",), {"silu": "silu"}, "silu")
    dim = tensors.shape(_HUGGING_FACE["embedding"], 2)[1]
    heads = facts.integer("num_attention_heads")
    return llama_of(
        path,
        tensors,
        _HUGGING_FACE,
        heads,
        facts.integer("num_key_value_heads", heads),
        facts.integer("head_dim", max(1, dim // heads)),
        facts.integer("max_position_embeddings", 2048),
        halves=True,
        epsilon=facts.positive(("rms_norm_eps",), 1e-6),
        rotation_base=facts.positive(("rope_theta",), 10000.0),
    )


def llama_of(path, tensors, names, heads, kv_heads, width, context, **options):
    """Return the `Llama` of tensors.

    Parameters
    ----------
    path : path-like
        For messages.
    tensors : ModelTensors
    names : dict of str to str
        Those of tensors by what they do; where the one of the output layer is missing, it is the
        embedding.
    heads, kv_heads, width, context : int
    **options
        The others of `Llama`.

    Raises
    ------
    UsageError
        A tensor is missing or has another shape than it must have.
    """
    vocabulary, dim = tensors.shape(names["embedding"], 2)
    hidden = tensors.shape(names["up"].format(0), 2)[0]
    layers = tensors.count(names["query"])
    if dim != heads * width or width % 2 or heads % kv_heads:
        raise UsageError(
            f"{str(path)!r} must have heads of an even width that are {dim} wide together, and key "
            f"heads that divide them, not {heads} of {width} and {kv_heads}"
        )
    names = dict(names)
    if names["head"] not in tensors:
        names["head"] = names["embedding"]
    axes = {"D": dim, "H": hidden, "K": kv_heads * width, "V": vocabulary}
    roles = dict(zip(_LLAMA2C.values(), _LLAMA2C, strict=True)) | {
        _LLAMA2C["embedding"]: "embedding"
    }
    wanted = {names["head"]: (vocabulary, dim)}
    for name, letters in _LAYOUT:
        size = tuple(axes[each] for each in letters.removeprefix("L"))
        for number in range(layers if "{}" in name else 1):
            wanted[names[roles[name]].format(number)] = size
    tensors.check(wanted)
    return Llama(dim, hidden, layers, heads, kv_heads, context, tensors, names, **options)


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
