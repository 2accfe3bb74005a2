"""Integers as short sums of signed powers of two, arranged so that lanes shift little.

A minimal number of terms is that of the canonical signed digits (G. W. Reitwiesner, "Binary
arithmetic", 1960). BitMoD (HPCA 2025), section 4.2, gives every cycle one term of each lane.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement

__all__ = ["TermPlan", "term_plan", "terms_needed"]


@dataclass(frozen=True)
class TermPlan:
    """One term a step: ``value = sum over t of +-2**(offsets[t] + shift)``, or no term at t.

    Parameters
    ----------
    offsets : tuple of int
        What all terms of a step are shifted by.
    window : int
        Shifts of a term on top of that: 0 to ``window - 1``.
    digits : dict
        For every integer a tuple of (shift, whether negative), or None where there is no term.
    """

    offsets: tuple[int, ...]
    window: int
    digits: dict

    @property
    def steps(self):
        """Terms of an integer, at most."""
        return len(self.offsets)


def terms_needed(integer):
    """Return the least number of signed powers of two whose sum is ``integer``."""
    size = abs(integer)
    return (size ^ 3 * size).bit_count()


def term_plan(integers):
    """Return the plan with the fewest steps, and of these with the least for lanes to shift.

    Parameters
    ----------
    integers : iterable of int
        What is to be written as sums.
    """
    return _plan(tuple(sorted({abs(each) for each in integers})))


@lru_cache(maxsize=64)
def _plan(sizes):
    steps = max(1, *map(terms_needed, sizes))
    highest = sizes[-1].bit_length()
    for window, offsets in _arrangements(steps, highest):
        if _reached(sizes, offsets, window, highest):
            break
    digits = {}
    sums = _partial_sums(offsets, window)
    for size in sizes:
        found = _digits(size, offsets, window, sums)
        digits[size] = found
        digits[-size] = tuple(each and (each[0], not each[1]) for each in found)
    digits[0] = (None,) * steps
    return TermPlan(offsets, window, digits)


def _arrangements(steps, highest):
    """Yield (window, offsets), those first whose lanes have fewer levels of selection."""

    def cost(arrangement):
        window, offsets = arrangement
        return (window - 1).bit_length(), len(set(offsets)), window, sum(offsets), offsets

    found = [
        (window, offsets)
        for window in range(1, highest + 2)
        for offsets in combinations_with_replacement(range(highest + 2 - window), steps)
    ]
    yield from sorted(found, key=cost)


def _reached(sizes, offsets, window, highest):
    """Return whether every integer is a sum; sets of sums are the bits of long integers."""
    origin = len(offsets) << highest
    sums = 1 << origin
    for offset in offsets:
        more = sums
        for shift in range(window):
            more |= sums << (1 << offset + shift) | sums >> (1 << offset + shift)
        sums = more
    return all(sums >> origin + size & 1 for size in sizes)


def _partial_sums(offsets, window):
    """Return the sets of what the first n terms can add up to, for n from 0."""
    sums = [{0}]
    for offset in offsets:
        terms = [sign << offset + shift for shift in range(window) for sign in (1, -1)]
        sums.append(sums[-1] | {total + each for total in sums[-1] for each in terms})
    return sums


def _digits(rest, offsets, window, sums):
    """Return the terms of ``rest``, the fewest there are."""
    if not offsets:
        return ()
    *before, offset = offsets
    best = None
    choices = [(None, 0)]
    choices += [
        ((shift, negative), (-1 if negative else 1) << offset + shift)
        for shift in range(window)
        for negative in (False, True)
    ]
    for digit, term in choices:
        if rest - term in sums[len(before)]:
            found = (*_digits(rest - term, before, window, sums), digit)
            if best is None or found.count(None) > best.count(None):
                best = found
    return best
