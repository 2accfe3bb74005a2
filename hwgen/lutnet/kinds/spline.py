"""Sums of piecewise linear functions of one input (in the manner of KAN, Liu et al. 2024).

With ``fan_in`` 1 and several ``terms`` there is a small table for every input, and adders.
"""

from typing import Literal

import torch
from pydantic import Field

from hwgen.lutnet.config import LayerOptions

__all__ = ["Function", "Options"]

# where the knots end; levels of a quantizer with unit variance in front are mostly within
_RANGE = 2.0


class Options(LayerOptions):
    """Number of ``knots`` of every function, evenly spaced from -2 to 2."""

    kind: Literal["spline"]
    knots: int = Field(5, ge=2, le=64)


class Function(torch.nn.Module):
    """See `hwgen.lutnet.kinds`."""

    binary = False

    def __init__(self, neurons, fan_in, options):
        super().__init__()
        places = torch.linspace(-_RANGE, _RANGE, options.knots)
        self.step = 2 * _RANGE / (options.knots - 1)
        self.register_buffer("places", places, persistent=False)
        slopes = torch.randn(neurons, fan_in, 1) / fan_in**0.5
        self.heights = torch.nn.Parameter(slopes * places)

    def evaluate(self, values):
        """Return the sum of every input's function; constant beyond the outer knots."""
        inside = values.clamp(-_RANGE, _RANGE)
        distance = (inside[:, :, None] - self.places[:, None]).abs() / self.step
        neurons, _, _, batch = distance.shape
        hats = (1 - distance).clamp(min=0).reshape(neurons, -1, batch)
        return torch.bmm(self.heights.reshape(neurons, 1, -1), hats)[:, 0]

    @torch.no_grad()
    def begin_linear(self, weights):
        """Become lines with the weights as slopes, between the outer knots."""
        self.heights.copy_(weights[:, :, None] * self.places)
