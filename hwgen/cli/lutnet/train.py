"""``hwgen lutnet train``."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report

__all__ = ["command"]


@click.command("train")
@click.argument("config", metavar="CONFIG.yaml", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the network goes (default: CONFIG.safetensors here).",
)
@click.option(
    "--data", metavar="PATH", help="File or folder of the data set, in place of the one in CONFIG."
)
@json_option
def command(config, out, data, as_json):
    """Train a network as a configuration says, and write its tables.

    Beside the network stand its real-valued parameters, for hwgen lutnet eval --backend torch.
    Every epoch is kept: a run that was interrupted goes on where it was, to the same result. With a
    budget in CONFIG the trained network is pruned to it, as hwgen lutnet prune does.
    Needs PyTorch: pip install 'hwgen[lutnet]'.
    """
    from hwgen.requirement import need

    need("torch", "hwgen lutnet train")
    from hwgen.flow.outputs import check_output_files, prepare_folder
    from hwgen.formats.lut_network_file import read_network
    from hwgen.lutnet.budget import stored_tables
    from hwgen.lutnet.config import read_configuration
    from hwgen.lutnet.data import read_data
    from hwgen.lutnet.estimate import estimated_luts
    from hwgen.lutnet.trainer import parameters_file, train

    out = out or Path(f"{config.stem}.safetensors")
    prepare_folder(out.parent)
    files = {"--out": out, "the parameters' file": parameters_file(out)}
    check_output_files(files, {"CONFIG": config})
    configuration = read_configuration(config)
    if configuration.budget is not None:
        need("scipy", "hwgen lutnet train with a budget")
    with progress() as update:
        update("reading data")
        facts = train(configuration, read_data(configuration.data, data), out, update)
    document = {
        "config": str(config),
        "file": str(out),
        "parameters": str(parameters_file(out)),
        "accuracy": facts["accuracy"],
        "epoch": facts["epoch"],
        "estimated_lut6": estimated_luts(read_network(out), stored_tables(facts)),
    }
    text = f"accuracy: {_percent(facts['accuracy'])}\nabout {document['estimated_lut6']:,} LUT6"
    if "pruned" in facts:
        document["pruned"] = facts["pruned"]
        text = f"accuracy before the budget: {_percent(facts['pruned']['before'])}\n{text}"
    text += f"\n\n{out}"
    if (names := document.get("pruned", {}).get("block_tables")) is not None:
        text += f"\nbuild it with --block-tables {names}"
    report("lutnet-train", document, text, as_json)


def _percent(accuracy):
    return ", ".join(f"{name} {value:.2f} %" for name, value in accuracy.items())
