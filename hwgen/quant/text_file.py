"""Text files that models read."""

from pathlib import Path

from hwgen.errors import UsageError

__all__ = ["read_text"]


def read_text(path):
    """Return the contents of a text file in UTF-8; raises ``UsageError`` for any other."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{str(path)!r} must be text in UTF-8: {error.reason}") from None
