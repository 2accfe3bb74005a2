"""Simulated boards with a small core behind the bridge, and what that core must answer."""

import functools

import bridge_cores
import hwgen.boards as boards
from hwgen.cores.bridge.top import board_top

from hwgen.catalogue import payload
from hwgen.flow.emit import emit_verilog, signature_ports
from hwgen.sim.board import SimulatedBoard

SUM = bridge_cores.SUM
ULX3S = boards.get("ulx3s")
# one token a result
ONE = bridge_cores.SumConfig()


@functools.cache
def _verilog(component, config, board, signature):
    circuit = component(config) if config else component()
    top = board_top(circuit, board, name="sum", signature=signature, simulated=True)
    return emit_verilog(top, signature_ports(top), "top")


def power_on(component=bridge_cores.Sum, config=None, board=ULX3S, signature=None, rate=1.0):
    """Return a fresh board; the host's bit rate is ``rate`` times the board's."""
    if component is bridge_cores.Sum:
        config = config or ONE
    return SimulatedBoard(
        _verilog(component, config, board, signature),
        board.clock_hz,
        board.baud * rate,
        button_active_low=board.button_active_low,
        optimize=1,
    )


def sum_streams(config=ONE):
    component = bridge_cores.Sum(config)
    component._MustUse__silence = True
    return component.streams


def sum_tokens(groups, config=ONE, seed=1):
    """Return input tokens of the core `Sum`, and the output tokens after a reset."""
    source, sink = sum_streams(config)
    values = SUM.vectors(config, groups, seed)
    wanted = SUM.golden(config, values)
    return payload.pack(source, values["i"]), payload.pack(sink, wanted["o"])
