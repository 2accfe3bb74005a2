"""const-matvec beside da4ml: look-up tables for the same matrix, both synthesised in this run.

Run ``python benchmarks/const_matvec.py`` (half an hour on two cores; needs the extra ``bench``),
or some rows: ``--shape 16x16 --fabric ecp5``. ``--write`` puts the table into
``docs/benchmarks/const-matvec.md``. Both take int8 vectors and give exact products; the same
options of the same Yosys apply to both. Our figure includes the stream's output registers; the
other's combinational circuit has none. Finished designs are kept in the build cache.
"""

import json
import os
import platform
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).parents[1]
# the larger matrix on one fabric only: the mapper of the other takes an hour for each row
CASES = (((16, 16), "ecp5"), ((16, 16), "ultrascale_plus"), ((32, 64), "ecp5"))
# ABC9 takes an hour for the larger matrix, and gains neither side anything in the smaller one
MAPPING = {"ecp5": ("noabc9",), "ultrascale_plus": ()}
SEED = 1
# what the other generator calls the delay of a stage, and our clock that gives as many stages
LATENCY_CUTOFF = 5
PIPELINED_FREQUENCY = 150
AREA_WANTED = 1.0
SECONDS_WANTED = 20.0


def cpu_seconds():
    """Return the CPU time of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def matrix_name(shape):
    """Return the name of the matrix in our config; rows are outputs."""
    return f"random-int8/{shape[0]}x{shape[1]}/{SEED}"


def our_verilog(shape, fabric, frequency, folder):
    """Return (Verilog files, top module, latency, CPU seconds that generating took)."""
    from hwgen import catalogue
    from hwgen.flow.emit import emit

    core = catalogue.get("const-matvec")
    options = {"matrix": matrix_name(shape), "target": fabric, "freq": frequency}
    start = cpu_seconds()
    emitted = emit(core, core.configure(options), folder)
    return [emitted.verilog], emitted.module, emitted.latency, cpu_seconds() - start


def peer_verilog(shape, cutoff, folder):
    """Return the same of da4ml's own Verilog for the same matrix."""
    from da4ml.cmvm import QInterval, solve
    from da4ml.codegen import VerilogModel
    from da4ml.trace import FixedVariable, comb_trace
    from hwgen.cores.fixed.matrix_file import read_matrix

    weights = read_matrix(matrix_name(shape))
    start = cpu_seconds()
    columns = shape[1]
    solution = solve(
        weights.T.astype(np.float32), qintervals=[QInterval(-128.0, 127.0, 1.0)] * columns
    )
    inputs = [FixedVariable(-128, 127, 1) for _ in range(columns)]
    logic = comb_trace(inputs, list(solution(np.array(inputs))))
    model = VerilogModel(logic, "peer", folder, latency_cutoff=cutoff, print_latency=False)
    model.write()
    seconds = cpu_seconds() - start
    source = Path(folder) / "src"
    files = sorted(each for each in source.glob("*.v") if "wrapper" not in each.name)
    text = "".join(each.read_text() for each in files)
    # only the library modules in use: Yosys does not read the one for tables without parameters
    files += sorted(each for each in source.glob("static/*.v") if f" {each.stem} #(" in text)
    return files, "peer", len(list(source.glob("peer_stage*.v"))), seconds


def count(files, top, fabric):
    """Return the cells of a design; kept in the build cache, as a large one takes long."""
    from hwgen.flow.cache import digest, stage
    from hwgen.flow.synthesise import synthesise
    from hwgen.tools import find

    flags = MAPPING[fabric]

    def synthesised(folder):
        counts = synthesise(files, top, fabric, folder, options=flags).counts
        return {"lut": counts.lut_equivalents, "carry": counts.carry, "ff": counts.ff}

    texts = [digest(each.read_text()) for each in files]
    key = [texts, top, fabric, flags, find("yosys").version]
    return stage("const-matvec", key, synthesised).result


def measure(shape, fabric, pipelined):
    """Return both sides' figures of one row."""
    row = {"rows": shape[0], "columns": shape[1], "fabric": fabric, "pipelined": pipelined}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        sides = {
            "ours": our_verilog(
                shape, fabric, PIPELINED_FREQUENCY if pipelined else None, folder / "ours"
            ),
            "peer": peer_verilog(shape, LATENCY_CUTOFF if pipelined else -1, folder / "peer"),
        }
        for side, (files, top, latency, seconds) in sides.items():
            cells = count(files, top, fabric)
            row[side] = {**cells, "latency": latency, "seconds": round(seconds, 1)}
    row["ratio"] = row["ours"]["lut"] / row["peer"]["lut"]
    return row


def markdown(results):
    """Return the table of results."""
    lines = [
        "| W | fabric | pipelined | LUT | da4ml | ratio | carry cells | da4ml | FF | da4ml "
        "| latency | da4ml | CPU s | da4ml |",
        "|" + "---|" * 14,
    ]
    for row in results:
        ours, peer = row["ours"], row["peer"]
        cells = [
            f"{row['rows']}x{row['columns']}",
            row["fabric"],
            "yes" if row["pipelined"] else "no",
        ]
        cells += [ours["lut"], peer["lut"], f"{row['ratio']:.2f}"]
        for name in ("carry", "ff", "latency", "seconds"):
            cells += [ours[name], peer[name]]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def provenance():
    """Return the lines that name the matrices, the tools and the machine."""
    from importlib.metadata import version

    from hwgen.tools import find

    return (
        f"Entries from numpy.random.default_rng({SEED}), 8 bits; LUT: on ECP5 LUT4 + 2 CCU2C.\n"
        f"Pipelined: freq={PIPELINED_FREQUENCY} against latency_cutoff={LATENCY_CUTOFF}.\n"
        f"da4ml {version('da4ml')}, yosys {find('yosys').version} with -nowidelut, ABC; "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}."
    )


def write(results):
    """Put the rows into the documentation beside those of earlier runs, and their figures."""
    from pages import earlier_figures, write_figures, write_table

    page = ROOT / "docs" / "benchmarks" / "const-matvec.md"
    found = {_key(each): each for each in earlier_figures(page) + results}
    results = [found[key] for key in sorted(found)]
    write_table(page, "const-matvec", f"{markdown(results)}\n\n{provenance()}")
    write_figures(page, results)


def _key(row):
    return row["rows"], row["columns"], row["fabric"], row["pipelined"]


@click.command()
@click.option("--shape", "shapes", multiple=True, help="Only these shapes, as 16x16.")
@click.option("--fabric", "fabrics", multiple=True, help="Only these fabrics.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--write", "write_docs", is_flag=True, help="Rewrite docs/benchmarks/const-matvec.md."
)
def main(shapes, fabrics, as_json, write_docs):
    """Measure const-matvec against da4ml; exit with 5 if a bar is missed."""
    results = []
    for shape, fabric in CASES:
        if shapes and f"{shape[0]}x{shape[1]}" not in shapes:
            continue
        if fabrics and fabric not in fabrics:
            continue
        for pipelined in (False, True):
            results.append(measure(shape, fabric, pipelined))
            print(markdown(results[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
            if write_docs:
                write(results)
    print(json.dumps(results, indent=1) if as_json else f"{markdown(results)}\n\n{provenance()}")
    missed = [
        f"{each['rows']}x{each['columns']} {each['fabric']}"
        for each in results
        if each["ratio"] > AREA_WANTED or each["ours"]["seconds"] > SECONDS_WANTED
    ]
    if missed:
        print(f"bar missed: {', '.join(missed)}", file=sys.stderr)
        sys.exit(5)


if __name__ == "__main__":
    main()
