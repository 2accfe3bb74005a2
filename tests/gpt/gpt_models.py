"""Small models for tests: real ones of the repository, and random ones of other shapes."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from hwgen.gpt.compile import compile_decoder
from hwgen.gpt.matrices import Matrices, method_of
from hwgen.quant.decoder_file import read_decoder
from hwgen.quant.llama import Llama
from hwgen.quant.tokenizer import read_tokenizer

DATA = Path(__file__).parents[1] / "data"
STORIES = DATA / "stories260K"
SHAKESPEARE = DATA / "gpt2-shakespeare-char"


@lru_cache
def stories():
    """Return (decoder, tokens of the story that its author published)."""
    tokenizer = read_tokenizer(STORIES / "tok512.bin")
    text = (STORIES / "story.txt").read_text().removesuffix("\n")
    return read_decoder(STORIES / "stories260K.bin"), (*tokenizer.begin, *tokenizer.encode(text))


@lru_cache
def shakespeare():
    """Return (decoder, tokens of a text)."""
    model = SHAKESPEARE / "gpt2-shakespeare-char-0.2M.safetensors"
    tokenizer = read_tokenizer(model.with_suffix(".json"))
    text = (SHAKESPEARE / "text.txt").read_text()
    return read_decoder(model), tuple(tokenizer.encode(text)[:100])


def program(decoder, fmt="int8", bits=8, rules=(), **options):
    """Return the `Compiled` program of a decoder."""
    rules = tuple((pattern, method_of(name)) for pattern, name in rules)
    matrices = Matrices(decoder, method_of(fmt), rules)
    return compile_decoder(decoder, matrices, activation_bits=bits, **options)


def random_llama(dim=48, hidden=40, layers=2, heads=3, kv_heads=1, vocabulary=50, **options):
    """Return a Llama of a shape, with random weights and an output layer of its own."""
    rng = np.random.default_rng(11)

    def drawn(*shape):
        return (rng.normal(size=shape) / shape[-1] ** 0.5).astype(np.float32)

    width = dim // heads
    names = Llama(dim, hidden, layers, heads, kv_heads, 64, {}).names | {"head": "output.weight"}
    shapes = {
        "query": (dim, dim),
        "key": (kv_heads * width, dim),
        "value": (kv_heads * width, dim),
        "output": (dim, dim),
        "gate": (hidden, dim),
        "up": (hidden, dim),
        "down": (dim, hidden),
    }
    tensors = {
        names["embedding"]: drawn(vocabulary, dim) * 5,
        "output.weight": drawn(vocabulary, dim),
    }
    tensors[names["norm"]] = rng.uniform(0.5, 2, dim).astype(np.float32)
    for layer in range(layers):
        for what, shape in shapes.items():
            tensors[names[what].format(layer)] = drawn(*shape)
        for what in ("attention_norm", "feed_forward_norm"):
            gain = rng.uniform(0.5, 2, dim).astype(np.float32)
            tensors[names[what].format(layer)] = gain
    return Llama(dim, hidden, layers, heads, kv_heads, 64, tensors, names, **options)
