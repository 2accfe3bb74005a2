"""``hwgen lutnet prune``."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report

__all__ = ["command"]


@click.command("prune")
@click.argument("network", metavar="NET", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the network goes (default: NET-pruned.safetensors here).",
)
@click.option("--data", metavar="PATH", help="File or folder of the data set it was trained with.")
@click.option("--luts", metavar="N", type=click.IntRange(min=0), help="Most LUT6, as estimated.")
@click.option(
    "--registers",
    metavar="N",
    type=click.IntRange(min=0),
    help="Most bits that layers hand on: registers, with one behind every layer.",
)
@click.option(
    "--block-rams",
    metavar="N",
    type=click.IntRange(min=0),
    help="Most block RAMs, for tables of 10 to 14 bits of address in place of LUT6.",
)
@click.option(
    "--target",
    metavar="NAME",
    help="Fabric whose block RAM --block-rams counts, of its smallest kind (default: ecp5, "
    "18 kbit).",
)
@click.option(
    "--rounds",
    metavar="N",
    type=click.IntRange(1, 100),
    default=4,
    show_default=True,
    help="Steps to the limits; what an element is worth is measured before each.",
)
@click.option(
    "--sample",
    metavar="N",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Training vectors with which it is measured.",
)
@click.option(
    "--map", "mapped", is_flag=True, help="Count the tables of six and of four inputs as mapped."
)
@json_option
def command(
    network, out, data, luts, registers, block_rams, target, rounds, sample, mapped, as_json
):
    """Make a network smaller than a budget, at the least loss on training vectors.

    Tables lose inputs, low bits, or all, and with --block-rams some stand in block RAM: a knapsack
    chooses which. The output and the file's facts say with which --block-tables to build then.
    Needs SciPy: pip install 'hwgen[lutnet]'.
    """
    from hwgen.requirement import need

    need("scipy", "hwgen lutnet prune")
    from hwgen.cli.lutnet.comparison import comparison, state_of
    from hwgen.flow.outputs import check_output_files, prepare_folder, write_file
    from hwgen.formats.lut_network_file import network_bytes, read_network, read_network_facts
    from hwgen.lutnet.budget import Pruned
    from hwgen.lutnet.config import data_options, training_options
    from hwgen.lutnet.data import read_data
    from hwgen.lutnet.evaluation import check_data, training_split
    from hwgen.lutnet.pruning import pruned

    limits = {"luts": luts, "registers": registers, "block_rams": block_rams}
    limits = {name: most for name, most in limits.items() if most is not None}
    _check(limits, target)
    out = out or Path(f"{network.stem}-pruned.safetensors")
    prepare_folder(out.parent)
    check_output_files({"--out": out}, {"NET": network})
    integers, facts = read_network(network), read_network_facts(network)
    options = training_options(facts)
    with progress() as update:
        update("reading data")
        found = read_data(data_options(facts, network), data)
        same = check_data(integers, facts, found, network)
        used, _ = training_split(len(found.train), options)
        vectors, classes = found.train[used], found.train_classes[used]
        done = pruned(
            integers,
            vectors,
            classes,
            limits,
            rounds,
            sample,
            options.shift,
            update=update,
            target=target or "ecp5",
        )
        states = [
            state_of(each.network, found, options, mapped, update, each)
            for each in (Pruned(integers, (), done.fabric), done)
        ]
    facts |= {
        "accuracy": states[1]["accuracy"],
        "pruned": done.facts(integers, limits, states[0]["accuracy"]),
    }
    write_file(out, network_bytes(done.network, facts))
    document = {
        "network": str(network),
        "file": str(out),
        "limits": limits,
        "before": states[0],
        "after": states[1],
        "data_of_training": same,
    }
    text = comparison(document)
    if done.fabric is not None:
        document |= {"target": done.fabric.name, "block_tables": done.block_tables}
        text += f"\nbuild it with --block-tables {done.block_tables}"
    report("lutnet-prune", document, text, as_json)


def _check(limits, target):
    from hwgen import targets
    from hwgen.errors import UsageError

    if not limits:
        raise UsageError("a budget must be given: --luts N, --registers N or both")
    if "block_rams" in limits and "luts" not in limits:
        raise UsageError("--block-rams must come with --luts: tables stand there in place of LUT6")
    if target is not None and "block_rams" not in limits:
        raise UsageError("--target must come with --block-rams")
    if target is not None:
        targets.get(target)
