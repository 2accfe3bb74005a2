"""Inputs that are searched: neurons begin with all elements, and the strongest ones stay.

The others leave at once, or gradually by the cubic schedule of M. Zhu and S. Gupta ("To prune, or
not to prune", 2017): many early and few late.
"""

import torch

__all__ = ["Search"]

_MOMENTUM = 0.1


class Search(torch.nn.Module):
    """A connection to all elements that becomes one to a few.

    While it searches, a neuron is a weighted sum of its elements, whatever its kind is. An element
    is as strong as its weight times its standard deviation: the weight of one that is nearly
    constant says nothing.

    Parameters
    ----------
    neurons, fan_in, elements : int
    gradual : bool
        Whether the weakest elements leave on the way, or all at the end.
    """

    def __init__(self, neurons, fan_in, elements, gradual):
        super().__init__()
        self.gradual = gradual
        self.weights = torch.nn.Parameter(torch.randn(neurons, elements) / elements**0.5)
        self.register_buffer("kept", torch.ones(neurons, elements, dtype=torch.bool))
        self.register_buffer("inputs", torch.zeros(neurons, fan_in, dtype=torch.long))
        self.register_buffer("variance", torch.ones(elements))
        self.register_buffer("batches", torch.tensor(0))
        self.register_buffer("over", torch.tensor(False))

    def sums(self, values):
        """Return ``[neurons, batch]`` of ``[elements, batch]``, by the elements still kept."""
        if self.training:
            with torch.no_grad():
                self.batches += 1
                part = max(_MOMENTUM, 1 / int(self.batches))
                self.variance.lerp_(values.var(1, correction=0), part)
        return (self.weights * self.kept) @ values

    def forward(self, values):
        return values[self.inputs]

    @torch.no_grad()
    def advance(self, done):
        """Keep as few elements as belong to where the search stands.

        Parameters
        ----------
        done : float
            Part of the search, 1 at its end.

        Returns
        -------
        torch.Tensor or None
            At the end weights of the inputs, [neurons, fan_in].
        """
        fan_in, elements = self.inputs.shape[1], self.weights.shape[1]
        left = (1 - done) ** 3 if self.gradual else float(done < 1)
        count = fan_in + round((elements - fan_in) * left) if done < 1 else fan_in
        strengths = self.weights.abs() * self.variance.sqrt()
        strengths = strengths.masked_fill(~self.kept, -1)
        chosen = strengths.topk(count, sorted=False).indices
        self.kept.zero_().scatter_(1, chosen, True)
        if done < 1:
            return None
        self.inputs.copy_(chosen.sort(1).values)
        self.over.fill_(True)
        return self.weights.gather(1, self.inputs)
