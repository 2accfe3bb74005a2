"""What can be said about a core, a format or a board: for programs and for people."""

import textwrap
from dataclasses import asdict

from hwgen.cli.config_options import describe_fields, option_name
from hwgen.cli.sections import Section
from hwgen.errors import UsageError, nearest

__all__ = [
    "KINDS",
    "board_document",
    "board_sections",
    "core_document",
    "core_sections",
    "find_kind",
    "format_document",
    "format_sections",
]

KINDS = ("core", "format", "board")

_VALUE_COLUMNS = 4


def find_kind(word, kinds=KINDS):
    """Return which of ``kinds`` a word of the command line names, in singular or plural."""
    kind = word.lower().removesuffix("s")
    if kind not in kinds:
        raise UsageError(f"kind must be {', '.join(kinds)}, not {word!r}{nearest(word, kinds)}")
    return kind


def core_document(core):
    """Return a core's entry with its options, and its streams in the default configuration."""
    config = core.configure({})
    component = core.component(config)
    return {
        "name": core.name,
        "summary": core.summary,
        "source": core.source,
        "semantics": core.semantics,
        "examples": list(core.examples),
        "shorthands": {name: list(covered) for name, covered in core.shorthands.items()},
        "options": describe_fields(core),
        "default_config": config.as_dict(),
        "streams": [stream.describe() for stream in component.streams],
        "latency": component.latency,
        "initiation_interval": component.initiation_interval,
    }


def core_sections(document):
    """Return the tables of a `core_document`."""
    options = [
        (f"--{name}", "", f"Short for {' and '.join(option_name(each) for each in covered)}.")
        for name, covered in document["shorthands"].items()
    ]
    for each in document["options"]:
        default = "" if each["default"] is None else each["default"]
        options.append((f"{option_name(each['name'])} {each['values']}", default, each["doc"]))
    sections = [
        Section("", text=f"{document['summary'][:1].upper()}{document['summary'][1:]}."),
        Section("", text=textwrap.fill(f"Definition: {document['source']}.", 100)),
        Section("Options", ("option", "default", "meaning"), options),
    ]
    if document["examples"]:
        text = "\n".join(["```", *document["examples"], "```"])
        sections.insert(2, Section("Examples", text=text))
    if document["semantics"]:
        sections.append(Section("What it computes", text=document["semantics"]))
    timing = (
        f"With the default options: latency {document['latency']} clock cycles, one block every "
        f"{document['initiation_interval']}. `interface.json` states both for every configuration."
    )
    sections.append(Section("Timing", text=timing))
    for stream in document["streams"]:
        rows = [
            (each["name"], each["lsb"], each["width"], each["count"], each["format"], each["doc"])
            for each in stream["fields"]
        ]
        title = f"Stream {stream['name']} ({stream['direction']}) with the default options"
        heads = ("field", "lsb", "width", "count", "format", "meaning")
        text = f"Ports {stream['payload']} ({stream['width']} bits), {stream['valid']}, "
        sections.append(Section(title, heads, rows, f"{text}{stream['ready']}."))
    return sections


def format_document(name):
    """Return everything about the format called ``name``."""
    from hwgen import formats

    document = formats.describe(formats.parse(name))
    short = formats.SHORT_NAMES.get(name.lower())
    if short and short != document["name"]:
        document["as_block_format"] = short
    return document


def format_sections(document):
    """Return the tables of a `format_document`."""
    if document["kind"] != "block":
        sections = _scalar_sections(document)
        if "as_block_format" in document:
            note = f"Where a block format is wanted, this name means {document['as_block_format']}."
            sections.insert(0, Section("", text=note))
        return sections
    rows = [
        ("elements", f"{document['block_size']} x {document['element']['name']}"),
        ("scale", document["scale"]["name"]),
        ("bits per element", f"{document['bits_per_element']:g}, scale included"),
        ("largest value", f"{document['max']:.9g}"),
    ]
    if document["tensor_scale"]:
        rows.insert(2, ("scale of the tensor", document["tensor_scale"]["name"]))
    rules = [(name, _plain(value)) for name, value in document["quantization"].items()]
    sections = [Section(document["name"], (), rows)]
    sections.append(Section("From numbers to blocks", ("choice", "default"), rules))
    for part in ("element", "scale"):
        sections += _scalar_sections(document[part], f"{part.capitalize()} ")
    return sections


def _scalar_sections(document, title=""):
    fields = ", ".join(f"{name} {bits}" for name, bits in document["fields"].items())
    rows = [
        ("bits", f"{document['width']}: {fields}"),
        ("range", f"{document['min']:.9g} .. {document['max']:.9g}"),
        ("smallest positive", f"{document['smallest_positive']:.9g}"),
        ("multiples of", f"2**{document['lsb_exponent']}"),
    ]
    if document["kind"] == "float":
        rows.append(("exponent bias", document["bias"]))
        rows.append(("special codes", document["specials_meaning"]))
        rows.append(("subnormals", _plain(document["subnormals"])))
    sections = [Section(f"{title}{document['name']}", (), rows)]
    special = [(each["bits"], each["meaning"]) for each in document["special_codes"]]
    if special:
        sections.append(Section("Special codes", ("code", "meaning"), special))
    if "values" in document:
        sections.append(_value_section(document["values"]))
    return sections


def _value_section(values):
    """Return the value table in several columns, codes running downward."""
    height = -(-len(values) // _VALUE_COLUMNS)
    cells = [(each["bits"], _number(each["value"])) for each in values]
    rows = [sum(cells[row::height], ()) for row in range(height)]
    return Section("Values", ("code", "value") * (len(rows[0]) // 2), rows)


def board_document(board):
    """Return a board's facts."""
    return asdict(board)


def board_sections(document):
    """Return the tables of a `board_document`."""
    rows = [
        ("device", document["device"]),
        ("target", document["target"]),
        ("oscillator", f"{document['clock_hz'] / 1e6:g} MHz"),
        ("serial", f"{document['baud']:,} baud, 8N1"),
        ("load a bitstream", document["program"].replace("{bitstream}", "FILE")),
    ]
    capacity = [(name.upper(), f"{count:,}") for name, count in document["capacity"].items()]
    return [
        Section(document["title"], (), rows),
        Section("Resources", ("resource", "available"), capacity),
    ]


def _plain(value):
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _number(value):
    return value if isinstance(value, str) else f"{value:.9g}"
