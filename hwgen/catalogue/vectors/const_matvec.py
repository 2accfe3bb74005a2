"""Test vectors of ``const-matvec``: extremes of every sum, single elements, then random ones."""

import numpy as np

__all__ = ["vectors"]


def vectors(config, count, seed):
    """Return at least ``count`` vectors: all equal, one-hot, those of extreme sums, random."""
    fmt, weights = config.fmt, config.weights
    columns = weights.shape[1]
    random = np.random.default_rng(seed)
    corners = np.unique([fmt.min_code, fmt.max_code, 0, 1, (1 << fmt.width) - 1])
    rows = [np.full((1, columns), code) for code in corners]
    for code in corners[corners != 0]:
        rows.append(np.diag(np.full(columns, code)))
    lowest, highest = fmt.min_code, fmt.max_code
    rows.append(np.where(weights > 0, highest, lowest))
    rows.append(np.where(weights > 0, lowest, highest))
    rows.append(random.choice(corners, (2 * columns, columns)))
    missing = max(count - sum(len(each) for each in rows), 50)
    rows.append(random.integers(0, 1 << fmt.width, (missing, columns)))
    x = np.concatenate(rows).astype(np.uint64)
    return {"i": {"x": x if columns > 1 else x[:, 0]}}
