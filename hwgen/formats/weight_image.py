"""How the weights of a program lie in one external memory: what is written there before it runs.

The blocks of every weight format (see `weight_stream`) stand one after the other without gaps, so
that block ``b`` of a format begins ``b * block_bytes`` behind the format's first byte. The formats
follow each other in the order of their numbers; each begins at a multiple of 4096 bytes, and the
end is filled up with zeros to such a multiple. So the image is the same for every width of memory.
"""

import numpy as np

__all__ = ["ALIGNMENT", "image_starts", "token_bytes", "weight_image"]

ALIGNMENT = 4096
"""Bytes; the blocks of a format begin at a multiple of them."""


def image_starts(program):
    """Return the address of the first byte of every weight format, and of the image's end.

    Parameters
    ----------
    program : Program
    """
    starts = [0]
    for records in program.weights:
        starts.append(starts[-1] + -(-records.size // ALIGNMENT) * ALIGNMENT)
    return starts


def token_bytes(program):
    """Return the bytes of weights that are read for a token: all matrices, and rows of embeddings.

    Parameters
    ----------
    program : Program
    """
    rows = {"multiply": lambda each: each.rows, "embed": lambda each: 1}
    return sum(
        rows[each.kind.name](each) * each.blocks * program.weights[each.format].shape[1]
        for each in program.executed()
        if each.kind.name in rows
    )


def weight_image(program):
    """Return the bytes of the memory, from address 0 on, uint8.

    Parameters
    ----------
    program : Program
    """
    starts = image_starts(program)
    image = np.zeros(starts[-1], np.uint8)
    for start, records in zip(starts, program.weights, strict=False):
        image[start : start + records.size] = records.ravel()
    return image
