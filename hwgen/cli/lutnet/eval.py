"""``hwgen lutnet eval``."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table

__all__ = ["command"]

_BACKENDS = ("table", "torch", "rtl", "netlist", "board")
_OTHERS = {
    "torch": "functions",
    "rtl": "circuit",
    "netlist": "synthesized circuit",
    "board": "board",
}
# options that mean something to some backends only
_BELONGS = {
    "target": ("rtl", "netlist"),
    "port": ("board",),
    "board": ("board",),
    "lanes": ("board",),
    "block-tables": ("board",),
}


@click.command("eval")
@click.argument("network", metavar="NET", type=click.Path(path_type=Path))
@click.option(
    "--data",
    metavar="PATH",
    help="File or folder of the data set it was trained with. For a network that names none, as "
    "import makes it: .npz with its integers X and class numbers y, or .csv, the class last.",
)
@click.option(
    "--part",
    metavar="test|train",
    type=click.Choice(("test", "train")),
    default="test",
    show_default=True,
    help="Which vectors.",
)
@click.option(
    "--samples",
    metavar="N",
    type=click.IntRange(min=1),
    help="Only the first N of them (default: all).",
)
@click.option(
    "--backend",
    metavar="table|torch|rtl|netlist|board",
    type=click.Choice(_BACKENDS),
    default="table",
    show_default=True,
    help="The tables (golden model); or what is compared with them: the functions that were "
    "trained, the emitted Verilog, what synthesis makes of it, or a board.",
)
@click.option(
    "--target", metavar="NAME", help="Fabric of the circuit, for rtl and netlist (default: ecp5)."
)
@click.option(
    "--port",
    metavar="DEVICE|sim",
    help="Serial port of the board, such as /dev/ttyUSB0; sim: a simulated board.",
)
@click.option("--board", metavar="NAME", help="Board (default: ulx3s).")
@click.option(
    "--lanes",
    metavar="N",
    type=click.IntRange(min=1),
    help="What the board's bitstream was compiled with (default: all inputs).",
)
@click.option(
    "--block-tables",
    metavar="N|NAMES",
    help="What the board's bitstream was compiled with (default: the tables that pruning chose).",
)
@click.option("--classes", "show", is_flag=True, help="Print the class of every vector as well.")
@json_option
def command(
    network,
    data,
    part,
    samples,
    backend,
    target,
    port,
    board,
    lanes,
    block_tables,
    show,
    as_json,
):
    """Evaluate a network on the vectors of a data set.

    With any --backend but table, exit code 3 when a class differs from that of the tables; the
    message names the first such vector. --backend board sends the vectors over the serial line to a
    board that holds the bitstream of hwgen lutnet compile --board; --port sim runs the same bridge
    in simulation, at the level of its pins.
    """
    given = {"target": target, "port": port, "board": board, "lanes": lanes}
    _check_options(backend, given | {"block-tables": block_tables})
    if backend == "torch":
        from hwgen.requirement import need

        need("torch", "hwgen lutnet eval --backend torch")
    from hwgen.errors import MismatchError
    from hwgen.formats.lut_network_file import read_network, read_network_facts
    from hwgen.lutnet.evaluation import accuracy, classes_by_table, first_difference

    integers, facts = read_network(network), read_network_facts(network)
    _check_functions(network, integers, facts, backend)
    found, same = _data(network, integers, facts, data, part, backend)
    vectors, classes = getattr(found, part)[:samples], getattr(found, f"{part}_classes")[:samples]
    document = {"network": str(network), "backend": backend, "part": part, "vectors": len(vectors)}
    with progress() as update:
        update(f"{len(vectors):,} vectors through the tables")
        by_table = classes_by_table(integers, vectors)
        others = None
        if backend == "torch":
            from hwgen.lutnet.trainer import torch_classes

            update(f"{len(vectors):,} vectors through the functions")
            others = torch_classes(network, facts, found, vectors)
        elif backend == "board":
            from hwgen import boards
            from hwgen.lutnet.circuit import classes_by_board

            compiled = {"lanes": lanes, "block_tables": block_tables}
            compiled = {name: value for name, value in compiled.items() if value is not None}
            answered = classes_by_board(
                network, vectors, port, boards.get(board or "ulx3s"), compiled, update
            )
            others = answered.classes
            document |= {"port": port, "board": answered.board, "clocks": answered.clocks}
            document |= {"seconds": round(answered.seconds, 3), "restarts": answered.restarts}
        elif backend != "table":
            from hwgen.lutnet.circuit import classes_by_circuit

            others = classes_by_circuit(
                network, vectors, target or "ecp5", backend == "netlist", progress=update
            )
        if others is not None and (message := first_difference(others, by_table, _OTHERS[backend])):
            raise MismatchError(message)
    percent = accuracy(by_table, classes)
    document |= {
        "right": int((by_table == classes).sum()),
        "accuracy": percent,
        "data_of_training": same,
    }
    text = f"{percent:.2f} % of {len(vectors):,} vectors ({part})"
    if show:
        document["classes"] = [found.classes[each] for each in by_table]
        text = f"{_class_table(found.classes, by_table, classes)}\n\n{text}"
    if backend == "board":
        text += f"\nthe board at {port} gives the classes of the tables"
    if same is False:
        text += "\nthese are not the data that the network was trained with"
    report("lutnet-eval", document, text, as_json)


def _data(network, integers, facts, data, part, backend):
    """Return the `DataSet`, and whether it is that of training; None where nothing says so."""
    from hwgen.errors import UsageError
    from hwgen.lutnet.config import data_options
    from hwgen.lutnet.data import read_data
    from hwgen.lutnet.evaluation import check_data
    from hwgen.lutnet.integer_data import read_integers

    if "configuration" in facts:
        found = read_data(data_options(facts, network), data)
        return found, check_data(integers, facts, found, network)
    if data is None:
        raise UsageError(
            f"{str(network)!r} does not say with which data it was trained, so --data must name "
            "an .npz file with integers X and class numbers y, or a .csv file of integers"
        )
    if backend == "torch":
        raise UsageError(
            f"--backend must be another than torch for {str(network)!r}, which was not trained "
            "here: its functions are not known"
        )
    if part != "test":
        raise UsageError(f"--part must be test for {str(network)!r}, which names no data set")
    return read_integers(integers, data), None


def _check_functions(network, integers, facts, backend):
    """Refuse functions whose tables were changed."""
    from hwgen.errors import UsageError

    source = facts.get("pruned", {}).get("from", integers.digest)
    if backend == "torch" and source != integers.digest:
        raise UsageError(
            f"--backend must be another than torch for {str(network)!r}, which was pruned: its "
            "tables are no longer those of the functions"
        )


def _check_options(backend, given):
    from hwgen.errors import UsageError

    for name, value in given.items():
        if value is not None and backend not in _BELONGS[name]:
            raise UsageError(
                f"--{name} must come with --backend {' or '.join(_BELONGS[name])}, not {backend}"
            )
    if backend == "board" and given["port"] is None:
        raise UsageError("--backend board must have a --port: a serial port, or sim")


def _class_table(names, found, right):
    rows = [
        (number, names[each], names[wanted])
        for number, (each, wanted) in enumerate(zip(found, right, strict=True))
    ]
    return table(rows, ("vector", "class", "of the data"))
