"""Windows of a text's tokens."""

from hwgen.errors import UsageError
from hwgen.quant.text_file import read_text
from hwgen.quant.tokenizer import read_tokenizer

__all__ = ["read_text_windows"]

_WINDOW = 256
# a token stands for no more characters
_LONGEST = 64


def read_text_windows(text, tokenizer, context, count):
    """Return windows of the beginning of a text: tokens that begin one, and up to 256 others.

    Parameters
    ----------
    text, tokenizer : path-like
    context : int
        The most tokens that the model takes.
    count : int
        Most windows.

    Raises
    ------
    UsageError
        A file cannot be read, or the text has fewer than two tokens.
    """
    content = read_text(text)
    found = read_tokenizer(tokenizer)
    size = min(_WINDOW, context)
    tokens = found.encode(content[: _LONGEST * size * count])[: size * count]
    windows = [
        (*found.begin, *tokens[start : start + size]) for start in range(0, len(tokens), size)
    ]
    windows = [each for each in windows if len(each) > 1]
    if not windows:
        raise UsageError(f"{str(text)!r} must have at least two tokens")
    return windows
