"""How long emission takes: ``python benchmarks/emission.py [--json] [--synthesis]``.

Each figure is the wall-clock time of ``hwgen emit`` as a process, test bench included: the best of
several runs, since anything else that the machine does only adds to it. Exits with 1 when a core
takes longer, or its Verilog is larger, than it may. With ``--synthesis`` Yosys makes an ECP5
netlist of the large network as well, which takes some gigabytes; ``--only-network`` leaves the
other cores out, ``--tables`` makes the network smaller. Rows of the network have processor seconds
beside the wall clock's, for a machine that does other things.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DOT_SECONDS = 3.0
MATMUL_SECONDS = 20.0
MATMUL_BYTES = 1_000_000
TABLES = 10_000
TABLES_SECONDS = 120.0
TABLES_MEMORY = 2_000_000_000
SYNTHESIS_SECONDS = 7200.0
SYNTHESIS_MEMORY = 16_000_000_000

_FORMATS = ("mxfp8-e5m2", "mxfp8-e4m3", "mxfp6-e3m2", "mxfp6-e2m3", "mxfp4", "mxint8")
_SQUARE = "mx-matmul --fmt mxfp4 --rows 32 --columns 32 --freq 100"
CASES = (
    *((f"mx-dot --fmt {fmt} --k 32 --freq 100", DOT_SECONDS, None) for fmt in _FORMATS),
    (_SQUARE, MATMUL_SECONDS, MATMUL_BYTES),
    (f"{_SQUARE} --dataflow weight-stationary", MATMUL_SECONDS, MATMUL_BYTES),
)


def measure(core, repeats):
    """Return (best wall-clock seconds, bytes of Verilog) of ``hwgen emit --core <core>``."""
    program = Path(sys.executable).with_name("hwgen")
    seconds = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            command = [program, "emit", "--core", *core.split(), "--output", folder]
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - start)
            size = (Path(folder) / f"{core.split()[0].replace('-', '_')}.v").stat().st_size
    return min(seconds), size


def large_network(folder, tables=TABLES):
    """Write a network of many tables of twelve inputs, ten sums; return its file.

    Each is a neuron that compares a weighted sum of bits; random tables would be larger.
    """
    import numpy as np

    from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer
    from hwgen.formats.lut_network_file import network_bytes

    rng = np.random.default_rng(1)
    weights = rng.normal(size=(tables, 12))
    bits = np.arange(1 << 12)[:, None] >> np.arange(12) & 1
    entries = (weights @ bits.T > weights.sum(axis=1, keepdims=True) / 2).astype(np.uint8)
    inputs = np.stack([rng.permutation(256)[:12] for _ in range(tables)])
    sums = SumLayer(np.arange(tables), np.linspace(0, tables, 11).astype(int))
    network = LutNetwork(Elements(256, 1), (TableLayer(inputs, entries, 1), sums))
    path = Path(folder) / "tables.safetensors"
    path.write_bytes(network_bytes(network))
    return path


def measure_network(tables=TABLES):
    """Return the row of a large network; memory is that of the largest process."""
    with tempfile.TemporaryDirectory() as folder:
        core = f"lutnet --net {large_network(folder, tables)} --mapping none"
        before = _processor_seconds()
        seconds, size = measure(core, 1)
    row = {"core": f"lutnet, {tables:,} tables of 12 inputs --mapping none", "bytes": size}
    return row | _taken(seconds, before, TABLES_SECONDS, TABLES_MEMORY)


def measure_synthesis(tables=TABLES):
    """Return the row of synthesis of the large network for ECP5; bytes are the netlist's."""
    from hwgen import catalogue
    from hwgen.flow.emit import emit
    from hwgen.flow.synthesise import synthesise

    core = catalogue.get("lutnet")
    with tempfile.TemporaryDirectory() as folder:
        options = {"net": str(large_network(folder, tables)), "mapping": "none"}
        emitted = emit(core, core.configure(options), folder)
        before = _processor_seconds()
        found = synthesise([emitted.verilog], emitted.module, "ecp5", Path(folder) / "netlist")
        size = found.netlist.stat().st_size
    name = f"the same, synthesis for ECP5: {found.counts.lut_equivalents:,} LUT4 equivalents"
    row = {"core": name, "bytes": size}
    return row | _taken(found.seconds, before, SYNTHESIS_SECONDS, SYNTHESIS_MEMORY)


def _processor_seconds():
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def _taken(seconds, before, most_seconds, most_memory):
    """Return what processes since ``before`` have taken, and may take."""
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return {
        "seconds": seconds,
        "processor_seconds": round(_processor_seconds() - before, 1),
        "memory": memory,
        "most_seconds": most_seconds,
        "most_bytes": None,
        "most_memory": most_memory,
        "met": seconds < most_seconds and memory < most_memory,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--repeats", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--synthesis", action="store_true", help="of the large network as well")
    parser.add_argument("--only-network", action="store_true", help="no other core")
    parser.add_argument("--tables", type=int, default=TABLES, help="default: %(default)s")
    options = parser.parse_args()
    rows = []
    for core, most_seconds, most_bytes in () if options.only_network else CASES:
        seconds, size = measure(core, options.repeats)
        met = seconds < most_seconds and (most_bytes is None or size < most_bytes)
        limits = {"most_seconds": most_seconds, "most_bytes": most_bytes}
        rows.append({"core": core, "seconds": seconds, "bytes": size, **limits, "met": met})
    rows.append(measure_network(options.tables))
    if options.synthesis:
        rows.append(measure_synthesis(options.tables))
    if options.json:
        print(json.dumps({"schema": "hwgen-benchmark-emission/1", "rows": rows}, indent=2))
    else:
        for row in rows:
            limit = f"{row['most_seconds']:g} s"
            limit += f", {row['most_bytes']:,} bytes" if row["most_bytes"] else ""
            if "memory" in row:
                limit += f", {row['most_memory']:,} bytes of memory (took {row['memory']:,})"
                limit += f"; {row['processor_seconds']:g} s of processors"
            verdict = "met" if row["met"] else "missed"
            print(f"{row['seconds']:6.2f} s {row['bytes']:9,} bytes  {row['core']}")
            print(f"{'':26}may take {limit}: {verdict}")
    return 0 if all(row["met"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
