"""What weight formats cost on the GPT machine: losses of its golden model beside the float model.

``python benchmarks/gpt_loss.py --model FILE --text FILE`` compiles a model (with its tokenizer
beside it) in every format and lets it predict the beginning of a text. Activations, keys and values
are quantized as well. What a format adds to the loss of stories260K is compared with what was
measured for it before, with weights quantized alone; a row beyond the tolerance ends the command
with 5. ``--write`` puts the table into ``docs/benchmarks/gpt-loss.md``.
"""

import platform
import sys
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "gpt-loss.md"
# weight format, activations
CASES = (
    *(("mx-int16/32", "mxint16"), ("int8", "mxint8"), ("mxint8", "mxint8")),
    *(("mxfp6-e2m3", "mxint8"), ("mxfp8-e4m3", "mxint8"), ("int4-asym", "mxint8")),
    *(("bcq4", "mxint8"), ("bitmod4", "mxint8"), ("fp4", "mxint8"), ("nvfp4", "mxint8")),
    *(("mxfp4", "mxint8"), ("bcq3", "mxint8"), ("bitmod3", "mxint8"), ("bcq2", "mxint8")),
    ("ternary", "mxint8"),
)
# what quantized weights add to the loss of stories260K, measured before on another part of the text
PUBLISHED = {
    **{"int8": 0.004, "mxint8": 0.007, "mxfp6-e2m3": 0.010, "mxfp8-e4m3": 0.013},
    **{"int4-asym": 0.078, "bcq4": 0.085, "bitmod4": 0.092, "fp4": 0.133, "mxfp4": 0.185},
    **{"bcq3": 0.50, "bitmod3": 0.52, "bcq2": 2.15, "ternary": 5.39},
}
# another part of the text moves small differences by a hundredth or two, large ones by their third
TOLERANCE, SHARE = 0.02, 0.33


def measure(model, text, windows):
    """Return one row a case."""
    from hwgen.cli.gpt.model_options import compiled_model
    from hwgen.gpt.loss import measure_losses
    from hwgen.gpt.text_windows import read_text_windows
    from hwgen.quant.tokenizer import find_tokenizer

    rows = []
    for fmt, activations in CASES:
        embedding = "mx-int16/32" if activations == "mxint16" else "int8"
        decoder, compiled = compiled_model(
            model, fmt, None, (), embedding, None, activations, None, lambda text: None
        )
        machine = compiled.program.machine
        chosen = read_text_windows(text, find_tokenizer(model), machine.context, windows)
        found = measure_losses(decoder, compiled.program, chosen)
        published = PUBLISHED.get(fmt)
        rows.append(
            {
                **{"fmt": fmt, "activations": activations, "bytes": compiled.program.weight_bytes},
                **{"loss": found.machine, "float": found.reference, "tokens": found.tokens},
                **{"agreement": found.agreement, "published": published},
            }
        )
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def met(row):
    """Return whether a row is as far from the float model as it was known to be."""
    if row["published"] is None:
        return True
    most = max(TOLERANCE, SHARE * row["published"])
    return abs(row["loss"] - row["float"] - row["published"]) <= most


def table(rows, model, text):
    """Return the rows as Markdown."""
    lines = [
        "| weights | activations, cache | bytes | loss | more than float | known for it | "
        "same token % |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        known = "-" if row["published"] is None else f"{row['published']:.3f}"
        lines.append(
            f"| {row['fmt']} | {row['activations']} | {row['bytes']:,} | {row['loss']:.4f} | "
            f"{row['loss'] - row['float']:.4f} | {known} | {100 * row['agreement']:.1f} |"
        )
    tokens, reference = rows[0]["tokens"], rows[0]["float"]
    lines.append(
        f"\n`{model.name}` on the first {tokens:,} tokens of `{text.name}`,\nwindows of 256; "
        f"float64: {reference:.4f} nats a token.\nEmbedding and output layer int8 (mxint16: as the "
        f"weights). Python {platform.python_version()}."
    )
    return "\n".join(lines)


@click.command()
@click.option("--model", type=click.Path(path_type=Path), required=True)
@click.option("--text", type=click.Path(path_type=Path), required=True)
@click.option("--windows", default=16, show_default=True)
@click.option("--write", is_flag=True, help="Put the table into the page.")
def main(model, text, windows, write):
    rows = measure(model, text, windows)
    made = table(rows, model, text)
    print(made)
    if write:
        from pages import write_figures, write_table

        write_table(PAGE, "gpt-loss", made)
        write_figures(PAGE, rows)
    wrong = [row["fmt"] for row in rows if not met(row)]
    if wrong:
        print(f"not as known: {', '.join(wrong)}", file=sys.stderr)
    sys.exit(5 if wrong else 0)


if __name__ == "__main__":
    main()
