"""Optional packages, and the extras that they come with."""

from importlib.util import find_spec

from hwgen.errors import MissingToolError

__all__ = ["need"]

# name for a person, and extra, by the name of the package
_PACKAGES = {
    "torch": ("PyTorch", "lutnet"),
    "scipy": ("SciPy", "lutnet"),
    "onnx": ("onnx", "onnx"),
    "tokenizers": ("tokenizers", "gpt"),
    "gguf": ("gguf", "gpt"),
}


def need(package, purpose):
    """Raise `MissingToolError` with the command that helps unless a package is installed.

    Parameters
    ----------
    package : str
        ``"torch"``, ``"scipy"``, ``"onnx"``, ``"tokenizers"`` or ``"gguf"``.
    purpose : str
        What needs it.
    """
    name, extra = _PACKAGES[package]
    if find_spec(package) is None:
        raise MissingToolError(
            f"{purpose} needs {name}, which is not installed; pip install 'hwgen[{extra}]'"
        )
