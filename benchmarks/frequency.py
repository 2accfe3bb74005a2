"""Whether ``--freq`` is kept: operators x frequencies on ECP5, placed as a user would place them.

Every case is built for a frequency, and placed three times with that frequency as the target. It
keeps the promise if the median Fmax reaches it. No register is wasted if the same operator with
one stage fewer misses the frequency: that is the operator built for the highest frequency that
still gives the smaller latency, which is the best split into so many stages that the generator
knows, placed for the original target. A single stage has no such form. Both must hold in nine of
ten cases.

``python benchmarks/frequency.py`` runs the grid, ``--quick`` a tenth of it, ``--write`` rewrites
``docs/benchmarks/frequency.md`` and ``.json``. Finished placements are kept in the build cache.
"""

import json
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "frequency.md"
FREQUENCIES = (80, 120, 160, 200, 240)
SEEDS = (1, 2, 3)
WANTED = 0.9

# blocks of cores/arith: kind and sizes as in operator_datapaths
BLOCKS = [
    *(("adder", (width,)) for width in (8, 16, 32, 48, 64)),
    *(("tree", sizes) for sizes in ((4, 24), (8, 8), (16, 12), (32, 10))),
    *(("multiplier", (width,)) for width in (6, 8, 12, 16)),
    *(("multiplier", (width, True)) for width in (9, 18)),
    ("dot", (4, 9)),
    ("aligner", (24, 5)),
    ("rounder", (24, "bf16")),
]
# cores of the catalogue; those that a version does not have are left out
CORES = [
    ("fixed-convert", {}),
    ("float-convert", {}),
    ("fixed-dot", {}),
    ("mx-dot", {"fmt": "mxfp4/8", "out": "exact"}),
    ("mx-dot", {"fmt": "mxint8/8", "out": "exact"}),
    ("float-mul", {"fmt": "fp16"}),
    ("float-add", {"fmt": "fp16"}),
    ("mx-dot", {"fmt": "mxfp8-e4m3/8", "out": "exact"}),
    ("float-mul", {"fmt": "fp32"}),
    ("float-add", {"fmt": "fp32"}),
    ("mx-quantise", {}),
]


def operators():
    """Return (label, build) of every operator; build takes MHz and returns a component."""
    from operator_datapaths import Operator, OperatorConfig

    from hwgen import catalogue

    found = []
    for kind, sizes in BLOCKS:
        text = {True: "hard"}
        label = f"{kind} {' x '.join(str(text.get(size, size)) for size in sizes)}"

        def block(freq, kind=kind, sizes=sizes):
            return Operator(OperatorConfig(kind, sizes, freq))

        found.append((label, block))
    for name, options in CORES:
        if name not in catalogue.names():
            continue
        label = " ".join([name, *map(str, options.values())])

        def core(freq, name=name, options=options):
            entry = catalogue.get(name)
            return entry.component(entry.configure({**options, "freq": freq}))

        found.append((label, core))
    return found


def built(build, freq):
    """Return the component, or None where the frequency is out of reach."""
    from hwgen.errors import UsageError

    try:
        component = build(freq)
    except UsageError:
        return None
    component._MustUse__silence = True
    return component


def one_stage_fewer(build, freq, latency):
    """Return the fastest form with a smaller latency, or None if no frequency gives one."""
    low, high = 1, freq
    if build_latency(build, low) >= latency:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if build_latency(build, middle) < latency else (low, middle)
    return built(build, low)


def build_latency(build, freq):
    """Return the latency in clock cycles at a frequency; infinite where it is out of reach."""
    component = built(build, freq)
    return float("inf") if component is None else component.latency


def fmax(component, freq):
    """Return the median Fmax in MHz of three placements that aim at ``freq``, and the area."""
    from measured import DEVICE, versions

    from hwgen.flow.cache import digest, stage
    from hwgen.flow.characterise import characterise
    from hwgen.flow.emit import emit_verilog

    verilog = emit_verilog(component, module_name="operator")

    def measure(folder):
        figures = characterise(verilog, device=DEVICE, seeds=SEEDS, freq=freq, folder=folder)
        return {"counts": figures.counts, "fmax": figures.fmax_by_seed}

    key = [digest(verilog), freq, SEEDS, DEVICE, *versions()]
    found = stage("frequency", key, measure).result
    return statistics.median(found["fmax"].values()), found["counts"]


def measure(label, build, freq):
    """Return the figures of one case."""
    component = built(build, freq)
    case = {"operator": label, "freq": freq}
    if component is None:
        return {**case, "refused": True}
    achieved, counts = fmax(component, freq)
    case |= {
        "latency": component.latency,
        "lut4": counts["lut_equivalents"],
        "ff": counts["ff"],
        "fmax": achieved,
        "kept": achieved >= freq,
    }
    fewer = one_stage_fewer(build, freq, component.latency) if component.latency > 1 else None
    if fewer is not None:
        case["fewer_latency"] = fewer.latency
        case["fewer_fmax"] = fmax(fewer, freq)[0]
        case["needed"] = case["fewer_fmax"] < freq
    return case


def summary(results):
    """Return the ratio of promises kept and the ratio of cases in which every stage is needed."""
    placed = [each for each in results if "kept" in each]
    staged = [each for each in placed if "needed" in each]
    return {
        "cases": len(placed),
        "kept": sum(each["kept"] for each in placed),
        "staged": len(staged),
        "needed": sum(each["needed"] for each in staged),
        "refused": sum("refused" in each for each in results),
    }


def missed(sums):
    """Return which of the two ratios is too low: promises kept, stages needed."""
    pairs = (("kept", "cases"), ("needed", "staged"))
    return [part for part, whole in pairs if sums[part] < WANTED * sums[whole]]


def markdown(results):
    """Return the table of results and its sums."""
    lines = [
        "| operator | freq MHz | Fmax MHz | kept | latency | LUT4 eq. | FF "
        "| Fmax with one stage fewer | stage needed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(each) for each in results]
    sums = summary(results)
    lines += [
        "",
        f"Promise kept: {sums['kept']} of {sums['cases']} cases "
        f"({_percent(sums['kept'], sums['cases'])}); {sums['refused']} requests refused as out of "
        "reach.",
        f"One stage fewer misses the frequency: {sums['needed']} of {sums['staged']} cases that "
        f"have a form with fewer stages ({_percent(sums['needed'], sums['staged'])}).",
    ]
    return "\n".join(lines)


def _row(case):
    """Return a case as one line of a Markdown table."""
    if "refused" in case:
        cells = [case["operator"], case["freq"], "-", "refused", *["-"] * 5]
    else:
        cells = [case["operator"], case["freq"], f"{case['fmax']:.0f}", _word(case["kept"])]
        cells += [case["latency"], case["lut4"], case["ff"]]
        if "needed" in case:
            cells += [f"{case['fewer_fmax']:.0f}", _word(case["needed"])]
        else:
            cells += ["-", "-"]
    return "| " + " | ".join(map(str, cells)) + " |"


def _word(flag):
    return "yes" if flag else "no"


def _percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def write(results):
    """Rewrite the table in the documentation, and the figures beside it."""
    from measured import provenance
    from pages import write_figures, write_table

    write_table(PAGE, "frequency", f"{markdown(results)}\n\n{provenance(SEEDS)}")
    write_figures(PAGE, {"summary": summary(results), "cases": results})


@click.command()
@click.option("--quick", is_flag=True, help="Every tenth case only.")
@click.option("--only", help="Only operators whose name contains this.")
@click.option("--workers", type=int, default=2, show_default=True, help="Placements at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--write", "write_docs", is_flag=True, help="Rewrite docs/benchmarks/frequency.*.")
def main(quick, only, workers, as_json, write_docs):
    """Measure the grid; exit with 1 if fewer than 90 % are kept, or fewer than 90 % need it."""
    from rich.console import Console
    from rich.progress import Progress

    if write_docs and (quick or only):
        raise click.UsageError("--write needs the whole grid")
    cases = [(*operator, freq) for operator in operators() for freq in FREQUENCIES]
    cases = [case for case in cases if not only or only in case[0]]
    cases = cases[::10] if quick else cases
    pool = ThreadPoolExecutor(workers)
    try:
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task("placing", total=len(cases))
            futures = [pool.submit(measure, *case) for case in cases]
            results = []
            for future in futures:
                results.append(future.result())
                progress.console.print(_row(results[-1]), soft_wrap=True, markup=False)
                progress.advance(task)
    except KeyboardInterrupt:
        print("interrupted; finished placements are kept", file=sys.stderr)
        sys.exit(130)
    finally:
        pool.shutdown(cancel_futures=True)
    print(json.dumps(results, indent=1) if as_json else markdown(results))
    if write_docs:
        write(results)
    below = missed(summary(results))
    if below:
        print(f"below {WANTED:.0%}: {', '.join(below)}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
