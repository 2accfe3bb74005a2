"""``hwgen lutnet simplify``."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report

__all__ = ["command"]


@click.command("simplify")
@click.argument("network", metavar="NET", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the network goes (default: NET-simplified.safetensors here).",
)
@click.option("--data", metavar="PATH", help="File or folder of the data set it was trained with.")
@click.option(
    "--seen",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Entries that training vectors meet so often or less are free.",
)
@click.option(
    "--map", "mapped", is_flag=True, help="Count the tables of six and of four inputs as mapped."
)
@json_option
def command(network, out, data, seen, mapped, as_json):
    """Fill the entries of tables that training never meets so that less logic is left.

    Vectors that chose the epoch are not among those of training, so validation and test tell what
    it costs. Images are met moved as well if training moved them. With --seen 0 every vector of
    training keeps its class. Needs no PyTorch.
    """
    from hwgen.cli.lutnet.comparison import comparison, state_of
    from hwgen.flow.outputs import check_output_files, prepare_folder, write_file
    from hwgen.formats.lut_network_file import network_bytes, read_network, read_network_facts
    from hwgen.lutnet.config import data_options, training_options
    from hwgen.lutnet.data import read_data
    from hwgen.lutnet.evaluation import check_data, training_split
    from hwgen.lutnet.simplification import simplified

    out = out or Path(f"{network.stem}-simplified.safetensors")
    prepare_folder(out.parent)
    check_output_files({"--out": out}, {"NET": network})
    integers, facts = read_network(network), read_network_facts(network)
    options = training_options(facts)
    with progress() as update:
        update("reading data")
        found = read_data(data_options(facts, network), data)
        same = check_data(integers, facts, found, network)
        used, _ = training_split(len(found.train), options)
        done = simplified(integers, found.train[used], seen, options.shift, update)
        states = [
            state_of(each, found, options, mapped, update) for each in (integers, done.network)
        ]
    facts |= {
        "accuracy": states[1]["accuracy"],
        "simplified": {"from": integers.digest, "seen": seen, "before": states[0]["accuracy"]},
    }
    write_file(out, network_bytes(done.network, facts))
    document = {
        "network": str(network),
        "file": str(out),
        "seen": seen,
        "entries": done.entries,
        "free": done.free,
        "before": states[0],
        "after": states[1],
        "data_of_training": same,
    }
    percent = 100 * done.free / max(1, done.entries)
    text = f"{percent:.1f} % of {done.entries:,} entries are free\n\n{comparison(document)}"
    report("lutnet-simplify", document, text, as_json)
