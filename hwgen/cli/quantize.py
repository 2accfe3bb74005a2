"""``hwgen quantize``: the matrices of a model file become codes."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table

__all__ = ["command"]


@click.command("quantize")
@click.argument("model", metavar="MODEL", type=click.Path(path_type=Path))
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
    help="Format of scales: fp16, bf16, fp32, e8m0, e4m3-fp32, or uint8 with one fp32 a row.",
)
@click.option(
    "--channel",
    metavar="output|input|adadim",
    type=click.Choice(("output", "input", "adadim")),
    default="output",
    show_default=True,
    help="Which channels scales belong to; adadim: the better for each matrix.",
)
@click.option("--include", metavar="REGEX", help="Only tensors with such names (default: all).")
@click.option(
    "--exclude",
    metavar="REGEX",
    help="No tensors with such names (default: embeddings, output layers and norms).",
)
@click.option(
    "--calib",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A text that the model reads for statistics of inputs, or such statistics (.safetensors).",
)
@click.option(
    "--tokenizer",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Tokenizer of the model, for a text: llama2.c's, or tokenizer.json.",
)
@click.option(
    "--save-statistics",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Keep the statistics of a text, for --calib.",
)
@click.option(
    "--correct",
    metavar="KIND",
    help="Low-rank correction beside the codes: svd, lqer, qera-approx or qera-exact.",
)
@click.option("--rank", metavar="N", default=32, show_default=True, help="Rank of the correction.")
@click.option(
    "--factors",
    metavar="NAME",
    default="mxint8",
    show_default=True,
    help="Quantizer of its two factors.",
)
@click.option(
    "--compress",
    metavar="KIND",
    help="Compress codes without loss where that is smaller: f2f or dictionary.",
)
@click.option(
    "--report",
    "report_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a report in HTML, with plots.",
)
@json_option
def command(
    model,
    method,
    out,
    group,
    scale,
    channel,
    include,
    exclude,
    calib,
    tokenizer,
    save_statistics,
    correct,
    rank,
    factors,
    compress,
    report_file,
    as_json,
):
    """Quantize the matrices of a model, layer by layer.

    MODEL is a safetensors file or a checkpoint of llama2.c (.bin). What is left out stays as it is.
    An interrupted run goes on where it was.

    In memory is one layer at a time, as 32-bit floats, and less than 1 GB beside it where a layer
    has up to 11,008 inputs: with --calib four bytes for each pair of inputs. With --correct it is
    40 bytes for each pair of outputs, or of inputs where those are fewer: 0.7 GB for 4,096. A model
    that reads a text takes its layers as 64-bit floats, all matrices of one decoder layer at a
    time, and as many for each token of the text as it has features. What the machine cannot hold is
    refused before the work begins.
    """
    from hwgen.flow.outputs import check_output_files, prepare_folder
    from hwgen.quant.calibration import statistics_for
    from hwgen.quant.evaluate import loss_before_and_after
    from hwgen.quant.low_rank import parse_correction
    from hwgen.quant.methods import parse_method
    from hwgen.quant.model import SKIPPED, quantize_model
    from hwgen.quant.packed import parse_packing
    from hwgen.quant.report import write_report

    chosen = parse_method(method, group, scale, channel)
    correction = parse_correction(correct, rank, factors) if correct else None
    packing = parse_packing(compress) if compress else None
    stem = chosen.name.replace("/", "-")
    out = out or Path(f"{model.stem}-{stem}.safetensors")
    exclude = SKIPPED if exclude is None else exclude
    files = {"--out": out, "--report": report_file, "--save-statistics": save_statistics}
    # the folder of the codes is made where needed
    prepare_folder(out.parent)
    check_output_files(files, {"MODEL": model, "--calib": calib, "--tokenizer": tokenizer})
    with (
        progress() as update,
        statistics_for(model, out, calib, tokenizer, save_statistics, update) as (known, windows),
    ):
        results = quantize_model(
            model, out, chosen, include, exclude or None, update, known, correction, packing
        )
        loss = None
        if windows is not None:
            update("loss of the model before and after")
            loss = loss_before_and_after(model, out, windows.held_out)
    document = {"model": str(model), "file": str(out), "method": chosen.name}
    document |= {"layers": [r.as_dict() for r in results], **_total(results), "loss": loss}
    document["correction"] = f"{correct}, rank {rank}, {factors}" if correct else None
    document["calibration_tokens"] = None if known is None else known.tokens
    if report_file is not None:
        write_report(report_file, document)
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
    from hwgen.flow.html import printable

    rows = [
        (
            printable(each.name),
            f"{each.shape[0]}x{each.shape[1]}",
            each.format
            + ("" if each.channel == "output" else ", inputs")
            + (f", {each.compression}" if each.compression else ""),
            f"{each.bits_per_weight:.3f}",
            f"{each.relative_error:.3g}",
            "" if each.output_error is None else f"{each.output_error:.3g}",
        )
        for each in results
    ]
    weights = f"{document['weights']:,}"
    rows.append(("all", weights, "", f"{document['bits_per_weight']:.3f}", "", ""))
    heads = ("tensor", "shape", "format", "bits/weight", "error", "output error")
    shown = len(heads) - all(each.output_error is None for each in results)
    text = table([row[:shown] for row in rows], heads[:shown])
    if (loss := document["loss"]) is not None:
        text += f"\n\nloss {loss['before']:.4f} -> {loss['after']:.4f} nats a token, held out"
    return text
