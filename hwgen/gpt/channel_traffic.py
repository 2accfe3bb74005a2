"""Traffic that a memory channel is known to carry so well: the model is held to it."""

from dataclasses import dataclass

import numpy as np

__all__ = ["TRAFFIC", "Traffic", "measured"]

BURST = 512


@dataclass(frozen=True)
class Traffic:
    """Requests, and what DRAMsim3's HBM2 made of such.

    Parameters
    ----------
    name : str
    reference : float
        Share of the raw peak; of the ceiling that refresh sets where ``of_ceiling``.
    block : int
        Bytes of a request at a random place, a power of two; 0: one sequential request.
    outstanding : int
        Bursts on their way at most.
    still : bool
        Without refresh.
    of_ceiling : bool
    """

    name: str
    reference: float
    block: int = 0
    outstanding: int = 32
    still: bool = False
    of_ceiling: bool = False


TRAFFIC = (
    Traffic("sequential", 0.920),
    Traffic("sequential, no refresh", 0.9998, still=True),
    Traffic("random 1 KiB", 0.915, 1024),
    Traffic("random 512 B", 0.915, 512),
    Traffic("random 256 B", 0.915, 256),
    Traffic("random 64 B", 0.245, 64),
    Traffic("512 B bursts, 8 on their way", 0.94, BURST, 8, of_ceiling=True),
    Traffic("512 B bursts, 4 on their way", 0.85, BURST, 4, of_ceiling=True),
    Traffic("512 B bursts, 1 on its way", 0.20, BURST, 1, of_ceiling=True),
)


def measured(circuit, traffic, beats=16384, seed=1):
    """Return the share that a kind of traffic reaches, as its reference is meant.

    Parameters
    ----------
    circuit : ReadCircuit
        With bursts of 512 bytes.
    traffic : Traffic
    beats : int
        Beats to read, for long enough to see many refreshes.
    seed : int
        Of the places and of the jitter.
    """
    config, rng = circuit.channel, np.random.default_rng(seed)
    size = config.beats * config.beat_bytes
    if traffic.block:
        count = max(1, beats * config.beat_bytes // traffic.block)
        places = rng.integers(0, size // traffic.block, count) * traffic.block
        requests = [(int(each), traffic.block) for each in places]
    else:
        times, rest = divmod(beats, config.beats)
        requests = [(0, size)] * times + ([(0, rest * config.beat_bytes)] if rest else [])
    controls = {"limit": traffic.outstanding, "still": int(traffic.still), "seed": seed}
    share = circuit.efficiency(requests, phase=config.cycles(1000), **controls)
    return share / config.ceiling if traffic.of_ceiling else share
