"""Options of commands of ``hwgen gpt`` that draw tokens."""

import click

__all__ = ["draw_of", "temperature_option", "top_k_option"]

temperature_option = click.option(
    "--temperature",
    metavar="T",
    type=click.FloatRange(min=0, max=100),
    default=0.0,
    show_default=True,
    help="Draw tokens, the more evenly the higher; 0: always the most likely one.",
)
top_k_option = click.option(
    "--top-k",
    metavar="K",
    type=click.IntRange(min=1),
    help="Draw among the K most likely ones (default: all).",
)


def draw_of(temperature, top_k, seed=1):
    """Return the `Draw` that options ask for, or None where the most likely token is taken."""
    from hwgen.errors import UsageError
    from hwgen.formats.gpt_sampling import Draw

    if temperature:
        return Draw.of(temperature, top_k, seed)
    if top_k is not None:
        raise UsageError("--top-k must come with a --temperature above 0")
    return None
