"""What a network is worth and takes, before and after it was changed."""

from hwgen.cli.console import table

__all__ = ["comparison", "state_of"]

_TEXTS = {
    "estimated_lut6": "LUT6, estimated",
    "estimated_registers": "registers, one behind every layer",
    "estimated_block_rams": "block RAMs",
    "mapped_lut6": "LUT6, as mapped, without sums and class",
    "mapped_lut4": "LUT4, as mapped, without sums and class",
}


def state_of(network, data, options, mapped, update, placed=None):
    """Return accuracies and sizes of a network, for a report.

    Parameters
    ----------
    network : LutNetwork
    data : DataSet
    options : TrainingOptions
    mapped : bool
        Whether the tables of the fabric are counted too.
    update : callable
        ``update(text, done, total)``.
    placed : Pruned, optional
        The same network with what stands in block RAM.
    """
    from hwgen.lutnet.estimate import estimated_luts, estimated_registers
    from hwgen.lutnet.evaluation import accuracies
    from hwgen.lutnet.mapped import mapped_luts

    stored = placed.stored if placed else ()
    state = {
        "accuracy": accuracies(network, data, options),
        "estimated_lut6": estimated_luts(network, stored),
        "estimated_registers": estimated_registers(network),
    }
    if placed and placed.fabric is not None:
        state["estimated_block_rams"] = placed.block_rams
    if mapped:
        state |= {
            f"mapped_lut{size}": mapped_luts(network, size, update, stored) for size in (6, 4)
        }
    return state


def comparison(document):
    """Return the text of a report with entries ``before``, ``after`` and ``file``."""
    before, after = document["before"], document["after"]
    rows = [
        (f"{name} %", f"{before['accuracy'][name]:.2f}", f"{after['accuracy'][name]:.2f}")
        for name in before["accuracy"]
    ]
    rows += [
        (text, f"{before[key]:,}", f"{after[key]:,}")
        for key, text in _TEXTS.items()
        if key in before
    ]
    text = table(rows, ("", "before", "after")) + f"\n\n{document['file']}"
    if not document["data_of_training"]:
        text += "\nthese are not the data that the network was trained with"
    return text
