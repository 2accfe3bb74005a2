"""Fit the delays of a fabric's record to what nextpnr's timing reports say.

``python benchmarks/fit_delays.py`` places the calibration circuits of ECP5 (``--fabric ice40``: of
iCE40 UltraPlus) and prints the fitted delays, the residuals and the margin; ``--write`` rewrites
the numbers in ``hwgen/targets/<fabric>.py``. Finished placements are kept in the build cache, so
that an interrupted run goes on where it was.

The fit has three steps. Least squares over the slowest bit of every register word give each
delay. A straight line over the size of the circuits gives how much longer paths become in larger
ones. A clock is as fast as its slowest path; so a second line, from the slowest predicted path of
each circuit to a bound that most of the measured ones keep, gives a time that is added to every
path, and a factor. The time matters most in short paths, where the luck of a wire or two decides.
"""

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
from calibration import PARAMETERS, CalibrationCircuit, circuits, ruler
from calibration_paths import delays_of, equations

from hwgen import targets
from hwgen.flow.cache import digest, stage
from hwgen.flow.emit import emit_verilog
from hwgen.flow.place import Device, place
from hwgen.flow.synthesise import synthesise
from hwgen.flow.wrapper import registered_wrapper
from hwgen.targets.fabric import SMALL
from hwgen.tools import find

ROOT = Path(__file__).parents[1]
DEVICES = {"ecp5": Device("85k", speed="6"), "ice40": Device("up5k")}
SEEDS = (1, 2)
# share of the calibration circuits whose slowest path the bound must cover: a larger one keeps the
# promise of --freq more often, a smaller one wastes fewer registers (benchmarks/frequency.py)
QUANTILE = 0.82


def measure(circuit, fabric):
    """Return (bits, equations of every placement) of one circuit."""
    device = DEVICES[fabric]
    component = CalibrationCircuit(circuit, ruler(fabric))
    verilog = emit_verilog(component, module_name="core")

    def produce(folder):
        core, wrapper = folder / "core.v", folder / "wrapper.v"
        core.write_text(verilog)
        alone = synthesise([core], "core", fabric, folder / "alone")
        serial = fabric == "ice40"
        wrapper.write_text(registered_wrapper(alone.netlist, "core", serial=serial))
        whole = synthesise([core, wrapper], "registered", fabric, folder / "whole")
        for seed in SEEDS:
            place(
                whole.netlist,
                device,
                folder / f"seed{seed}",
                freq=circuit.freq,
                seed=seed,
                out_of_context=not serial,
                detailed_timing=True,
            )
        return {}

    tools = [find(name).version for name in ("yosys", f"nextpnr-{fabric}")]
    command = targets.get(fabric).synthesis.command
    key = [digest(verilog), circuit.freq, device.name, SEEDS, command, *tools]
    placed = stage("calibration", key, produce).folder
    netlist = json.loads((placed / "whole" / "netlist.json").read_text())
    reports = [json.loads((placed / f"seed{seed}" / "report.json").read_text()) for seed in SEEDS]
    found = [equations(component, delays_of(netlist, report)) for report in reports]
    return component.bits, found


def fit(sizes, placements):
    """Return (delay by parameter, crowding, bound, predicted and measured slowest paths).

    The bound is (nanoseconds, factor), see `bound_above`.

    Launch and capture are in nearly every path together, so that only their sum shows; it stands
    under ``launch_delay`` here. A parameter that no circuit exercises is 0.
    """
    rows = [equation for each in placements for placed in each for equation in placed]
    names = [name for name in PARAMETERS if name != "capture_delay"]
    matrix = np.array([[parts.get(name, 0.0) for name in names] for parts, _ in rows])
    measured = np.array([delay for _, delay in rows])
    active = np.flatnonzero(matrix.any(axis=0))
    while True:
        solution = np.zeros(len(names))
        solution[active] = np.linalg.lstsq(matrix[:, active], measured, rcond=None)[0]
        if (solution >= 0).all():
            break
        active = active[solution[active] > 0]
    delays = dict(zip(names, solution, strict=True))
    predicted = np.array(
        [np.median([_predicted(one, delays) for one in each]) for each in placements]
    )
    slowest = np.array(
        [np.median([max(delay for _, delay in one) for one in each]) for each in placements]
    )
    doublings = np.log2(np.maximum(SMALL, sizes) / SMALL)
    line = np.stack([np.ones_like(doublings), doublings], axis=1)
    base, slope = np.linalg.lstsq(line, slowest / predicted, rcond=None)[0]
    crowding = max(0.0, float(slope / base))
    predicted *= 1.0 + crowding * doublings
    added, factor = bound_above(predicted, slowest)
    return delays, crowding, (added, factor), (added + factor * predicted, slowest)


def bound_above(predicted, measured):
    """Return (ns, factor) of the line that `QUANTILE` of the measured delays stay below.

    Of all lines through two points, the one with the least tilted absolute error (Koenker and
    Bassett, Regression Quantiles, Econometrica 46, 1978, theorem 3.1: one of those is the best).
    """
    first, second = np.triu_indices(len(predicted), 1)
    apart = np.abs(predicted[first] - predicted[second]) > 1e-6
    first, second = first[apart], second[apart]
    factor = (measured[first] - measured[second]) / (predicted[first] - predicted[second])
    added = measured[first] - factor * predicted[first]
    error = measured - (added[:, None] + factor[:, None] * predicted)
    loss = np.maximum(QUANTILE * error, (QUANTILE - 1) * error).sum(axis=1)
    best = np.argmin(loss)
    return float(added[best]), float(factor[best])


def _predicted(found, delays):
    """Return the slowest predicted path among equations."""
    return max(sum(delays.get(name, 0.0) * n for name, n in parts.items()) for parts, _ in found)


def record(delays, crowding, bound):
    """Return the numbers of the record: bound applied, launch and capture told apart.

    What no circuit exercises is left out.
    """
    added, factor = bound
    scaled = {name: factor * value for name, value in delays.items()}
    for start in ("launch_delay", "multiplier_output_delay"):
        scaled[start] += added if scaled[start] else 0.0
    both = scaled["launch_delay"]
    share = PARAMETERS["launch_delay"]
    share /= PARAMETERS["launch_delay"] + PARAMETERS["capture_delay"]
    scaled |= {"launch_delay": both * share, "capture_delay": both * (1 - share)}
    if scaled["multiplier_output_delay"]:
        scaled["multiplier_output_delay"] -= scaled["capture_delay"]
    numbers = {name: scaled[name] for name in PARAMETERS if scaled[name]} | {"crowding": crowding}
    return {name: float(f"{value:.3g}") for name, value in numbers.items()}


def table(chosen, placements, delays, bound, paths):
    """Return the circuits with predicted and measured slowest path, then the residual."""
    lines = ["| circuit | predicted ns | measured ns | measured / predicted |", "|---|---|---|---|"]
    for circuit, predicted, slowest in zip(chosen, *paths, strict=True):
        ratio = slowest / predicted
        lines.append(f"| {circuit.label} | {predicted:.2f} | {slowest:.2f} | {ratio:.2f} |")
    rows = [row for each in placements for placed in each for row in placed]
    errors = [delay - _predicted([(parts, delay)], delays) for parts, delay in rows]
    residual = np.sqrt(np.mean(np.square(errors)))
    lines += [
        "",
        f"{len(rows)} paths in {len(chosen)} circuits; residual before crowding and bound "
        f"{residual:.2f} ns (root mean square); bound {bound[0]:.2f} ns + {bound[1]:.3f}.",
    ]
    return "\n".join(lines)


def write(fabric, numbers, bound):
    """Rewrite the numbers and their source in the fabric's file."""
    path = ROOT / "hwgen" / "targets" / f"{fabric}.py"
    text = path.read_text()
    device = DEVICES[fabric]
    grade = f", speed grade {device.speed}" if device.speed else ""
    for name, value in numbers.items():
        text, count = re.subn(rf"^    {name}=[^,]*,$", f"    {name}={value},", text, flags=re.M)
        if count != 1:
            raise click.ClickException(f"{path.name} must hold one line {name}=..., not {count}")
    source = (
        f'    source="benchmarks/fit_delays.py: {device.name}{grade}; nextpnr-{fabric} "\n'
        f'    "{find(f"nextpnr-{fabric}").version}, yosys {find("yosys").version}; '
        f'bound {bound[0]:.2f} ns + {bound[1]:.2f}",\n'
    )
    text = re.sub(r'^    source=(?:\(\n)?(?:.*"\n)*.*",\n(?:    \),\n)?', source, text, flags=re.M)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text)
    temporary.replace(path)


@click.command()
@click.option("--fabric", type=click.Choice(sorted(DEVICES)), default="ecp5", show_default=True)
@click.option("--workers", type=int, default=2, show_default=True, help="Placements at a time.")
@click.option("--write", "write_record", is_flag=True, help="Rewrite hwgen/targets/<fabric>.py.")
def main(fabric, workers, write_record):
    """Place the calibration circuits and fit the fabric's delays."""
    from rich.console import Console
    from rich.progress import Progress

    chosen = circuits(fabric)
    pool = ThreadPoolExecutor(workers)
    try:
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task(f"placing for {fabric}", total=len(chosen))
            futures = [pool.submit(measure, circuit, fabric) for circuit in chosen]
            placements = []
            for future in futures:
                placements.append(future.result())
                progress.advance(task)
    except KeyboardInterrupt:
        print("interrupted; finished placements are kept", file=sys.stderr)
        sys.exit(130)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    # where hard blocks hold all registers, the report shows no path, or that of the enable alone
    shown = [
        each
        for each in zip(chosen, placements, strict=True)
        if all(len(found) > 1 for found in each[1][1])
    ]
    chosen, placements = zip(*shown, strict=True)
    sizes, found = zip(*placements, strict=True)
    delays, crowding, bound, paths = fit(sizes, found)
    print(table(chosen, found, delays, bound, paths))
    numbers = record(delays, crowding, bound)
    print("\n".join(f"{name} = {value}" for name, value in numbers.items()))
    if write_record:
        write(fabric, numbers, bound)


if __name__ == "__main__":
    main()
