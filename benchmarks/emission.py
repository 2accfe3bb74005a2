"""How long emission takes: ``python benchmarks/emission.py [--json] [--synthesis]``.

Each figure is the wall-clock time of ``hwgen emit`` as a process, test bench included: the best of
several runs, since anything else that the machine does only adds to it. Exits with 1 when a core
takes longer, or its Verilog is larger, than it may. With ``--synthesis`` Yosys makes an ECP5
netlist of the large network as well (some gigabytes, about a quarter of an hour);
``--only-network`` leaves the other cores out.
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
SYNTHESIS_SECONDS = 1800.0
SYNTHESIS_MEMORY = 8_000_000_000

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


def large_network(folder):
    """Write a network of ten thousand tables of twelve inputs; return its file.

    Each is a neuron that compares a weighted sum of bits; random tables would be larger.
    """
    import numpy as np

    from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer
    from hwgen.formats.lut_network_file import network_bytes

    rng = np.random.default_rng(1)
    weights = rng.normal(size=(TABLES, 12))
    bits = np.arange(1 << 12)[:, None] >> np.arange(12) & 1
    tables = (weights @ bits.T > weights.sum(axis=1, keepdims=True) / 2).astype(np.uint8)
    inputs = np.stack([rng.permutation(256)[:12] for _ in range(TABLES)])
    sums = SumLayer(np.arange(TABLES), np.arange(0, TABLES + 1, TABLES // 10))
    network = LutNetwork(Elements(256, 1), (TableLayer(inputs, tables, 1), sums))
    path = Path(folder) / "tables.safetensors"
    path.write_bytes(network_bytes(network))
    return path


def measure_network():
    """Return the row of a large network; memory is that of the largest process."""
    with tempfile.TemporaryDirectory() as folder:
        core = f"lutnet --net {large_network(folder)} --mapping none"
        seconds, size = measure(core, 1)
    return _network_row("", seconds, size, TABLES_SECONDS, TABLES_MEMORY)


def measure_synthesis():
    """Return the row of synthesis of the large network for ECP5."""
    from hwgen import catalogue
    from hwgen.flow.emit import emit
    from hwgen.flow.synthesise import synthesise

    core = catalogue.get("lutnet")
    with tempfile.TemporaryDirectory() as folder:
        config = core.configure({"net": str(large_network(folder)), "mapping": "none"})
        emitted = emit(core, config, folder)
        found = synthesise([emitted.verilog], emitted.module, "ecp5", Path(folder) / "netlist")
        size = found.netlist.stat().st_size
    print(f"{found.counts.lut_equivalents:,} LUT4 equivalents", file=sys.stderr)
    return _network_row(", synthesis", found.seconds, size, SYNTHESIS_SECONDS, SYNTHESIS_MEMORY)


def _network_row(what, seconds, size, most_seconds, most_memory):
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return {
        "core": f"lutnet, {TABLES:,} tables of 12 inputs --mapping none{what}",
        **{"seconds": seconds, "bytes": size, "memory": memory},
        **{"most_seconds": most_seconds, "most_bytes": None, "most_memory": most_memory},
        "met": seconds < most_seconds and memory < most_memory,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--repeats", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--synthesis", action="store_true", help="of the large network as well")
    parser.add_argument("--only-network", action="store_true", help="no other core")
    options = parser.parse_args()
    rows = []
    for core, most_seconds, most_bytes in () if options.only_network else CASES:
        seconds, size = measure(core, options.repeats)
        met = seconds < most_seconds and (most_bytes is None or size < most_bytes)
        limits = {"most_seconds": most_seconds, "most_bytes": most_bytes}
        rows.append({"core": core, "seconds": seconds, "bytes": size, **limits, "met": met})
    rows.append(measure_network())
    if options.synthesis:
        rows.append(measure_synthesis())
    if options.json:
        print(json.dumps({"schema": "hwgen-benchmark-emission/1", "rows": rows}, indent=2))
    else:
        for row in rows:
            limit = f"{row['most_seconds']:g} s"
            limit += f", {row['most_bytes']:,} bytes" if row["most_bytes"] else ""
            if "memory" in row:
                limit += f", {row['most_memory']:,} bytes of memory (took {row['memory']:,})"
            verdict = "met" if row["met"] else "missed"
            print(f"{row['seconds']:6.2f} s {row['bytes']:9,} bytes  {row['core']}")
            print(f"{'':26}may take {limit}: {verdict}")
    return 0 if all(row["met"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
