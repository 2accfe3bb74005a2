"""The blocks of ``cores/arith`` beside the plain Verilog operators, through the same synthesis.

Run ``python benchmarks/blocks.py`` for all rows (about ten minutes on two cores), or name some:
``python benchmarks/blocks.py --block sum``. ``--write`` puts the tables into
``docs/benchmarks/blocks.md``. Both sides are combinational; on ECP5 the Fmax is that of the block
between registers on every input and output bit.
"""

import json
import platform
import sys
import tempfile
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
SEEDS = (1, 2, 3)
FABRICS = ("ecp5", "xilinx7")
# sums of many operands beat Yosys' `macc` by so much, or the run says so
TREE_WANTED = 1.5
# a count of ones takes at most so many tables a bit: LUT4 equivalents, LUT6
COUNT_WANTED = {"ecp5": 2.3, "xilinx7": 1.1}


def blocks():
    """Return the rows: name -> (inputs, result bits, circuit, Verilog expression)."""
    from amaranth.hdl import Const, unsigned
    from hwgen.cores.arith.adder import Term, add
    from hwgen.cores.arith.compare import equal, less
    from hwgen.cores.arith.float_normalise import leading_zeros
    from hwgen.cores.arith.multiply import multiply
    from hwgen.cores.arith.popcount import popcount
    from hwgen.cores.arith.shift import shift_left
    from hwgen.cores.arith.tree import Operand, add_tree, negate_if

    def total(count, width, with_sign):
        def circuit(pipeline, values):
            half = 1 << width - 1
            operands = [
                Operand(values[f"x{at}"], 0, 2 * half - 1, sign=values[f"s{at}"])
                if with_sign
                else Operand(values[f"x{at}"], -half, half - 1)
                for at in range(count)
            ]
            return negate_if(pipeline, add_tree(pipeline, operands)).bits

        inputs = {f"x{at}": (width, not with_sign) for at in range(count)}
        if with_sign:
            inputs |= {f"s{at}": (1, False) for at in range(count)}
            extended = [f"$signed({{1'b0, x{at}}})" for at in range(count)]
            terms = [f"(s{at} ? -{each} : {each})" for at, each in enumerate(extended)]
        else:
            terms = [f"x{at}" for at in range(count)]
        bits = width + with_sign + (count - 1).bit_length()
        return inputs, bits, circuit, " + ".join(terms)

    def shifted(pipeline, values):
        bits, mask = shift_left(pipeline, values["a"], values["n"], 0, 15)
        if mask is None:
            return bits
        return pipeline.logic(lambda x, keep: x & keep, bits, mask, name="kept")

    def products(width, is_signed):
        inputs = {"a": (width, is_signed), "b": (width, is_signed)}
        return inputs, 2 * width, lambda p, v: multiply(p, v["a"], v["b"]), "a * b"

    def ones(width, of_products):
        def circuit(pipeline, values):
            count = popcount(pipeline, values["a"], values.get("b"))
            if count.spare is None:
                return count.bits
            nothing = Term(pipeline.constant(Const(0, 1)))
            shape = unsigned(width.bit_length())
            return add(pipeline, Term(count.bits), nothing, shape, count.spare)

        names = ("a", "b") if of_products else ("a",)
        inputs = dict.fromkeys(names, (width, False))
        bits = [f"(a[{at}] & b[{at}])" if of_products else f"a[{at}]" for at in range(width)]
        return inputs, width.bit_length(), circuit, " + ".join(bits)

    pair = {"a": (16, False), "b": (16, False)}
    zeros = " : ".join(f"a[{at}] ? {31 - at}" for at in reversed(range(32))) + " : 0"
    return {
        "sum of 8 int8": total(8, 8, False),
        "sum of 16 int8": total(16, 8, False),
        "sum of 8 sign and magnitude 8": total(8, 8, True),
        "sum of 32 sign and magnitude 8": total(32, 8, True),
        "product int4": products(4, True),
        "product int8": products(8, True),
        "product int16": products(16, True),
        "product uint11": products(11, False),
        "less uint16": (pair, 1, lambda p, v: less(p, v["a"], v["b"]), "a < b"),
        "equal uint16": (pair, 1, lambda p, v: equal(p, v["a"], v["b"]), "a == b"),
        "shift 8 bits by 0 to 15": (
            {"a": (8, False), "n": (4, False)},
            23,
            shifted,
            "a << n",
        ),
        "leading zeros of 32": (
            {"a": (32, False)},
            5,
            lambda p, v: leading_zeros(p, v["a"])[0],
            zeros,
        ),
        "sum of 64 int16": total(64, 16, False),
        **{f"ones of {width} bits": ones(width, False) for width in (64, 128, 256)},
        "ones of 64 products of bits": ones(64, True),
    }


def block_verilog(row, fabric):
    """Return the Verilog of our block, combinational."""
    from amaranth.hdl import Const, Module, Shape, Signal
    from hwgen.cores.arith.libraries import libraries_of
    from hwgen.cores.arith.pipeline import Pipeline
    from hwgen.cores.arith.popcount import POPCOUNT_LIBRARY

    from hwgen import targets
    from hwgen.flow.emit import emit_verilog

    inputs, bits, circuit, _ = row
    m = Module()
    pipeline = Pipeline(m, targets.get(fabric), None, Const(1))
    ports = {name: Signal(Shape(*shape), name=name) for name, shape in inputs.items()}
    values = {name: pipeline.input(port, f"{name}_in") for name, port in ports.items()}
    result = Signal(bits, name="z")
    m.d.comb += result.eq(circuit(pipeline, values).signal)
    libraries = (*libraries_of(targets.get(fabric)), POPCOUNT_LIBRARY)
    return emit_verilog(
        m, ports=[*ports.values(), result], module_name="block", libraries=libraries
    )


def operator_verilog(row):
    """Return the Verilog of the plain operator."""
    inputs, bits, _, expression = row
    ports = [
        f"input {'signed ' if is_signed else ''}[{width - 1}:0] {name}"
        for name, (width, is_signed) in inputs.items()
    ]
    ports.append(f"output [{bits - 1}:0] z")
    return f"module block({', '.join(ports)});\n  assign z = {expression};\nendmodule\n"


def measure(verilog, fabric, seeds):
    """Return (look-up tables, Fmax or None) of a combinational module."""
    from hwgen.flow.characterise import characterise
    from hwgen.flow.synthesise import synthesise

    options = ("nodsp",)
    if fabric == "ecp5":
        figures = characterise(verilog, device="25k", seeds=seeds, options=options)
        return figures.counts["lut_equivalents"], figures.fmax
    with tempfile.TemporaryDirectory(prefix="hwgen-blocks-") as folder:
        path = Path(folder, "block.v")
        path.write_text(verilog)
        found = synthesise([path], "block", fabric, Path(folder, "out"), options=options)
        return found.counts.lut_equivalents, None


def compare(name, row, seeds=SEEDS):
    """Return one row of the table: sizes and Fmax of both sides on every fabric."""
    result = {"block": name}
    for fabric in FABRICS:
        ours, our_fmax = measure(block_verilog(row, fabric), fabric, seeds)
        theirs, their_fmax = measure(operator_verilog(row), fabric, seeds)
        result[fabric] = {
            "luts": ours,
            "operator_luts": theirs,
            "ratio": round(theirs / ours, 2),
            "fmax": our_fmax,
            "operator_fmax": their_fmax,
        }
    return result


def markdown(results):
    """Return the table of results."""
    lines = [
        "| block | COMB | operator | ratio | Fmax MHz | operator | LUT6 | operator | ratio |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in results:
        ecp5, seven = row["ecp5"], row["xilinx7"]
        cells = [row["block"], ecp5["luts"], ecp5["operator_luts"], f"{ecp5['ratio']:.2f}"]
        speeds = (ecp5["fmax"], ecp5["operator_fmax"])
        cells += ["-" if each is None else f"{each:.0f}" for each in speeds]
        cells += [seven["luts"], seven["operator_luts"], f"{seven['ratio']:.2f}"]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


def counts_too_large(row):
    """Return whether a row is a count of plain bits that takes more tables a bit than wanted."""
    words = row["block"].split()
    if words[0] != "ones" or words[-1] != "bits" or len(words) > 4:
        return False
    return any(row[fabric]["luts"] > most * int(words[2]) for fabric, most in COUNT_WANTED.items())


def provenance():
    """Return the line that names the tools and the machine."""
    from hwgen.tools import find

    tools = ", ".join(f"{name} {find(name).version}" for name in ("yosys", "nextpnr-ecp5"))
    return f"{tools}; {platform.system()} {platform.machine()}, Python {platform.python_version()}."


def write(results):
    """Put the table into the documentation; rows that were not measured stay as they were."""
    from pages import earlier_figures, write_figures, write_table

    page = ROOT / "docs" / "benchmarks" / "blocks.md"
    found = {each["block"]: each for each in earlier_figures(page) + results}
    results = [found[name] for name in blocks() if name in found]
    write_table(page, "blocks", f"{markdown(results)}\n\n{provenance()}")
    write_figures(page, results)


@click.command()
@click.option("--block", "chosen", multiple=True, help="Only blocks whose name has this in it.")
@click.option("--sizes", is_flag=True, help="Only sizes: place nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--write", "write_docs", is_flag=True, help="Rewrite docs/benchmarks/blocks.md.")
def main(chosen, sizes, as_json, write_docs):
    """Measure the blocks against plain operators; exit with 5 if one misses its bar."""
    results = []
    for name, row in blocks().items():
        if not chosen or any(each in name for each in chosen):
            results.append(compare(name, row, () if sizes else SEEDS))
            print(markdown(results[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    print(json.dumps(results, indent=1) if as_json else markdown(results))
    if write_docs:
        write(results)
    sums = [each for each in results if each["block"].startswith("sum")]
    missed = [each["block"] for each in sums if each["ecp5"]["ratio"] < TREE_WANTED]
    missed += [each["block"] for each in results if counts_too_large(each)]
    if missed:
        print(f"bar missed: {', '.join(missed)}", file=sys.stderr)
        sys.exit(5)


if __name__ == "__main__":
    main()
