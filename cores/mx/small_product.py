"""Products of very small elements as networks of look-up tables, found once by logic synthesis."""

from hwgen.cores.arith.lut4 import lut4_row

__all__ = ["E2M1_NETWORK", "multiply_by_network", "network_for"]

# Magnitude of e2m1 x e2m1 in quarters, p7..p0, from the magnitude codes a2..a0 and b2..b0:
# (output, inputs a to d, table). 20 tables, the least that ABC's &deepsyn found; a structural
# description maps to 25.
E2M1_NETWORK = (
    ("some_high", "b1 a1 a2 b2", 0xFAC0),
    ("parity", "a2 b1 a1 b2", 0x390A),
    ("both_odd", "a0 b0", 0x8888),
    ("a_high_or_b_odd", "a1 a2 b0", 0xE0E0),
    ("both_high", "b2 b1 a2 a1", 0xEEE0),
    ("both_top", "a2 a1 b2 b1", 0x8000),
    ("t3", "parity both_odd both_high", 0x6060),
    ("t4", "parity both_high a0 b0", 0x8000),
    ("p7", "both_odd both_top", 0x8888),
    ("p0", "some_high parity both_odd", 0x1010),
    ("t1", "b2 b1 a0 a_high_or_b_odd", 0x1FE0),
    ("t2", "both_odd both_high t1 parity", 0xF044),
    ("p4", "t4 both_top some_high t2", 0x30CE),
    ("t5", "both_odd t1 parity", 0xACAC),
    ("t6", "both_top some_high t2", 0x0B0B),
    ("p3", "both_top t5 t3 some_high", 0x44F0),
    ("p5", "t3 some_high t5 both_top", 0xF088),
    ("p6", "both_top t4 t6", 0x0E0E),
    ("p1", "some_high t5", 0x4444),
    ("p2", "parity both_odd some_high t6", 0x004F),
)


def network_for(format_a, format_b, fabric):
    """Return the network for a pair of element formats on a fabric, or None."""
    e2m1 = all(
        (getattr(each, "exponent_bits", 0), getattr(each, "significand_bits", 0)) == (2, 1)
        and each.subnormals
        and each.signed
        for each in (format_a, format_b)
    )
    return E2M1_NETWORK if e2m1 and fabric.lut4_module is not None else None


def multiply_by_network(pipeline, network, a, b, name):
    """Multiply two magnitude codes by a network of tables.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the product becomes part of.
    network : tuple
        Tables in the order of their inputs; outputs are named ``p0``, ``p1``, ...
    a, b : Timed
        Codes without their signs.
    name : str
        Prefix of the names in the emitted Verilog.

    Returns
    -------
    Timed
        The product.
    """
    values = {}
    for operand, code in (("a", a), ("b", b)):
        for position in range(len(code)):
            values[f"{operand}{position}"] = pipeline.slice(code, position, position + 1)
    for output, inputs, table in network:
        values[output] = lut4_row(
            pipeline, table, *(values[each] for each in inputs.split()), name=f"{name}_{output}"
        )
    width = sum(output.startswith("p") and output[1:].isdecimal() for output, _, _ in network)
    return pipeline.concatenate([values[f"p{position}"] for position in range(width)])
