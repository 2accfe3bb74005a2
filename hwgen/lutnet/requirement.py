"""The optional package that training needs."""

from importlib.util import find_spec

from hwgen.errors import MissingToolError

__all__ = ["need_torch"]


def need_torch(purpose):
    """Raise `MissingToolError` with the command that helps unless PyTorch is installed."""
    if find_spec("torch") is None:
        raise MissingToolError(
            f"{purpose} needs PyTorch, which is not installed; pip install 'hwgen[lutnet]'"
        )
