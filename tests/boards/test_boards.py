"""Boards as data: names, pins, devices."""

import re

import hwgen.boards as boards
import pytest
from hwgen.cores.bridge.top import BoardTop

from hwgen.errors import UsageError

# pin of our top -> resource of the amaranth-boards platform, and its member
RESOURCES = {
    "ulx3s": {
        "clk": ("clk25", 0, None),
        "uart_rx": ("uart", 0, "rx"),
        "uart_tx": ("uart", 0, "tx"),
        "button": ("button_fire", 0, None),
    },
    "icebreaker": {
        "clk": ("clk12", 0, None),
        "uart_rx": ("uart", 0, "rx"),
        "uart_tx": ("uart", 0, "tx"),
        "button": ("button", 0, None),
    },
}


def pins(board):
    """Return site by port name from the board's constraint file."""
    text = re.sub(r"#.*", "", board.constraint_file.read_text())
    if board.target == "ecp5":
        return dict(re.findall(r'LOCATE COMP "(\S+)" SITE "(\w+)";', text))
    return dict(re.findall(r"set_io (?:-\S+ \S+ )?(\S+) (\w+)", text))


def platform_pins(board):
    """Return the same from the amaranth-boards platform, which others wrote."""
    platform = board.platform()
    family = board.name.split("-")[0]
    wanted = dict(RESOURCES[family])
    wanted |= {f"led[{number}]": ("led", number, None) for number in range(board.leds)}
    found = {}
    for port, (name, number, member) in wanted.items():
        resource = platform.resources[name, number]
        ios = {io.name: io for io in resource.ios if hasattr(io, "ios")}
        found[port] = (ios[member].ios[0] if member else resource.ios[0]).names[0]
    return found


@pytest.mark.parametrize("name", boards.names())
def test_pins_are_those_of_amaranth_boards(name):
    board = boards.get(name)
    assert pins(board) == platform_pins(board)


@pytest.mark.parametrize("name", boards.names())
def test_device_and_oscillator_are_those_of_amaranth_boards(name):
    board = boards.get(name)
    platform = board.platform
    assert board.device.startswith(platform.device)
    clock = platform().default_clk_frequency
    assert board.clock_hz == clock


@pytest.mark.parametrize("name", boards.names())
def test_every_port_of_the_top_has_a_pin(name):
    board = boards.get(name)
    top = BoardTop(None, board.clock_hz, None, board.leds, False, False)
    top._MustUse__silence = True
    ports = set()
    for path, _, value in top.signature.flatten(top):
        (port,) = path
        width = len(value)
        ports |= {port} if width == 1 else {f"{port}[{bit}]" for bit in range(width)}
    assert ports == set(pins(board))


@pytest.mark.parametrize("name", boards.names())
def test_the_clock_constraint_is_the_oscillator(name):
    board = boards.get(name)
    text = board.constraint_file.read_text()
    (mhz,) = re.findall(r'(?:FREQUENCY PORT "clk"|set_frequency clk) (\d+)', text)
    assert int(mhz) * 1e6 == board.clock_hz


def test_ulx3s_is_the_85f():
    import dataclasses

    plain, full = boards.get("ulx3s"), boards.get("ulx3s-85f")
    assert dataclasses.replace(full, name="ulx3s") == plain


def test_every_size_of_the_ulx3s_has_its_own_place_and_route_arguments():
    sizes = [boards.get(f"ulx3s-{size}f").place_and_route[1] for size in (12, 25, 45, 85)]
    assert sizes == ["--12k", "--25k", "--45k", "--85k"]


def test_an_unknown_board_names_the_nearest():
    with pytest.raises(UsageError, match="not 'ulx3'; did you mean 'ulx3s'"):
        boards.get("ulx3")
