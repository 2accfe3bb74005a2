"""``hwgen lutnet report``."""

from dataclasses import asdict
from pathlib import Path

import click

from hwgen.cli.console import json_option, report, table

__all__ = ["command"]


@click.command("report")
@click.argument("network", metavar="NET", type=click.Path(path_type=Path))
@json_option
def command(network, as_json):
    """Say what a network is made of, how good it was, and about how large it is.

    LUT6 are estimated by plain rules, from above: what synthesis makes of the tables is smaller.
    """
    from hwgen.formats.lut_network_file import read_network, read_network_facts
    from hwgen.lutnet.estimate import estimated_layers, estimated_luts, head_luts

    integers, facts = read_network(network), read_network_facts(network)
    layers = estimated_layers(integers)
    document = {
        "network": str(network),
        "sha256": integers.digest,
        "inputs": asdict(integers.inputs),
        "layers": [asdict(each) for each in layers],
        "head": {"kind": integers.head, "luts": head_luts(integers)},
        "estimated_lut6": estimated_luts(integers),
        "accuracy": facts.get("accuracy"),
        "facts": facts,
    }
    report("lutnet-report", document, _text(document), as_json)


def _text(document):
    keys = ("kind", "elements", "live", "fan_in", "bits", "address_bits", "table_bits", "luts")
    heads = ("layer", "elements", "live", "fan-in", "bits", "address", "table bits", "LUT6")
    rows = [tuple(each[key] for key in keys) for each in document["layers"]]
    blank = ("",) * (len(heads) - 2)
    rows.append((document["head"]["kind"], *blank, document["head"]["luts"]))
    rows.append(("all", *blank, document["estimated_lut6"]))
    given = document["inputs"]
    sign = "signed" if given["signed"] else "unsigned"
    text = f"{given['count']} inputs of {given['bits']} bits, {sign}\n\n{table(rows, heads)}"
    if accuracy := document["accuracy"]:
        percent = ", ".join(f"{name} {value:.2f} %" for name, value in accuracy.items())
        text += f"\n\naccuracy: {percent}"
    return text
