"""Size and Fmax of the catalogue's cores on ECP5, beside other projects' where they were measured.

The cases stand in ``benchmarks/cases/*.yaml``. ``python benchmarks/operators.py`` runs all;
``--core float-add`` some. ``--write`` puts what was measured into ``docs/benchmarks/operators.md``.
Finished cases are kept in the build cache, so that an interrupted run goes on where it was.
"""

import json
import sys
from pathlib import Path

import click
import yaml

ROOT = Path(__file__).parents[1]
SEEDS = (1, 2, 3)
HEADS = "core | options | LUT4 eq. | FF | DSP | latency | II | Fmax MHz | peer | area | speed"


def cases(names):
    """Return the cases of the named cores, or all: dicts with core, options, note and peer."""
    found = []
    for path in sorted((ROOT / "benchmarks" / "cases").glob("*.yaml")):
        found += [each for each in yaml.safe_load(path.read_text()) or []]
    return [each for each in found if not names or each["core"] in names]


def measure(case):
    """Return one case with our figures and, where there is a peer, both ratios."""
    from measured import figures

    peer = case.get("peer")
    mapping = (peer or {}).get("mapping")
    ours = figures(case["core"], case.get("options", {}), seeds=SEEDS, mapping=mapping)
    result = {"core": case["core"], "options": case.get("options", {}), "mapping": mapping, **ours}
    if case.get("note"):
        result["note"] = case["note"]
    if peer:
        result["peer"] = peer
        if peer.get("comb"):
            result["area_ratio"] = ours["comb"] / peer["comb"]
        if peer.get("fmax"):
            result["speed_ratio"] = ours["fmax"] / peer["fmax"]
    return result


def row(result):
    """Return a result as one line of a Markdown table."""
    peer = result.get("peer")
    options = " ".join(f"{key}={value}" for key, value in result["options"].items())
    other = "-"
    if peer:
        known = [
            f"{peer[key]} {unit}"
            for key, unit in (("comb", "LUT4"), ("dsp", "DSP"))
            if peer.get(key) is not None
        ]
        known += [f"{peer['fmax']} MHz"] if peer.get("fmax") else []
        other = f"{peer['name']}: {', '.join(known)}"
    size = f"{result['comb']} + {result['lutram']} RAM" if result.get("lutram") else result["comb"]
    cells = [result["core"], options or "default", size, result["ff"], result["dsp"]]
    cells += [result["latency"], result["initiation_interval"], f"{result['fmax']:.0f}", other]
    for key in ("area_ratio", "speed_ratio"):
        cells.append(f"{result[key]:.2f}" if key in result else "-")
    return "| " + " | ".join(map(str, cells)) + " |"


def markdown(results):
    """Return the table of results."""
    lines = [f"| {HEADS} |", "|" + "---|" * (HEADS.count("|") + 1)]
    return "\n".join(lines + [row(each) for each in results])


def merged(results, page):
    """Return the results with those of earlier runs that stand beside the page, in cases' order."""
    from pages import earlier_figures

    found = {_key(each): each for each in earlier_figures(page) + results}
    return [found[key] for key in map(_key, cases(())) if key in found]


def _key(case):
    return json.dumps([case["core"], case.get("options", {})], sort_keys=True)


def write(results):
    """Rewrite the table in the documentation, and the figures beside it."""
    from measured import provenance
    from pages import write_figures, write_table

    page = ROOT / "docs" / "benchmarks" / "operators.md"
    results = merged(results, page)
    write_table(page, "operators", f"{markdown(results)}\n\n{provenance(SEEDS)}")
    write_figures(page, results)


def missed(result):
    """Return whether a case with bars misses one: its ``peer`` may hold area and speed bars."""
    peer = result.get("peer", {})
    area, speed = peer.get("area_wanted"), peer.get("speed_wanted")
    return (area is not None and result["area_ratio"] > area) or (
        speed is not None and result["speed_ratio"] < speed
    )


@click.command()
@click.option("--core", "names", multiple=True, help="Only these cores.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--write", "write_docs", is_flag=True, help="Rewrite docs/benchmarks/operators.md.")
def main(names, as_json, write_docs):
    """Measure the cases; exit with 5 if a bar is missed."""
    from measured import provenance

    chosen = cases(names)
    results = []
    for number, case in enumerate(chosen, 1):
        print(f"{number}/{len(chosen)} ", end="", file=sys.stderr, flush=True)
        results.append(measure(case))
        print(row(results[-1]), file=sys.stderr, flush=True)
        if write_docs:
            write(results)
    text = f"{markdown(results)}\n\n{provenance(SEEDS)}"
    print(json.dumps(results, indent=1) if as_json else text)
    below = [f"{each['core']} {each['options']}" for each in results if missed(each)]
    if below:
        print(f"bar missed: {'; '.join(below)}", file=sys.stderr)
        sys.exit(5)


if __name__ == "__main__":
    main()
