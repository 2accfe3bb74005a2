"""A conversation with a core on a board, real or simulated."""

from contextlib import contextmanager
from dataclasses import dataclass

from hwgen.errors import UsageError

__all__ = ["Connected", "connected"]


@dataclass(frozen=True)
class Connected:
    """A core that was found on a board.

    Parameters
    ----------
    link : hwgen.link.driver.Link
    board : hwgen.boards.Board
    component : amaranth component
        The core, for its streams.
    source, sink : hwgen.cores.interface.Stream
        Its input and its output.
    """

    link: object
    board: object
    component: object
    source: object
    sink: object

    @property
    def clocks(self):
        """Simulated clock cycles so far; None for a real board."""
        return getattr(self.link.transport, "clocks", None)


@contextmanager
def connected(core, config, port, board=None):
    """Find a core on a board, reset it, and give a `Connected`; the port is closed at the end.

    Parameters
    ----------
    core : hwgen.catalogue.Core
    config : the core's config
    port : str
        Serial port of a board that holds the bitstream of this core and config, or ``"sim"`` for
        a simulated board.
    board : hwgen.boards.Board, optional
        The board; by default the first one with the config's fabric, else ULX3S.

    Raises
    ------
    UsageError
        There is no such port, or the board holds something else.
    HwgenError
        The board does not answer.
    """
    from hwgen.cores.bridge.identity import identity
    from hwgen.link.driver import Link

    board = board or _default_board(config)
    component, source, sink = _component(core, config)
    transport = _open(core, config, component, port, board)
    try:
        link = Link(transport)
        link.connect(core.name, identity(core.name, config))
        yield Connected(link, board, component, source, sink)
    finally:
        transport.close()


def _default_board(config):
    import hwgen.boards as boards

    known = [boards.get(name) for name in boards.names()]
    return next((board for board in known if board.target == config.target), known[0])


def _component(core, config):
    """Return the component with its one input and its one output stream."""
    component = core.component(config)
    streams = {each.direction: each for each in component.streams}
    if len(component.streams) != 2 or len(streams) != 2:
        raise UsageError(
            f"core must have one input and one output stream to run on a board, not {core.name!r}"
        )
    return component, streams["input"], streams["output"]


def _open(core, config, component, port, board):
    if port != "sim":
        from hwgen.link.serial_port import SerialTransport

        return SerialTransport(port, board.baud)

    from hwgen.cores.bridge.identity import identity
    from hwgen.cores.bridge.top import board_top
    from hwgen.flow.emit import emit_verilog, signature_ports
    from hwgen.sim.board import SimulatedBoard

    top = board_top(
        component,
        board,
        name=core.name,
        identity=identity(core.name, config),
        simulated=True,
    )
    verilog = emit_verilog(top, signature_ports(top), "top")
    return SimulatedBoard(
        verilog, board.clock_hz, board.baud, button_active_low=board.button_active_low
    )
