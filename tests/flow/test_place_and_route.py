import json
import re

import pytest

from hwgen.errors import HwgenError, TargetMissedError, UsageError
from hwgen.flow.characterise import characterise
from hwgen.flow.place import Device, pack, place, place_arguments
from hwgen.flow.synthesise import synthesise

REPORT = {
    "fmax": {"$glbnet$clk$TRELLIS_IO_IN": {"achieved": 61.234, "constraint": 50.0}},
    "utilization": {"TRELLIS_COMB": {"used": 12, "available": 24288}},
}
COUNTER = """\
module top(input clk, output q);
  reg [15:0] count = 0;
  always @(posedge clk) count <= count + 1;
  assign q = count[15];
endmodule
"""


@pytest.fixture
def netlist(tmp_path):
    path = tmp_path / "in.json"
    path.write_text("{}")
    return path


def mock_nextpnr(mock_tool, body):
    return mock_tool(
        "nextpnr-ecp5",
        'if [ "$1" = --version ]; then echo "Version nextpnr-0.7"; exit; fi\n'
        f'echo "$@" > arguments\n{body}',
    )


def test_the_command_line_for_a_board(mock_tool, netlist, tmp_path):
    mock_nextpnr(mock_tool, f"echo '{json.dumps(REPORT)}' > report.json")
    constraints = tmp_path / "board.lpf"
    constraints.write_text("# pins")
    device = Device.from_arguments(("--85k", "--package", "CABGA381", "--speed", "6"))
    placed = place(netlist, device, tmp_path / "out", constraints=constraints, freq=50, seed=7)
    assert (tmp_path / "out" / "arguments").read_text().strip() == (
        "--85k --json netlist.json --report report.json --package CABGA381 --speed 6 "
        "--lpf pins.lpf --textcfg placed.config --freq 50 --seed 7 --timing-allow-fail"
    )
    assert (tmp_path / "out" / "pins.lpf").read_text() == "# pins"
    assert placed.as_dict()["clocks"] == {"clk": {"fmax_mhz": 61.23, "target_mhz": 50.0}}
    assert placed.utilization == {"TRELLIS_COMB": (12, 24288)}
    assert placed.fmax == 61.23


def test_out_of_context_placement_asks_for_no_configuration():
    arguments = place_arguments(
        Device("25k"), constraints=None, freq=400.0, seed=1, out_of_context=True, router="router2"
    )
    assert " ".join(arguments) == (
        "--25k --json netlist.json --report report.json --out-of-context --freq 400 "
        "--router router2 --seed 1 --timing-allow-fail"
    )


def test_ice40_uses_its_own_options():
    arguments = place_arguments(
        Device("up5k", "sg48"),
        constraints="pins.pcf",
        freq=None,
        seed=1,
        out_of_context=False,
        router=None,
    )
    assert " ".join(arguments) == (
        "--up5k --json netlist.json --report report.json --package sg48 --pcf pins.pcf "
        "--asc placed.config --seed 1 --timing-allow-fail"
    )


def test_a_design_that_does_not_fit_is_a_missed_target(mock_tool, netlist, tmp_path):
    mock_nextpnr(
        mock_tool,
        "echo \"ERROR: Unable to place cell 'x', no Bels remaining of type 'DP16KD'\"; exit 1",
    )
    with pytest.raises(TargetMissedError, match="does not fit the 12k: Unable to place cell"):
        place(netlist, Device("12k"), tmp_path / "out")


def test_any_other_failure_quotes_nextpnr_and_names_the_log(mock_tool, netlist, tmp_path):
    mock_nextpnr(mock_tool, "echo 'ERROR: IO a is unconstrained in LPF'; exit 1")
    with pytest.raises(HwgenError, match=r"IO a is .*; see .*place\.log") as caught:
        place(netlist, Device("12k"), tmp_path / "out")
    assert caught.value.exit_code == 1


def test_an_unknown_device_is_answered_with_the_nearest_name():
    with pytest.raises(UsageError, match=r"device must be one of .*; did you mean '85k'"):
        Device("85")


def test_a_small_design_becomes_an_ecp5_bitstream(tmp_path):
    (tmp_path / "counter.v").write_text(COUNTER)
    result = synthesise([tmp_path / "counter.v"], "top", "ecp5", tmp_path / "synthesis")
    placed = place(result.netlist, Device("12k", "CABGA381", "6"), tmp_path / "place", freq=50)
    assert placed.fmax > 50
    assert placed.utilization["TRELLIS_FF"] == (16, 24288)
    pack(placed.configuration.parent, tmp_path / "top.bit", ("ecppack", "--compress"))
    bitstream = (tmp_path / "top.bit").read_bytes()
    # the preamble of an ECP5 bitstream, and the part it was packed for
    assert b"\xff\xff\xbd\xb3" in bitstream
    assert b"LFE5U-12F" in bitstream


def test_characterised_cells_leave_out_the_registers_around_the_core():
    figures = characterise(COUNTER, seeds=(1,))
    assert figures.counts["ff"] == 16
    assert figures.counts["carry"] == 8
    assert figures.fmax == figures.fmax_by_seed[1] > 100


def test_characterised_verilog_must_hold_a_module():
    with pytest.raises(UsageError, match="must hold a module"):
        characterise("// nothing\n")


def test_device_arguments_of_every_board_are_understood():
    from hwgen import boards

    for name in boards.names():
        board = boards.get(name)
        device = Device.from_arguments(board.place_and_route[1:])
        assert device.target == board.target
        assert re.fullmatch(r"nextpnr-\w+", board.place_and_route[0])
