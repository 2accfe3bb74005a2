"""``hwgen lutnet COMMAND``: networks of look-up tables."""

from hwgen.cli.group import CommandGroup

__all__ = ["command"]

command = CommandGroup(
    "lutnet",
    {
        "train": "Train a network and write its tables.",
        "eval": "Accuracy of a network, of its functions or of its tables.",
        "report": "What a network is made of, and about how large it is.",
    },
    package="hwgen.cli.lutnet",
    help="Train networks of look-up tables, evaluate and report them.",
)
