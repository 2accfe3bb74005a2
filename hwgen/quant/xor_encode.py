"""Encoder of the fixed-to-fixed XOR code: the codes whose words differ least from the weights."""

from dataclasses import dataclass

import numpy as np

from hwgen.errors import UsageError

__all__ = ["XorEncoded", "apply_corrections", "xor_encode"]

# cost of a state that cannot be reached yet; above what any reachable state is worse than the best
_UNREACHED = 1 << 14


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

    The fewest bits that matter are wrong that any sequence of codes leaves wrong. Time is
    ``2**window`` a word, memory a byte or two for ``2**(inputs * history)`` states a word.

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
    bits = _words_of(code, "bits", bits)
    mask = np.ones_like(bits) if mask is None else _words_of(code, "mask", mask)
    if mask.shape != bits.shape:
        raise UsageError(f"mask must have {len(bits)} words like bits, not {len(mask)}")
    words = _viterbi(code, bits, mask)
    wrong = (_decoded(code, words) ^ bits) & mask
    return XorEncoded(words, np.flatnonzero(wrong.ravel()), int(mask.sum()))


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


def _viterbi(code, bits, mask):
    """Return the best codes; a state is the ``history`` last codes, the latest one highest."""
    # the latest code of a state lies in its high bits, so ages are in descending order of columns
    ages = [
        code.matrix[:, age * code.inputs : (age + 1) * code.inputs]
        for age in range(code.history, -1, -1)
    ]
    of_input = _parities(code.inputs, ages[-1])
    past = np.concatenate([*ages[:-1], np.zeros((code.outputs, 0), np.uint8)], axis=1)
    of_state = _parities(code.inputs * code.history, past)
    cost = np.full(len(of_state), _UNREACHED, np.uint32)
    cost[0] = 0
    choices = []
    for word, wanted in zip(bits, mask.astype(bool), strict=True):
        inputs = _packed(of_input[:, wanted] ^ word[wanted])
        cost, choice = _step(code, inputs, _packed(of_state[:, wanted]), cost)
        choices.append(choice)
    return _trace(code, int(cost.argmin()), choices)


def _step(code, inputs, states, cost):
    """Return the cost of every state after one word, and the oldest code on the best way there.

    Without a history it is the code itself that is chosen.
    """
    if not code.history:
        errors = np.bitwise_count(inputs).sum(axis=1)
        return np.zeros(1, np.uint32), np.array([errors.argmin()], np.uint16)
    size = 1 << code.inputs
    # cost and oldest code in one number: the least one tells both; narrow ones are faster
    worst = (int(cost.max()) + code.outputs + 1) << code.inputs
    kind = np.uint16 if worst <= 1 << 16 else np.uint32
    places = kind(code.inputs)
    keys = cost.reshape(-1, size).astype(kind) << places | np.arange(size, dtype=kind)
    after = np.empty((size, len(keys)), kind)
    parts = list(zip(inputs.T.copy(), states.T.copy(), strict=True))
    for group, key in enumerate(keys):
        olds = slice(group * size, (group + 1) * size)
        errors = np.zeros((size, size), kind)
        for new, old in parts:
            errors += np.bitwise_count(new[:, None] ^ old[None, olds])
        errors <<= places
        errors += key
        errors.min(axis=1, out=after[:, group])
    after = after.ravel()
    cost = (after >> places).astype(np.uint32)
    return cost - cost.min(), (after & kind(size - 1)).astype(
        np.uint8 if size <= 256 else np.uint16
    )


def _trace(code, state, choices):
    """Return the codes on the best way to the last ``state``."""
    words = np.zeros(len(choices), np.int64)
    if not code.history:
        words[:] = [choice[0] for choice in choices]
        return words
    high = code.inputs * (code.history - 1)
    for number in range(len(choices) - 1, -1, -1):
        words[number] = state >> high
        before = (state & ((1 << high) - 1)) << code.inputs
        state = before | int(choices[number][state])
    return words
