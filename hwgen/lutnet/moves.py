"""Where the elements of an encoded image come from when the image is moved by a few pixels."""

import math

import numpy as np

from hwgen.errors import UsageError

__all__ = ["moves"]


def moves(most, features, elements, connected):
    """Return the sources of elements for every move, [moves, connected].

    Parameters
    ----------
    most : int
        Pixels in either direction.
    features : int
        A square number; rows of pixels one after the other.
    elements : int
        That the encoder makes of an image, those of a pixel side by side.
    connected : array of int
        Which elements are wanted.

    Returns
    -------
    numpy.ndarray
        Numbers of elements; ``elements`` itself stands for the code 0 outside of the image.

    Raises
    ------
    UsageError
        The features are no square image.
    """
    side = math.isqrt(features)
    if side * side != features:
        raise UsageError(
            f"training.shift must be 0 for {features} features, which are no square image"
        )
    per = elements // features
    pixel, level = np.divmod(np.asarray(connected), per)
    row, column = np.divmod(pixel, side)
    found = []
    for down in range(-most, most + 1):
        for right in range(-most, most + 1):
            y, x = row - down, column - right
            inside = (y >= 0) & (y < side) & (x >= 0) & (x < side)
            found.append(np.where(inside, (y * side + x) * per + level, elements))
    return np.stack(found)
