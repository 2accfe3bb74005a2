"""Encoder of the fixed-to-fixed XOR code: the codes whose words differ least from the weights."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hwgen.errors import UsageError

__all__ = ["XorEncoded", "apply_corrections", "xor_encode", "xor_encode_all"]

# words with more bits that matter than inputs and these are compared with all pairs of codes
_FEW = 6
# so few segments are compared as well
_ALONE = 2
# states of all words of the segments that are encoded together: a byte each
_WAYS = 1 << 28


@dataclass(frozen=True)
class XorEncoded:
    """One segment of weight bits, encoded.

    Parameters
    ----------
    words : numpy.ndarray
        ``int64`` codes.
    corrections : numpy.ndarray
        ``int64``, ascending: numbers of the weight bits that the decoded words have wrong, counted
        over all words of the segment.
    wanted : int
        Weight bits that matter.
    """

    words: np.ndarray
    corrections: np.ndarray
    wanted: int

    @property
    def efficiency(self):
        """Share of the bits that matter which need no correction."""
        return 1.0 - len(self.corrections) / self.wanted if self.wanted else 1.0


def xor_encode(code, bits, mask=None):
    """Return the codes of one segment, found by Viterbi's algorithm.

    The fewest bits that matter are wrong that any sequence of codes leaves wrong. Memory is a byte
    for each of ``2**(inputs * history)`` states a word. Time is ``k * 2**k`` for a word with k bits
    that matter, and ``2**window`` where these are many.

    Parameters
    ----------
    code : XorCode
    bits : array
        Zeros and ones, shape (words, ``code.outputs``), or flat.
    mask : array or None
        Of the same shape: 1 where a bit matters. By default all do.

    Raises
    ------
    UsageError
        Anything but zeros and ones, or a number of bits that does not fill whole words.
    """
    return next(xor_encode_all(code, [(bits, mask)]))


def xor_encode_all(code, segments):
    """Yield what `xor_encode` makes of every segment; many together take less time.

    Parameters
    ----------
    code : XorCode
    segments : iterable of (bits, mask)
        See `xor_encode`. They are taken when they are needed.
    """
    states = 1 << code.inputs * code.history
    together, ways = [], 0
    for bits, mask in segments:
        together.append(_checked(code, bits, mask))
        ways += states * len(together[-1][0])
        if ways >= _WAYS:
            yield from _encoded(code, together)
            together, ways = [], 0
    yield from _encoded(code, together)


def _checked(code, bits, mask):
    bits = _words_of(code, "bits", bits)
    mask = np.ones_like(bits) if mask is None else _words_of(code, "mask", mask)
    if mask.shape != bits.shape:
        raise UsageError(f"mask must have {len(bits)} words like bits, not {len(mask)}")
    return bits, mask


def _encoded(code, segments):
    """Yield the `XorEncoded` of some segments."""
    for (bits, mask), words in zip(segments, _viterbi(code, segments), strict=True):
        wrong = (_decoded(code, words) ^ bits) & mask
        yield XorEncoded(words, np.flatnonzero(wrong.ravel()), int(mask.sum()))


def apply_corrections(bits, corrections):
    """Return decoded bits, flat or by word, with those at ``corrections`` toggled.

    Raises
    ------
    UsageError
        A position outside, or one that occurs twice.
    """
    corrected = np.array(bits, np.uint8)
    corrections = np.asarray(corrections, np.int64)
    outside = corrections[(corrections < 0) | (corrections >= corrected.size)]
    if len(outside):
        raise UsageError(f"corrections must be below {corrected.size}, not {outside[0]}")
    if len(np.unique(corrections)) != len(corrections):
        raise UsageError("corrections must name every bit once")
    corrected.ravel()[corrections] ^= 1
    return corrected


def _words_of(code, name, bits):
    bits = np.asarray(bits)
    if bits.dtype.kind not in "biu" or ((bits != 0) & (bits != 1)).any():
        raise UsageError(f"{name} must be zeros and ones")
    if bits.ndim not in (1, 2) or (bits.ndim == 2 and bits.shape[1] != code.outputs):
        raise UsageError(
            f"{name} must be flat or have {code.outputs} columns, not shape {bits.shape}"
        )
    if bits.size % code.outputs:
        raise UsageError(
            f"{name} must fill words of {code.outputs} bits, and {bits.size} do not: pad them "
            "where the mask is 0"
        )
    return bits.reshape(-1, code.outputs).astype(np.uint8)


def _parities(count, columns):
    """Return rows of output bits for all combinations of ``count`` columns of M."""
    chosen = np.arange(1 << count)[:, None] >> np.arange(count) & 1
    return (chosen.astype(np.uint8) @ columns.T) % 2


def _packed(bits):
    """Return rows of bits as unsigned words, as few and as narrow as hold them: (rows, words)."""
    count = bits.shape[1]
    width = next((each for each in (8, 16, 32) if count <= each), 64)
    padded = np.zeros((len(bits), -(-max(1, count) // width) * width), np.uint8)
    padded[:, :count] = bits
    return np.packbits(padded, axis=1, bitorder="little").view(f"<u{width // 8}")


def _decoded(code, words):
    """Return the words of output bits for a segment of codes."""
    result = np.zeros((len(words), code.outputs), np.uint8)
    for age in range(code.history + 1):
        columns = code.matrix[:, age * code.inputs : (age + 1) * code.inputs]
        result[age:] ^= _parities(code.inputs, columns)[words[: max(0, len(words) - age)]]
    return result


def _viterbi(code, segments):
    """Return the best codes of every segment; a state is the ``history`` last codes, latest high.

    Parameters
    ----------
    segments : sequence of (bits, mask)
        Words of zeros and ones.
    """
    if not code.history:
        return [_without_history(code, bits, mask) for bits, mask in segments]
    # the longest first, so that those that go on are the first ones
    order = sorted(range(len(segments)), key=lambda each: -len(segments[each][0]))
    found = [None] * len(segments)
    words = _steps(code, [segments[place] for place in order])
    for place, each in zip(order, words, strict=True):
        found[place] = each
    return found


def _steps(code, segments):
    """Return the best codes of some segments, none longer than one before it, word by word."""
    lengths = np.array([len(bits) for bits, _ in segments], np.int64)
    words = _Words(code, segments)
    # costs above the least one stay below this; narrow numbers are faster
    most = 3 * code.history * int(words.counts.max(initial=0)) + 2
    kind = np.min_scalar_type(most + code.inputs + _FEW).type
    # states by segments: what is done to all segments lies together
    cost = np.full((1 << code.inputs * code.history, len(segments)), most // 3 + 1, kind)
    cost[0] = 0
    costs = []
    for time in range(lengths.max(initial=0)):
        active = int((lengths > time).sum())
        costs.append(cost[:, :active].copy())
        counts = words.counts[time, :active]
        # those with nearly as many bits that matter go together; few words are not worth it
        few = code.inputs + _FEW if active > _ALONE else -1
        classes = np.where(counts > few, -1, (counts + 1) // 2 * 2)
        for wanted in np.unique(classes).tolist():
            chosen = np.flatnonzero(classes == wanted)
            if wanted < 0:
                for place in chosen:
                    cost[:, place] = _compared(code, words.compared(time, place), cost[:, place])
            else:
                basis, start = words.basis[time, :, chosen], words.start[time, chosen]
                cost[:, chosen] = _transformed(code, basis.T, start, cost[:, chosen], wanted)
        cost -= cost.min(axis=0)
    found = _traced(code, words, cost.argmin(axis=0), costs)
    return [each[:length] for each, length in zip(found, lengths, strict=True)]


class _Words:
    """The words of some segments as Viterbi's steps need them.

    Of a word with few bits that matter these are numbered, and a row of M is a bit of a pattern.

    Members
    -------
    counts : int64 array
        How many bits of each word matter, shape (longest segment, segments).
    basis : uint16 array
        Pattern that each bit of the window gives, shape (longest segment, window, segments).
    start : uint16 array
        Pattern of the bits that are wanted, shape (longest segment, segments).
    """

    def __init__(self, code, segments):
        self._code, self._segments = code, segments
        longest, count = max((len(bits) for bits, _ in segments), default=0), len(segments)
        self.counts = np.zeros((longest, count), np.int64)
        self.basis = np.zeros((longest, code.window, count), np.uint16)
        self.start = np.zeros((longest, count), np.uint16)
        matrix = code.matrix.astype(np.int32)
        for place, (bits, mask) in enumerate(segments):
            counts = mask.sum(axis=1, dtype=np.int64)
            few = (counts <= code.inputs + _FEW)[:, None] & mask.astype(bool)
            numbers = np.where(few, np.cumsum(mask, axis=1, dtype=np.int32) - 1, 0)
            powers = np.where(few, np.int32(1) << numbers, 0)
            # sums of different powers of two
            self.basis[: len(bits), :, place] = powers @ matrix
            self.start[: len(bits), place] = (powers * bits).sum(axis=1)
            self.counts[: len(bits), place] = counts

    def compared(self, time, place):
        """Return (bits of the inputs, bits of the states) that matter, as machine words."""
        of_input, of_state = _tables(self._code)
        bits, mask = (each[time] for each in self._segments[place])
        wanted = mask.astype(bool)
        return _packed(of_input[:, wanted] ^ bits[wanted]), _packed(of_state[:, wanted])

    def errors(self, time, place, state):
        """Return the errors of a word with the codes of ``state``, by the code before these."""
        code, (of_input, of_state) = self._code, _tables(self._code)
        high = code.inputs * (code.history - 1)
        first = (state & ((1 << high) - 1)) << code.inputs
        bits, mask = (each[time] for each in self._segments[place])
        given = of_input[state >> high] ^ of_state[first : first + (1 << code.inputs)]
        return ((given ^ bits) & mask).sum(axis=1)


@lru_cache(maxsize=4)
def _tables(code):
    """Return the output bits of every input and of every state."""
    # the latest code of a state lies in its high bits, so ages are in descending order of columns
    ages = [
        code.matrix[:, age * code.inputs : (age + 1) * code.inputs]
        for age in range(code.history, -1, -1)
    ]
    past = np.concatenate([*ages[:-1], np.zeros((code.outputs, 0), np.uint8)], axis=1)
    return _parities(code.inputs, ages[-1]), _parities(code.inputs * code.history, past)


def _spanned(start, basis):
    """Return the patterns of all combinations of a basis (bits, segments), first bit lowest."""
    bits, count = basis.shape
    found = np.empty((1 << bits, count), np.uint16)
    found[0] = start
    for bit in range(bits):
        size = 1 << bit
        np.bitwise_xor(found[:size], basis[bit], out=found[size : 2 * size])
    return found


def _transformed(code, basis, start, cost, wanted):
    """Return the cost of every state after one word.

    What an earlier and a later state cost together is the distance of two patterns of ``wanted``
    bits. So the least cost of every pattern is found first, and then bit by bit whether coming
    from the other pattern and one more error is less: ``wanted * 2**wanted`` steps instead of one
    for each pair of codes.
    """
    inputs, size, count = code.inputs, 1 << code.inputs, len(start)
    # the oldest code lies lowest in a state
    ages = [basis[age * inputs : (age + 1) * inputs] for age in range(code.history, 0, -1)]
    places = _spanned(np.zeros_like(start), np.concatenate(ages)).astype(np.int64)
    groups = len(places) // size
    own = np.arange(groups * count).reshape(groups, 1, count)
    places *= groups * count
    places.reshape(groups, size, count)[:] += own
    # above any cost, whatever is added to it
    best = np.full(groups * count << wanted, np.iinfo(cost.dtype).max - wanted, cost.dtype)
    np.minimum.at(best, places.ravel(), cost.ravel())
    _spread(best, wanted)
    news = _spanned(start, basis[:inputs]).astype(np.int64)
    news *= groups * count
    # a new code lies highest in a state
    return best.take(news[:, None] + own[:, 0]).reshape(-1, count)


def _spread(best, wanted):
    """Replace what every pattern costs by the least that it costs from any, an error a bit."""
    one, others = best.dtype.type(1), np.empty_like(best)
    for bit in range(wanted):
        pairs = best.reshape(1 << (wanted - 1 - bit), 2, -1)
        dearer = others.reshape(pairs.shape)
        np.add(pairs, one, out=dearer)
        np.minimum(pairs, dearer[:, ::-1], out=pairs)


def _compared(code, compared, cost):
    """Return the same for one segment, from the machine words of all inputs and all states."""
    size = 1 << code.inputs
    after = np.empty((size, len(cost) // size), cost.dtype)
    parts = list(zip(*(each.T.copy() for each in compared), strict=True))
    for group in range(after.shape[1]):
        olds = slice(group * size, (group + 1) * size)
        errors = np.tile(cost[olds], (size, 1))
        for new, old in parts:
            errors += np.bitwise_count(new[:, None] ^ old[None, olds])
        errors.min(axis=1, out=after[:, group])
    return after.ravel()


def _without_history(code, bits, mask):
    """Return the code with the fewest errors of every word, the lowest of several."""
    outputs, step = _packed(_tables(code)[0]), max(1, (_WAYS >> code.inputs + 6))
    bits, mask = _packed(bits), _packed(mask)
    words = np.zeros(len(bits), np.int64)
    for first in range(0, len(bits), step):
        part = np.s_[first : first + step]
        wrong = (outputs[None] ^ bits[part, None]) & mask[part, None]
        words[part] = np.bitwise_count(wrong).sum(axis=2, dtype=np.int64).argmin(axis=1)
    return words


def _traced(code, words, states, costs):
    """Return the codes on the best ways to the last ``states``, shape (segments, longest segment).

    Of several codes before a word that cost the same, the lowest is taken.
    """
    found = np.zeros((len(states), len(costs)), np.int64)
    high, size = code.inputs * (code.history - 1), 1 << code.inputs
    for time in range(len(costs) - 1, -1, -1):
        active = costs[time].shape[1]
        state = states[:active]
        found[:active, time] = state >> high
        # what the codes of the state give, then what each older code gives in addition
        basis, start = words.basis[time, :, :active], words.start[time, :active]
        ages = [
            basis[age * code.inputs : (age + 1) * code.inputs]
            for age in range(code.history - 1, -1, -1)
        ]
        known = np.concatenate(ages)
        chosen = (state >> np.arange(len(known))[:, None] & 1).astype(bool)
        known = start ^ np.bitwise_xor.reduce(np.where(chosen, known, 0), axis=0)
        oldest = basis[code.history * code.inputs :]
        errors = np.bitwise_count(_spanned(known, oldest)).astype(np.int64)
        for place in np.flatnonzero(words.counts[time, :active] > code.inputs + _FEW):
            errors[:, place] = words.errors(time, place, int(state[place]))
        olds = (state & ((1 << high) - 1)) << code.inputs
        if high:
            errors += costs[time][olds + np.arange(size)[:, None], np.arange(active)]
        else:
            errors += costs[time]
        states[:active] = olds + errors.argmin(axis=0)
    return found
