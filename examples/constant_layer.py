"""A layer with fixed weights: from a float matrix to a circuit without multipliers.

``python examples/constant_layer.py [folder]`` writes the weights and the Verilog into ``folder``.
"""

import sys
from pathlib import Path

import numpy as np
from hwgen.cores.arith.shift_add_search import find_graph

from hwgen import catalogue
from hwgen.flow.emit import emit

OUTPUTS, INPUTS = 8, 12


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "constant-layer")
    folder.mkdir(parents=True, exist_ok=True)
    layer = np.random.default_rng(7).normal(size=(OUTPUTS, INPUTS))
    scale = 127 / np.abs(layer).max()
    weights = np.rint(layer * scale).astype(np.int8)
    np.save(folder / "weights.npy", weights)

    core = catalogue.get("const-matvec")
    config = core.configure(
        {"matrix": str(folder / "weights.npy"), "fmt": "uint8", "target": "generic"}
    )
    x = np.random.default_rng(8).integers(0, 256, (1000, INPUTS), dtype=np.uint64)
    y = core.golden(config, {"i": {"x": x}})["o"]["y"]
    values, _ = config.output_format.finite_parts(y)
    assert np.array_equal(values, x.astype(int) @ weights.T.astype(int))

    graph = find_graph(weights.tolist(), [(0, 255)] * INPUTS)
    print(f"{OUTPUTS * INPUTS} products and their sums in {graph.adders} adders")
    print(f"{config.output_format.name} results, {graph.chain_bits} bits of carry chains")
    print(f"Verilog: {emit(core, config, folder).verilog}")


if __name__ == "__main__":
    main()
