"""Data sets: vectors of integers, in a stated fixed-point format, and their classes."""

import gzip
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.lut_network import Elements
from hwgen.lutnet.arff import read_arff

__all__ = ["DataSet", "read_data"]

_SPLIT_SEED = 20_000
_MNIST = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_NSLKDD = {"train": ("KDDTrain+.txt", "KDDTrain+_20Percent.txt"), "test": ("KDDTest+.txt",)}
_NSLKDD_WORDS = (1, 2, 3)
_NSLKDD_COLUMNS = 41
_JET_FEATURES, _JET_CLASSES = 16, 5


@dataclass(frozen=True)
class DataSet:
    """Vectors to train and to test with.

    Parameters
    ----------
    name : str
    inputs : Elements
    train, test : array of int, [vectors, features]
    train_classes, test_classes : array of int
    classes : list of str
        Names.
    preparation : dict
        How integers were made of the features, for people and hosts.
    """

    name: str
    inputs: Elements
    train: np.ndarray
    train_classes: np.ndarray
    test: np.ndarray
    test_classes: np.ndarray
    classes: list
    preparation: dict = field(default_factory=dict)

    @cached_property
    def digest(self):
        """SHA-256 of all vectors and classes."""
        found = hashlib.sha256(f"{self.inputs} {self.classes}".encode())
        for array in (self.train, self.train_classes, self.test, self.test_classes):
            found.update(f"{array.shape}".encode() + array.astype("<i4").tobytes())
        return found.hexdigest()


def read_data(options, path=None):
    """Return the `DataSet` of `DataOptions`.

    Parameters
    ----------
    options : DataOptions
    path : path, optional
        In place of ``options.path``.

    Raises
    ------
    UsageError
        The data cannot be read, in one line that names the file.
    """
    path = path or options.path
    if path is None and options.set != "digits":
        raise UsageError(
            f"data set {options.set} must have a path: key 'path' of 'data', or option --data"
        )
    path = None if path is None else Path(path)
    try:
        return _READERS[options.set](options, path)
    except OSError as error:
        raise UsageError(
            f"cannot read {error.filename or str(path)!r}: {error.strerror or error}"
        ) from None


def _digits(options, path):
    """8x8 images of digits, 0..16: the 1,797 of UCI "Optical Recognition of Handwritten Digits"."""
    path = path or Path(__file__).parent / "digits.csv.gz"
    table = np.loadtxt(path, delimiter=",", dtype=np.int64)
    parts = _split(table[:, :-1], table[:, -1], options.held_out)
    return DataSet("digits", Elements(64, 5), *parts, [str(each) for each in range(10)])


def _mnist(options, path):
    """28x28 images of digits, 0..255 (LeCun et al. 1998), in IDX files, compressed or not."""
    parts = []
    for images, classes in _MNIST.values():
        values = _idx(path, images)
        parts += [values.reshape(len(values), -1), _idx(path, classes)]
    return DataSet("mnist", Elements(784, 8), *parts, [str(each) for each in range(10)])


def _idx(folder, name):
    """Return the array of one IDX file of bytes."""
    found = [each for each in (folder / f"{name}.gz", folder / name) if each.exists()]
    if not found:
        raise UsageError(f"MNIST must have a file {name}.gz, and there is none in {str(folder)!r}")
    content = found[0].read_bytes()
    if found[0].suffix == ".gz":
        content = gzip.decompress(content)
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise UsageError(f"{str(found[0])!r} must be an IDX file of bytes")
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, 4)
    start = 4 + 4 * dimensions
    if len(content) != start + np.prod(shape):
        raise UsageError(f"{str(found[0])!r} must hold {np.prod(shape)} bytes of data")
    return np.frombuffer(content, np.uint8, -1, start).reshape(shape).astype(np.int16)


def _nslkdd(options, path):
    """Connections, normal or attack (NSL-KDD, Tavallaee et al. 2009), 16-bit unsigned integers.

    Counts are clipped at 65,535, rates are in hundredths, every word has an element that is 0 or 1.
    """
    tables = {part: _nslkdd_rows(path, names) for part, names in _NSLKDD.items()}
    words = {column: sorted({row[column] for row in tables["train"]}) for column in _NSLKDD_WORDS}
    numbers = [each for each in range(_NSLKDD_COLUMNS) if each not in words]
    whole = [
        all("." not in row[column] for row in tables["train"] + tables["test"])
        for column in numbers
    ]
    scales = np.where(whole, 1, 100)
    parts = []
    for rows in tables.values():
        counts = np.array([[float(row[column]) for column in numbers] for row in rows])
        flags = [
            [row[column] == word for column, known in words.items() for word in known]
            for row in rows
        ]
        integers = np.minimum(np.rint(counts * scales), 65_535).astype(np.int64)
        parts.append(np.hstack([integers, np.array(flags, np.int64)]))
        parts.append(np.array([row[_NSLKDD_COLUMNS] != "normal" for row in rows], np.int64))
    preparation = {"columns": numbers, "scales": scales.tolist(), "words": words}
    given = Elements(parts[0].shape[1], 16)
    return DataSet("nslkdd", given, *parts, ["normal", "attack"], preparation)


def _nslkdd_rows(folder, names):
    found = [folder / name for name in names if (folder / name).exists()]
    if not found:
        raise UsageError(
            f"NSL-KDD must have a file {' or '.join(names)}, and there is none in {str(folder)!r}"
        )
    rows = [line.split(",") for line in found[0].read_text().splitlines() if line]
    if any(len(row) <= _NSLKDD_COLUMNS for row in rows):
        raise UsageError(f"{str(found[0])!r} must have {_NSLKDD_COLUMNS + 1} columns or more")
    return rows


def _csv(options, path):
    """Numbers in columns, with or without a line of names; one column has the classes."""
    import csv

    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row]
    if not rows:
        raise UsageError(f"{str(path)!r} must have a line or more")
    names = rows[0] if not all(_is_number(each) for each in rows[0][:-1]) else None
    rows = rows[1:] if names else rows
    label = options.label
    if isinstance(label, str):
        if label not in (names or ()):
            raise UsageError(f"{str(path)!r} must have a column {label!r}: key 'label' of 'data'")
        label = names.index(label)
    try:
        words = [row.pop(label) for row in rows]
        features = np.array(rows, np.float64)
    except (ValueError, IndexError):
        raise UsageError(
            f"{str(path)!r} must have the same number of columns in every line, and numbers in "
            "all but that of the classes"
        ) from None
    classes = sorted(set(words), key=lambda word: (_is_number(word) and float(word), word))
    numbers = np.array([classes.index(word) for word in words])
    return _standardized(options, path.stem, features, numbers, classes)


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _npz(options, path):
    """Arrays ``X`` [vectors, features] and ``y``, integers from 0."""
    return _standardized(options, path.stem, *_arrays(path))


def _jets(options, path):
    """Jets of simulated LHC collisions, 16 features, five classes: OpenML 42468.

    The ARFF file of OpenML (hls4ml_lhc_jets_hlf, 830,000 jets), or arrays of a part of it. The
    other file of these jets, from CERNBox, gives accuracies that do not compare.
    """
    parts = read_arff(path) if path.suffix == ".arff" else _arrays(path)
    if parts[0].shape[1] != _JET_FEATURES or len(parts[2]) != _JET_CLASSES:
        raise UsageError(
            f"{str(path)!r} must have jets of {_JET_FEATURES} features and {_JET_CLASSES} classes, "
            f"not {parts[0].shape[1]} and {len(parts[2])}"
        )
    return _standardized(options, "jets-openml", *parts)


def _arrays(path):
    """Return (features, class numbers, class names) of an ``.npz`` file."""
    try:
        with np.load(path) as file:
            features, numbers = np.asarray(file["X"], np.float64), file["y"].astype(np.int64)
    except (KeyError, ValueError) as error:
        raise UsageError(f"{str(path)!r} must hold arrays X and y: {error}") from None
    if features.ndim != 2 or numbers.shape != features.shape[:1] or numbers.min() < 0:
        raise UsageError(f"{str(path)!r} must hold X [vectors, features] and y from 0, one each")
    return features, numbers, [str(each) for each in range(int(numbers.max()) + 1)]


def _standardized(options, name, features, numbers, classes):
    """Return the set with signed integers: 2**(bits - 3) is one standard deviation."""
    parts = _split(features, numbers, options.held_out)
    mean, deviation = parts[0].mean(axis=0), parts[0].std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1)
    unit, limit = 2.0 ** (options.bits - 3), 1 << options.bits - 1
    for place in (0, 2):
        scaled = np.rint((parts[place] - mean) / deviation * unit)
        parts[place] = np.clip(scaled, -limit, limit - 1).astype(np.int64)
    preparation = {"mean": mean.tolist(), "deviation": deviation.tolist(), "unit": unit}
    given = Elements(features.shape[1], options.bits, True)
    return DataSet(name, given, *parts, list(classes), preparation)


def _split(features, numbers, held_out):
    """Return [train, classes, test, classes], drawn with one fixed seed."""
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(features))
    test, train = np.split(order, [max(1, round(len(order) * held_out))])
    return [features[train], numbers[train], features[test], numbers[test]]


_READERS = {
    "digits": _digits,
    "mnist": _mnist,
    "nslkdd": _nslkdd,
    "jets": _jets,
    "csv": _csv,
    "npz": _npz,
}
