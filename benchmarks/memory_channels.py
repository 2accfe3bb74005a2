"""Weights from memory: how fast, beside what refresh allows, and what a channel's circuit takes.

``python benchmarks/memory_channels.py`` measures four things, each by itself with ``--only``:
``channel``, the simulated channel beside figures of DRAMsim3's HBM2; ``layer``, the matrix
products of a layer of GPT-2 345M over 32 channels of 512 bits (compiled by Verilator, sums compared
with the golden model); ``machine``, tokens of stories260K by a GPT machine whose weights lie in one
channel; ``size``, the look-up tables, multipliers and memories of a cluster.
A layer below nine tenths of what refresh leaves ends the command with 5. ``--write`` puts the
tables into ``docs/benchmarks/memory-channels.md``.
"""

import argparse
import platform
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "memory-channels.md"
# GPT-2 345M; its output layer is the embedding
LAYERS, VOCABULARY = 24, 50257
PARTS = ("channel", "layer", "machine", "size")
CHANNELS = 32
# weight format, blocks that are multiplied in a clock cycle, beats of a channel's memory
FORMATS = {"int4": (4, 1 << 12), "int8": (2, 1 << 13)}
GOAL = 0.9
# a token of the same model on the same device, in float16: DFX, MICRO 2022
DFX = 0.286
# of an Alveo U280, by the names that synthesis has for them
DEVICE = {"lut_equivalents": 1_304_000, "dsp": 9_024, "bram36": 2_016}
SEEDS = (1, 2, 3)
MODEL = ROOT / "tests" / "data" / "stories260K" / "stories260K.bin"
# bits of a beat, and how many of them the memory has; options of the machine; tokens
WIDTHS = {64: 1 << 16, 256: 1 << 14}
MACHINE = {"target": "ultrascale_plus", "freq": 225.0, "key_lanes": 4}
TOKENS = 100


def measure_channel():
    """Return a row a kind of traffic."""
    from hwgen.cores.memory.channel_config import ChannelConfig
    from hwgen.cores.memory.reader_config import ReaderConfig

    from hwgen.gpt.channel_traffic import TRAFFIC, measured
    from hwgen.gpt.read_circuit import ReadCircuit

    circuit = ReadCircuit(ChannelConfig(beats=1 << 15), ReaderConfig(outstanding=32, timeout=1000))
    rows = []
    for each in TRAFFIC:
        shares = [measured(circuit, each, seed=seed) for seed in SEEDS]
        rows.append(
            {
                **{"traffic": each.name, "of": "ceiling" if each.of_ceiling else "peak"},
                **{"share": sum(shares) / len(shares), "reference": each.reference},
            }
        )
    return rows


def configuration(method):
    """Return (matrices, ClusterConfig, ChannelConfig) of a weight format."""
    from hwgen.cores.memory.channel_config import ChannelConfig
    from hwgen.cores.memory.cluster_config import ClusterConfig

    from hwgen.gpt.layer_traffic import GPT2_345M, layer_shapes, random_matrices

    lanes, beats = FORMATS[method]
    matrices = random_matrices(method, layer_shapes(**GPT2_345M))
    return matrices, ClusterConfig(matrices[0].stream.name, lanes), ChannelConfig(beats=beats)


def measure_layer(method):
    """Return the row of a weight format."""
    from hwgen.gpt.joined_channels import joined_products
    from hwgen.gpt.layer_traffic import streamed
    from hwgen.gpt.streamed_layer import StreamedLayer

    matrices, config, channel = configuration(method)
    layer = StreamedLayer(config, 1, channel)
    run = streamed(lambda operands: joined_products(layer, CHANNELS, matrices, operands), matrices)
    return {
        **{"format": method, "lanes": config.lanes, "cycles": run.cycles, "share": run.share},
        **{"ceiling": channel.ceiling, "of_ceiling": run.share / channel.ceiling},
        **{"weight_bytes": run.weight_bytes, "read_bytes": run.read_bytes},
        "microseconds": run.cycles / channel.clock_mhz,
    }


def measure_machine(method):
    """Return a row a width of the memory, for a weight format."""
    from hwgen.gpt.compile import compile_decoder
    from hwgen.gpt.matrices import Matrices, method_of
    from hwgen.quant.decoder_file import read_decoder

    decoder = read_decoder(MODEL)
    rules = (("embed|wte|wpe|output", method_of("int8")),)
    program = compile_decoder(decoder, Matrices(decoder, method_of(method), rules)).program
    return [measure_tokens(program, method, *each) for each in WIDTHS.items()]


def measure_tokens(program, method, width, beats):
    """Return the row of a width, with tokens that are those of the golden model."""
    from hwgen.cores.gpt.timing import CycleModel
    from hwgen.cores.memory.channel_config import ChannelConfig
    from hwgen.cores.memory.reader_config import ReaderConfig

    from hwgen.formats.weight_image import token_bytes
    from hwgen.golden.gpt.machine import Interpreter
    from hwgen.gpt.memory_circuit import MemoryCircuit

    channel, reader = ChannelConfig(data_bits=width, beats=beats), ReaderConfig(data_bits=width)
    circuit, golden = MemoryCircuit(program, reader, channel, **MACHINE), Interpreter(program)
    token = 1
    for _ in range(TOKENS):
        token, wanted = circuit.step([token])[1], golden.step([token])[1]
        if token != wanted:
            raise SystemExit(f"token {circuit.tokens} must be {wanted}, not {token}")
    model = CycleModel(program, circuit.delays)
    cycles, size = circuit.cycles / TOKENS, token_bytes(program)
    return {
        **{"format": f"{method}, {width} bits", "cycles": cycles, "token_bytes": size},
        "chip": sum(model.cycles(position) for position in range(TOKENS)) / TOKENS,
        "multiplying": circuit.told["multiplying"] / TOKENS,
        "starved": circuit.told["starved"] / TOKENS,
        "of_ceiling": size / (cycles * channel.beat_bytes * channel.ceiling),
    }


def measure_size(method):
    """Return what a cluster of a weight format takes."""
    from hwgen.cores.memory.cluster import Cluster

    from hwgen.flow.emit import emit_verilog
    from hwgen.flow.synthesise import synthesise

    _, config, _ = configuration(method)
    with tempfile.TemporaryDirectory(prefix="hwgen-cluster-") as folder:
        path = Path(folder, "cluster.v")
        path.write_text(emit_verilog(Cluster(config), module_name="cluster"))
        result = synthesise([path], "cluster", config.target, Path(folder, "synthesis"))
    counts = result.counts.as_dict()
    halves = sum(number for name, number in result.cells.items() if name.startswith("RAMB18"))
    counts["bram36"] = counts["bram"] - halves / 2
    return {"format": method, "cells": result.cells} | counts


def channel_table(rows):
    """Return the rows as Markdown."""
    lines = ["| traffic | share of | model % | DRAMsim3 % | apart |", "|---|---|---|---|---|"]
    for row in rows:
        apart = 100 * (row["share"] - row["reference"])
        lines.append(
            f"| {row['traffic']} | {row['of']} | {100 * row['share']:.2f} | "
            f"{100 * row['reference']:g} | {apart:+.1f} |"
        )
    return "\n".join(lines)


def whole_model(row):
    """Return microseconds of all weights of GPT-2 345M, at the share that one layer reaches."""
    from hwgen.gpt.layer_traffic import GPT2_345M, layer_shapes

    layer = sum(rows * columns for rows, columns in layer_shapes(**GPT2_345M))
    output = VOCABULARY * GPT2_345M["width"]
    return row["microseconds"] * (LAYERS + output / layer)


def layer_table(rows):
    """Return the rows as Markdown."""
    lines = [
        "| weights | blocks a cycle | MB | cycles | us at 225 MHz | % of raw peak | "
        "% of what refresh leaves | ms of all layers and output |",
        "|" + "---|" * 8,
    ]
    for row in rows:
        lines.append(
            f"| {row['format']} | {row['lanes']} | {row['weight_bytes'] / 1e6:.2f} | "
            f"{row['cycles']:,} | {row['microseconds']:.2f} | {100 * row['share']:.1f} | "
            f"{100 * row['of_ceiling']:.1f} | {whole_model(row) / 1000:.2f} |"
        )
    lines.append(f"\nDFX, whole tokens on a U280: {100 * DFX:.1f} % of raw peak.")
    return "\n".join(lines)


def machine_table(rows):
    """Return the rows as Markdown."""
    lines = [
        "| weights, memory | bytes a token | cycles a token | of them products | of them without "
        "weights | % of what refresh leaves | cycles with weights on the chip |",
        "|" + "---|" * 7,
    ]
    for row in rows:
        lines.append(
            f"| {row['format']} | {row['token_bytes']:,} | {row['cycles']:,.0f} | "
            f"{row['multiplying']:,.0f} | {row['starved']:,.0f} | {100 * row['of_ceiling']:.1f} | "
            f"{row['chip']:,.0f} |"
        )
    return "\n".join(lines)


def size_table(rows):
    """Return the rows as Markdown."""
    lines = ["| cluster | LUT | FF | DSP | BRAM36 | 32 of them, of a U280 |", "|" + "---|" * 6]
    for row in rows:
        shares = ", ".join(
            f"{100 * CHANNELS * row[name] / total:.0f} % {label}"
            for (name, total), label in zip(DEVICE.items(), ("LUT", "DSP", "BRAM"), strict=True)
        )
        lines.append(
            f"| {row['format']} | {row['lut_equivalents']:,} | {row['ff']:,} | {row['dsp']} | "
            f"{row['bram36']:g} | {shares} |"
        )
    return "\n".join(lines)


TABLES = {
    "channel": channel_table,
    "layer": layer_table,
    "machine": machine_table,
    "size": size_table,
}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part only")
    parser.add_argument("--format", choices=FORMATS, action="append", help="this format only")
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    options = parser.parse_args(arguments)
    formats = options.format or list(FORMATS)
    figures = {}
    for part in options.only or PARTS:
        if part == "channel":
            figures[part] = measure_channel()
        elif part == "machine":
            figures[part] = [row for each in formats for row in measure_machine(each)]
        else:
            measure = measure_layer if part == "layer" else measure_size
            figures[part] = [measure(each) for each in formats]
        print(TABLES[part](figures[part]), flush=True)
    if options.write:
        write(figures)
    missed = [each["format"] for each in figures.get("layer", []) if each["of_ceiling"] < GOAL]
    if missed:
        print(
            f"below {100 * GOAL:g} % of what refresh leaves: {', '.join(missed)}", file=sys.stderr
        )
    return 5 if missed else 0


def write(figures):
    """Put what was measured into the page; formats that were not measured now stay."""
    from pages import earlier_figures, write_figures, write_table

    kept = earlier_figures(PAGE) or {}
    for part, rows in figures.items():
        key = "traffic" if part == "channel" else "format"
        merged = {each[key]: each for each in [*kept.get(part, []), *rows]}
        kept[part] = sorted(merged.values(), key=lambda each: each[key] if part != "channel" else 0)
        text = f"{TABLES[part](kept[part])}\n\nPython {platform.python_version()}."
        write_table(PAGE, f"memory-{part}", text)
    write_figures(PAGE, kept)


if __name__ == "__main__":
    sys.exit(main())
