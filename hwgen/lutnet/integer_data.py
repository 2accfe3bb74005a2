"""Vectors of integers as a network takes them, for a network that names no data set."""

from pathlib import Path

import numpy as np

from hwgen.errors import UsageError
from hwgen.lutnet.data import DataSet

__all__ = ["read_integers"]


def read_integers(network, path):
    """Return the `DataSet` of a file, all of it for the test.

    Parameters
    ----------
    network : LutNetwork
    path : path
        ``.npz`` with integers ``X`` [vectors, inputs] and class numbers ``y``, or ``.csv`` without
        a line of names: the inputs, then the class number.

    Raises
    ------
    UsageError
        The file cannot be read, or its integers are none that the network takes.
    """
    path = Path(path)
    vectors, classes = _arrays(path)
    given = network.inputs
    if vectors.ndim != 2 or classes.shape != vectors.shape[:1] or not len(vectors):
        raise UsageError(f"{str(path)!r} must hold one class number for every vector, one or more")
    if vectors.shape[1] != given.count:
        raise UsageError(
            f"{str(path)!r} must have {given.count} integers a vector, not {vectors.shape[1]}"
        )
    low, high = given.bounds
    if vectors.min() < low or vectors.max() > high:
        raise UsageError(
            f"{str(path)!r} must hold integers from {low} to {high}, "
            f"not from {vectors.min()} to {vectors.max()}"
        )
    count = network.elements[-1].count
    if classes.min() < 0 or classes.max() >= count:
        raise UsageError(
            f"{str(path)!r} must hold class numbers from 0 to {count - 1}, "
            f"not from {classes.min()} to {classes.max()}"
        )
    names = [str(each) for each in range(count)]
    return DataSet(path.stem, given, vectors[:0], classes[:0], vectors, classes, names)


def _arrays(path):
    """Return (vectors, class numbers) of a file, as integers."""
    if path.suffix not in (".npz", ".csv"):
        raise UsageError(
            "--data of a network that names no data set must be an .npz file with integers X and "
            f"class numbers y, or a .csv file of integers, the class last; not {str(path)!r}"
        )
    try:
        if path.suffix == ".npz":
            with np.load(path) as file:
                arrays = file["X"], file["y"]
        else:
            rows = np.loadtxt(path, delimiter=",", ndmin=2)
            arrays = rows[:, :-1], rows[:, -1]
        whole = [np.rint(each).astype(np.int64) for each in arrays]
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{str(path)!r} must hold integers X and y: {error}") from None
    if any((one != each).any() for one, each in zip(whole, arrays, strict=True)):
        raise UsageError(f"{str(path)!r} must hold integers, and has other numbers")
    return whole
