"""fp32 arrays to NVFP4 blocks and their dot products, both in compiled hardware.

NVFP4 has two scales: one a block, which ``mx-quantise`` finds, and one a tensor. Here that is a
power of two, so that dividing by it is exact. Needs a C++ compiler.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.sim.model import CompiledModel

BLOCKS = 2000
FORMAT = "nvfp4"


def build(name, options, folder):
    """Return a core as a function of arrays of codes, and its configuration."""
    core = catalogue.get(name)
    config = core.configure(options)
    emitted = emit(core, config, Path(folder) / name)
    interface = json.loads(emitted.interface.read_text())
    return CompiledModel(emitted.verilog, interface, folder), config


def tensor_scale(array, block):
    """Return the least power of two with which no block scale saturates."""
    largest = np.abs(array).max() / (block.element.max_value * block.scale.max_value)
    return np.float32(2.0 ** np.ceil(np.log2(largest)))


def main(folder):
    quantize, config = build("mx-quantise", {"fmt": FORMAT, "fmt_in": "fp32"}, folder)
    dot, _ = build("mx-dot", {"fmt": FORMAT, "out": "fp32"}, folder)

    random = np.random.default_rng(1)
    x, y = random.normal(size=(2, BLOCKS, config.k)).astype(np.float32)
    operands, units = {}, 1.0
    for name, array in (("a", x), ("b", 0.01 * y)):
        unit = tensor_scale(array, config.fmt)
        units *= unit
        codes = quantize({"i": {"values": (array / unit).view(np.uint32)}})["o"]
        operands |= {name: codes["elements"], f"scale_{name}": codes["scale"]}
    results = dot({"i": operands})["o"]["result"].astype(np.uint32).view(np.float32) * units

    values = {
        name: config.fmt.element.decode(operands[name])
        * config.fmt.scale.decode(operands[f"scale_{name}"])[:, None]
        for name in "ab"
    }
    expected = (values["a"] * values["b"]).sum(axis=1).astype(np.float32) * units
    print(f"{np.count_nonzero(results == expected):,} of {BLOCKS:,} results are right")
    exact = (x.astype(np.float64) * (0.01 * y)).sum(axis=1)
    error = np.sqrt(np.mean((results - exact) ** 2) / np.mean(exact**2))
    print(f"relative error of {FORMAT} (rms): {error:.2%}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(temporary)
