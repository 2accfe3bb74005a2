"""Tables of binary inputs whose entries are trained themselves (DWN, Bacellar et al. 2024).

An entry is a real number, its output the sign. The entry that is looked up has the gradient of the
output. An input has the extended finite difference: the difference that flipping it makes, averaged
over all addresses with weights that fall with the distance from the one that is looked up.
"""

from typing import Literal

import torch
from pydantic import Field, model_validator

from hwgen.lutnet.config import LayerOptions

__all__ = ["Function", "Options"]


class Options(LayerOptions):
    """Nothing beside what all layers have; ``bits`` and ``terms`` are 1."""

    kind: Literal["learned_table"]
    fan_in: int = Field(6, ge=1, le=12)
    bits: Literal[1] = 1
    terms: Literal[1] = 1

    @model_validator(mode="after")
    def _fits(self):
        if self.signed:
            raise ValueError("signed must be false for kind learned_table, whose outputs are bits")
        return self


class Function(torch.nn.Module):
    """See `hwgen.lutnet.kinds`."""

    binary = True

    def __init__(self, neurons, fan_in, options):
        super().__init__()
        self.entries = torch.nn.Parameter(torch.rand(neurons, 1 << fan_in) * 2 - 1)
        self.register_buffer("differences", _differences(fan_in), persistent=False)

    def evaluate(self, values):
        """Return the signs of the entries that ``values`` lead to; bit k is 1 where input k > 0."""
        return _LookUp.apply(values, self.entries, self.differences)

    def constrain(self):
        """Keep entries where a few steps can change their signs."""
        with torch.no_grad():
            self.entries.clamp_(-1, 1)


def _differences(fan_in):
    """Return [fan_in, addresses, addresses]: what each entry weighs in each input's difference."""
    addresses = torch.arange(1 << fan_in)
    bits = addresses[:, None] >> torch.arange(fan_in) & 1
    unequal = (bits[:, None] != bits[None]).float()
    distance = unequal.sum(2, keepdim=True) - unequal
    signs = 2.0 * bits - 1
    return (signs[None] / (distance + 1)).permute(2, 0, 1).contiguous()


class _LookUp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values, entries, differences):
        fan_in = values.shape[1]
        places = (1 << torch.arange(fan_in)).to(values.dtype)
        # sums of powers of two are exact in both float types
        addresses = torch.einsum("nfb,f->nb", (values > 0).to(values.dtype), places).long()
        signs = torch.where(entries > 0, 1.0, -1.0).to(values.dtype)
        ctx.save_for_backward(signs, addresses, differences)
        return signs.gather(1, addresses)

    @staticmethod
    def backward(ctx, gradient):
        signs, addresses, differences = ctx.saved_tensors
        entries = torch.zeros_like(signs).scatter_add_(1, addresses, gradient)
        fan_in, size, _ = differences.shape
        slopes = (signs @ differences.reshape(fan_in * size, size).T).reshape(-1, fan_in, size)
        looked_up = slopes.gather(2, addresses[:, None].expand(-1, fan_in, -1))
        return looked_up * gradient[:, None], entries, None
