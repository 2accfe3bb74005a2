"""The documentation as data: pages, code blocks, command lines."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("*.md"),
    ]
)


def code_blocks(page, language=""):
    """Return the texts of a page's code blocks in one language; "" is none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [text for of, text in found if of == language]


def command_lines(page):
    """Return the words of all `hwgen` command lines that a page shows for mx-dot or no core."""
    blocks = (block.replace("\\\n", " ") for block in code_blocks(page))
    lines = [line for block in blocks for line in block.splitlines()]
    found = [shlex.split(line, comments=True) for line in lines if line.startswith("hwgen ")]
    return [words[1:] for words in found if not {"NAME", "int-max"} & set(words)]
