"""Latency and initiation interval, measured from the cycles in which tokens moved."""

import numpy as np

from hwgen.errors import MismatchError

__all__ = ["check_timing", "quiet_limit"]


def quiet_limit(interface):
    """Return after how many cycles in which nothing moves a core may be given up.

    Nobody pauses meanwhile; ``interface`` holds the contents of ``interface.json``.
    """
    busy = interface["latency"] + interface["initiation_interval"]
    return 4 * (busy + interface.get("longest_pause", 0)) + 64


def check_timing(interface, accepted, emerged):
    """Compare a run without stalls with the timing that the core declares.

    Latency is the distance from the last accepted input, which completes the last result, to
    that result being valid. The initiation interval is the smallest distance between two results;
    where the input decides how many beats a result takes, it may be larger than declared, since
    the shortest result need not have occurred twice in a row. A core whose answers may come sooner
    (to inputs that are wrong) declares the shortest one as well, and is held to that.

    Parameters
    ----------
    interface : dict
        Contents of ``interface.json``.
    accepted, emerged : numpy.ndarray
        Cycle in which each input token was accepted, and each output token was first valid.

    Returns
    -------
    tuple of (int, int)
        Latency and initiation interval in cycles.

    Raises
    ------
    MismatchError
        A measured figure differs from the declared one.
    """
    core = interface["core"]
    accepted = np.asarray(accepted, np.int64)
    emerged = np.asarray(emerged, np.int64)
    latency = int(emerged[-1] - accepted[-1])
    if latency != interface["latency"]:
        raise MismatchError(
            f"{core} declares a latency of {interface['latency']} cycles and takes {latency}"
        )
    declared = interface["initiation_interval"]
    if len(emerged) < 2:
        return latency, declared
    gaps = np.diff(emerged)
    interval = int(gaps.min())
    shortest = interface.get("shortest_interval")
    if shortest is not None:
        if interval < shortest:
            raise MismatchError(
                f"{core} declares a shortest interval of {shortest} cycles and takes {interval}"
            )
        return latency, declared
    fixed_beats = len(accepted) % len(emerged) == 0 and interval == gaps.max()
    if interval < declared or (fixed_beats and interval != declared):
        raise MismatchError(
            f"{core} declares an initiation interval of {declared} cycles and takes {interval}"
        )
    return latency, interval
