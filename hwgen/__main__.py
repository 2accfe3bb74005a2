"""``python -m hwgen``: the same as the command ``hwgen``."""

from hwgen.cli import main

main()
