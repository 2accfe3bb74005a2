"""Networks of look-up tables as circuits: a data set through the emitted Verilog, or a board."""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwgen.errors import HwgenError

__all__ = ["BoardClasses", "classes_by_board", "classes_by_circuit"]


@dataclass(frozen=True)
class BoardClasses:
    """What a network on a board answered.

    Parameters
    ----------
    classes : array of int
        One a vector.
    board : str
        Its name.
    seconds : float
        Wall-clock time of the transfer.
    clocks : int or None
        Simulated clock cycles of the transfer; None for a real board.
    restarts : int
        How often the transfer was started again because of a damaged frame.
    """

    classes: np.ndarray
    board: str
    seconds: float
    clocks: int | None
    restarts: int


def classes_by_circuit(path, vectors, target="ecp5", netlist=False, progress=None):
    """Return the classes that the compiled circuit gives.

    Parameters
    ----------
    path : path
        File of the network.
    vectors : array of int, [vectors, features]
    target : str
        Fabric.
    netlist : bool
        Take what synthesis makes of the Verilog.
    progress : callable, optional
        Called with a line of text before each step.

    Raises
    ------
    UsageError
        The file does not hold a network, or there is no such fabric.
    """
    from hwgen import catalogue
    from hwgen.flow.emit import emit
    from hwgen.flow.verify import synthesised
    from hwgen.lutnet.budget import core_options
    from hwgen.sim.model import CompiledModel

    say = progress or (lambda text: None)
    core = catalogue.get("lutnet")
    config = core.configure({"net": str(path), "target": target} | core_options(path))
    codes = _codes(config.network, vectors)
    with tempfile.TemporaryDirectory(prefix="hwgen-lutnet-") as folder:
        say("emitting Verilog")
        emitted = emit(core, config, folder)
        verilog = emitted.verilog
        if netlist:
            say("synthesis")
            verilog = synthesised(emitted, config, Path(folder))
        say("compiling the simulation")
        interface = json.loads(emitted.interface.read_text())
        model = CompiledModel(verilog, interface, Path(folder, "simulation"), optimize=0)
        say(f"{len(codes):,} vectors through the circuit")
        x = codes if codes.shape[1] > 1 else codes[:, 0]
        return _classes(config.network, model({"i": {"x": x}})["o"]["y"])


def classes_by_board(path, vectors, port, board, options=None, progress=None):
    """Send vectors to a board that holds a compiled network; return its `BoardClasses`.

    Parameters
    ----------
    path : path
        File of the network.
    vectors : array of int, [vectors, features]
    port : str
        Serial port of the board, or ``"sim"`` for a simulated one.
    board : hwgen.boards.Board
    options : dict, optional
        Others than the defaults that the circuit was compiled with: ``lanes``, ``block_tables``.
    progress : callable, optional
        Called with a line of text, and while vectors are sent with how many are done, of how many.

    Raises
    ------
    UsageError
        The file does not hold a network, there is no such port, or the board holds something else.
    HwgenError
        The board does not answer, or not every vector.
    """
    from hwgen import catalogue
    from hwgen.catalogue import payload
    from hwgen.flow.board_link import connected
    from hwgen.lutnet.budget import core_options

    say = progress or (lambda text, done=None, total=None: None)
    core = catalogue.get("lutnet")
    given = {"net": str(path), "target": board.target, "freq": board.clock_hz / 1e6}
    config = core.configure(given | core_options(path) | (options or {}))
    codes = _codes(config.network, vectors).reshape(-1, config.lanes)
    codes = codes if config.lanes > 1 else codes[:, 0]
    total = len(vectors)
    say("compiling the simulated board" if port == "sim" else f"looking for the board at {port}")
    with connected(core, config, port, board) as found:
        tokens = payload.pack(found.source, {"x": codes})
        before, start = found.clocks, time.perf_counter()
        answers = found.link.transfer(
            tokens, lambda done: say("vectors through the board", done // config.beats, total)
        )
        seconds = time.perf_counter() - start
        clocks = None if before is None else found.clocks - before
    if len(answers) != total:
        raise HwgenError(f"the board must answer {total} vectors, and answered {len(answers)}")
    classes = _classes(config.network, payload.unpack(found.sink, answers)["y"])
    return BoardClasses(classes, board.name, seconds, clocks, found.link.restarts)


def _codes(network, vectors):
    """Return the codes that a circuit takes for vectors of integers."""
    return (np.asarray(vectors, np.int64) & network.inputs.most).astype(np.uint64)


def _classes(network, y):
    """Return the classes of what a circuit gives: theirs, or the last elements."""
    found = y.astype(np.int64)
    if network.head == "argmax":
        return found
    given = network.outputs
    if given.signed:
        found -= (found >> given.bits - 1 & 1) << given.bits
    return found.reshape(len(found), -1).argmax(axis=1)
