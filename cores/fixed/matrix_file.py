"""Integer matrices from files: .npy, .safetensors, .csv, or random ones by name."""

import hashlib
import re
from pathlib import Path

import numpy as np

from hwgen.errors import UsageError, nearest

__all__ = ["LARGEST_ENTRY", "MOST_ENTRIES", "matrix_digest", "read_matrix"]

LARGEST_ENTRY = (1 << 31) - 1
MOST_ENTRIES = 1 << 14

_RANDOM = re.compile(r"random-int(\d+)/(\d+)x(\d+)/(\d+)")


def read_matrix(source, tensor=None):
    """Return a matrix of integers.

    Parameters
    ----------
    source : str
        A ``.npy`` file, a ``.safetensors`` file, a ``.csv`` file (one row a line, entries
        separated by commas), or ``random-intN/RxC/SEED``: R x C integers of N bits from
        ``numpy.random.default_rng(SEED)``.
    tensor : str or None
        Name of the tensor in a ``.safetensors`` file; may be left out where there is one only.

    Returns
    -------
    numpy.ndarray
        ``int64``, two dimensions.

    Raises
    ------
    UsageError
        The file cannot be read, or does not hold a matrix of integers; the message names the
        file, and row and column of a wrong entry, both counted from 0.
    """
    named = _RANDOM.fullmatch(source)
    if named:
        if tensor is not None:
            raise UsageError(f"tensor must be left out with matrix {source!r}")
        return _random_matrix(source, *map(int, named.groups()))
    readers = {".npy": _read_npy, ".safetensors": _read_safetensors, ".csv": _read_csv}
    path = Path(source)
    if path.suffix not in readers:
        raise UsageError(
            "matrix must be a .npy, .safetensors or .csv file, or random-intN/RxC/SEED, "
            f"not {source!r}"
        )
    if tensor is not None and path.suffix != ".safetensors":
        raise UsageError(f"tensor must be left out with a {path.suffix} file")
    try:
        values = readers[path.suffix](path, tensor)
    except OSError as error:
        raise UsageError(f"cannot read matrix {source!r}: {error.strerror or error}") from None
    return _checked(np.asarray(values), source)


def matrix_digest(matrix):
    """Return the SHA-256 of shape and entries: what a matrix is, whatever file it came from."""
    content = np.ascontiguousarray(matrix, dtype="<i8")
    head = "x".join(map(str, content.shape)).encode()
    return hashlib.sha256(head + b":" + content.tobytes()).hexdigest()


def _random_matrix(source, bits, rows, columns, seed):
    if not 2 <= bits <= 32 or not 1 <= rows * columns <= MOST_ENTRIES:
        raise UsageError(
            f"matrix must be random-int2..32 with 1 to {MOST_ENTRIES} entries, not {source!r}"
        )
    limit = 1 << bits - 1
    matrix = np.random.default_rng(seed).integers(-limit, limit, (rows, columns))
    # -2**31 has no counterpart of the other sign in the range of entries
    return np.maximum(matrix, -LARGEST_ENTRY)


def _read_npy(path, tensor):
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise UsageError(f"matrix {str(path)!r} must be a NumPy file: {error}") from None


def _read_safetensors(path, tensor):
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            if tensor is None and len(names) == 1:
                tensor = names[0]
            if tensor not in names:
                raise UsageError(
                    f"tensor must be one of {', '.join(sorted(names))} in {str(path)!r}, "
                    f"not {tensor!r}{nearest(tensor or '', names)}"
                )
            return file.get_tensor(tensor)
    except (SafetensorError, TypeError) as error:
        raise UsageError(f"matrix {str(path)!r} must be a safetensors file: {error}") from None


def _read_csv(path, tensor):
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise UsageError(f"matrix {str(path)!r} must be UTF-8 text") from None
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = []
        for column, entry in enumerate(line.split(","), 1):
            try:
                row.append(int(entry))
            except ValueError:
                raise UsageError(
                    f"{path}:{number}: entry {column} must be an integer, not {entry.strip()!r}"
                ) from None
        if rows and len(row) != len(rows[0]):
            raise UsageError(
                f"{path}:{number}: row must have {len(rows[0])} entries like the first one, "
                f"not {len(row)}"
            )
        rows.append(row)
    # Python integers: one beyond 64 bits is to be named, not to overflow
    return np.array(rows, dtype=object)


def _checked(values, source):
    """Return ``values`` as int64, or raise for what is not a matrix of integers in range."""
    if values.ndim != 2 or not 1 <= values.size <= MOST_ENTRIES:
        raise UsageError(
            f"matrix {source!r} must have two dimensions and 1 to {MOST_ENTRIES} entries, "
            f"not shape {values.shape}"
        )
    if values.dtype.kind not in "iufO":
        raise UsageError(f"matrix {source!r} must hold integers, not {values.dtype}")
    wrong = np.zeros(values.shape, bool)
    if values.dtype.kind == "f":
        wrong = ~np.isfinite(values) | (np.trunc(values) != values)
    wrong = wrong | (values > LARGEST_ENTRY) | (values < -LARGEST_ENTRY)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise UsageError(
            f"matrix {source!r} must hold integers of at most 31 bits and a sign, and has "
            f"{values[row, column]} in row {row}, column {column}"
        )
    return values.astype(np.int64)
