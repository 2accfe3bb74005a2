"""A core as a NumPy function: emit its Verilog, compile it, call it with arrays of codes.

Needs a C++ compiler. The second run starts at once: compiled cores are kept in the folder.
"""

import json
import sys
import tempfile

import numpy as np

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.sim.model import CompiledModel

VECTORS = 10_000


def main(folder):
    core = catalogue.get("mx-dot")
    config = core.configure({"fmt": "fp4", "k": 4, "out": "fp16"})
    emitted = emit(core, config, folder)
    interface = json.loads(emitted.interface.read_text())
    circuit = CompiledModel(emitted.verilog, interface, folder)

    random = np.random.default_rng(1)
    inputs = {
        "i": {
            "a": random.integers(0, 16, (VECTORS, 4), dtype=np.uint64),
            "b": random.integers(0, 16, (VECTORS, 4), dtype=np.uint64),
            "scale_a": random.integers(120, 135, VECTORS, dtype=np.uint64),
            "scale_b": random.integers(120, 135, VECTORS, dtype=np.uint64),
        }
    }
    answers = circuit(inputs)["o"]["result"]
    expected = core.golden(config, inputs)["o"]["result"]
    print(f"{np.count_nonzero(answers == expected):,} of {VECTORS:,} answers are right")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(temporary)
