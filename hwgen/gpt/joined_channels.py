"""Many channels by way of one: each is simulated alone, since only the join of rows links them.

Clusters do not wait for each other: commands reach each of them a clock cycle later than the one
before, requests for weights reach all at once, and a sum waits in its cluster's queue until all
channels have theirs. So a row of the layer is there when the last channel's sum is, as long as no
queue is ever full; whether one may have been is looked up, and is an error.
"""

import numpy as np

from hwgen.errors import HwgenError, UsageError
from hwgen.gpt.streamed_layer import Streaming

__all__ = ["joined_products"]

# clock cycles from the token that ends a row to the pipeline, and from the queue to the join
_MARGIN = 8


def joined_products(layer, channels, matrices, operands, progress=None, **controls):
    """Multiply matrices over so many channels, with a `StreamedLayer` of one.

    Parameters
    ----------
    layer : StreamedLayer
        Of one channel.
    channels : int
        1 to 32.
    matrices : list of Streamed
    operands : list of (int64 array [blocks, 32], int64 array [blocks])
        Codes and exponents for every matrix.
    progress : callable
        Called with the number of each channel.
    controls : dict of str to int
        Of `LayerBench`.

    Returns
    -------
    Streaming

    Raises
    ------
    HwgenError
        A queue of sums may have been full: the channels are too far apart.
    UsageError
        More matrices than may be begun at once: commands of the next wait for all channels.
    """
    from hwgen.cores.memory.cluster import JOBS

    if len(matrices) > JOBS:
        raise UsageError(f"matrices must be at most {JOBS}, not {len(matrices)}")
    rows = [-(-len(each.records) // channels) for each in matrices]
    sums = [np.zeros((count, channels), np.int64) for count in rows]
    times, read = np.zeros((channels, sum(rows)), np.int64), 0
    for channel in range(channels):
        if progress:
            progress(channel)
        layer.load([_share(each, channel, channels) for each in matrices])
        layer.reset(**controls, first=channel)
        found = layer.products(operands, late=channel)
        for number, each in enumerate(found.sums):
            sums[number][:, channel] = each
        times[channel], read = found.times, read + found.read_bytes
    joined = np.maximum.accumulate(times.max(axis=0))
    depth, latency = layer.config.results, layer.latency + _MARGIN
    # where the queue is full, the first token of the row behind waits: right after the last row's
    if np.any(joined[: -depth + 1] >= times[:, depth - 1 :] - latency):
        raise HwgenError(f"channels are apart by more than the {depth} sums that are kept")
    return Streaming(
        [each.reshape(-1)[: len(m.records)] for each, m in zip(sums, matrices, strict=True)],
        int(joined[-1]) + 1,
        sum(each.records.size for each in matrices),
        read,
        channels * layer.channel.beat_bytes,
        joined,
    )


def _share(matrix, channel, channels):
    """Return the rows of a channel, with rows of zeros where there are none left."""
    rows = -(-len(matrix.records) // channels)
    share = matrix.rows(slice(channel, None, channels))
    missing = rows - len(share.records)
    if not missing:
        return share
    padding = np.zeros((missing, *share.records.shape[1:]), np.uint8)
    return type(matrix)(
        matrix.stream, np.concatenate([share.records, padding]), matrix.base, matrix.exact
    )
