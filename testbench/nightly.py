"""A long random regression: ``python testbench/nightly.py [--seed N] [--minutes M]``.

First ten million random vectors through the cores that most depend on rounding, each night in
another rounding mode; then random configurations of every core, in turn, until the time is over.
Whatever a config refuses must be refused with one line that a person can read.

A failure prints the command that shows it again. The seed of the night is its date, and decides
everything; the same seed goes on where it was interrupted, and tries again what failed. Exits with
3 when anything failed.
"""

import datetime
import json
import shlex
import subprocess
import sys
import tempfile
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from typing import get_args

import click
from hwgen.cores.config import Rounding
from random_configs import InvalidRefusal, command_options, draw_valid

from hwgen import catalogue
from hwgen.errors import UsageError
from hwgen.tools import process

MILLIONS = 10_000_000
VECTORS = 3000
# a random configuration may be larger than a night has time for
MOST_SECONDS = 600

_FLOATS = [
    (core, {"fmt": fmt, "flags": True})
    for fmt in ("fp16", "bf16", "fp32")
    for core in ("float-add", "float-mul", "float-fma")
]
_OTHERS = [
    ("float-convert", {"fmt": "fp32", "out": "fp16", "flags": True}),
    ("float-dot", {"fmt": "bf16", "k": 4, "flags": True}),
    ("fixed-dot", {"fmt": "int8", "k": 8, "out": "q7.4"}),
    ("mx-dot", {"fmt": "mxfp8-e4m3/8"}),
    ("mx-dot", {"fmt": "mxfp4/32", "max_blocks": 16}),
    ("mx-quantise", {"fmt_in": "fp32", "fmt": "mxfp8-e4m3/8"}),
]


def millions(seed):
    """Yield (name of the item, core, options) of the runs of ten million vectors."""
    for position, (core, options) in enumerate(_FLOATS + _OTHERS):
        modes = get_args(Rounding)
        if core == "mx-dot":
            modes = modes[:-1]
        rounding = modes[(seed + position) % len(modes)]
        yield f"millions/{position}", core, {**options, "rounding": rounding}


def configurations(seed, cores):
    """Yield (name of the item, core, seed of its options) without end, the cores in turn."""
    for number in count():
        for core in cores:
            yield f"{core}/{number}", core, f"{seed}/{core}/{number}"


def verify(core, options, vectors, seed):
    """Verify one configuration with a process of its own.

    Returns
    -------
    dict
        The ``command``, its error as ``message``, and ``outcome``: ``passed``; ``refused`` because
        no circuit is fast enough, which a config cannot know; ``large``, not done in time; or
        ``failed``.
    """
    command = ["hwgen", "verify", "--core", core, *command_options(options)]
    command += ["--vectors", str(vectors), "--seed", str(seed), "--tier", "compiled"]
    limit = MOST_SECONDS if vectors < MILLIONS else None
    with tempfile.TemporaryDirectory(prefix="hwgen-nightly-") as folder:
        program = [sys.executable, "-m", *command, "--output", folder]
        try:
            done = process.run(program, cwd=Path.cwd(), limit=limit)
        except subprocess.TimeoutExpired:
            outcome, message = "large", f"takes more than {limit} s"
        else:
            message = _error(done.output) if done.returncode else ""
            slow = done.returncode == UsageError.exit_code and message.startswith("freq must be")
            outcome = "refused" if slow else "failed" if done.returncode else "passed"
    return {"outcome": outcome, "command": shlex.join(command), "message": message}


def _error(output):
    """Return the error that ends an output, or the last line of a traceback."""
    _, mark, error = output.strip().rpartition("hwgen: error: ")
    return error if mark else error.rpartition("\n")[2]


def random_configuration(core, seed):
    """Draw a configuration and verify it; see `verify`."""
    try:
        options, _ = draw_valid(catalogue.get(core), seed)
    except InvalidRefusal as error:
        command = shlex.join(["hwgen", "verify", "--core", core, *command_options(error.options)])
        return {"outcome": "failed", "command": command, "message": str(error)}
    return verify(core, options, VECTORS, zlib.crc32(seed.encode()))


class Record:
    """Results by name of the item, kept in a file of one JSON line each; the last one counts."""

    def __init__(self, path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        self.results = {each["item"]: each for each in map(json.loads, lines)}

    def add(self, item, result):
        """Keep the result of an item."""
        self.results[item] = {"item": item, **result}
        with self.path.open("a") as file:
            file.write(json.dumps(self.results[item]) + "\n")

    def outcome(self, item):
        """Return how an item ended; ``None`` if it has not been tried."""
        return self.results.get(item, {}).get("outcome")

    def count(self, outcome):
        """Return how many items had an outcome."""
        return sum(each["outcome"] == outcome for each in self.results.values())

    @property
    def failures(self):
        """Results of the items that failed."""
        return [each for each in self.results.values() if each["outcome"] == "failed"]


def work(seed, cores, configs, deadline, with_millions):
    """Yield (item, function that gives its result), as long as there is time."""
    for item, core, options in millions(seed) if with_millions else ():
        yield item, lambda core=core, options=options: verify(core, options, MILLIONS, seed)
    for number, (item, core, each) in enumerate(configurations(seed, cores)):
        if number >= configs * len(cores) or time.monotonic() > deadline:
            return
        yield item, lambda core=core, each=each: random_configuration(core, each)


def run(items, record, workers, say):
    """Put all items that have not passed yet through ``workers`` threads."""

    def finish(item, future):
        result = future.result()
        record.add(item, result)
        if result["outcome"] != "passed":
            say(f"{item} {result['outcome']}: {result['message']}\n    {result['command']}")

    pool, pending = ThreadPoolExecutor(workers), []
    try:
        for item, function in items:
            if record.outcome(item) in ("passed", "refused", "large"):
                continue
            pending.append((item, pool.submit(function)))
            if len(pending) >= 2 * workers:
                finish(*pending.pop(0))
        for each in pending:
            finish(*each)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@click.command()
@click.option("--seed", type=int, help="Decides everything (default: the date, as YYYYMMDD).")
@click.option("--minutes", type=float, default=480.0, show_default=True, help="Start no more then.")
@click.option("--configs", type=int, default=1000, show_default=True, help="At most, of each core.")
@click.option("--core", "cores", multiple=True, help="This core only; may be repeated.")
@click.option("--millions/--no-millions", "with_millions", default=True, show_default=True)
@click.option("--workers", type=int, default=2, show_default=True, help="Processes at a time.")
@click.option("--folder", type=Path, default=Path("build/nightly"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(seed, minutes, configs, cores, with_millions, workers, folder, as_json):
    """Verify millions of vectors and random configurations of every core."""
    seed = seed if seed is not None else int(datetime.date.today().strftime("%Y%m%d"))
    say = partial(print, file=sys.stderr if as_json else sys.stdout, flush=True)
    say(f"seed {seed}")
    record = Record(folder / f"{seed}.jsonl")
    deadline = time.monotonic() + 60 * minutes
    cores = list(cores) or catalogue.names()
    run(work(seed, cores, configs, deadline, with_millions), record, workers, say)
    outcomes = {each: record.count(each) for each in ("passed", "refused", "large", "failed")}
    say(", ".join(f"{number} {each}" for each, number in outcomes.items()))
    if as_json:
        document = {"schema": "hwgen-nightly/1", "seed": seed, **outcomes}
        print(json.dumps(document | {"failures": record.failures}, indent=2))
    sys.exit(3 if record.failures else 0)


if __name__ == "__main__":
    main()
