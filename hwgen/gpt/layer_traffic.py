"""The matrix products of a transformer's layer, with random weights, over memory channels."""

import numpy as np

from hwgen.errors import MismatchError

__all__ = ["GPT2_345M", "layer_shapes", "random_matrices", "streamed"]

GPT2_345M = {"width": 1024, "hidden": 4096}


def layer_shapes(width, hidden):
    """Return (rows, columns) of a layer's matrices: queries, keys and values; output; two more."""
    return ((3 * width, width), (width, width), (hidden, width), (width, hidden))


def random_matrices(method, shapes, seed=1):
    """Return matrices of normal weights as streams.

    Parameters
    ----------
    method : str
        Quantizer, as ``int4``, with groups of 32 and fp16 scales.
    shapes : iterable of (int, int)
    seed : int
    """
    from hwgen.formats.weight_stream import parse_weight_stream
    from hwgen.quant.methods import parse_method

    rng, found = np.random.default_rng(seed), []
    for shape in shapes:
        weights = (rng.normal(size=shape) / 32).astype(np.float32)
        made = parse_method(method, 32, "fp16").quantize(weights)
        found.append(parse_weight_stream(made.form.name).pack(made.arrays, shape))
    return found


def streamed(multiply, matrices, bits=8, seed=2):
    """Multiply matrices by random codes and compare with the golden model; return a `Streaming`.

    Parameters
    ----------
    multiply : callable
        Takes a list of (codes, exponents), returns a `Streaming`.
    matrices : list of Streamed
    bits : int
        Of a code.
    seed : int

    Raises
    ------
    MismatchError
        A sum is not that of the golden model.
    """
    from hwgen.golden.gpt.matrix import Matrix

    rng, operands = np.random.default_rng(seed), []
    most = (1 << bits - 1) - 1
    for each in matrices:
        blocks = each.records.shape[1]
        codes = rng.integers(-most, most + 1, (blocks, 32))
        operands.append((codes, rng.integers(-12, 0, blocks)))
    found = multiply(operands)
    for number, each in enumerate(matrices):
        codes, exponents = operands[number]
        golden = Matrix(each.stream.name, each.records, each.base)
        wrong = golden.sums(codes[None], exponents[None])[0] != found.sums[number]
        if wrong.any():
            raise MismatchError(
                f"{np.count_nonzero(wrong)} sums of matrix {number} are not those of the golden "
                f"model, the first in row {int(np.argmax(wrong))}"
            )
    return found
