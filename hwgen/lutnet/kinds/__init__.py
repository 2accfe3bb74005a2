"""Kinds of neuron functions: one file each, with what may be configured and what is computed.

A module of this package has two classes. ``Options`` (of `LayerOptions`) is what a configuration
says; its field ``kind`` has one allowed value, the name of the kind. ``Function`` is a
``torch.nn.Module``:

``Function(neurons, fan_in, options)``
    ``neurons`` functions of ``fan_in`` inputs each, initialized from PyTorch's default generator.
``evaluate(values)``
    From ``[neurons, fan_in, batch]`` to ``[neurons, batch]``; training and the enumeration of the
    tables call it alike. Levels of 1-bit elements are -1 and +1.
``binary``
    True where the result is -1 or +1 and is the output itself, with no normalization or quantizer.
``constrain()``, optional
    Called after every step.
``begin_linear(weights)``, optional
    Become the weighted sum with ``[neurons, fan_in]``, or nearly; without it inputs cannot be
    searched by weights.
"""

from importlib import import_module
from pkgutil import iter_modules

__all__ = ["KINDS"]

KINDS = {each.name: import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)}
