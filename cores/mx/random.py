"""Random bits of the stochastic rounding of elements: one number a lane and beat."""

from hwgen.cores.arith.lfsr import lfsr
from hwgen.cores.interface import Field

__all__ = ["draw", "draws_inside", "random_fields"]


def draws_inside(config):
    """Return whether the core makes its own random bits, and so keeps a state."""
    return config.rounding == "stochastic" and config.random_source == "lfsr"


def random_fields(config):
    """Return the input fields that random bits from outside need."""
    if config.rounding != "stochastic" or draws_inside(config):
        return []
    return [Field("random", config.random_bits, config.lanes, doc="random bits of each element")]


def draw(pipeline, config, payload, valid):
    """Return the random bits of each lane, or None for each."""
    lanes = range(config.lanes)
    if config.rounding != "stochastic":
        return [None for _ in lanes]
    if draws_inside(config):
        return [
            lfsr(
                pipeline,
                config.random_bits,
                valid.update(0),
                config.random_seed,
                lane,
                f"random{lane}",
            )
            for lane in lanes
        ]
    bits = payload.random
    return [
        pipeline.input(bits if config.lanes == 1 else bits[lane], f"random{lane}") for lane in lanes
    ]
