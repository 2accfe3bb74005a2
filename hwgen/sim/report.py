"""Say in words which result was wrong, from which inputs, as codes and as values."""

import numpy as np

from hwgen.catalogue import payload
from hwgen.errors import MismatchError, UsageError
from hwgen.sim.streams import streams_of

__all__ = ["describe_token", "first_mismatch", "mismatch_error"]

_SHOWN_ELEMENTS = 8
_SHOWN_TOKENS = 8


def first_mismatch(expected, got):
    """Return the row of the first token that differs between two payload arrays, or None.

    A missing or surplus token counts as the first that differs.
    """
    count = min(len(expected), len(got))
    wrong = (expected[:count] != got[:count]).any(axis=1)
    if wrong.any():
        return int(wrong.argmax())
    return None if len(expected) == len(got) else count


def describe_token(stream, token):
    """Return one payload (``uint8`` of shape ``(nbytes,)``) field by field.

    Codes are hexadecimal; behind them stands the value where the field's format is a number.
    """
    fields = payload.unpack(stream, np.asarray(token)[None, :])
    return "  ".join(_describe_field(field, fields[field.name]) for field in stream.fields)


def mismatch_error(case, name, row, got, tier):
    """Return the `MismatchError` for result ``row`` of output stream ``name``.

    Parameters
    ----------
    case : Case
    name : str
        Output stream.
    row : int
        Number of the wrong result.
    got : numpy.ndarray or None
        Its payload bytes; None when it never came.
    tier : str
        Where it was found, for the message.
    """
    inputs, outputs = streams_of(case.interface)
    stream = next(each for each in outputs if each.name == name)
    expected = case.expected[name]
    lines = [
        f"{case.interface['core']} and its golden model disagree: result {row} of "
        f"{len(expected)} on stream {name!r}, {tier}, seed {case.seed}"
    ]
    for each in inputs:
        tokens = case.inputs[each.name]
        rows = _rows_of(tokens, each, row, len(expected), case.interface)
        for index in rows[:_SHOWN_TOKENS]:
            lines.append(f"  input {each.name}[{index}]: {describe_token(each, tokens[index])}")
        if len(rows) > _SHOWN_TOKENS:
            lines.append(f"  and {len(rows) - _SHOWN_TOKENS} more tokens of {each.name}")
    wanted = describe_token(stream, expected[row]) if row < len(expected) else "nothing"
    lines.append(f"  expected: {wanted}")
    lines.append(f"  got:      {'nothing' if got is None else describe_token(stream, got)}")
    return MismatchError("\n".join(lines))


def _rows_of(tokens, stream, row, results, interface):
    """Return the rows of the input tokens that make up one result.

    With a field ``last``, a result ends at the token that has it set, looked at once every
    initiation interval; else every result takes the same number of tokens.
    """
    if any(field.name == "last" for field in stream.fields):
        last = payload.unpack(stream, tokens)["last"].astype(bool)
        beats = interface["initiation_interval"]
        last &= np.arange(len(last)) % beats == beats - 1
        ends = np.flatnonzero(last) + 1
        if row < len(ends):
            return range(ends[row - 1] if row else 0, ends[row])
    beats = max(1, len(tokens) // max(1, results))
    return range(min(row * beats, len(tokens)), min((row + 1) * beats, len(tokens)))


def _describe_field(field, codes):
    codes = [int(code) for code in np.atleast_1d(codes[0])]
    shown = codes[:_SHOWN_ELEMENTS]
    digits = (field.width + 3) // 4
    texts = [f"0x{code:0{digits}x}{_value(field, code)}" for code in shown]
    more = f" and {len(codes) - len(shown)} more" if len(codes) > len(shown) else ""
    return f"{field.name}={','.join(texts)}{more}"


def _value(field, code):
    """Return ``" (1.5)"`` for a code whose format is a number, else nothing."""
    if field.format == "bits":
        return ""
    if field.format == "integer":
        signed = code - (1 << field.width) if field.signed and code >> field.width - 1 else code
        return f" ({signed})"
    from hwgen import formats

    try:
        number_format = formats.parse(field.format)
        number_format = getattr(number_format, "element", number_format)
        return f" ({float(number_format.decode(np.array([code], np.uint64))[0]):g})"
    except (UsageError, AttributeError):
        return ""
