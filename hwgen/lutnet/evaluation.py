"""Accuracy of integer networks; nothing here needs PyTorch."""

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements, LutNetwork
from hwgen.golden.lutnet import classes_of

__all__ = ["accuracy", "alone", "classes_by_table", "configuration_of", "matching_data"]

# vectors that the golden model sees at a time
_AT_A_TIME = 2000


def accuracy(found, classes):
    """Return percent of equal entries."""
    return float(100 * np.mean(np.asarray(found) == np.asarray(classes)))


def classes_by_table(network, vectors):
    """Return the classes that the golden model gives for ``[vectors, features]``."""
    starts = range(0, len(vectors), _AT_A_TIME)
    return np.concatenate([classes_of(network, vectors[s : s + _AT_A_TIME]) for s in starts])


def alone(layer, vectors):
    """Return a network of one layer that takes vectors of integers."""
    return LutNetwork(Elements(vectors.shape[1], 32, True), (layer,), "none")


def configuration_of(facts, path):
    """Return the `Configuration` that a network's facts have; `UsageError` if they have none."""
    from hwgen.lutnet.config import checked_configuration

    if "configuration" not in facts:
        raise UsageError(
            f"{str(path)!r} must say how it was trained, and does not; "
            "hwgen lutnet train makes such a file"
        )
    return checked_configuration(facts["configuration"], lambda keys: f"facts of {str(path)!r}")


def matching_data(network, facts, data, path):
    """Raise `UsageError` unless ``data`` are vectors and classes of such a network."""
    if data.inputs != network.inputs:
        raise UsageError(
            f"data must be {network.inputs.count} integers of {network.inputs.bits} bits for "
            f"{str(path)!r}, not {data.inputs.count} of {data.inputs.bits}"
        )
    known = facts.get("data", {}).get("sha256")
    return known == data.digest
