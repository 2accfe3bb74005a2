"""Programs of the GPT machine by name: a model, a compiled one, or random weights for tests."""

import re
from functools import lru_cache
from pathlib import Path

from hwgen.errors import UsageError

__all__ = ["read_source"]

_RANDOM = re.compile(r"random/(\d+)x(\d+)/(\d+)")
_SUFFIXES = (".bin", ".safetensors", ".gguf")
_HEAD_WIDTH, _MOST_WIDTH, _MOST_LAYERS, _VOCABULARY = 8, 512, 32, 61


def read_source(source, fmt=None, embedding_fmt=None, activations=None, context=None):
    """Return the `Program` that a source names.

    Parameters
    ----------
    source : str
        A model file, with or without its suffix; a file of ``hwgen gpt compile``, which says
        everything itself; or ``random/DIMxLAYERS/SEED``, a Llama with DIM / 8 query heads, half
        as many key/value heads, 61 tokens and a context of 64.
    fmt, embedding_fmt : str or None
        Quantizers of weights (int4), and of embeddings and output layer (int8).
    activations : str or None
        ``"mxint8"`` (default) or ``"mxint16"``.
    context : int or None
        Tokens that are kept; those of the model by default.

    Raises
    ------
    UsageError
        There is no such file, it does not hold a model, or the machine cannot execute it.
    """
    named = _RANDOM.fullmatch(source)
    path, stamp = source, None
    if not named:
        path = _existing(source)
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
    return _program(str(path), stamp, fmt, embedding_fmt, activations, context)


def _existing(source):
    path = Path(source)
    for each in (path, *(path.with_name(path.name + suffix) for suffix in _SUFFIXES)):
        if each.is_file():
            return each
    raise UsageError(
        "model must be a model file, a file of hwgen gpt compile, or random/DIMxLAYERS/SEED; "
        f"there is no {source!r}"
    )


@lru_cache(8)
def _program(source, stamp, *options):
    from .program_file import is_program, read_program

    if stamp and is_program(source):
        if given := [each for each in options if each is not None]:
            raise UsageError(
                f"{source!r} is compiled, so fmt, embedding_fmt, activations and context must not "
                f"be given, and are {', '.join(map(str, given))}"
            )
        return read_program(source).program
    return _compiled(source, *options)


def _compiled(source, fmt, embedding_fmt, activations, context):
    from hwgen.quant.decoder_file import read_decoder
    from hwgen.quant.model import SKIPPED

    from .compile import compile_decoder
    from .matrices import Matrices, method_of

    named = _RANDOM.fullmatch(source)
    decoder = _random(source, *map(int, named.groups())) if named else read_decoder(source)
    rules = ((SKIPPED, method_of(embedding_fmt or "int8")),)
    matrices = Matrices(decoder, method_of(fmt or "int4"), rules)
    bits = int((activations or "mxint8").removeprefix("mxint"))
    return compile_decoder(decoder, matrices, context, bits).program


def _random(source, dim, layers, seed):
    from .random_model import random_llama

    step = 2 * _HEAD_WIDTH
    if dim % step or not step <= dim <= _MOST_WIDTH or not 1 <= layers <= _MOST_LAYERS:
        raise UsageError(
            f"model must have a width that is a multiple of {step} up to {_MOST_WIDTH}, and 1 to "
            f"{_MOST_LAYERS} layers, not {source!r}"
        )
    heads = dim // _HEAD_WIDTH
    return random_llama(dim, dim + _HEAD_WIDTH, layers, heads, heads // 2, _VOCABULARY, seed)
