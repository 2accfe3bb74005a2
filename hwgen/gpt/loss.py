"""The loss of a compiled model beside that of its float reference."""

from dataclasses import dataclass

import numpy as np

from hwgen.golden.gpt.machine import Interpreter

__all__ = ["Losses", "measure_losses"]


@dataclass(frozen=True)
class Losses:
    """What quantization costs on a text.

    Parameters
    ----------
    reference, machine : float
        Mean losses in nats a token, of the float model and of the machine's golden model.
    agreement : float
        Part of the tokens at which both find the same token the most likely.
    tokens : int
        How many were predicted.
    """

    reference: float
    machine: float
    agreement: float
    tokens: int


def measure_losses(decoder, program, windows, progress=None):
    """Return the `Losses` of a program and of the decoder that it was made from.

    Parameters
    ----------
    decoder : Decoder
    program : Program
    windows : sequence of sequences of int
        Tokens; every one but the first of a window is predicted.
    progress : callable
        Called as ``progress(text, done, total)``.
    """
    machine, totals, count = Interpreter(program), np.zeros(3), 0
    for done, window in enumerate(windows):
        if progress is not None:
            progress(f"window {done + 1} of {len(windows)}", done, len(windows))
        machine.reset()
        scores = machine.step(window[:-1])[0] / 2.0**16
        wanted, following = decoder.logits(window[:-1]), np.asarray(window[1:])
        same = wanted.argmax(axis=1) == scores.argmax(axis=1)
        totals += (_surprise(wanted, following), _surprise(scores, following), same.sum())
        count += len(following)
    return Losses(*(totals / count).tolist(), count)


def _surprise(scores, following):
    """Return the sum of the negative log-likelihoods of tokens."""
    highest = scores.max(axis=1, keepdims=True)
    total = np.log(np.exp(scores - highest).sum(axis=1)) + highest[:, 0]
    return float((total - scores[np.arange(len(scores)), following]).sum())
