"""Models with random weights, for tests of the circuit: no file, any shape."""

import numpy as np

from hwgen.quant.llama import Llama

__all__ = ["random_llama"]

_CONTEXT = 64


def random_llama(
    dim=48, hidden=40, layers=2, heads=3, kv_heads=1, vocabulary=50, seed=11, **options
):
    """Return a `Llama` of a shape, with an output layer of its own and a context of 64 tokens.

    Parameters
    ----------
    dim, hidden, layers, heads, kv_heads, vocabulary : int
        Widths of the residual stream and of the feed-forward layer, and how many there are.
    seed : int
        Of the weights.
    options : dict
        Further members of the `Llama`.
    """
    rng = np.random.default_rng(seed)

    def drawn(*shape):
        return (rng.normal(size=shape) / shape[-1] ** 0.5).astype(np.float32)

    width = dim // heads
    shared = Llama(dim, hidden, layers, heads, kv_heads, _CONTEXT, {}).names
    names = shared | {"head": "output.weight"}
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
    return Llama(dim, hidden, layers, heads, kv_heads, _CONTEXT, tensors, names, **options)
