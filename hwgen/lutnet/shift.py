"""Images moved by a few pixels while training, after the encoder: every pixel has the same one."""

import math

import numpy as np
import torch

from hwgen.errors import UsageError

__all__ = ["Shifts"]


class Shifts:
    """Moves of square images by up to some pixels in both directions.

    Parameters
    ----------
    most : int
        Pixels.
    features : int
        A square number; rows of pixels one after the other.
    elements : int
        That the encoder makes of an image, those of a pixel side by side.
    connected : array of int
        Which elements are wanted.

    Raises
    ------
    UsageError
        The features are no square image.
    """

    def __init__(self, most, features, elements, connected):
        side = math.isqrt(features)
        if side * side != features:
            raise UsageError(
                f"training.shift must be 0 for {features} features, which are no square image"
            )
        per = elements // features
        pixel, level = np.divmod(np.asarray(connected), per)
        row, column = np.divmod(pixel, side)
        maps = []
        for down in range(-most, most + 1):
            for right in range(-most, most + 1):
                y, x = row - down, column - right
                inside = (y >= 0) & (y < side) & (x >= 0) & (x < side)
                # the element behind the last one is 0: nothing is outside an image
                maps.append(np.where(inside, (y * side + x) * per + level, elements))
        self.maps = torch.from_numpy(np.stack(maps))

    def moved(self, codes, generator):
        """Return [vectors, connected] of codes [vectors, elements], each moved at random."""
        chosen = torch.from_numpy(generator.integers(0, len(self.maps), len(codes)))
        padded = torch.nn.functional.pad(codes, (0, 1))
        return padded.gather(1, self.maps[chosen])
