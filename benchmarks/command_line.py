"""How long the command line takes to start: ``python benchmarks/command_line.py [--json]``.

Each command is started as a process of its own; the figure is the median of several runs. Exits
with 5 when ``hwgen --help`` takes longer than it may.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

HELP_SECONDS = 0.3
COMMANDS = (
    ("--help",),
    ("build", "--core", "mx-dot", "--help"),
    ("list", "formats"),
    ("show", "format", "fp6"),
    ("show", "core", "mx-dot"),
)


def measure(words, repeats):
    """Return the median wall-clock seconds of ``hwgen`` with ``words``."""
    program = Path(sys.executable).with_name("hwgen")
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([program, *words], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--repeats", type=int, default=9, help="default: %(default)s")
    options = parser.parse_args()
    rows = [
        {"command": " ".join(["hwgen", *words]), "seconds": measure(words, options.repeats)}
        for words in COMMANDS
    ]
    slow = rows[0]["seconds"] > HELP_SECONDS
    if options.json:
        report = {"schema": "hwgen-benchmark-command-line/1", "rows": rows, "help_too_slow": slow}
        print(json.dumps(report, indent=2))
    else:
        for row in rows:
            print(f"{row['seconds']:6.3f} s  {row['command']}")
        print(f"hwgen --help may take {HELP_SECONDS} s: {'missed' if slow else 'met'}")
    return 5 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
