"""Options of the commands that take a model, and how they become a program."""

from pathlib import Path

import click

__all__ = ["compiled_model", "model_options"]

_OPTIONS = (
    click.argument("model", metavar="MODEL", type=click.Path(path_type=Path)),
    click.option(
        "--fmt",
        metavar="NAME",
        default="int8",
        show_default=True,
        help="Quantizer of the weights: hwgen list methods.",
    ),
    click.option("--group", metavar="N", help="Weights of a row that share a scale (default: 32)."),
    click.option(
        "--layer-fmt",
        metavar="REGEX=NAME",
        multiple=True,
        help="Another quantizer for tensors with such names; may be given several times.",
    ),
    click.option(
        "--embedding-fmt",
        metavar="NAME",
        default="int8",
        show_default=True,
        help="Quantizer of embeddings and of the output layer.",
    ),
    click.option(
        "--codes",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Codes that hwgen quantize made of MODEL, taken as they are.",
    ),
    click.option(
        "--activations",
        type=click.Choice(("mxint8", "mxint16")),
        default="mxint8",
        show_default=True,
        help="Codes of activations, queries, keys and values.",
    ),
    click.option("--context", metavar="N", type=int, help="Tokens kept (default: the model's)."),
)


def model_options(command):
    """Add the argument MODEL and the options of `compiled_model` to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def compiled_model(
    model, fmt, group, layer_fmt, embedding_fmt, codes, activations, context, progress
):
    """Return (`Decoder`, `Compiled`) of a model file, by the options of the command line.

    Raises ``UsageError`` for wrong ones.
    """
    from hwgen.errors import UsageError
    from hwgen.gpt.compile import compile_decoder
    from hwgen.gpt.matrices import Matrices, method_of
    from hwgen.quant.container import QuantizedModel
    from hwgen.quant.decoder_file import read_decoder
    from hwgen.quant.model import SKIPPED

    rules = []
    for each in layer_fmt:
        pattern, found, name = each.rpartition("=")
        if not found:
            raise UsageError(f"--layer-fmt must have the form REGEX=NAME, not {each!r}")
        rules.append((pattern, method_of(name)))
    rules.append((SKIPPED, method_of(embedding_fmt)))
    if group is not None and group.isdecimal():
        group = int(group)
    method = method_of(fmt, group)
    decoder = read_decoder(model)
    container = QuantizedModel(codes) if codes is not None else None
    progress("weights become codes")
    matrices = Matrices(decoder, method, tuple(rules), container)
    bits = int(activations.removeprefix("mxint"))
    return decoder, compile_decoder(decoder, matrices, context, bits)
