"""One choice of each of several lists, with the least loss within limits.

A knapsack with several dimensions and multiple choice, as resource-aware pruning has it (B.
Ramhorst et al., "FPGA resource-aware structured pruning for real-time neural networks", 2023); the
solver is a branch and bound.
"""

import numpy as np

__all__ = ["best_choice"]

# part of the loss, and nodes of the search: proving more takes long and changes little
_GAP = 1e-3
_NODES = 2_000


def best_choice(losses, costs, limits, drifts):
    """Return the place of one entry in every list.

    Parameters
    ----------
    losses : list of array, [entries]
    costs : list of array, [entries, resources]
    limits : array, [resources]
    drifts : list of array, [entries, sums]
        What all choices add to some sums; they differ by 1 at most, whatever they have in common.

    Returns
    -------
    array of int or None
        ``None`` where nothing is within the limits.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, hstack, vstack

    sizes = [len(each) for each in losses]
    starts = np.cumsum([0, *sizes])
    groups = np.repeat(np.arange(len(sizes)), sizes)
    sums = np.concatenate(drifts).T.astype(float)
    rows = vstack(
        [
            csr_array((np.ones(len(groups)), (groups, np.arange(len(groups))))),
            csr_array(np.concatenate(costs).T.astype(float)),
            csr_array(sums),
        ]
    )
    # the last variable is what all sums have in common
    common = np.repeat([0.0, 0.0, -1.0], [len(sizes), len(limits), len(sums)])
    half = np.full(len(sums), 0.5)
    least = np.concatenate([np.ones(len(sizes)), np.full(len(limits), -np.inf), -half])
    most = np.concatenate([np.ones(len(sizes)), limits, half])
    whole = np.append(np.ones(len(groups)), 0)
    total = np.concatenate(losses)
    found = milp(
        # the solver's tolerances are absolute
        np.append(total * (len(total) / max(total.sum(), 1e-300)), 0),
        constraints=LinearConstraint(hstack([rows, csr_array(common[:, None])]), least, most),
        integrality=whole,
        bounds=Bounds(np.where(whole, 0, -np.inf), np.where(whole, 1, np.inf)),
        options={"mip_rel_gap": _GAP, "node_limit": _NODES},
    )
    if found.x is None:
        return None
    parts = np.split(found.x[:-1], starts[1:-1])
    return np.array([int(each.argmax()) for each in parts])
