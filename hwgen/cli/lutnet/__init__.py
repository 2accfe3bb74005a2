"""``hwgen lutnet COMMAND``: networks of look-up tables."""

from hwgen.cli.group import CommandGroup

__all__ = ["command"]

command = CommandGroup(
    "lutnet",
    {
        "train": "Train a network and write its tables.",
        "compile": "Make a verified bitstream of a network, or measure it.",
        "eval": "Accuracy of a network: its functions, its tables or its circuit.",
        "report": "What a network is made of, and about how large it is.",
    },
    package="hwgen.cli.lutnet",
    help="Train networks of look-up tables, compile, evaluate and report them.",
)
