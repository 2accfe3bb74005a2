"""What a person types: ``hwgen COMMAND``. One module a command, imported only when it is used."""

import gc
import warnings

from hwgen.cli.group import CommandGroup

__all__ = ["COMMANDS", "application", "main"]

# Summaries stand here so that `hwgen --help` imports no command.
COMMANDS = {
    "build": "Make a verified bitstream (or a netlist) of a core for a board.",
    "emit": "Write plain Verilog, interface.json and a self-checking test bench.",
    "verify": "Compare a core in simulation with its golden model, bit for bit.",
    "run": "Stream operands through a board and check every answer.",
    "quantize": "Turn the weights of a model into codes that the cores take.",
    "lutnet": "Train networks of look-up tables, evaluate and report them.",
    "gpt": "Compile language models to the GPT machine, run and measure them.",
    "list": "List the cores, formats, boards or methods of quantization.",
    "show": "Describe one core, format or board.",
    "doctor": "List the tools: version, where found, what is missing.",
}

application = CommandGroup(
    "hwgen",
    COMMANDS,
    help="Low-precision arithmetic hardware: generated, proved bit-exact, built to a bitstream.",
    epilog="First bitstream: hwgen build --core mx-dot --fmt fp6 --board ulx3s",
)


def main():
    """Run the command line and exit with its code (0 to 5, or 130 when interrupted)."""
    # one command, one process: the collector would visit millions of objects of a circuit for
    # nothing, and once more at the end
    gc.disable()
    # Amaranth says so of circuits that a command only measures or describes
    warnings.filterwarnings("ignore", message=".* created but never used")
    try:
        application(prog_name="hwgen")
    finally:
        gc.freeze()
