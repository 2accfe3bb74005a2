"""Area, Fmax and latency of every core over ``--freq``: the plots of the reference pages.

``python benchmarks/frequency_sweep.py --write`` measures each core of the catalogue (or those
named with ``--core``) in one configuration at several frequencies, and writes
``docs/benchmarks/sweep/<core>.json`` and ``<core>.svg``. Finished points are kept in the build
cache. The configuration is the core's default, or the one of ``CONFIGURATIONS`` where the default
is too large to show anything.
"""

import json
import sys
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "benchmarks" / "sweep"
FREQUENCIES = (None, 50, 100, 150, 200, 250)
SEEDS = (1,)
CONFIGURATIONS = {
    "float-accumulate": {"fmt": "e4m3"},
    "float-dot": {"fmt": "e4m3", "k": 4},
    "mx-dot": {"fmt": "mxfp4/32"},
    "mx-matmul": {"fmt": "mxfp4", "rows": 2, "columns": 2},
    **{f"mx-{name}": {"lanes": 4} for name in ("add", "convert", "dequantise", "mul", "quantise")},
}


def sweep(name):
    """Return the points of one core, slowest first; a frequency out of reach is left out."""
    from measured import figures

    from hwgen.errors import UsageError

    options = CONFIGURATIONS.get(name, {})
    points = []
    for freq in FREQUENCIES:
        wanted = {**options, "freq": freq}
        try:
            found = figures(name, wanted, seeds=SEEDS)
        except UsageError as error:
            print(f"{name} at {freq} MHz: {error}", file=sys.stderr)
            continue
        points.append({"freq": freq, **found})
        print(f"{name} {points[-1]}", file=sys.stderr, flush=True)
    return {"core": name, "options": options, "points": points}


def plot(document, path):
    """Draw area, Fmax and latency over the requested frequency."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "hwgen", "svg.fonttype": "none"}
    from matplotlib import pyplot

    points = document["points"]
    places = range(len(points))
    labels = ["none" if each["freq"] is None else f"{each['freq']:g}" for each in points]
    figure, axes = pyplot.subplots(1, 3, figsize=(9, 2.6), layout="constrained")
    for axis, key, title in zip(
        axes,
        ("comb", "fmax", "latency"),
        ("LUT4 equivalents", "Fmax, MHz", "latency, cycles"),
        strict=True,
    ):
        axis.plot(places, [each[key] for each in points], marker="o", color="#20639b")
        axis.set_xticks(places, labels)
        axis.set_ylim(bottom=0)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("--freq")
        axis.grid(alpha=0.3)
    wanted = [(place, each["freq"]) for place, each in zip(places, points, strict=True)]
    wanted = [each for each in wanted if each[1] is not None]
    axes[1].plot(*zip(*wanted, strict=True), linestyle=":", color="#999999")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def write(document):
    """Write the figures and the plot of one core."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    target = FOLDER / f"{document['core']}.json"
    for path, make in (
        (target, lambda path: path.write_text(json.dumps(document, indent=1) + "\n")),
        (target.with_suffix(".svg"), lambda path: plot(document, path)),
    ):
        temporary = path.with_name(f"partial-{path.name}")
        make(temporary)
        temporary.replace(path)


@click.command()
@click.option("--core", "names", multiple=True, help="Only these cores.")
@click.option("--write", "write_docs", is_flag=True, help="Rewrite docs/benchmarks/sweep.")
def main(names, write_docs):
    """Measure the cores over --freq."""
    from measured import provenance

    from hwgen import catalogue

    for name in names or catalogue.names():
        document = {**sweep(name), "measured": provenance(SEEDS)}
        if write_docs:
            write(document)
        else:
            print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
