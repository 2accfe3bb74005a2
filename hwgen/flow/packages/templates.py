"""Jinja2 with the quoting that Verilog, Tcl, XML, YAML and Markdown need."""

import json
import re
from functools import cache
from pathlib import Path

import hwgen.constraints

__all__ = ["render"]

_MOST_SYMBOL_BITS = 512  # Avalon Interface Specifications, dataBitsPerSymbol


def render(template, facts):
    """Return the text of a template of this package or of ``constraints/``.

    Parameters
    ----------
    template : str
        File name; values are escaped in templates of XML.
    facts : dict
        Values by name; a template that asks for another one is an error.
    """
    return _environment().get_template(template).render(facts)


@cache
def _environment():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folders = [Path(__file__).parent, Path(hwgen.constraints.__file__).parent]
    environment = Environment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=lambda name: name.endswith(".xml.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "cell": _cell,
        "input_payload": _input_payload,
        "meaning": _meaning,
        "output_payload": _output_payload,
        "symbol_bits": _symbol_bits,
        "tcl": _tcl,
        "yaml": json.dumps,
    }
    return environment


def _tcl(text):
    """Return ``text`` as one word of Tcl."""
    return '"' + re.sub(r'([\\"$\[\]{}])', r"\\\1", str(text)) + '"'


def _cell(text):
    """Return ``text`` for a cell of a Markdown table."""
    return str(text).replace("|", "\\|")


def _meaning(field, ports):
    """Return what a field means, with what a port of its own makes of it."""
    bias = f"value is the code minus {field.bias}" if field.bias else ""
    own_port = ""
    if ports.last and field.name == "last":
        own_port = f"read from {ports.last}" if ports.is_input else f"also on {ports.last}"
    return "; ".join(part for part in (field.doc, bias, own_port) if part)


def _input_payload(ports):
    """Return a core's payload in terms of the wrapper's ports."""
    high, bit = ports.stream.width - 1, ports.last_bit
    if bit is None:
        return f"{ports.payload}[{high}:0]"
    parts = [f"{ports.payload}[{high}:{bit + 1}]"] if bit < high else []
    parts.append(ports.last)
    parts += [f"{ports.payload}[{bit - 1}:0]"] if bit > 0 else []
    return "{" + ", ".join(parts) + "}"


def _output_payload(ports):
    """Return the wrapper's payload in terms of the core's."""
    payload = f"{ports.stream.name}__payload"
    return f"{{{ports.padding}'d0, {payload}}}" if ports.padding else payload


def _symbol_bits(width):
    """Return how many bits an Avalon-ST symbol has: bytes where they fit, else few symbols."""
    if width % 8 == 0:
        return 8
    return max(bits for bits in range(1, min(width, _MOST_SYMBOL_BITS) + 1) if width % bits == 0)
