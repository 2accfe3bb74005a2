"""How fast a core is compared with its golden model: ``python benchmarks/verification.py``.

Ten million results of ``mx-dot`` go through the compiled model and the golden model on one core of
this machine. Exits with 5 when either takes longer than it may.
"""

import json
import sys
import tempfile
import time

import click

VECTORS = 10_000_000
CHUNK = 500_000
VERIFY_SECONDS = 60.0
GOLDEN_SECONDS = 25.0


def golden_seconds(core, config):
    """Return the processor seconds of the golden model alone."""
    inputs = core.vectors(config, CHUNK, 1)
    start = time.process_time()
    for _ in range(VECTORS // CHUNK):
        core.golden(config, inputs)
    return time.process_time() - start


def verify_seconds(core, config):
    """Return the processor seconds of a whole verification, compilation not included."""
    from hwgen.flow.verify import verify

    with tempfile.TemporaryDirectory(prefix="hwgen-verification-") as folder:
        verify(core, config, folder=folder, vectors=1000, tier="compiled")
        start = time.process_time()
        result = verify(core, config, folder=folder, vectors=VECTORS, tier="compiled")
        assert result.matched >= VECTORS
        return time.process_time() - start


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(as_json):
    """Measure verification and the golden model alone."""
    from hwgen import catalogue

    core = catalogue.get("mx-dot")
    rows = []
    for fmt in ("fp4", "fp6"):
        config = core.configure({"fmt": fmt})
        for what, measure, limit in (
            ("golden model", golden_seconds, GOLDEN_SECONDS),
            ("verification", verify_seconds, VERIFY_SECONDS),
        ):
            seconds = measure(core, config)
            rows.append({"fmt": fmt, "what": what, "seconds": seconds, "limit": limit})
            if not as_json:
                print(f"{fmt}  {what}  {seconds:5.1f} s of {limit:.0f} s", flush=True)
    # the bar is for one configuration; the other shows how it grows with the element
    missed = any(row["seconds"] > row["limit"] for row in rows if row["fmt"] == "fp4")
    if as_json:
        document = {"schema": "hwgen-benchmark-verification/1", "vectors": VECTORS, "rows": rows}
        print(json.dumps(document | {"missed": missed}, indent=2))
    sys.exit(5 if missed else 0)


if __name__ == "__main__":
    main()
