"""``hwgen gpt estimate``."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table
from hwgen.cli.gpt.draw_options import draw_of, temperature_option, top_k_option

__all__ = ["command"]


@click.command("estimate")
@click.argument("program", metavar="PROGRAM", type=click.Path(path_type=Path))
@click.option(
    "--target",
    metavar="NAME",
    default="ecp5",
    show_default=True,
    help="Fabric: hwgen doctor, or plain Verilog.",
)
@click.option(
    "--freq",
    metavar="MHZ",
    type=click.FloatRange(min=0, min_open=True, max=2000),
    help="Clock that registers are placed for, and that tokens a second are told for.",
)
@click.option(
    "--key-lanes",
    type=click.Choice((1, 2, 4, 8)),
    default=1,
    show_default=True,
    help="Keys, and then values, that a head attends to in a clock cycle.",
)
@temperature_option
@top_k_option
@json_option
def command(program, target, freq, key_lanes, temperature, top_k, as_json):
    """Count the clock cycles that the machine takes for a token of a compiled model.

    PROGRAM is a file of hwgen gpt compile. Cycles are counted, not simulated, and are those of the
    circuit exactly; beside them stands how many its 32 multipliers need for the weights alone.
    """
    from hwgen.cores.gpt.machine import GptMachine
    from hwgen.cores.gpt.machine_config import MachineConfig
    from hwgen.cores.gpt.timing import CycleModel
    from hwgen.gpt.program_file import read_program

    draw = draw_of(temperature, top_k)
    found = read_program(program).program
    with progress() as update:
        update("placing registers")
        config = MachineConfig(found, target, freq, key_lanes, sampling=draw is not None)
        delays = GptMachine(config).delays
    model, context = CycleModel(found, delays), found.machine.context
    each = [model.cycles(position, draw) for position in range(context)]
    floor, mean = found.blocks_per_token, sum(each) / context
    document = {
        "program": str(program),
        "target": target,
        "freq": freq,
        "key_lanes": key_lanes,
        "temperature": temperature,
        "top_k": top_k,
        "context": context,
        "least_cycles_per_token": floor,
        "first_token_cycles": each[0],
        "last_token_cycles": each[-1],
        "mean_cycles_per_token": round(mean, 1),
        "tokens_per_second": freq and round(freq * 1e6 / mean, 1),
    }
    rows = [
        ("blocks of weights", f"{floor:,} cycles a token"),
        ("first token", f"{each[0]:,} cycles"),
        (f"token {context}", f"{each[-1]:,} cycles"),
        ("on average", f"{mean:,.0f} cycles, {mean / floor:.2f} times the blocks"),
    ]
    if freq:
        rows.append((f"at {freq:g} MHz", f"{freq * 1e6 / mean:,.0f} tokens a second"))
    report("gpt-estimate", document, table(rows), as_json)
