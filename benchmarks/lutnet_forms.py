"""Which Verilog of a network of look-up tables synthesis makes the least of.

Run ``python benchmarks/lutnet_forms.py`` (about ten minutes of one core); ``--write`` puts the
table into ``docs/benchmarks/lutnet-forms.md``. The networks are those of ``examples/lutnet``: the
files of MNIST, and two with tables of twelve inputs that are trained here from their configurations
(seconds, needs PyTorch). Every network is emitted as a ``case`` for every table, as the
multiplexers of its decision diagrams, and mapped for area and for depth, without registers; then
for ECP5 with and without what each step gains. Yosys synthesizes each.
"""

import dataclasses
import json
import platform
import resource
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import click

ROOT = Path(__file__).parents[1]
NETWORKS = ROOT / "examples" / "lutnet"
FABRICS = ("ecp5", "ultrascale_plus")
# name of a form: mapping, whether variables are sifted, whether multiplexers join tables
FORMS = {
    "case": ("case", True, True),
    "multiplexers": ("none", True, True),
    "area, order as given, tables alone": ("area", False, False),
    "area, sifted, tables alone": ("area", True, False),
    "area": ("area", True, True),
    "depth, sifted, tables alone": ("depth", True, False),
    "depth": ("depth", True, True),
}


def networks(folder, names=()):
    """Return the files of networks; those without a committed one are trained into a folder."""
    found = [each for each in sorted(NETWORKS.glob("mnist-*.safetensors")) if _named(each, names)]
    for configuration in sorted(NETWORKS.glob("digits-*.yaml")):
        if not _named(configuration, names):
            continue
        found.append(Path(folder) / f"{configuration.stem}.safetensors")
        command = [sys.executable, "-m", "hwgen", "lutnet", "train", configuration]
        subprocess.run([*command, "--out", found[-1]], check=True, stdout=subprocess.DEVNULL)
    return found


def _named(path, names):
    return not names or path.stem in names


def _processor_seconds():
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(each)[:2]) for each in kinds)


def measure(path, form, fabric):
    """Return the tables, levels of all mapped layers, and seconds of one form of a network."""
    from hwgen.cores.lutnet import lutnet

    from hwgen import catalogue, targets
    from hwgen.flow.emit import emit
    from hwgen.flow.synthesise import synthesise

    mapping, sifted, wide = FORMS[form]
    core, start = catalogue.get("lutnet"), _processor_seconds()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as changes:
        if not sifted:
            given = lambda layer, functions, *_: [(layer.diagrams, functions)]  # noqa: E731
            changes.enter_context(mock.patch.object(lutnet, "_forms", given))
        if not wide:
            other = dataclasses.replace(targets.get(fabric), wide_levels=())
            changes.enter_context(mock.patch.dict(targets._fabrics(), {fabric: other}))
        config = core.configure({"net": str(path), "target": fabric, "mapping": mapping})
        blocks = lutnet.blocks_of(lutnet.plan_network(config.network), config)
        levels = sum(one.mapped.levels for layer in blocks for one in layer if one.mapped)
        emitted = emit(core, config, folder)
        counts = synthesise([emitted.verilog], emitted.module, fabric, folder).counts
    return {
        "network": path.stem,
        "form": form,
        "fabric": fabric,
        "luts": counts.lut_equivalents,
        "levels": levels,
        "seconds": round(_processor_seconds() - start, 1),
    }


def markdown(results):
    """Return the table: networks and forms down, fabrics across."""
    found = {(each["network"], each["form"], each["fabric"]): each for each in results}
    lines = [
        "| network | form | ECP5 LUT4 eq. | levels | CPU s | LUT6 | levels | CPU s |",
        "|" + "---|" * 8,
    ]
    for network, form in dict.fromkeys(each[:2] for each in found):
        cells = []
        for fabric in FABRICS:
            row = found.get((network, form, fabric))
            levels = f"{row['levels']:g}" if row and row["levels"] else ""
            cells += [f"{row['luts']:,}", levels, f"{row['seconds']:.0f}"] if row else [""] * 3
        lines.append("| " + " | ".join([f"`{network}`", form, *cells]) + " |")
    return "\n".join(lines)


def provenance():
    """Return the lines that name tools and the machine."""
    from hwgen import targets
    from hwgen.tools import find

    commands = ", ".join(targets.get(each).synthesis.command.split()[0] for each in FABRICS)
    return (
        f"Everything from the inputs to the number of the class; yosys {find('yosys').version} "
        f"({commands});\n{platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}. Levels: mapped layers only, one after the other."
    )


def _wanted(form, fabric):
    """Return whether a form is another one on this fabric."""
    from hwgen import targets

    return FORMS[form][2] or bool(targets.get(fabric).wide_levels) or not FORMS[form][1]


@click.command()
@click.option("--net", "names", multiple=True, help="Only these networks, as mnist-500.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--write", "write_docs", is_flag=True, help="Rewrite the page of documentation.")
def main(names, as_json, write_docs):
    """Measure the forms of all networks."""
    from pages import earlier_figures, write_figures, write_table

    results, page = [], ROOT / "docs" / "benchmarks" / "lutnet-forms.md"
    with tempfile.TemporaryDirectory() as folder:
        for path in networks(folder, names):
            for form in FORMS:
                results += [measure(path, form, each) for each in FABRICS if _wanted(form, each)]
                print(markdown(results).splitlines()[-1], file=sys.stderr, flush=True)
            if write_docs:
                # rows of other networks stay
                measured = {each["network"] for each in results}
                kept = [each for each in earlier_figures(page) if each["network"] not in measured]
                everything = kept + results
                write_table(page, "lutnet-forms", f"{markdown(everything)}\n\n{provenance()}")
                write_figures(page, everything)
    print(json.dumps(results, indent=1) if as_json else f"{markdown(results)}\n\n{provenance()}")


if __name__ == "__main__":
    main()
