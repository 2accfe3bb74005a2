"""Small multi-layer perceptrons with skip connections (NeuraLUT, Andronic et al. 2024)."""

from itertools import pairwise
from typing import Literal

import torch
from pydantic import Field

from hwgen.lutnet.config import LayerOptions

__all__ = ["Function", "Options"]


class Options(LayerOptions):
    """``width`` and ``depth`` of a perceptron; every ``skip`` layers a linear path goes past them.

    ``skip`` of 0: no such path.
    """

    kind: Literal["mlp"]
    width: int = Field(8, ge=1, le=256)
    depth: int = Field(2, ge=1, le=16)
    skip: int = Field(0, ge=0, le=16)


class Function(torch.nn.Module):
    """See `hwgen.lutnet.kinds`."""

    binary = False

    def __init__(self, neurons, fan_in, options):
        super().__init__()
        self.skip = options.skip
        sizes = [fan_in] + [options.width] * (options.depth - 1) + [1]
        self.weights = _weights(neurons, pairwise(sizes))
        self.biases = torch.nn.ParameterList(torch.zeros(neurons, each, 1) for each in sizes[1:])
        ends = sizes[:: self.skip] if self.skip else []
        if ends and (options.depth % self.skip):
            ends.append(sizes[-1])
        self.paths = _weights(neurons, pairwise(ends))

    def evaluate(self, values):
        """Return the last layer, with no activation behind it."""
        last = len(self.weights) - 1
        begun = values
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = torch.baddbmm(bias, weight, values)
            if self.skip and (number == last or number % self.skip == self.skip - 1):
                values = values + torch.bmm(self.paths[number // self.skip], begun)
            if number < last:
                values = torch.relu(values)
            if self.skip and number % self.skip == self.skip - 1:
                begun = values
        return values[:, 0]


def _weights(neurons, shapes):
    return torch.nn.ParameterList(
        torch.randn(neurons, after, before) * (2 / before) ** 0.5 for before, after in shapes
    )
