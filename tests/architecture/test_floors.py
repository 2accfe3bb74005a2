"""A floor of the house imports only what lies below it, lazily or not."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# from the ground up; packages of one line do not know each other
FLOORS = [
    ["hwgen.errors", "hwgen.collector"],
    ["hwgen.formats", "hwgen.tools"],
    ["hwgen.targets"],
    ["hwgen.golden", "hwgen.cores", "hwgen.boards"],
    ["hwgen.catalogue"],
    ["hwgen.sim"],
    ["hwgen.link"],
    ["hwgen.flow"],
    ["hwgen.quant", "hwgen.lutnet"],
    ["hwgen.gpt"],
    ["hwgen.cli"],
]


def _folder(package):
    name = package.split(".")[1]
    return ROOT / name if name in ("cores", "boards") else ROOT / "hwgen" / name


def _package_of(module):
    packages = [package for floor in FLOORS for package in floor]
    return next((each for each in packages if f"{module}.".startswith(f"{each}.")), None)


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _height(package):
    return next(height for height, floor in enumerate(FLOORS) if package in floor)


@pytest.mark.parametrize("package", [each for floor in FLOORS[1:] for each in floor])
def test_a_floor_imports_only_floors_below(package):
    files = list(_folder(package).rglob("*.py"))
    assert files
    upward = []
    for path in files:
        for module in _imports(path):
            other = _package_of(module)
            if other not in (None, package) and _height(other) >= _height(package):
                upward.append(f"{path.relative_to(ROOT)} imports {module}")
    assert upward == []


def test_formats_and_golden_models_need_no_hardware_description():
    for package in ("hwgen.formats", "hwgen.golden"):
        for path in _folder(package).rglob("*.py"):
            assert not any(module.startswith("amaranth") for module in _imports(path)), path
