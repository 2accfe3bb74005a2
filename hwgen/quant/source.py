"""A model file to quantize: safetensors, or a checkpoint of llama2.c."""

from contextlib import contextmanager
from pathlib import Path

from hwgen.errors import UsageError

from .tensor_file import open_safetensors, read_tensor

__all__ = ["is_checkpoint", "open_model"]

_FLOATS = ("F64", "F32", "F16", "BF16")


class _SafetensorsModel:
    def __init__(self, path, file):
        self._path, self._file = path, file
        self.names = tuple(file.keys())

    def is_matrix(self, name):
        part = self._file.get_slice(name)
        return len(part.get_shape()) == 2 and part.get_dtype() in _FLOATS

    def shape(self, name):
        return tuple(self._file.get_slice(name).get_shape())

    def tensor(self, name):
        return read_tensor(self._path, name)


class _CheckpointModel:
    def __init__(self, path):
        from .llama import read_checkpoint

        self._tensors = read_checkpoint(path).tensors
        self.names = tuple(self._tensors)

    def is_matrix(self, name):
        return self._tensors[name].ndim == 2

    def shape(self, name):
        return self._tensors[name].shape

    def tensor(self, name):
        return self._tensors[name]


@contextmanager
def open_model(path):
    """Give a model whose tensors are read when they are asked for.

    It has ``names``, ``is_matrix(name)`` (two dimensions of floats), ``shape(name)`` and
    ``tensor(name)``.

    Parameters
    ----------
    path : path-like
        A safetensors file, or a llama2.c checkpoint where the name ends in ``.bin``.

    Raises
    ------
    UsageError
        The file cannot be read or is something else.
    """
    if is_checkpoint(path):
        if _pickled(path):
            raise UsageError(
                f"{str(path)!r} must be a llama2.c checkpoint, and is a pickle, which is never "
                "loaded; convert it to safetensors"
            )
        yield _CheckpointModel(path)
        return
    with open_safetensors(path) as file:
        yield _SafetensorsModel(path, file)


def is_checkpoint(path):
    """Return whether a model file counts as a llama2.c checkpoint: by its name."""
    return Path(path).suffix == ".bin"


def _pickled(path):
    """Return whether a file is one that PyTorch wrote: an archive or a bare pickle."""
    try:
        with open(path, "rb") as file:
            start = file.read(2)
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
    return start in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
