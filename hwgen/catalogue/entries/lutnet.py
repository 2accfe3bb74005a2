"""Catalogue entry of ``lutnet``: golden model and test vectors of its configurations."""

import numpy as np

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import lutnet as test_vectors
from hwgen.cores.lutnet.config import LutnetConfig
from hwgen.golden import lutnet as golden_model

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.lutnet.lutnet import Lutnet

    return Lutnet(config)


def _golden(config, inputs):
    """Return the outputs for a sequence of tokens; see ``hwgen/golden/lutnet.py``.

    Tokens of a vector that is not complete have no result.
    """
    network = config.network
    given, outputs = network.inputs, network.outputs
    tokens = np.asarray(inputs["i"]["x"]).astype(np.int64)
    whole = len(tokens) - len(tokens) % config.beats
    codes = tokens[:whole].reshape(-1, given.count)
    if given.signed:
        codes = codes - ((codes >> given.bits - 1 & 1) << given.bits)
    if network.head == "argmax":
        return {"o": {"y": golden_model.classes_of(network, codes).astype(np.uint64)}}
    y = (golden_model.elements_of(network, codes) & outputs.most).astype(np.uint64)
    return {"o": {"y": y if outputs.count > 1 else y[:, 0]}}


_SEMANTICS = """\
A vector of N integers goes through layers, each of which makes a list of integers of one width of
the list before:

- `thresholds`: element x becomes the number of its thresholds t with x >= t, as one element, or as
  one bit a threshold (thermometer code);
- `tables`: every element is the entry of a table of its own whose address is a few elements of the
  list before, the first one in the lowest bits;
- `sums`: every element is the sum of some of the list before; of bits, the number of ones;
- `matrix`: an integer matrix times the list, plus constants.

With the head `argmax`, y is the number of the greatest element of the last list, the lowest number
of equal ones; with `none`, y is that list.

`net` is a safetensors file, which `hwgen lutnet train` writes; its arrays and metadata are
described in `hwgen/formats/lut_network_file.py`. `random/NxB/M1,M2,.../SEED` stands for random
tables. `digest` is the SHA-256 of everything that the network computes with. It is filled in, is
written to `interface.json`, and a config that names it refuses another network.

With `lanes` fewer than N, as many elements enter a clock cycle, those of low numbers first, and a
result leaves for every N / lanes tokens. Otherwise a vector enters every clock cycle.

Every bit behind tables and thresholds is a Boolean function of bits before. Constants go into the
functions behind, of equal bits one is made, and what nobody reads is not made. With `mapping`
`area` or `depth` the rest becomes look-up tables of the fabric, from decision diagrams by ABC, few
tables or few in series; every table of the network has an order of variables of its own, by
sifting, and hard multiplexers (PFUMX and L6MUX21 of ECP5, MUXF7 and MUXF8 of Xilinx fabrics) join
two or four look-up tables where that takes fewer. With `none` the Verilog has the multiplexers of
the diagrams, with `case` a `case` for every element (multiplexers where more than 12 bits matter),
and synthesis maps them. A layer is one step between registers: `--freq` puts them where the period
runs out.

`none` is for thousands of large tables: a layer of more than 50,000 multiplexers is written as
modules of some 20,000 that synthesis maps one by one. `area` and `depth` run ABC on a whole layer,
which takes minutes where there are thousands of tables of twelve inputs, and the cells that they
write take synthesis more memory.

With a number as `block_tables` as many tables stand in block RAM: those with the most nodes of
their decision diagrams among those with 10 to 14 bits of address that matter. Names choose them one
by one: `0/3,2/17` are table 3 of layer 0 and table 17 of layer 2, counted from 0, whatever they
hold; `hwgen lutnet prune --block-rams` finds out which ones are worth it. The entry comes a clock
cycle after the address, so every layer with such a table has a register inside, which the latency
counts."""

CORE = Core(
    name="lutnet",
    summary="network of look-up tables: trained neurons as tables, with encoder and class",
    source="LogicNets (Umuroglu et al., FPL 2020), PolyLUT, NeuraLUT, DWN: tables of trained "
    "functions",
    config=LutnetConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core lutnet --net random/16x1/12,6/1",
        "hwgen emit --core lutnet --net random/8x2/32,16,4/3 --freq 150",
        "hwgen show core lutnet",
    ),
)
