"""``hwgen lutnet COMMAND``: networks of look-up tables."""

from hwgen.cli.group import CommandGroup

__all__ = ["command"]

command = CommandGroup(
    "lutnet",
    {
        "train": "Train a network and write its tables.",
        "compile": "Make a verified bitstream of a network, or measure it.",
        "eval": "Accuracy of a network: its functions, its tables or its circuit.",
        "simplify": "Fill entries that training never meets so that less logic is left.",
        "prune": "Make a network smaller than a budget of look-up tables, registers and block RAM.",
        "report": "What a network is made of, and how large it is.",
        "import": "Make a network of a quantized perceptron in a QONNX file.",
    },
    package="hwgen.cli.lutnet",
    help="Train or import networks of look-up tables, compile, evaluate and report them.",
)
