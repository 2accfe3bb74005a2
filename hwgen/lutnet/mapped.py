"""Look-up tables of a fabric that the functions of a network take, as the compiler maps them."""

__all__ = ["mapped_luts"]


def mapped_luts(network, size, update=None, stored=()):
    """Return tables of so many inputs behind all tables and thresholds; no sums, no head.

    Parameters
    ----------
    network : LutNetwork
    size : int
    update : callable, optional
        ``update(text, done, total)`` is told where the work stands.
    stored : sequence of (int, int)
        Tables that stand in block RAM, as (layer, table).
    """
    from hwgen.cores.lutnet.mapping import map_functions
    from hwgen.cores.lutnet.plan import LogicLayer, plan_network
    from hwgen.cores.lutnet.stored_tables import with_tables_apart

    luts, (layers, _) = 0, with_tables_apart(plan_network(network), stored)
    for number, layer in enumerate(layers):
        if update:
            update(f"mapping to tables of {size} inputs", number, len(layers))
        if isinstance(layer, LogicLayer) and layer.functions:
            functions = list(layer.functions.values())
            luts += len(map_functions(layer.diagrams, functions, size).tables)
    return luts
