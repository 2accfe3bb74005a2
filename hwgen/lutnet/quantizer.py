"""From real numbers to codes of a few bits, with a learned step, and from codes to levels."""

import torch

__all__ = ["Normalization", "Quantizer", "levels"]

_MOMENTUM = 0.1
_SMALLEST_VARIANCE = 1e-5


def levels(codes, elements):
    """Return levels from -1 to 1 for the codes of unsigned `Elements`, evenly spaced."""
    return codes * (2 / elements.most) - 1


class Normalization(torch.nn.Module):
    """Batch normalization, features first: ``[neurons, batch]``."""

    def __init__(self, neurons):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(neurons, 1))
        self.offset = torch.nn.Parameter(torch.zeros(neurons, 1))
        self.register_buffer("mean", torch.zeros(neurons, 1))
        self.register_buffer("variance", torch.ones(neurons, 1))

    def forward(self, values):
        mean, variance = self.mean, self.variance
        if self.training:
            variance, mean = torch.var_mean(values, 1, correction=0, keepdim=True)
            with torch.no_grad():
                self.mean.lerp_(mean, _MOMENTUM)
                self.variance.lerp_(variance, _MOMENTUM)
        scale = self.gain * torch.rsqrt(variance + _SMALLEST_VARIANCE)
        return (values - mean) * scale + self.offset


class Quantizer(torch.nn.Module):
    """Codes of ``bits`` bits: multiples of a learned step, or the sign for one unsigned bit.

    The gradient goes straight through the rounding and is 0 where values are clipped; the step's
    is that of learned step size quantization (Esser et al. 2020), without its scaling.
    """

    def __init__(self, bits, signed):
        super().__init__()
        self.sign = bits == 1 and not signed
        self.low = -(1 << bits - 1) if signed else 0
        self.high = self.low + (1 << bits) - 1
        reach = 2.5 / max(abs(self.low), self.high)
        self.log_step = None if self.sign else torch.nn.Parameter(torch.tensor(reach).log())

    def forward(self, values):
        """Return the levels that the codes of ``values`` stand for."""
        if self.sign:
            inside = values.clamp(-1, 1)
            return inside + (torch.where(values > 0, 1.0, -1.0) - inside).detach()
        step = self.log_step.exp()
        inside = (values / step).clamp(self.low, self.high)
        return (inside + (inside.round() - inside).detach()) * step

    def codes(self, values):
        """Return (codes, smallest distance of a value from where its code changes, in steps)."""
        if self.sign:
            return (values > 0).long(), values.abs().min()
        inside = (values / self.log_step.exp()).clamp(self.low, self.high)
        codes = inside.round()
        return codes.long(), 0.5 - (inside - codes).abs().max()

    def levels(self, codes):
        """Return the levels of integer codes."""
        return 2.0 * codes - 1 if self.sign else codes * self.log_step.exp()
