"""Accuracy against look-up tables: networks of files, and published ones."""

from dataclasses import dataclass

from hwgen.lutnet.published import published

__all__ = ["Point", "front", "points"]


@dataclass(frozen=True)
class Point:
    """A network in the picture.

    Parameters
    ----------
    name : str
    accuracy : float
        Percent of the test vectors.
    lut6 : int
        Look-up tables of six inputs.
    how : str
        ``"measured"``, ``"estimated"`` or ``"published"``.
    source : str
        Paper, or what else is to be known.
    complete : bool
        Whether the look-up tables are those of everything; some papers leave the encoder out.
    """

    name: str
    accuracy: float
    lut6: int
    how: str
    source: str = ""
    complete: bool = True


def points(networks, data_set):
    """Return the `Point` list of networks, those that have an accuracy, and of published ones.

    Parameters
    ----------
    networks : list of (name, accuracy or None, lut6, how)
    data_set : str or None
        Name of the data set; published networks are those of the same one.
    """
    ours = [Point(*each) for each in networks if each[1] is not None]
    others = [
        Point(
            row.name,
            row.accuracy,
            row.lut6,
            "published",
            f"{row.source}; {row.note}" if row.note else row.source,
            row.note != "without its encoder",
        )
        for row in published(data_set)
    ]
    return ours + others


def front(found):
    """Return the complete points that no other complete one beats in both figures, smallest first.

    One beats another if it is at least as good in both figures and better in one.
    """
    best, kept = -1.0, []
    complete = [each for each in found if each.complete]
    for each in sorted(complete, key=lambda point: (point.lut6, -point.accuracy)):
        if each.accuracy > best:
            kept.append(each)
            best = each.accuracy
    return kept
