"""The loss of a model whose weights are those of a container."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .container import QuantizedModel
from .decoder_file import read_decoder

__all__ = ["loss_before_and_after", "quantized_decoder"]


class _Tensors(Mapping):
    """Tensors of a container by name, corrections included, read when they are asked for."""

    def __init__(self, model):
        self._model = model

    def __getitem__(self, name):
        if name in self._model.matrices:
            return self._model.matrix(name).corrected_weights()
        if name in self._model.tensors:
            return self._model.tensor(name)
        raise KeyError(name)

    def __iter__(self):
        yield from (*self._model.matrices, *self._model.tensors)

    def __len__(self):
        return len(self._model.matrices) + len(self._model.tensors)


def quantized_decoder(decoder, container):
    """Return the `Decoder` with the weights of a container that was made from it."""
    return replace(decoder, tensors=_Tensors(QuantizedModel(container)))


def loss_before_and_after(model, container, windows):
    """Return {before, after, tokens}: mean losses in nats a token on some windows of tokens."""
    decoder = read_decoder(model)
    before = float(np.mean(decoder.losses(windows)))
    after = float(np.mean(quantized_decoder(decoder, container).losses(windows)))
    return {"before": before, "after": after, "tokens": sum(len(each) - 1 for each in windows)}
