"""What quantizing a matrix takes in memory, said before the work begins."""

import os
from pathlib import Path

from hwgen.errors import HwgenError

__all__ = ["bytes_needed", "check_memory", "machine_memory"]

# Python with its libraries, the buffers of BLAS, and copies of some rows
_FIXED = 160 << 20
# LAPACK's eigenvectors of a matrix: itself, a copy, two of work space, the result
_EIGENVECTORS = 5
_CONTROL_GROUP = Path("/sys/fs/cgroup/memory.max")


def bytes_needed(shape, method, correction=None, calibrated=False):
    """Return about how many bytes a matrix takes at most, its weights as float32 included.

    Parameters
    ----------
    shape : tuple of int
        Outputs and inputs.
    method : Method
    correction : Correction or None
    calibrated : bool
        Whether statistics of the inputs are used.
    """
    outputs, inputs = shape
    weights = outputs * inputs
    # the upper triangle of the moment, then of its factor
    moment = 4 * inputs**2 if calibrated else 0
    whole = method.channel != "output" or any(
        getattr(form, "group", None) == "tensor" for form in method.forms
    )
    most = moment + (8 * weights if whole else 0)
    most += 4 * weights if method.rotation is not None else 0
    if correction is not None:
        smaller = min(outputs, inputs)
        eigenvectors = 8 * _EIGENVECTORS * smaller**2
        if inputs < outputs:
            eigenvectors += moment
        most = max(most, eigenvectors, 8 * weights + 16 * smaller**2)
    # the layer and its codes
    return _FIXED + (4 + 1) * weights + most


def machine_memory():
    """Return the bytes that a process of this machine can have, ``None`` where nobody says it."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
    try:
        return min(found, int(_CONTROL_GROUP.read_text()))
    except (OSError, ValueError):
        return found


def check_memory(shapes, method, correction=None, calibrated=False):
    """Raise ``HwgenError`` where a matrix takes more memory than the machine has.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        By name of the matrix.
    method, correction, calibrated
        See `bytes_needed`.
    """
    limit = machine_memory()
    for name, shape in shapes.items():
        needed = bytes_needed(shape, method, correction, calibrated)
        if limit is not None and needed > limit:
            raise HwgenError(
                f"memory must be about {needed / 1e9:.1f} GB for {name!r} ({shape[0]}x{shape[1]}), "
                f"not {limit / 1e9:.1f} GB; leave it out with --exclude, or leave out "
                "--correct or --calib"
            )
