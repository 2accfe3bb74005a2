"""Encoders: thresholds on the features of a data set."""

import numpy as np

from hwgen.formats.lut_network import ThresholdLayer

__all__ = ["connected_elements", "encoded", "fitted_encoder"]

# vectors that are encoded at a time
_AT_A_TIME = 4096


def fitted_encoder(options, features):
    """Return the `ThresholdLayer` that `EncoderOptions` ask for on training vectors.

    Parameters
    ----------
    options : EncoderOptions
    features : array of int, [vectors, features]
    """
    binary = options.coding == "binary"
    count = (1 << options.bits) - 1 if binary else options.levels
    parts = np.arange(1, count + 1) / (count + 1)
    if isinstance(options.thresholds, list):
        found = np.tile(options.thresholds, (features.shape[1], 1))
    elif options.thresholds == "quantiles":
        found = np.stack([_quantiles(column, parts) for column in features.T])
    else:
        low, high = features.min(axis=0), features.max(axis=0)
        found = np.ceil(low[:, None] + (high - low)[:, None] * parts).astype(np.int64)
    return ThresholdLayer(found, options.coding)


def _quantiles(column, parts):
    """Return quantiles of the values above the least one: most features are mostly at rest."""
    active = column[column > column.min()]
    if not active.size:
        return np.full(len(parts), column.min() + 1)
    return np.ceil(np.quantile(active, parts)).astype(np.int64)


def encoded(encoder, features):
    """Return the encoder's codes, ``uint8`` [elements, vectors]."""
    from hwgen.golden.lutnet import layer_outputs
    from hwgen.lutnet.evaluation import alone

    network = alone(encoder, features)
    parts = [
        next(layer_outputs(network, features[start : start + _AT_A_TIME])).astype(np.uint8)
        for start in range(0, len(features), _AT_A_TIME)
    ]
    return np.ascontiguousarray(np.concatenate(parts).T)


def connected_elements(codes, rarest):
    """Return the numbers of the elements that differ from their commonest code often enough.

    Parameters
    ----------
    codes : array of uint8, [elements, vectors]
    rarest : float
        In more than this part of the vectors.
    """
    commonest = np.array([np.bincount(row).max() for row in codes])
    return np.flatnonzero(codes.shape[1] - commonest > rarest * codes.shape[1])
