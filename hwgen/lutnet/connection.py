"""Which elements a neuron is connected to: fixed, at random or in order, learned, or searched."""

from functools import partial

import torch

from hwgen.lutnet.search import Search

__all__ = ["connection"]

# scores begin in a range that a few steps of Adam at its usual rate cross
_SCORES = 0.1


def connection(kind, neurons, fan_in, elements):
    """Return a module from values ``[elements, batch]`` to ``[neurons, fan_in, batch]``.

    Parameters
    ----------
    kind : str
        One of those that `LayerOptions` have.
    neurons, fan_in, elements : int
        ``elements`` is how many there are to choose from; the generator is PyTorch's default one.
    """
    return _KINDS[kind](neurons, fan_in, elements)


class _Random(torch.nn.Module):
    """Every element is used about equally often; no neuron has one twice if that is possible."""

    def __init__(self, neurons, fan_in, elements):
        super().__init__()
        whole = -(-neurons * fan_in // elements) + fan_in
        order = torch.cat([torch.randperm(elements) for _ in range(whole)]).tolist()
        rows = [_distinct(order, min(fan_in, elements), fan_in) for _ in range(neurons)]
        self.register_buffer("inputs", torch.tensor(rows))

    def forward(self, values):
        return values[self.inputs]


def _distinct(order, distinct, fan_in):
    """Take ``fan_in`` elements from the front of ``order``, the first ``distinct`` all unequal."""
    row, place = [], 0
    while len(row) < fan_in:
        if len(row) >= distinct or place >= len(order):
            row.append(order.pop(0))
        elif order[place] in row:
            place += 1
        else:
            row.append(order.pop(place))
    return row


class _Consecutive(torch.nn.Module):
    """The first elements belong to the first neuron, the next ones to the second."""

    def __init__(self, neurons, fan_in, elements):
        super().__init__()
        numbers = torch.arange(elements).reshape(neurons, fan_in)
        self.register_buffer("inputs", numbers, persistent=False)

    def forward(self, values):
        return values.reshape(*self.inputs.shape, -1)


class _Learned(torch.nn.Module):
    """The element of the greatest score is connected.

    All scores have the gradient that their elements would have if they were connected with a
    weight: straight through the choice (the way of DWN, without its soft maximum).
    """

    def __init__(self, neurons, fan_in, elements):
        super().__init__()
        self.shape = (neurons, fan_in, -1)
        self.scores = torch.nn.Parameter(torch.rand(neurons * fan_in, elements) * _SCORES)

    @property
    def inputs(self):
        """Numbers of the connected elements, [neurons, fan_in]."""
        return self.scores.argmax(1).reshape(self.shape[:2])

    def forward(self, values):
        return _Choose.apply(values, self.scores).reshape(self.shape)


class _Choose(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values, scores):
        chosen = scores.argmax(1)
        ctx.save_for_backward(values, chosen)
        return values[chosen]

    @staticmethod
    def backward(ctx, gradient):
        values, chosen = ctx.saved_tensors
        before = None
        if ctx.needs_input_grad[0]:
            before = torch.zeros_like(values).index_add_(0, chosen, gradient)
        return before, _roughly(gradient, values.T)


def _roughly(left, right):
    """Return the matrix product, in bfloat16 where the processor is faster with it."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        return left @ right
    finally:
        torch.set_float32_matmul_precision(before)


_KINDS = {"random": _Random, "learned": _Learned, "consecutive": _Consecutive}
_KINDS |= {
    "magnitude": partial(Search, gradual=False),
    "dense_to_sparse": partial(Search, gradual=True),
}
