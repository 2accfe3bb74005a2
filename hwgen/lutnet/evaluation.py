"""Accuracy of integer networks; nothing here needs PyTorch."""

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements, LutNetwork
from hwgen.golden.lutnet import classes_of

__all__ = [
    "accuracies",
    "accuracy",
    "alone",
    "check_data",
    "classes_by_table",
    "first_difference",
    "training_split",
]

# vectors that the golden model sees at a time
_AT_A_TIME = 2000


def accuracy(found, classes):
    """Return percent of equal entries."""
    return float(100 * np.mean(np.asarray(found) == np.asarray(classes)))


def classes_by_table(network, vectors):
    """Return the classes that the golden model gives for ``[vectors, features]``."""
    starts = range(0, len(vectors), _AT_A_TIME)
    return np.concatenate([classes_of(network, vectors[s : s + _AT_A_TIME]) for s in starts])


def accuracies(network, data, options):
    """Return percent of right classes of train, validation (a part of it) and test, by the tables.

    Parameters
    ----------
    network : LutNetwork
    data : DataSet
    options : TrainingOptions
        Say which vectors are those of the validation.
    """
    _, held = training_split(len(data.train), options)
    right = classes_by_table(network, data.train) == data.train_classes
    test = classes_by_table(network, data.test) == data.test_classes
    parts = {"train": right, "validation": right[held], "test": test}
    return {name: round(float(100 * part.mean()), 4) for name, part in parts.items()}


def alone(layer, vectors):
    """Return a network of one layer that takes vectors of integers."""
    return LutNetwork(Elements(vectors.shape[1], 32, True), (layer,), "none")


def check_data(network, facts, data, path):
    """Return whether ``data`` are those of training; `UsageError` if a network cannot take them."""
    if data.inputs != network.inputs:
        raise UsageError(
            f"data must be {_described(network.inputs)} for {str(path)!r}, "
            f"not {_described(data.inputs)}"
        )
    return facts.get("data", {}).get("sha256") == data.digest


def _described(elements):
    sign = "signed" if elements.signed else "unsigned"
    return f"{elements.count} {sign} integers of {elements.bits} bits"


def first_difference(found, by_table, of):
    """Return a line about the first vector whose classes differ, or None; ``of`` names `found`."""
    unequal = np.flatnonzero(found != by_table)
    if not unequal.size:
        return None
    first = unequal[0]
    return (
        f"{unequal.size} of {len(by_table)} vectors have another class by the tables than by the "
        f"{of}; the first is vector {first}: {by_table[first]}, not {found[first]}"
    )


def training_split(count, options):
    """Return the numbers of the vectors to train with, and of those to validate with.

    Parameters
    ----------
    count : int
        Vectors of the set's part for training.
    options : TrainingOptions
    """
    order = np.random.default_rng([options.seed, 0]).permutation(count)
    held = min(count - 1, max(1, round(options.validation * count)))
    return order[held:], order[:held]
