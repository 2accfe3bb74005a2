"""``hwgen gpt loss``."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table
from hwgen.cli.gpt.model_options import compiled_model, model_options

__all__ = ["command"]


@click.command("loss")
@model_options
@click.option(
    "--text",
    metavar="FILE",
    type=click.Path(path_type=Path),
    required=True,
    help="What is predicted, in UTF-8.",
)
@click.option(
    "--tokenizer",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Tokenizer of the model (default: the one beside MODEL).",
)
@click.option(
    "--windows",
    metavar="N",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Most windows of the text's beginning, of up to 256 tokens each.",
)
@json_option
def command(model, text, tokenizer, windows, as_json, **options):
    """Measure the loss of a model on the GPT machine, and of the model itself in float64.

    MODEL is what hwgen gpt compile takes. Losses are in nats a token, those of the machine by its
    golden model.
    """
    from hwgen.errors import UsageError
    from hwgen.gpt.loss import measure_losses
    from hwgen.gpt.text_windows import read_text_windows
    from hwgen.quant.tokenizer import find_tokenizer

    tokenizer = tokenizer or find_tokenizer(model)
    if tokenizer is None:
        raise UsageError(f"there must be a tokenizer beside {str(model)!r}; give --tokenizer")
    with progress() as update:
        decoder, compiled = compiled_model(model, **options, progress=update)
        machine = compiled.program.machine
        chosen = read_text_windows(text, tokenizer, machine.context, windows)
        found = measure_losses(decoder, compiled.program, chosen, update)
    document = {
        "model": str(model),
        "formats": list(machine.formats),
        "activations": options["activations"],
        "tokens": found.tokens,
        "float_loss": found.reference,
        "loss": found.machine,
        "argmax_agreement": found.agreement,
    }
    rows = [
        ("float model", f"{found.reference:.4f} nats a token, {found.tokens:,} tokens"),
        ("machine", f"{found.machine:.4f} ({', '.join(machine.formats)})"),
        ("same most likely token", f"{100 * found.agreement:.1f} %"),
    ]
    report("gpt-loss", document, table(rows), as_json)
