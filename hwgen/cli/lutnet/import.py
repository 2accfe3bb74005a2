"""``hwgen lutnet import``."""

from dataclasses import asdict
from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table

__all__ = ["command"]


@click.command("import")
@click.argument("model", metavar="MODEL.onnx", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the network goes (default: MODEL.safetensors here).",
)
@json_option
def command(model, out, as_json):
    """Make a network of a quantized perceptron in a QONNX file, as Brevitas and QKeras export it.

    A chain of Quant, BipolarQuant, Gemm, MatMul, Add, BatchNormalization, Relu and Flatten from the
    input, which must be quantized, to the logits; weights are behind Quant nodes of their own. The
    network computes the class that the graph gives in real numbers; anything that cannot be
    expressed so is refused. Needs the package onnx: pip install 'hwgen[onnx]'.
    """
    from hwgen.requirement import need

    need("onnx", "hwgen lutnet import")
    from hwgen.flow.outputs import check_output_files, prepare_folder, write_file
    from hwgen.formats.lut_network_file import network_bytes
    from hwgen.lutnet.estimate import estimated_luts
    from hwgen.lutnet.onnx_import import imported_network

    out = out or Path(f"{model.stem}.safetensors")
    prepare_folder(out.parent)
    check_output_files({"--out": out}, {"MODEL": model})
    with progress() as update:
        update(f"reading {model}")
        network, facts = imported_network(model)
        write_file(out, network_bytes(network, {"import": {"model": model.name, **facts}}))
        luts = estimated_luts(network)
    layers = [
        {"kind": layer.kind, **asdict(elements)}
        for layer, elements in zip(network.layers, network.elements[1:], strict=True)
    ]
    document = {
        "model": str(model),
        "file": str(out),
        "inputs": asdict(network.inputs),
        "layers": layers,
        "estimated_lut6": luts,
    }
    rows = [(each["kind"], each["count"], each["bits"]) for each in layers]
    given = network.inputs
    sign = "signed" if given.signed else "unsigned"
    text = f"{given.count} inputs of {given.bits} bits, {sign}\n\n"
    text += f"{table(rows, ('layer', 'elements', 'bits'))}\n\nabout {luts:,} LUT6\n\n{out}"
    report("lutnet-import", document, text, as_json)
