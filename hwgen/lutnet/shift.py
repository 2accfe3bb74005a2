"""Images moved by a few pixels while training, after the encoder: every pixel has the same one."""

import torch

from hwgen.lutnet.moves import moves

__all__ = ["Shifts"]


class Shifts:
    """Moves of square images by up to some pixels in both directions.

    Parameters
    ----------
    most, features, elements, connected
        See `hwgen.lutnet.moves.moves`, also for errors.
    """

    def __init__(self, most, features, elements, connected):
        self.maps = torch.from_numpy(moves(most, features, elements, connected))

    def moved(self, codes, generator):
        """Return [vectors, connected] of codes [vectors, elements], each moved at random."""
        chosen = torch.from_numpy(generator.integers(0, len(self.maps), len(codes)))
        # the element behind the last one is 0: nothing is outside an image
        padded = torch.nn.functional.pad(codes, (0, 1))
        return padded.gather(1, self.maps[chosen])
