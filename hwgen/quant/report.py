"""What became of a model, as one HTML file with its plots inside."""

from pathlib import Path

import numpy as np

from hwgen.flow.html import printable, write_page

__all__ = ["write_report"]

_WIDTH = 480
# characters of a name that fit beside its bar
_NAME = 44
# about how many marks an axis has
_MARKS = 8
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
_HEADS = (
    "tensor",
    "shape",
    "format",
    "bits/weight",
    "error of weights (ratio)",
    "error of outputs (ratio)",
)
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
        facts.append(("tokens that the loss is of, held out", _shown(loss["tokens"])))
    plots = [
        {"title": title, "color": color, **_plot(layers, column, logarithmic)}
        for column, title, color, logarithmic in _PLOTS
        if all(each[column] is not None for each in layers)
    ]
    write_page(
        path,
        Path(__file__).with_name("report.html.j2"),
        title=f"{Path(document['file']).name}: {document['method']}",
        facts=facts,
        plots=plots,
        heads=_HEADS[: 3 + len(plots)],
        rows=[_row(each, plots) for each in layers],
    )


def _row(layer, plots):
    rows, columns = layer["shape"]
    form = layer["format"] + ("" if layer["channel"] == "output" else ", inputs")
    form += f", {layer['compression']}" if layer["compression"] else ""
    numbers = [_shown(layer[column]) for column, *_ in _PLOTS[: len(plots)]]
    return [printable(layer["name"]), f"{rows}x{columns}", form, *numbers]


def _plot(layers, column, logarithmic):
    """Return bars of all layers and marks of their axis, in pixels from its beginning."""
    values = np.array([each[column] for each in layers], np.float64)
    low, high = 0.0, values.max() or 1.0
    if logarithmic:
        positive = np.log10(values[values > 0])
        low = np.floor(positive.min()) if len(positive) else -1.0
        # at least one power of ten, so that nearly equal values look nearly equal
        high = max(np.ceil(positive.max()), low + 1) if len(positive) else 0.0
    bars = [
        _bar(each["name"], value, low, high, logarithmic)
        for each, value in zip(layers, values, strict=True)
    ]
    step = max(1, round((high - low) / _MARKS)) if logarithmic else _round_step(high)
    marks = [
        {
            "place": round(float((mark - low) / (high - low) * _WIDTH), 1),
            "label": f"1e{mark:.0f}" if logarithmic else _shown(float(mark)),
        }
        for mark in low + step * np.arange(np.floor((high - low) / step + 1e-9) + 1)
    ]
    return {"bars": bars, "marks": marks}


def _round_step(high):
    """Return 1, 2 or 5 times a power of ten, of which ``high`` is at most five."""
    power = 10.0 ** np.floor(np.log10(high))
    return next(each * power for each in (0.2, 0.5, 1, 2) if 5 * each * power >= high)


def _bar(name, value, low, high, logarithmic):
    """Return names, width in pixels and label of one layer."""
    size = value
    if logarithmic:
        size = np.log10(value) if value > 0 else low
    name = printable(name)
    kept = _NAME // 2 - 1
    return {
        "name": name,
        "short": name if len(name) <= _NAME else f"{name[:kept]}…{name[-kept:]}",
        "width": round(float((size - low) / (high - low) * _WIDTH), 1),
        "label": _shown(float(value)),
    }


def _shown(value):
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
