"""``hwgen lutnet report``."""

from dataclasses import asdict
from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table

__all__ = ["command"]

_KEYS = ("kind", "elements", "live", "fan_in", "bits", "address_bits", "table_bits", "luts")
_HEADS = ("layer", "elements", "live", "fan-in", "bits", "address", "table bits", "LUT6")
_MEASUREMENT_HEADS = (
    "network",
    "fabric",
    "LUT",
    "FF",
    "Fmax MHz",
    "cycles",
    "latency ns",
    "LUT x ns",
)


@click.command("report")
@click.argument("network", metavar="NET", type=click.Path(path_type=Path))
@click.option(
    "--measure",
    "targets",
    metavar="TARGET",
    multiple=True,
    help="Synthesize for this fabric, place and route where there is a tool (ecp5, ice40), and "
    "add area, frequency and latency; may be given several times.",
)
@click.option(
    "--freq",
    metavar="MHZ",
    type=click.FloatRange(min=0, min_open=True),
    help="Clock that --measure makes the circuit for (default: no registers but at the output).",
)
@click.option(
    "--beside",
    metavar="NET",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Another network for the same data, for comparison; may be given several times.",
)
@click.option(
    "--report",
    "report_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a report in HTML: connections, and accuracy against size beside published "
    "networks.",
)
@json_option
def command(network, targets, freq, beside, report_file, as_json):
    """Say what a network is made of, how good it was, and how large it is.

    LUT6 are estimated by plain rules, from above: what synthesis makes of the tables is smaller.
    --measure runs synthesis, and place and route.
    """
    from hwgen.errors import UsageError
    from hwgen.flow.outputs import check_output_files

    if freq is not None and not targets:
        raise UsageError("--freq must come with --measure")
    others = {f"--beside {each}": each for each in beside}
    check_output_files({"--report": report_file}, {"NET": network} | others)
    entries = [_entry(path) for path in (network, *beside)]
    _check_same_data(entries)
    with progress() as update:
        for entry in entries:
            entry["measured"] = _measured(entry["network"], targets, freq, update)
    document = {**entries[0], "beside": entries[1:]}
    if report_file is not None:
        _write(report_file, network, document)
    report("lutnet-report", document, _text(document, report_file), as_json)


def _entry(path):
    """Return what a network is made of."""
    from hwgen.formats.lut_network_file import read_network, read_network_facts
    from hwgen.lutnet.budget import placed
    from hwgen.lutnet.estimate import estimated_layers, estimated_luts, head_luts

    integers, facts = read_network(path), read_network_facts(path)
    pruned = placed(integers, facts)
    return {
        "network": str(path),
        "sha256": integers.digest,
        "inputs": asdict(integers.inputs),
        "layers": [asdict(each) for each in estimated_layers(integers, pruned.stored)],
        "head": {"kind": integers.head, "luts": head_luts(integers)},
        "estimated_lut6": estimated_luts(integers, pruned.stored),
        "block_tables": pruned.block_tables,
        "estimated_block_rams": pruned.block_rams,
        "block_ram_target": pruned.fabric and pruned.fabric.name,
        "accuracy": facts.get("accuracy"),
        "facts": facts,
    }


def _data(entry):
    return entry["facts"].get("data", {}).get("name")


def _check_same_data(entries):
    from hwgen.errors import UsageError

    for each in entries[1:]:
        if _data(each) != _data(entries[0]):
            raise UsageError(
                f"--beside must be a network for {_data(entries[0]) or 'no known data'}, as "
                f"{entries[0]['network']!r}, and {each['network']!r} is for "
                f"{_data(each) or 'no known data'}"
            )


def _measured(path, targets, freq, update):
    from hwgen.lutnet.measurement import measured

    found = []
    for target in targets:
        text = f"{path} on {target}"
        figures = measured(
            path, target, freq, lambda event, text=text: update(f"{text}: {event.stage}")
        )
        found.append(asdict(figures))
    return found


def _point(entry):
    """Return (name, accuracy, LUT6, how they were found): measured ones where there are any."""
    percent = (entry["accuracy"] or {}).get("test")
    name = Path(entry["network"]).stem
    for each in entry["measured"]:
        if each["lut_inputs"] == 6:
            return name, percent, each["lut"], "measured"
    return name, percent, entry["estimated_lut6"], "estimated"


def _write(report_file, network, document):
    from hwgen.formats.lut_network_file import read_network
    from hwgen.lutnet.pareto import points
    from hwgen.lutnet.pictures import write_report

    entries = [document, *document["beside"]]
    facts = [("network", document["network"]), ("inputs", _inputs(document))]
    if (name := _data(document)) is not None:
        facts.append(("data", name))
    if document["accuracy"]:
        facts.append(("accuracy", _accuracy(document)))
    facts.append(("LUT6, estimated", f"{document['estimated_lut6']:,}"))
    if document["estimated_block_rams"]:
        facts.append(("block RAMs, estimated", _block_rams(document)))
    tables = {
        "layers": _layer_rows(document),
        "layer_heads": _layer_heads(document),
        "measurements": _measurement_rows(document),
        "measurement_heads": _measurement_heads(document),
    }
    found = points([_point(each) for each in entries], name)
    write_report(report_file, network.name, read_network(network), facts, tables, found)


def _inputs(document):
    given = document["inputs"]
    sign = "signed" if given["signed"] else "unsigned"
    return f"{given['count']} inputs of {given['bits']} bits, {sign}"


def _accuracy(document):
    return ", ".join(f"{name} {value:.2f} %" for name, value in document["accuracy"].items())


def _block_rams(document):
    return (
        f"{document['estimated_block_rams']:,} of {document['block_ram_target']}, for tables "
        f"{document['block_tables']}"
    )


def _layer_heads(document):
    return (*_HEADS, "in RAM") if document["estimated_block_rams"] else _HEADS


def _layer_rows(document):
    """Return the rows of layers; tables in block RAM have a column where there are some."""
    rows = [[each[key] for key in _KEYS] for each in document["layers"]]
    blank = [""] * (len(_HEADS) - 2)
    rows.append([document["head"]["kind"], *blank, document["head"]["luts"]])
    rows.append(["all", *blank, document["estimated_lut6"]])
    if document["estimated_block_rams"]:
        stored = [each["stored"] for each in document["layers"]]
        rows = [[*row, at] for row, at in zip(rows, [*stored, "", sum(stored)], strict=True)]
    return rows


def _has_block_rams(document):
    return any(each["bram"] for one in (document, *document["beside"]) for each in one["measured"])


def _measurement_heads(document):
    return _MEASUREMENT_HEADS + (("BRAM",) if _has_block_rams(document) else ())


def _measurement_rows(document):
    more = _has_block_rams(document)
    return [
        (
            Path(entry["network"]).stem,
            each["target"] + (f", {each['device']}" if each["device"] else ", not placed"),
            f"{each['lut']:,}",
            f"{each['ff']:,}",
            "" if each["fmax_mhz"] is None else f"{each['fmax_mhz']:.1f}",
            each["latency_cycles"],
            "" if each["latency_ns"] is None else f"{each['latency_ns']:.2f}",
            "" if each["area_delay"] is None else f"{each['area_delay']:,.0f}",
            *([each["bram"]] if more else []),
        )
        for entry in (document, *document["beside"])
        for each in entry["measured"]
    ]


def _text(document, report_file):
    text = f"{_inputs(document)}\n\n{table(_layer_rows(document), _layer_heads(document))}"
    if document["estimated_block_rams"]:
        text += f"\n\nblock RAMs: {_block_rams(document)}"
    if document["accuracy"]:
        text += f"\n\naccuracy: {_accuracy(document)}"
    others = [_point(each) for each in document["beside"]]
    if others:
        rows = [
            (name, "" if percent is None else f"{percent:.2f}", f"{luts:,}", how)
            for name, percent, luts, how in (_point(document), *others)
        ]
        text += f"\n\n{table(rows, ('network', 'test %', 'LUT6', ''))}"
    if rows := _measurement_rows(document):
        text += f"\n\n{table(rows, _measurement_heads(document))}"
    return f"{text}\n\n{report_file}" if report_file else text
