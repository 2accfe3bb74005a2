"""Which low-bit core: area of a multiply-add, storage of a weight and error, in one picture.

``python benchmarks/low_bit_cores.py`` measures cores that multiply stored weights of few bits by
integers, each in one configuration of ``CASES``, without hard multipliers, at the same requested
frequency; the squared error of the weights is that of the quantizer on a seeded normal matrix.
``--write`` rewrites the tables and the picture of ``docs/explanation-low-bit-cores.md``; beside
public designs stand figures of ours that ``operators.py`` and ``blocks.py`` measured. Finished
configurations are kept in the build cache.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation-low-bit-cores.md"
PICTURE = ROOT / "docs" / "images" / "low-bit-cores.svg"
FREQUENCY = 100
SEEDS = (1,)
SHAPE = (1024, 1024)
SEED = 1
_TICKS = (20, 30, 40, 60, 80, 100, 140)
_OWN_GROUP = ("mx", "nvfp4", "ternary")


@dataclass(frozen=True)
class Case:
    """A core beside the quantizer whose weights it takes.

    Parameters
    ----------
    core : str
        Name in the catalogue.
    options : dict
        Of the core, besides frequency and hard multipliers.
    method : str
        Name of the quantizer.
    passes : int
        Clock cycles that a weight takes in its lane.
    """

    core: str
    options: dict
    method: str
    passes: int = 1
    fixed: dict = field(default_factory=lambda: {"freq": FREQUENCY, "dsp": "none"})


# a core without multipliers
_PLAIN = {"freq": FREQUENCY}
CASES = (
    Case("fixed-dot", {"fmt_a": "int8", "fmt_b": "int8", "k": 16}, "int8"),
    Case("fixed-dot", {"fmt_a": "int8", "fmt_b": "int4", "k": 16}, "int4"),
    Case("mx-dot", {"fmt_a": "mxint8/32", "fmt_b": "mxfp4/32", "lanes": 16}, "mxfp4"),
    Case("codebook-dot", {"weights": "bitmod-fp4", "lanes": 16}, "bitmod4"),
    Case(
        "codebook-dot", {"weights": "bitmod-fp4", "lanes": 16, "architecture": "serial"}, "bitmod4"
    ),
    Case(
        "codebook-dot", {"weights": "bitmod-fp3", "lanes": 16, "architecture": "serial"}, "bitmod3"
    ),
    Case("codebook-dot", {"weights": "nf4", "lanes": 16}, "nf4"),
    Case("bitmod-array", {"rows": 2, "columns": 4}, "bitmod4"),
    Case("bitmod-array", {"rows": 2, "columns": 4, "weights": "bitmod-fp3"}, "bitmod3"),
    Case("bitserial-matmul", {"modes": "integers"}, "int4", 32, _PLAIN),
    Case("bitserial-matmul", {"modes": "integers"}, "int2", 16, _PLAIN),
    Case("lut-gemm", {"lanes": 64, "bits": 4}, "bcq4", 4),
    Case("lut-gemm", {"lanes": 64, "bits": 3}, "bcq3", 3),
    Case("lut-gemm", {"lanes": 64, "bits": 2}, "bcq2", 2),
    Case("ternary-matvec", {"columns": 768, "lanes": 32}, "ternary", fixed=_PLAIN),
    Case("ternary-matvec", {"columns": 768, "packing": "tl2"}, "ternary", fixed=_PLAIN),
)


def measure(case):
    """Return the figures of one case."""
    import numpy as np
    from measured import figures

    from hwgen import catalogue
    from hwgen.quant.methods import parse_method

    options = {**case.options, **case.fixed}
    core = catalogue.get(case.core)
    component = core.component(core.configure(options))
    component._MustUse__silence = True
    macs = component.macs_per_cycle / case.passes
    found = figures(case.core, options, seeds=SEEDS)
    group = None if case.method.startswith(_OWN_GROUP) else 128
    matrix = np.random.default_rng(SEED).normal(size=SHAPE)
    quantized = parse_method(case.method, group).quantize(matrix)
    return {
        "core": case.core,
        "options": options,
        "method": case.method,
        "macs": macs,
        **{name: found[name] for name in ("comb", "ff", "bram", "fmax")},
        "lutram": found.get("lutram", 0),
        "area": found["comb"] / macs,
        "bytes": quantized.bits_per_weight / 8,
        "error": quantized.relative_error(matrix),
    }


def table(rows):
    """Return the Markdown table, the smallest multiply-add first."""
    heads = "core | weights | MAC/cycle | LUT4 eq. | FF | RAM | Fmax MHz | LUT4/MAC | bytes/weight"
    heads += " | error"
    lines = [f"| {heads} |", "|" + "---|" * (heads.count("|") + 1)]
    for row in sorted(rows, key=lambda each: each["area"]):
        memory = [f"{row['bram']} EBR"] * bool(row["bram"])
        memory += [f"{row['lutram']} LUT RAM"] * bool(row["lutram"])
        cells = [row["core"], row["method"], f"{row['macs']:g}", row["comb"], row["ff"]]
        cells += [", ".join(memory) or "-", f"{row['fmax']:.0f}", f"{row['area']:.1f}"]
        cells += [f"{row['bytes']:.3f}", f"{row['error']:.4f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def peers_table():
    """Return the Markdown table of public designs beside ours."""
    import yaml

    rows = yaml.safe_load((ROOT / "benchmarks" / "peers.yaml").read_text())["low-bit"]["rows"]
    lines = ["| public design | area | ours | area | ratio |", "|---|---|---|---|---|"]
    for row in rows:
        name, area = _ours(**row["ours"])
        cells = [row["peer"], f"{row['figure']} {row['unit']}", name, area]
        lines.append(f"| {' | '.join(map(str, cells))} | {area / row['figure']:.2f} |")
    return "\n".join(lines)


def _ours(file, **wanted):
    """Return (name, area) of the one row of another benchmark's figures that has these values."""
    rows = json.loads((ROOT / "docs" / "benchmarks" / f"{file}.json").read_text())
    (found,) = [
        each for each in rows if wanted.items() <= {**each, **each.get("options", {})}.items()
    ]
    if file == "blocks":
        return found["block"], found["xilinx7"]["luts"]
    options = " ".join(f"{name}={value}" for name, value in found["options"].items())
    return f"{found['core']} {options}", found["comb"]


def front(rows):
    """Return the rows that no other beats in both area and error, the smallest first."""
    best, found = float("inf"), []
    for row in sorted(rows, key=lambda each: (each["area"], each["error"])):
        if row["error"] < best:
            best = row["error"]
            found.append(row)
    return found


def plot(rows, path):
    """Draw error over area; the size of a point is the storage of a weight."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "hwgen", "svg.fonttype": "none"}
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(7.5, 4.5), layout="constrained")
    names = sorted({row["core"] for row in rows})
    for index, name in enumerate(names):
        mine = [row for row in rows if row["core"] == name]
        axis.scatter(
            [row["area"] for row in mine],
            [row["error"] for row in mine],
            s=[250 * row["bytes"] for row in mine],
            color=f"C{index}",
            alpha=0.7,
            label=name,
        )
    for row in rows:
        axis.annotate(
            row["method"],
            (row["area"], row["error"]),
            xytext=(6, 4),
            textcoords="offset points",
            fontsize=8,
        )
    edge = front(rows)
    axis.plot([row["area"] for row in edge], [row["error"] for row in edge], ":", color="#666666")
    axis.set(xscale="log", yscale="log")
    axis.set_xticks(_TICKS, [str(tick) for tick in _TICKS])
    axis.set_xticks([], minor=True)
    axis.set_xlabel("LUT4 equivalents a multiply-add per clock cycle")
    axis.set_ylabel("squared error of the weights / squared weights")
    axis.grid(alpha=0.3, which="both")
    axis.legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def write(rows):
    """Write the table, the figures and the picture."""
    from measured import provenance
    from pages import write_figures, write_table

    text = f"{table(rows)}\n\n{provenance(SEEDS)}\nError: normal matrix of {SHAPE[0]}x{SHAPE[1]},\n"
    text += f"numpy.random.default_rng({SEED}), groups of 128 where the method has no own."
    write_table(PAGE, "low-bit-cores", text)
    write_table(PAGE, "low-bit-peers", peers_table())
    write_figures(ROOT / "docs" / "benchmarks" / "low-bit-cores.md", rows)
    temporary = PICTURE.with_name(f"partial-{PICTURE.name}")
    plot(rows, temporary)
    temporary.replace(PICTURE)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--write", "write_docs", is_flag=True, help=f"Rewrite docs/{PAGE.name}.")
def main(as_json, write_docs):
    """Measure the cores for weights of few bits."""
    rows = []
    for case in CASES:
        rows.append(measure(case))
        print(f"{case.core} {case.method}", file=sys.stderr, flush=True)
    if write_docs:
        write(rows)
    print(json.dumps(rows, indent=1) if as_json else table(rows))


if __name__ == "__main__":
    main()
