"""``hwgen gpt COMMAND``: language models on the GPT machine."""

from hwgen.cli.group import CommandGroup

__all__ = ["command"]

command = CommandGroup(
    "gpt",
    {
        "compile": "Make instructions and a memory image of a model.",
        "run": "Continue a text with a compiled model.",
        "estimate": "Count the clock cycles of a token, without simulation.",
        "loss": "What a weight format costs on a text, beside the float model.",
    },
    package="hwgen.cli.gpt",
    help="Language models of the GPT-2 and Llama architectures: compiled, run and measured.",
)
