"""Weighted sums of a few inputs (LogicNets, Umuroglu et al. 2020, section 3)."""

from typing import Literal

import torch

from hwgen.lutnet.config import LayerOptions

__all__ = ["Function", "Options"]


class Options(LayerOptions):
    """Nothing beside what all layers have."""

    kind: Literal["linear"]


class Function(torch.nn.Module):
    """See `hwgen.lutnet.kinds`."""

    binary = False

    def __init__(self, neurons, fan_in, options):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(neurons, 1, fan_in) / fan_in**0.5)

    def evaluate(self, values):
        """Return the sums; the normalization behind them has the constant."""
        return torch.bmm(self.weight, values)[:, 0]

    @torch.no_grad()
    def begin_linear(self, weights):
        """Take the weights."""
        self.weight.copy_(weights[:, None])
