"""Published figures of networks on the data sets that we know."""

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Published", "published"]


@dataclass(frozen=True)
class Published:
    """One row of a paper: Vivado, out of context.

    Parameters
    ----------
    set : str
        Name of the data set, as `hwgen.lutnet.data.DataSet` has it.
    name : str
        The network, as its authors call it.
    source : str
        The paper.
    accuracy : float
        Percent of the test vectors; papers often round to whole percents.
    lut6 : int
        Look-up tables of six inputs.
    ff, mhz, ns : number or None
        Flip-flops, clock, latency, where the paper has them.
    note : str
        What is not counted, or what differs from the other rows.
    """

    set: str
    name: str
    source: str
    accuracy: float
    lut6: int
    ff: int | None
    mhz: float | None
    ns: float | None
    note: str


def published(name):
    """Return the `Published` rows of a data set, a list; empty for a set that is not known."""
    document = json.loads(Path(__file__).with_name("published.json").read_text())
    sources = document["sources"]
    return [
        Published(**each | {"source": sources[each["source"]]})
        for each in document["rows"]
        if each["set"] == name
    ]
