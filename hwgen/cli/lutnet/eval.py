"""``hwgen lutnet eval``."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report

__all__ = ["command"]

_OTHERS = {"torch": "functions", "rtl": "circuit", "netlist": "synthesized circuit"}


@click.command("eval")
@click.argument("network", metavar="NET", type=click.Path(path_type=Path))
@click.option("--data", metavar="PATH", help="File or folder of the data set it was trained with.")
@click.option(
    "--part",
    metavar="test|train",
    type=click.Choice(("test", "train")),
    default="test",
    show_default=True,
    help="Which vectors.",
)
@click.option(
    "--backend",
    metavar="table|torch|rtl|netlist",
    type=click.Choice(("table", "torch", "rtl", "netlist")),
    default="table",
    show_default=True,
    help="The tables (golden model); or what is compared with them: the functions that were "
    "trained, the emitted Verilog, or what synthesis makes of it.",
)
@click.option(
    "--target",
    metavar="NAME",
    default="ecp5",
    show_default=True,
    help="Fabric of the circuit, for rtl and netlist.",
)
@json_option
def command(network, data, part, backend, target, as_json):
    """Evaluate a network on the vectors of a data set.

    With any --backend but table, exit code 3 when a class differs from that of the tables; the
    message names the first such vector.
    """
    if backend == "torch":
        from hwgen.lutnet.requirement import need_torch

        need_torch("hwgen lutnet eval --backend torch")
    from hwgen.errors import MismatchError
    from hwgen.formats.lut_network_file import read_network, read_network_facts
    from hwgen.lutnet.config import data_options
    from hwgen.lutnet.data import read_data
    from hwgen.lutnet.evaluation import accuracy, check_data, classes_by_table, first_difference

    integers, facts = read_network(network), read_network_facts(network)
    found = read_data(data_options(facts, network), data)
    same = check_data(integers, facts, found, network)
    vectors, classes = getattr(found, part), getattr(found, f"{part}_classes")
    with progress() as update:
        update(f"{len(vectors):,} vectors through the tables")
        by_table = classes_by_table(integers, vectors)
        others = None
        if backend == "torch":
            from hwgen.lutnet.trainer import torch_classes

            update(f"{len(vectors):,} vectors through the functions")
            others = torch_classes(network, facts, found, vectors)
        elif backend != "table":
            from hwgen.lutnet.circuit import classes_by_circuit

            netlist = backend == "netlist"
            others = classes_by_circuit(network, vectors, target, netlist, progress=update)
        if others is not None and (message := first_difference(others, by_table, _OTHERS[backend])):
            raise MismatchError(message)
    percent = accuracy(by_table, classes)
    document = {
        "network": str(network),
        "backend": backend,
        "part": part,
        "vectors": len(vectors),
        "right": int((by_table == classes).sum()),
        "accuracy": percent,
        "data_of_training": same,
    }
    text = f"{percent:.2f} % of {len(vectors):,} vectors ({part})"
    if not same:
        text += "\nthese are not the data that the network was trained with"
    report("lutnet-eval", document, text, as_json)
