"""The report of a network as one HTML file: figures, connections, accuracy against size."""

import math
from pathlib import Path

import numpy as np

from hwgen.flow.html import printable, write_page
from hwgen.lutnet.connectivity import binned, connections, readers
from hwgen.lutnet.pareto import front

__all__ = ["write_report"]

# most fields of a picture of connections, each way, and about how many pixels wide it is
_FIELDS = 96
_SIDE = 384
_SHADES = 6
_WIDTH, _HEIGHT = 640, 320
_BLUE, _GRAY, _WHITE = "#4c78a8", "#8a95a1", "#fff"


def write_report(path, title, network, facts, tables, points):
    """Write the report of a network.

    Parameters
    ----------
    path : path-like
        HTML file; it needs no other file and no network.
    title : str
    network : LutNetwork
    facts : list of (name, value)
    tables : dict
        ``layers`` and ``measurements``, each rows of cells, and ``layer_heads``,
        ``measurement_heads``.
    points : list of hwgen.lutnet.pareto.Point
        For the picture of accuracy and size; without any there is none.

    Raises ``UsageError`` where the file cannot be written.
    """
    write_page(
        path,
        Path(__file__).with_name("report.html.j2"),
        title=printable(title),
        facts=[(name, printable(str(value))) for name, value in facts],
        maps=_maps(network),
        plot=_plot(points) if points else None,
        **tables,
    )


def _maps(network):
    """Return the picture of the inputs, and one of every layer."""
    read = readers(network)
    side = math.isqrt(len(read))
    image = side > 1 and side * side == len(read)
    text = (
        f"{np.count_nonzero(read):,} of {len(read):,} inputs are read; "
        f"the darkest {read.max():,} times."
    )
    if not image:
        text += " One column an input."
    title = "Inputs by how often what stands behind the encoder reads them"
    found = [_map(title, read.reshape(side, side) if image else read[None], text)]
    for number, (layer, pairs) in enumerate(zip(network.layers, connections(network), strict=True)):
        columns, rows = (each.count for each in network.elements[number : number + 2])
        text = f"{len(pairs):,} connections that matter, of {rows:,} elements to {columns:,}."
        if max(rows, columns) > _FIELDS:
            text += " A field stands for several elements."
        title = f"Layer {number}, {layer.kind}: a row an element, a column an element before"
        found.append(_map(title, binned(pairs, rows, columns, _FIELDS), text))
    return found


def _map(title, values, text):
    """Return a picture of counts, an array of two dimensions: the more, the darker."""
    rows, columns = values.shape
    scale = max(1, min(24, _SIDE // max(rows, columns)))
    shade = -(-values * _SHADES // max(1, values.max()))
    # a field of a single row is as high as a line of text
    height = 1 if rows > 1 else max(1, 16 // scale)
    return {
        "title": title,
        "text": text,
        "scale": scale,
        "width": columns * scale,
        "height": rows * height * scale,
        "shades": [
            {
                "opacity": round(each / _SHADES, 2),
                "path": "".join(
                    f"M{x} {y}h1v{height}h-1z" for y, x in np.argwhere(shade == each).tolist()
                ),
            }
            for each in range(1, _SHADES + 1)
            if (shade == each).any()
        ],
    }


def _plot(points):
    """Return points, line and marks of accuracy against look-up tables, in pixels."""
    sizes = [math.log10(max(1, each.lut6)) for each in points]
    low, high = math.floor(min(sizes)), max(math.ceil(max(sizes)), math.floor(min(sizes)) + 1)
    least = math.floor(min(each.accuracy for each in points))
    most = max(math.ceil(max(each.accuracy for each in points)), least + 1)

    def place(point):
        x = (math.log10(max(1, point.lut6)) - low) / (high - low) * _WIDTH
        return round(x, 1), round((most - point.accuracy) / (most - least) * _HEIGHT, 1)

    line = ""
    for each in front(points):
        x, y = place(each)
        line += f"H{x}V{y}" if line else f"M{x} {y}"
    step = max(1, round((most - least) / 8))
    return {
        "title": "Accuracy on the test vectors, in percent, against look-up tables",
        "width": _WIDTH,
        "height": _HEIGHT,
        "front": line,
        "points": [_shown(each, *place(each)) for each in points],
        "x_marks": [
            {"place": round((each - low) / (high - low) * _WIDTH, 1), "label": f"{10**each:,}"}
            for each in range(low, high + 1)
        ],
        "y_marks": [
            {"place": round((most - each) / (most - least) * _HEIGHT, 1), "label": each}
            for each in range(least, most + 1, step)
        ],
    }


def _shown(point, x, y):
    ours = point.how != "published"
    color = _BLUE if ours else _GRAY
    filled = point.how == "measured" if ours else point.complete
    return {
        "x": x,
        "y": y,
        "color": color,
        "fill": color if filled else _WHITE,
        "name": printable(point.name),
        "accuracy": f"{point.accuracy:.2f}" if ours else f"{point.accuracy:g}",
        "lut6": f"{point.lut6:,}",
        "how": point.how,
        "source": point.source,
    }
