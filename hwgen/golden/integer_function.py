"""Integer functions by name: those of the GPT machine, of values with 16 fraction bits."""

import numpy as np

from .gpt.functions import FUNCTIONS, exponential, logistic, reciprocal, reciprocal_root

__all__ = ["function_results"]


def function_results(function, values):
    """Return the results of a function, by field.

    Parameters
    ----------
    function : str
        ``exp``, ``reciprocal``, ``reciprocal-root``, ``logistic``, ``silu``, ``gelu``,
        ``gelu-tanh`` or ``squared-relu``.
    values : int64 array
        Signed numbers of 32 bits. To ``exp`` more than 0 is 0, to the reciprocals less than 1
        is 1.

    Returns
    -------
    dict of str to int64 array
        ``result`` in units of 2**-16; of the reciprocals, which take integers, ``significand`` and
        ``shift``: ``significand * 2**-shift``.
    """
    if function in ("reciprocal", "reciprocal-root"):
        of = reciprocal if function == "reciprocal" else reciprocal_root
        return dict(zip(("significand", "shift"), of(np.maximum(values, 1)), strict=True))
    of = {"exp": exponential, "logistic": logistic} | FUNCTIONS
    return {"result": of[function.replace("-", "_")](values)}
