"""``hwgen list``: the cores, the formats, the boards, the quantization methods."""

import click

from hwgen.cli.console import json_option, report
from hwgen.cli.describe import KINDS, find_kind
from hwgen.cli.sections import Section, as_text

__all__ = ["command", "list_boards", "list_cores", "list_formats", "list_methods"]


@click.command("list")
@click.argument("kind", metavar="cores|formats|boards|methods")
@json_option
def command(kind, as_json):
    """List all cores, formats, boards or methods of quantization."""
    kind = find_kind(kind, (*KINDS, "method"))
    makers = {
        "core": list_cores,
        "format": list_formats,
        "board": list_boards,
        "method": list_methods,
    }
    document, sections = makers[kind]()
    report("list", {"kind": kind, **document}, as_text(sections), as_json)


def list_cores():
    """Return all cores as a document and as sections."""
    from hwgen import catalogue

    entries = [catalogue.get(name) for name in catalogue.names()]
    items = [{"name": each.name, "summary": each.summary} for each in entries]
    rows = [(each["name"], each["summary"]) for each in items]
    return {"items": items}, [Section("", ("core", "what it is for"), rows)]


def list_formats():
    """Return all well-known formats, short names and the grammar, likewise."""
    from hwgen import formats

    found = formats.catalogue()
    rows = [
        (each["name"], each["kind"], f"{each['width']:g}", each["summary"])
        for each in found["formats"]
    ]
    document = {
        "items": found["formats"],
        "short_names": found["short_names"],
        "grammar": found["grammar"],
    }
    return document, [
        Section("", ("format", "kind", "bits", "values"), rows),
        Section("Short names", ("name", "stands for"), list(found["short_names"].items())),
        Section("Any other format", ("name", "meaning"), list(found["grammar"].items())),
    ]


def list_boards():
    """Return all boards, likewise."""
    from hwgen import boards

    entries = [boards.get(name) for name in boards.names()]
    items = [
        {"name": each.name, "title": each.title, "device": each.device, "target": each.target}
        for each in entries
    ]
    rows = [tuple(each.values()) for each in items]
    return {"items": items}, [Section("", ("board", "title", "device", "target"), rows)]


def list_methods():
    """Return all quantization methods and the grammar of the formats that they make, likewise."""
    from hwgen.formats.weights import WEIGHT_GRAMMAR
    from hwgen.quant.low_rank import KINDS
    from hwgen.quant.methods import CHANNELS, METHODS
    from hwgen.quant.packed import PACKINGS

    items = [{"name": name, "summary": summary} for name, summary in METHODS.items()]
    options = {"channel": CHANNELS, "correct": KINDS, "compress": PACKINGS}
    return {"items": items, "options": options, "formats": dict(WEIGHT_GRAMMAR)}, [
        Section("", ("method", "what it makes of weights"), list(METHODS.items())),
        *(
            Section(f"--{option}", ("name", "meaning"), list(names.items()))
            for option, names in options.items()
        ),
        Section("Formats of weights", ("name", "meaning"), list(WEIGHT_GRAMMAR.items())),
    ]
