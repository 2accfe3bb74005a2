"""``hwgen quantize``: the matrices of a model file become codes."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table

__all__ = ["command"]


@click.command("quantize")
@click.argument("model", metavar="MODEL.safetensors", type=click.Path(path_type=Path))
@click.option("--method", metavar="NAME", required=True, help="Quantizer: hwgen list methods.")
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the codes go (default: MODEL-METHOD.safetensors here).",
)
@click.option(
    "--group",
    metavar="N|row|tensor",
    help="Weights of a row that share a scale (default: 128, or what defines the method).",
)
@click.option(
    "--scale",
    metavar="FORMAT",
    default="fp16",
    show_default=True,
    help="Format of scales: fp16, bf16, fp32, or uint8 with one fp32 a row.",
)
@click.option("--include", metavar="REGEX", help="Only tensors with such names (default: all).")
@click.option(
    "--exclude",
    metavar="REGEX",
    help="No tensors with such names (default: embeddings, output layers and norms).",
)
@json_option
def command(model, method, out, group, scale, include, exclude, as_json):
    """Quantize the matrices of a model, layer by layer.

    What is left out stays as it is. An interrupted run goes on where it was.
    """
    from hwgen.quant.methods import parse_method
    from hwgen.quant.model import SKIPPED, quantize_model

    chosen = parse_method(method, group, scale)
    stem = chosen.name.replace("/", "-")
    out = out or Path(f"{model.stem}-{stem}.safetensors")
    exclude = SKIPPED if exclude is None else exclude
    with progress() as update:
        results = quantize_model(model, out, chosen, include, exclude or None, update)
    document = {"file": str(out), "method": chosen.name, "layers": [r.as_dict() for r in results]}
    document |= _total(results)
    report("quantize", document, f"{_text(results, document)}\n\n{out}", as_json)


def _total(results):
    """Return bits and error of all matrices together, weighted by their sizes."""
    weights = [each.shape[0] * each.shape[1] for each in results]
    total = sum(weights)
    parts = list(zip(weights, results, strict=True))
    return {
        "weights": total,
        "bits_per_weight": sum(w * each.bits_per_weight for w, each in parts) / total,
    }


def _text(results, document):
    rows = [
        (
            each.name,
            f"{each.shape[0]}x{each.shape[1]}",
            each.format,
            f"{each.bits_per_weight:.3f}",
            f"{each.relative_error:.3g}",
        )
        for each in results
    ]
    weights = f"{document['weights']:,}"
    rows.append(("all", weights, "", f"{document['bits_per_weight']:.3f}", ""))
    return table(rows, ("tensor", "shape", "format", "bits/weight", "error"))
