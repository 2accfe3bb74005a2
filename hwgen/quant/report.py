"""What became of a model, as one HTML file with its plots inside."""

from functools import cache
from pathlib import Path

import numpy as np

from hwgen.flow.outputs import write_file

__all__ = ["write_report"]

_WIDTH = 480
# column of a layer, title of its plot, color, whether equal ratios are equally long
_PLOTS = (
    ("bits_per_weight", "Bits per weight", "#4c78a8", False),
    (
        "relative_error",
        "Squared error of weights over their squares (logarithmic)",
        "#f58518",
        True,
    ),
    ("output_error", "Squared error of outputs over their squares (logarithmic)", "#54a24b", True),
)
_HEADS = ("tensor", "shape", "format", "bits/weight", "error of weights", "error of outputs")
_FACTS = {
    "model": "model",
    "file": "quantized",
    "method": "method",
    "correction": "correction",
    "weights": "weights",
    "bits_per_weight": "bits per weight",
    "calibration_tokens": "tokens of calibration",
}


def write_report(path, document):
    """Write the report of a quantized model.

    Parameters
    ----------
    path : path-like
        HTML file; it needs no other file and no network.
    document : dict
        What ``hwgen quantize --json`` prints.

    Raises ``UsageError`` where the file cannot be written.
    """
    layers = document["layers"]
    facts = [
        (title, _shown(document[key]))
        for key, title in _FACTS.items()
        if document.get(key) is not None
    ]
    if (loss := document.get("loss")) is not None:
        facts.append(("loss before, nats a token", _shown(loss["before"])))
        facts.append(("loss after", _shown(loss["after"])))
        facts.append(("tokens that the loss is of, held out", loss["tokens"]))
    plots = [
        {"title": title, "color": color, "bars": _bars(layers, column, logarithmic)}
        for column, title, color, logarithmic in _PLOTS
        if all(each[column] is not None for each in layers)
    ]
    text = _template().render(
        title=f"{Path(document['file']).name}: {document['method']}",
        facts=facts,
        plots=plots,
        heads=_HEADS[: 3 + len(plots)],
        rows=[_row(each, plots) for each in layers],
    )
    write_file(path, text)


def _row(layer, plots):
    rows, columns = layer["shape"]
    form = layer["format"] + ("" if layer["channel"] == "output" else ", inputs")
    form += f", {layer['compression']}" if layer["compression"] else ""
    numbers = [_shown(layer[column]) for column, *_ in _PLOTS[: len(plots)]]
    return [layer["name"], f"{rows}x{columns}", form, *numbers]


def _bars(layers, column, logarithmic):
    """Return name, width in pixels and label of every layer."""
    values = np.array([each[column] for each in layers], np.float64)
    sizes = values
    if logarithmic:
        positive = values[values > 0]
        least = np.floor(np.log10(positive.min())) if len(positive) else 0.0
        with np.errstate(divide="ignore"):
            sizes = np.maximum(np.log10(values) - least, 0)
    most = sizes.max() or 1.0
    return [
        {
            "name": each["name"],
            "width": round(float(size / most * _WIDTH), 1),
            "label": _shown(value),
        }
        for each, size, value in zip(layers, sizes, values, strict=True)
    ]


def _shown(value):
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


@cache
def _template():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")
