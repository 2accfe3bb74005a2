"""The trained networks of look-up tables of this repository beside published ones.

Run ``python benchmarks/lutnet.py --data FOLDER`` (about half an hour on two cores), where FOLDER
has a folder for each set, ``mnist`` and ``nslkdd``, with its files; ``--write`` puts the tables
into ``docs/benchmarks/lutnet.md``, and draws its picture. Every figure of ours counts everything
from the integers of the data to the number of the class; LUT6 are those of the smaller of two
syntheses, without and with the multiplexers MUXF7 and MUXF8 that Yosys finds itself. Accuracy is
that of all test vectors through the compiled Verilog, and through the netlist that synthesis makes
of it for ECP5; both must agree with the tables on each. Exits with 5 where a network for MNIST of
96 % or more is not smaller than the smallest published one of its kind, PolyLUT-Add.
"""

import json
import platform
import sys
import tempfile
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
NETWORKS = ROOT / "examples" / "lutnet"
FREQUENCY = 100
SEEDS = (1, 2, 3)
TITLES = {
    "mnist": "MNIST, 10,000 test images:",
    "nslkdd": "NSL-KDD, normal or attack, 22,544 test connections:",
}
LUTS_TO_BEAT = 14810
ACCURACY_OF_BAR = 96.0


def accuracy(path, data):
    """Return percent of the test vectors that the circuit classifies right."""
    from hwgen.formats.lut_network_file import read_network, read_network_facts
    from hwgen.lutnet.circuit import classes_by_circuit
    from hwgen.lutnet.config import data_options
    from hwgen.lutnet.data import read_data
    from hwgen.lutnet.evaluation import accuracy, classes_by_table

    found = read_data(data_options(read_network_facts(path), path), data)
    classes = classes_by_table(read_network(path), found.test)
    for netlist in (False, True):
        assert (classes_by_circuit(path, found.test, netlist=netlist) == classes).all()
    return accuracy(classes, found.test_classes)


def luts(path, fabric, options=()):
    """Return the LUT6 of a network without registers but those of the output stream."""
    from hwgen import catalogue
    from hwgen.flow.cache import digest, stage
    from hwgen.flow.emit import emit
    from hwgen.flow.synthesise import synthesise
    from hwgen.tools import find

    core = catalogue.get("lutnet")
    with tempfile.TemporaryDirectory() as folder:
        emitted = emit(core, core.configure({"net": str(path), "target": fabric}), folder)
        key = [digest(emitted.verilog.read_text()), fabric, options, find("yosys").version]

        def synthesised(work):
            found = synthesise([emitted.verilog], emitted.module, fabric, work, options=options)
            return {"lut": found.counts.lut}

        return stage("lutnet", key, synthesised).result["lut"]


def data_set(path):
    """Return the name of the data set of a network."""
    from hwgen.formats.lut_network_file import read_network_facts

    return read_network_facts(path)["data"]["name"]


def measure(path, data):
    """Return the figures of one network."""
    from measured import figures

    options = {"net": str(path), "freq": FREQUENCY}
    return {
        "name": path.stem,
        "set": data_set(path),
        "accuracy": accuracy(path, data),
        "lut6": min(luts(path, "ultrascale_plus", each) for each in ((), ("widelut",))),
        "ecp5": figures("lutnet", options, seeds=SEEDS),
    }


def markdown(results):
    """Return a table of our networks, and of published ones, for every data set."""
    return "\n\n".join(
        each
        for name, title in TITLES.items()
        if (rows := [row for row in results if row["set"] == name])
        for each in (title, ours(rows), *beside(name))
    )


def ours(results):
    """Return the table of our networks for one data set."""
    lines = [
        "| network | test accuracy % | LUT6 | ECP5 LUT4 eq. | FF | latency | Fmax MHz |",
        "|" + "---|" * 7,
    ]
    for row in results:
        ecp5 = row["ecp5"]
        cells = [f"`{row['name']}`", f"{row['accuracy']:.2f}", f"{row['lut6']:,}"]
        cells += [f"{ecp5['comb']:,}", f"{ecp5['ff']:,}", ecp5["latency"], f"{ecp5['fmax']:.0f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def beside(name):
    """Return a list of the table of published networks for a data set; empty if there are none."""
    from hwgen.lutnet.published import published

    rows = []
    for row in published(name):
        mhz, ns = ("" if each is None else f"{each:g}" for each in (row.mhz, row.ns))
        rows.append(f"| {row.name} | {row.accuracy:g} | {row.lut6:,} | {mhz} | {ns} | {row.note} |")
    heads = ["| published | accuracy % | LUT6 | MHz | ns | |", "|" + "---|" * 6]
    return ["\n".join(heads + rows)] if rows else []


def provenance():
    """Return the lines that name devices, tools and the machine."""
    from measured import versions

    return (
        "LUT6: UltraScale+, Yosys synth_xilinx, encoder and class included, no registers but\n"
        f"those of the output. ECP5-85F: freq={FREQUENCY}, out of context, median of seeds "
        f"{', '.join(map(str, SEEDS))};\n{', '.join(versions())};\n"
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}. "
        "Published figures: Vivado, out of context,\n"
        "xcvu9p unless a note or the paper says otherwise."
    )


def write(results):
    """Put the rows into the documentation beside those of earlier runs; write figures, picture."""
    from lutnet_picture import PICTURE, draw, found_points
    from pages import earlier_figures, write_figures, write_table

    page = ROOT / "docs" / "benchmarks" / "lutnet.md"
    found = {each["name"]: each for each in earlier_figures(page) + results}
    results = sorted(found.values(), key=lambda each: each["lut6"])
    write_table(page, "lutnet", f"{markdown(results)}\n\n{provenance()}")
    write_figures(page, results)
    draw(found_points(), PICTURE)


@click.command()
@click.option("--set", "sets", type=click.Choice(list(TITLES)), multiple=True, help="Only these.")
@click.option("--data", required=True, metavar="FOLDER", help="Folder of the sets' folders.")
@click.option("--net", "names", multiple=True, help="Only these networks, as mnist-500.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--write", "write_docs", is_flag=True, help="Rewrite docs/benchmarks/lutnet.md.")
def main(sets, data, names, as_json, write_docs):
    """Measure the trained networks; exit with 5 if a bar is missed."""
    results = []
    for path in sorted(NETWORKS.glob("*.safetensors")):
        name = data_set(path)
        if name not in (sets or TITLES) or (names and path.stem not in names):
            continue
        results.append(measure(path, Path(data) / name))
        print(ours(results[-1:]).splitlines()[2], file=sys.stderr, flush=True)
        if write_docs:
            write(results)
    print(json.dumps(results, indent=1) if as_json else f"{markdown(results)}\n\n{provenance()}")
    missed = [
        each["name"]
        for each in results
        if each["set"] == "mnist"
        and each["accuracy"] >= ACCURACY_OF_BAR
        and each["lut6"] >= LUTS_TO_BEAT
    ]
    if missed:
        print(f"bar missed: {', '.join(missed)}", file=sys.stderr)
        sys.exit(5)


if __name__ == "__main__":
    main()
