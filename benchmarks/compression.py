"""How small weights become: the XOR code on sparse bits, trit dictionaries on ternary weights.

Run ``python benchmarks/compression.py`` (about two minutes); ``--write`` puts the tables into
``docs/benchmarks/compression.md``. Weights are random: what matters for either code is the share
of zeros, and with independent bits the figures can be repeated anywhere. Everything is decoded
again, and the run fails if a bit is lost.

What is wanted was written down before the first run of this benchmark. ``F2F`` holds efficiencies
measured earlier with another implementation and another matrix: ours may be
``EFFICIENCY_TOLERANCE`` points lower, as both are samples. ``BITS`` holds bits per weight of
earlier dictionaries: ours may take ``BITS_TOLERANCE`` times as much. Better is always right.
"""

import json
import platform
import sys
from pathlib import Path

import click
import numpy as np

from hwgen.errors import HwgenError
from hwgen.formats.xor_code import XorCode
from hwgen.golden.trit_decode import trit_decode
from hwgen.golden.xor_decode import xor_decode
from hwgen.quant.trit_encode import build_dictionary, pair_counts, trit_encode
from hwgen.quant.xor_encode import apply_corrections, xor_encode

ROOT = Path(__file__).parents[1]
SEED = 1
# sparsity, outputs, history, weight bits, efficiency in percent
F2F = (
    (0.9, 80, 0, 80_000, 93.2),
    (0.9, 80, 1, 80_000, 98.4),
    (0.9, 80, 2, 16_000, 99.0),
    (0.7, 27, 0, 27_000, 93.6),
    (0.7, 27, 1, 27_000, 98.7),
    (0.7, 27, 2, 5_400, 99.4),
    (0.9, 72, 2, 7_200, 100.0),
)
EFFICIENCY_TOLERANCE = 0.5
ZEROS = 0.885
TRITS = (256, 4096)
# entries, bits per weight
BITS = ((1 << 8, 0.881), (1 << 10, 0.739), (1 << 12, 0.761), (1 << 14, 0.722), (1 << 16, 0.733))
BITS_TOLERANCE = 1.02


def measure_f2f(sparsity, outputs, history, count, wanted):
    """Return the efficiency of one code on random bits, a share of which does not matter."""
    random = np.random.default_rng(SEED)
    code = XorCode(inputs=8, outputs=outputs, history=history, seed=SEED)
    shape = (count // outputs, outputs)
    bits = random.integers(0, 2, shape)
    mask = (random.random(shape) >= sparsity).astype(int)
    encoded = xor_encode(code, bits, mask)
    restored = apply_corrections(xor_decode(code, encoded.words), encoded.corrections)
    if ((restored ^ bits) & mask).any():
        raise HwgenError(f"8 -> {outputs} with history {history} lost bits")
    found = 100 * encoded.efficiency
    return {
        "sparsity": sparsity,
        "outputs": outputs,
        "history": history,
        "bits": bits.size,
        "that_matter": encoded.wanted,
        "corrections": len(encoded.corrections),
        "efficiency": round(found, 2),
        "wanted": wanted,
        "missed": found < wanted - EFFICIENCY_TOLERANCE,
    }


def random_trits(seed, rows, columns):
    """Return trits that are zero with the probability ``ZEROS``, else 1 or 2."""
    others = (1 - ZEROS) / 2
    random = np.random.default_rng(seed)
    return random.choice(3, (rows, columns), p=[ZEROS, others, others]).astype(np.uint8)


def measure_dictionary(entries, wanted):
    """Return the bits per weight of a dictionary made from other weights than it encodes."""
    dictionary = build_dictionary(pair_counts(random_trits(SEED + 1, 64, TRITS[1])), entries)
    rows = random_trits(SEED, *TRITS)
    codes = trit_encode(dictionary, rows)
    for row, each in zip(rows, codes, strict=True):
        if trit_decode(dictionary, each).tolist() != row.tolist():
            raise HwgenError(f"the dictionary of {entries} entries lost trits")
    count = sum(map(len, codes))
    found = count * dictionary.code_bits / rows.size
    return {
        "entries": entries,
        "code_bits": dictionary.code_bits,
        "bits_per_weight": round(found, 4),
        "weights_per_code": round(rows.size / count, 2),
        "wanted": wanted,
        "missed": found > wanted * BITS_TOLERANCE,
    }


def entropy():
    """Return the bits per weight that no code can go below on average."""
    shares = np.array([ZEROS, (1 - ZEROS) / 2, (1 - ZEROS) / 2])
    return float(-(shares * np.log2(shares)).sum())


def markdown(results):
    """Return both tables."""
    lines = [
        "| sparsity | code | N_s | weight bits | that matter | corrections | efficiency % "
        "| earlier % | |",
        "|" + "---|" * 9,
    ]
    for row in results["f2f"]:
        cells = [row["sparsity"], f"8 -> {row['outputs']}", row["history"], row["bits"]]
        cells += [row["that_matter"], row["corrections"], f"{row['efficiency']:.2f}"]
        cells += [f"{row['wanted']:.1f}", "missed" if row["missed"] else ""]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += [
        "",
        "| entries | bits a code | weights a code | bits per weight | earlier | |",
        "|" + "---|" * 6,
    ]
    for row in results["dictionaries"]:
        cells = [row["entries"], row["code_bits"], row["weights_per_code"]]
        cells += [f"{row['bits_per_weight']:.3f}", f"{row['wanted']:.3f}"]
        cells += ["missed" if row["missed"] else ""]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += [
        "",
        f"Dictionaries: {TRITS[0] * TRITS[1]} trits, {ZEROS:.1%} of them 0 (entropy "
        f"{entropy():.3f} bits);",
        f"codes of the XOR code from seed {SEED}, weights from numpy.random.default_rng({SEED}).",
        f"NumPy {np.__version__}, Python {platform.python_version()}.",
    ]
    return "\n".join(lines)


def write(results):
    """Put the tables into the documentation, and the figures beside them."""
    from pages import write_figures, write_table

    page = ROOT / "docs" / "benchmarks" / "compression.md"
    write_table(page, "compression", markdown(results))
    write_figures(page, results)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--write", "write_docs", is_flag=True, help="Rewrite docs/benchmarks/compression.md.")
def main(as_json, write_docs):
    """Measure both codes; exit with 5 if a figure is worse than wanted."""
    results = {
        "f2f": [measure_f2f(*row) for row in F2F],
        "dictionaries": [measure_dictionary(*row) for row in BITS],
    }
    print(json.dumps(results, indent=1) if as_json else markdown(results))
    if write_docs:
        write(results)
    missed = [
        f"8 -> {row['outputs']} N_s {row['history']}" for row in results["f2f"] if row["missed"]
    ]
    missed += [f"{row['entries']} entries" for row in results["dictionaries"] if row["missed"]]
    if missed:
        print(f"wanted figures missed: {json.dumps(missed)}", file=sys.stderr)
        sys.exit(5)


if __name__ == "__main__":
    main()
