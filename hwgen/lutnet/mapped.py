"""Look-up tables of a fabric that the functions of a network take, as the compiler maps them."""

__all__ = ["mapped_luts"]


def mapped_luts(network, size, update=None):
    """Return tables of so many inputs behind all tables and thresholds; no sums, no head.

    Parameters
    ----------
    network : LutNetwork
    size : int
    update : callable, optional
        ``update(text, done, total)`` is told where the work stands.
    """
    from hwgen.cores.lutnet.mapping import map_functions
    from hwgen.cores.lutnet.plan import LogicLayer, plan_network

    luts, layers = 0, plan_network(network)
    for number, layer in enumerate(layers):
        if update:
            update(f"mapping to tables of {size} inputs", number, len(layers))
        if isinstance(layer, LogicLayer) and layer.functions:
            functions = list(layer.functions.values())
            luts += len(map_functions(layer.diagrams, functions, size).tables)
    return luts
