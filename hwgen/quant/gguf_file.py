"""Decoders and tokenizers in GGUF files, read with the library of its authors.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from pathlib import Path

import numpy as np

from hwgen.errors import UsageError
from hwgen.requirement import need

from .decoder_facts import Facts
from .gpt2 import gpt2_of
from .llama import llama_of
from .tensor_file import ModelTensors

__all__ = ["gguf_tokenizer", "is_gguf", "read_gguf"]

_MAGIC = b"GGUF"
_LLAMA = {
    "embedding": "token_embd.weight",
    "attention_norm": "blk.{}.attn_norm.weight",
    "query": "blk.{}.attn_q.weight",
    "key": "blk.{}.attn_k.weight",
    "value": "blk.{}.attn_v.weight",
    "output": "blk.{}.attn_output.weight",
    "feed_forward_norm": "blk.{}.ffn_norm.weight",
    "gate": "blk.{}.ffn_gate.weight",
    "up": "blk.{}.ffn_up.weight",
    "down": "blk.{}.ffn_down.weight",
    "norm": "output_norm.weight",
    "head": "output.weight",
}
# names of a `Gpt2`, and in the file
_GPT2 = {
    "wte": "token_embd",
    "wpe": "position_embd",
    "ln_f": "output_norm",
    "ln_1": "attn_norm",
    "attn_qkv": "attn_qkv",
    "attn_proj": "attn_output",
    "ln_2": "ffn_norm",
    "fc": "ffn_up",
    "proj": "ffn_down",
}
# what splits a text before its bytes are paired: whether digits stand alone
_SPLITS = {"gpt-2": False, "default": False, "smollm": True}
_CONTROL = 3
_BYTES = range(3, 259)


def is_gguf(path):
    """Return whether a file begins as a GGUF file does; not where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def read_gguf(path):
    """Return the `Decoder` of a GGUF file; quantized tensors become floats where they are used.

    Raises
    ------
    UsageError
        The file is damaged, or holds something else than a Llama or a GPT-2.
    MissingToolError
        The ``gguf`` library is missing.
    """
    values, stored = _contents(path)
    facts = Facts(path, values)
    kinds = {"llama": _read_llama, "gpt2": _read_gpt2}
    kind = facts.one_of(("general.architecture",), {each: each for each in kinds}, "")
    return kinds[kind](path, facts, stored)


def _read_llama(path, facts, stored):
    tensors = _GgufTensors(path, {each.name: each for each in stored})
    for name in tensors:
        if name.endswith(".bias") or name == "rope_freqs.weight":
            raise UsageError(f"{str(path)!r} must be a Llama, without {name!r}")
    facts.absent("llama.expert_count")
    facts.one_of(("llama.rope.scaling.type",), {"none": None}, "none")
    heads = facts.integer("llama.attention.head_count")
    dim = tensors.shape(_LLAMA["embedding"], 2)[1]
    # the files have rotated pairs side by side
    return llama_of(
        path,
        tensors,
        _LLAMA,
        heads,
        facts.integer("llama.attention.head_count_kv", heads),
        facts.integer("llama.rope.dimension_count", max(1, dim // heads)),
        facts.integer("llama.context_length"),
        halves=False,
        epsilon=facts.positive(("llama.attention.layer_norm_rms_epsilon",), 1e-5),
        rotation_base=facts.positive(("llama.rope.freq_base",), 10000.0),
    )


def _read_gpt2(path, facts, stored):
    named = {each.name: each for each in stored}
    found = {}
    for layer in range(sum(name.endswith(".attn_norm.weight") for name in named) + 1):
        for own, name in _GPT2.items():
            inner = own not in ("wte", "wpe", "ln_f")
            for part in ("weight", "bias"):
                theirs = f"blk.{layer}.{name}.{part}" if inner else f"{name}.{part}"
                if theirs in named:
                    found[f"h.{layer}.{own}.{part}" if inner else f"{own}.{part}"] = named[theirs]
    tensors = _GgufTensors(path, found)
    heads = facts.integer("gpt2.attention.head_count")
    epsilon = facts.positive(("gpt2.attention.layer_norm_epsilon",), 1e-5)
    model = gpt2_of(path, tensors, heads, epsilon)
    if "output.weight" in named:
        head = _GgufTensors(path, named)["output.weight"]
        if not np.array_equal(head, tensors[model.head]):
            raise UsageError(f"{str(path)!r} must have its embedding as output layer, and has not")
    return model


class _GgufTensors(ModelTensors):
    """Tensors of a GGUF file by name, each read, and made floats, where it is used."""

    def __init__(self, path, stored):
        self._stored = stored
        shapes = {
            name: tuple(int(size) for size in reversed(each.shape)) for name, each in stored.items()
        }
        super().__init__(path, shapes)

    def __getitem__(self, name):
        from gguf.quants import dequantize

        stored = self._stored[name]
        try:
            found = dequantize(stored.data, stored.tensor_type)
        except (NotImplementedError, ValueError) as error:
            raise UsageError(
                f"{str(self._path)!r} holds {name!r} of another kind: {error}"
            ) from None
        return np.asarray(found, np.float32).reshape(self._shapes[name])


def gguf_tokenizer(path):
    """Return (name, contents) of a tokenizer's file, see `read_tokenizer`, of a GGUF file's own.

    Raises
    ------
    UsageError
        It has none, or one of another kind.
    """
    values, _ = _contents(path)
    tokens = values.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, list) or not tokens:
        raise UsageError(f"{str(path)!r} must hold a tokenizer, and does not")
    facts = Facts(path, values)
    kinds = {"llama": _sentence_pieces, "gpt2": _byte_pairs}
    return facts.one_of(("tokenizer.ggml.model",), kinds, "")(path, facts, values, tokens)


def _sentence_pieces(path, facts, values, tokens):
    """Return the tokenizer in the form of llama2.c."""
    scores = values.get("tokenizer.ggml.scores")
    bytes_of = [tokens[at : at + 1] for at in _BYTES]
    first = facts.integer("tokenizer.ggml.bos_token_id", 1)
    if (
        not isinstance(scores, list)
        or len(scores) != len(tokens)
        or first != 1
        or bytes_of != [[f"<0x{number:02X}>"] for number in range(256)]
    ):
        raise UsageError(
            f"the tokenizer in {str(path)!r} must have scores, token 1 in front of a text, and "
            f"single bytes as tokens {_BYTES[0]} to {_BYTES[-1]}"
        )
    pieces = [each.replace("\N{LOWER ONE EIGHTH BLOCK}", " ").encode() for each in tokens]
    contents = [struct.pack("<i", max(map(len, pieces)))]
    for piece, score in zip(pieces, scores, strict=True):
        contents += [struct.pack("<fi", score, len(piece)), piece]
    return "tokenizer.bin", b"".join(contents)


def _byte_pairs(path, facts, values, tokens):
    """Return the tokenizer in the form of Hugging Face."""
    need("tokenizers", f"the tokenizer in {str(path)!r}")
    from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

    alone = facts.one_of(("tokenizer.ggml.pre",), _SPLITS, "default")
    merges = [tuple(each.split(" ", 1)) for each in values.get("tokenizer.ggml.merges", [])]
    kinds = values.get("tokenizer.ggml.token_type", [])
    try:
        found = Tokenizer(BPE({each: at for at, each in enumerate(tokens)}, merges))
        controls = [each for each, kind in zip(tokens, kinds, strict=False) if kind == _CONTROL]
        found.add_special_tokens([AddedToken(each, normalized=False) for each in controls])
    except Exception as error:  # the library raises nothing narrower
        raise UsageError(f"the tokenizer in {str(path)!r} cannot be read: {error}") from None
    bytewise = pre_tokenizers.ByteLevel(add_prefix_space=False)
    digits = [pre_tokenizers.Digits(individual_digits=True)] if alone else []
    found.pre_tokenizer = pre_tokenizers.Sequence([*digits, bytewise])
    found.decoder = decoders.ByteLevel()
    return "tokenizer.json", found.to_str().encode()


def _contents(path):
    """Return (values by name, tensors) of a file."""
    need("gguf", f"{str(path)!r}")
    import gguf

    try:
        reader = gguf.GGUFReader(Path(path))
        values = {name: field.contents() for name, field in reader.fields.items()}
        return values, reader.tensors
    except Exception as error:  # damaged files end in whatever the library meets first
        raise UsageError(f"{str(path)!r} must be a GGUF file, and is damaged: {error}") from None
