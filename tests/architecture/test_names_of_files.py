"""Names of files: what pytest and a reader need of them."""

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_two_test_files_have_one_name():
    """Pytest imports test files by their names alone."""
    names = Counter(
        each.name for top in ("tests", "testbench") for each in (ROOT / top).rglob("test_*.py")
    )
    assert [name for name, count in names.items() if count > 1] == []
