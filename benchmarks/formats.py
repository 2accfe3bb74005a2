"""Rates of encoding and decoding number formats, next to ml_dtypes in the same run.

``python benchmarks/formats.py [--json] [--elements N] [--repeats N] [FORMAT ...]``

Each rate is the best of a few repeats over one array of normal random numbers, in one process that
computes on one core. Encoding starts from float32 and from float64, decoding ends in float64;
ml_dtypes does the same by ``astype``. A dash means that ml_dtypes does not have the format.
"""

import argparse
import json
import platform
import sys
import time

import ml_dtypes
import numpy as np

from hwgen import __version__, formats
from hwgen.errors import HwgenError

FORMATS = ("e5m2", "e4m3", "e3m2", "e2m3", "e2m1", "e8m0", "int8", "q1.6", "fp16", "bf16", "tf32")
ML_DTYPES = {
    "e5m2": ml_dtypes.float8_e5m2,
    "e4m3": ml_dtypes.float8_e4m3fn,
    "e3m2": ml_dtypes.float6_e3m2fn,
    "e2m3": ml_dtypes.float6_e2m3fn,
    "e2m1": ml_dtypes.float4_e2m1fn,
    "e8m0": ml_dtypes.float8_e8m0fnu,
    "bf16": ml_dtypes.bfloat16,
    "fp16": np.float16,
}
COLUMNS = ("encode float32", "encode float64", "decode")
TARGETS = {"encode float32": 50, "encode float64": 50, "decode": 100}
TARGET_WIDTH = 8


def rate(action, elements, repeats):
    """Return the best rate of ``action`` in million elements a second, after one warm-up."""
    action()
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return round(elements / best / 1e6, 1)


def measure(name, elements, repeats):
    """Return ``{column: {"hwgen": rate, "ml_dtypes": rate or None}}`` for one format."""
    format, dtype = formats.parse(name), ML_DTYPES.get(name)
    wide = np.random.default_rng(0).standard_normal(elements)
    narrow = wide.astype(np.float32)
    codes = format.encode(narrow)
    ours = (
        lambda: format.encode(narrow),
        lambda: format.encode(wide),
        lambda: format.decode(codes),
    )
    theirs = (None, None, None)
    if dtype is not None:
        theirs = (
            lambda: narrow.astype(dtype),
            lambda: wide.astype(dtype),
            lambda: codes.view(dtype).astype(np.float64),
        )
    return {
        column: {
            "hwgen": rate(our, elements, repeats),
            "ml_dtypes": None if their is None else rate(their, elements, repeats),
        }
        for column, our, their in zip(COLUMNS, ours, theirs, strict=True)
    }


def machine():
    """Return the processor and the versions that the rates depend on."""
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            models = [line.partition(":")[2].strip() for line in lines if "model name" in line]
        processor = models[0] if models else processor
    except OSError:
        pass
    return {
        "processor": processor,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "ml_dtypes": ml_dtypes.__version__,
        "hwgen": __version__,
    }


def targets_missed(rows):
    """Return ``["format column", ...]`` below the target for formats of at most 8 bits."""
    return [
        f"{row['format']} {column}"
        for row in rows
        for column, target in TARGETS.items()
        if row["width"] <= TARGET_WIDTH and row["rates"][column]["hwgen"] < target
    ]


def show(report):
    """Print the report as a table."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    title = f"Million elements a second ({report['elements']:,} elements)"
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=0)
    table.add_column("format")
    table.add_column("bits", justify="right")
    for column in COLUMNS:
        table.add_column(column, justify="right")
        table.add_column("ml_dtypes", justify="right", style="dim", min_width=9)
    for row in report["rows"]:
        cells = []
        for column in COLUMNS:
            pair = row["rates"][column]
            cells += ["-" if value is None else f"{value:,.0f}" for value in pair.values()]
        table.add_row(row["format"], str(row["width"]), *cells)
    console = Console()
    console.print(table)
    console.print(", ".join(f"{name} {value}" for name, value in report["machine"].items()))
    missed = ", ".join(report["targets_missed"]) or "none"
    console.print(f"Below 50 (encode) or 100 (decode) at {TARGET_WIDTH} bits or fewer: {missed}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="*", default=FORMATS, metavar="FORMAT")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--elements", type=int, default=1 << 22, help="default: %(default)s")
    parser.add_argument("--repeats", type=int, default=5, help="default: %(default)s")
    options = parser.parse_args(arguments)
    if options.elements < 1 or options.repeats < 1:
        parser.error("--elements and --repeats must be at least 1")
    try:
        known = [formats.parse(name) for name in options.formats]
    except HwgenError as error:
        parser.error(str(error))
    blocks = [each.name for each in known if isinstance(each, formats.BlockFormat)]
    if blocks:
        parser.error(f"formats must be scalar, not {', '.join(blocks)}")
    rows = [
        {
            "format": each.name,
            "width": each.width,
            "rates": measure(each.name, options.elements, options.repeats),
        }
        for each in known
    ]
    report = {
        "schema": "hwgen-benchmark-formats/1",
        "unit": "million elements per second, one core",
        "machine": machine(),
        "elements": options.elements,
        "rows": rows,
        "targets_missed": targets_missed(rows),
    }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        show(report)
    return 5 if report["targets_missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
