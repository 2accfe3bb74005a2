"""``hwgen gpt compile``."""

from pathlib import Path

import click

from hwgen.cli.console import json_option, progress, report, table
from hwgen.cli.gpt.model_options import compiled_model, model_options

__all__ = ["command"]


@click.command("compile")
@model_options
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the program goes (default: MODEL-FMT.safetensors here).",
)
@click.option(
    "--tokenizer",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Tokenizer to put into it (default: the one in or beside MODEL).",
)
@json_option
def command(model, out, tokenizer, as_json, **options):
    """Compile a model to instructions and a memory image for the GPT machine.

    MODEL is a GGUF file or a checkpoint of llama2.c (.bin), or a safetensors file of a GPT-2 or a
    Llama with its config.json beside it. Beside the program, FILE.map.txt lists its instructions
    and what lies where in memory.
    """
    from hwgen.flow.outputs import check_output_files, prepare_folder
    from hwgen.gpt.program_file import write_map, write_program
    from hwgen.quant.tokenizer import find_tokenizer, tokenizer_file, tokenizer_of

    out = out or Path(f"{model.stem}-{options['fmt'].replace('/', '-')}.safetensors")
    listing = out.with_suffix(".map.txt")
    prepare_folder(out.parent)
    inputs = {"MODEL": model, "--codes": options["codes"], "--tokenizer": tokenizer}
    check_output_files({"--out": out, "the map": listing}, inputs)
    place, stored = tokenizer or find_tokenizer(model), None
    if place is not None:
        stored = tokenizer_file(place)
        tokenizer_of(*stored)
    with progress() as update:
        decoder, compiled = compiled_model(model, **options, progress=update)
    program, machine = compiled.program, compiled.program.machine
    facts = {"model": model.name, **{name: options[name] for name in ("fmt", "activations")}}
    write_program(out, program, stored, facts)
    write_map(listing, compiled)
    document = {
        "program": str(out),
        "map": str(listing),
        **facts,
        "formats": list(machine.formats),
        "instructions": len(program),
        "layers_in_a_loop": compiled.looped,
        "weight_bytes": program.weight_bytes,
        "constant_bytes": program.constants.nbytes,
        "cache_bytes": machine.cache_bytes,
        "context": machine.context,
    }
    rows = [
        ("program", out),
        ("map", listing),
        ("model", f"{decoder.layers} layers, width {decoder.dim}, {machine.heads} heads"),
        ("weights", f"{program.weight_bytes:,} bytes ({', '.join(machine.formats)})"),
        ("keys and values", f"{machine.cache_bytes:,} bytes, {machine.context:,} tokens"),
        ("instructions", len(program)),
    ]
    report("gpt-compile", document, table(rows), as_json)
