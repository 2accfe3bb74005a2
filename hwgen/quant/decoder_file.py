"""Files of decoders: which architecture a file holds."""

from .gguf_file import is_gguf, read_gguf
from .gpt2 import is_gpt2, read_gpt2
from .llama import is_llama, read_checkpoint, read_llama
from .source import is_checkpoint
from .tensor_file import StoredTensors

__all__ = ["read_decoder"]


def read_decoder(path):
    """Return the `Decoder` of a file.

    Parameters
    ----------
    path : path-like
        A GGUF file; a llama2.c checkpoint (``.bin``); or a safetensors file of a GPT-2 or a Llama
        with its configuration beside it.

    Raises
    ------
    UsageError
        The file cannot be read, or is something else.
    MissingToolError
        It is a GGUF file, and the library that reads those is missing.
    """
    if is_gguf(path):
        return read_gguf(path)
    if is_checkpoint(path):
        return read_checkpoint(path)
    tensors = StoredTensors(path)
    if is_gpt2(tensors):
        return read_gpt2(path, tensors)
    if is_llama(tensors):
        return read_llama(path, tensors)
    from hwgen.errors import UsageError

    raise UsageError(
        f"{str(path)!r} must hold a GPT-2 or a Llama under the names of Hugging Face, and does "
        "not: a tensor 'wpe.weight' or 'model.embed_tokens.weight' is missing"
    )
