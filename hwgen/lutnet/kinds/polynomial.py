"""Weighted sums of all monomials up to a degree (PolyLUT, Andronic and Constantinides 2023)."""

from itertools import combinations_with_replacement
from typing import Literal

import torch
from pydantic import Field

from hwgen.lutnet.config import LayerOptions

__all__ = ["Function", "Options"]

# weights of products begin near 0: the first epochs train a linear neuron
_PRODUCTS_BEGIN = 0.05


class Options(LayerOptions):
    """Greatest ``degree`` of a monomial."""

    kind: Literal["polynomial"]
    degree: int = Field(2, ge=1, le=6)


class Function(torch.nn.Module):
    """See `hwgen.lutnet.kinds`."""

    binary = False

    def __init__(self, neurons, fan_in, options):
        super().__init__()
        self.products = _products(fan_in, options.degree)
        weight = torch.randn(neurons, 1, fan_in + len(self.products)) / fan_in**0.5
        weight[:, :, fan_in:] *= _PRODUCTS_BEGIN
        self.weight = torch.nn.Parameter(weight)

    def evaluate(self, values):
        """Return the polynomials without constants; the normalization has one."""
        monomials = list(values.unbind(1))
        for shorter, variable in self.products:
            monomials.append(monomials[shorter] * monomials[variable])
        return torch.bmm(self.weight, torch.stack(monomials, 1))[:, 0]

    @torch.no_grad()
    def begin_linear(self, weights):
        """Take the weights for the monomials of degree 1; products stay near 0."""
        self.weight[:, 0, : weights.shape[1]] = weights


def _products(fan_in, degree):
    """Return (monomial, variable) for every monomial of degree 2 or more, shorter ones first."""
    known = {(each,): each for each in range(fan_in)}
    found = []
    for length in range(2, degree + 1):
        for variables in combinations_with_replacement(range(fan_in), length):
            found.append((known[variables[:-1]], variables[-1]))
            known[variables] = len(known)
    return found
