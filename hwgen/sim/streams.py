"""Read the streams of a core back from its ``interface.json``."""

from dataclasses import fields

from hwgen.cores.interface import Field, Stream

__all__ = ["streams_of"]


def streams_of(interface):
    """Return the input streams and the output streams of an interface description.

    Parameters
    ----------
    interface : dict
        Contents of ``interface.json``.

    Returns
    -------
    tuple of (tuple of Stream, tuple of Stream)
    """
    keys = [each.name for each in fields(Field)]
    streams = [
        Stream(
            each["name"],
            each["direction"],
            tuple(Field(**{key: field[key] for key in keys}) for field in each["fields"]),
        )
        for each in interface["streams"]
    ]
    inputs = tuple(each for each in streams if each.direction == "input")
    outputs = tuple(each for each in streams if each.direction == "output")
    return inputs, outputs
