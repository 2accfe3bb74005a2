"""Draw accuracy against look-up tables of networks for MNIST: ours, and published ones.

``python benchmarks/lutnet_picture.py`` writes ``docs/images/lutnet-pareto.svg`` from the figures of
the last benchmark, ``docs/benchmarks/lutnet.json``, and from ``hwgen/lutnet/published.json``.
"""

import json
from pathlib import Path

from hwgen.lutnet.pareto import front, points

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "benchmarks" / "lutnet.json"
PICTURE = ROOT / "docs" / "images" / "lutnet-pareto.svg"
SET = "mnist"


def found_points():
    """Return the `Point` list of the picture."""
    rows = [row for row in json.loads(FIGURES.read_text()) if row["set"] == SET]
    ours = [(row["name"], row["accuracy"], row["lut6"], "measured") for row in rows]
    return points(ours, SET)


def draw(found, path):
    """Draw points and their front."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "hwgen", "svg.fonttype": "none"}
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(7.5, 4.5), layout="constrained")
    edge = front(found)
    axis.step(
        [each.lut6 for each in edge],
        [each.accuracy for each in edge],
        ":",
        where="post",
        color="#666666",
    )
    for point in found:
        color = "C0" if point.how == "measured" else "#8a95a1"
        face = color if point.complete else "none"
        axis.scatter(point.lut6, point.accuracy, edgecolor=color, facecolor=face)
        axis.annotate(
            point.name,
            (point.lut6, point.accuracy),
            xytext=(5, 4),
            textcoords="offset points",
            fontsize=7,
            rotation=20,
        )
    axis.set(xscale="log", xlim=(400, 1_000_000))
    axis.set_xlabel("look-up tables of six inputs")
    axis.set_ylabel("test accuracy, percent")
    axis.grid(alpha=0.3)
    temporary = path.with_name(f"partial-{path.name}")
    figure.savefig(temporary, metadata={"Date": None})
    pyplot.close(figure)
    temporary.replace(path)


if __name__ == "__main__":
    draw(found_points(), PICTURE)
