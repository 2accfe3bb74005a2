"""Stream test vectors through a core on a board, real or simulated, and check the answers."""

import time
from dataclasses import asdict, dataclass

from hwgen.errors import MismatchError, UsageError

__all__ = ["SCHEMA", "RunResult", "run"]

SCHEMA = "hwgen-run/1"


@dataclass(frozen=True)
class RunResult:
    """What a run on a board gave; every answer was right, otherwise there is no result.

    Parameters
    ----------
    core, config
        Name of the core, and its configuration as plain values.
    port, board : str
        Serial port or ``"sim"``, and the board's name.
    seed : int
        Seed of the vectors.
    tokens : int
        Input tokens sent.
    matched : int
        Output tokens compared with the golden model, all equal.
    seconds : float
        Wall-clock time of the transfer.
    clocks : int or None
        Simulated clock cycles, for ``"sim"``.
    restarts : int
        How often the transfer was started again because of a damaged frame.
    self_test : str
        Signature of the board's self-test in hexadecimal, equal to the golden model's.
    status : dict
        The board's status at the end: error counters, latency, identity.
    """

    core: str
    config: dict
    port: str
    board: str
    seed: int
    tokens: int
    matched: int
    seconds: float
    clocks: int | None
    restarts: int
    self_test: str
    status: dict

    def as_dict(self):
        """Return the result as plain JSON-able values."""
        return {"schema": SCHEMA, **asdict(self), "seconds": round(self.seconds, 3)}


def run(core, config, port, vectors, seed, progress=None, board=None):
    """Check a core on a board against its golden model: self-test first, then vectors.

    Parameters
    ----------
    core : hwgen.catalogue.Core
    config : the core's config
    port : str
        Serial port of a board that holds the bitstream of this core and config, or ``"sim"`` for
        a simulated board.
    vectors : int
        Operand sets to send, at least 1.
    seed : int
        Seed of the random ones.
    progress : callable, optional
        Called with the number of tokens done and the number of all.
    board : hwgen.boards.Board, optional
        The board; by default the first one with the config's fabric, else ULX3S.

    Returns
    -------
    RunResult

    Raises
    ------
    MismatchError
        An answer, or the self-test's signature, differs from the golden model.
    UsageError
        There is no such port, or the board holds something else.
    HwgenError
        The board does not answer.
    """
    from hwgen.catalogue import payload
    from hwgen.flow.board_link import connected
    from hwgen.link.bist import expected_signature

    if vectors < 1:
        raise UsageError(f"vectors must be at least 1, not {vectors!r}")
    with connected(core, config, port, board) as found:
        link, source = found.link, found.source
        inputs = core.vectors(config, vectors, seed)
        expected = core.golden(config, inputs)
        tokens = payload.pack(source, inputs[source.name])
        right = expected_signature(core, config, found.component)
        _check_self_test(core, link.self_test(), right)
        link.connect()
        start = time.perf_counter()
        answers = link.transfer(tokens, _listener(progress, len(tokens)))
        seconds = time.perf_counter() - start
        status = link.read_status()
        clocks = found.clocks
    _compare(core, config, found.component, inputs, expected, answers, seed)
    return RunResult(
        core=core.name,
        config=config.as_dict(),
        port=port,
        board=found.board.name,
        seed=seed,
        tokens=len(tokens),
        matched=len(answers),
        seconds=seconds,
        clocks=clocks,
        restarts=link.restarts,
        self_test=f"{right:08x}",
        status=status.as_dict(),
    )


def _check_self_test(core, status, right):
    if status.signature != right:
        raise MismatchError(
            f"{core.name}: signature of the self-test must be {right:08x}, not "
            f"{status.signature:08x}; the board computes something else than the golden model"
        )


def _listener(progress, total):
    return None if progress is None else lambda done: progress(done, total)


def _compare(core, config, component, inputs, expected, answers, seed):
    """Raise `MismatchError` with the first answer that is wrong, its inputs, and the seed."""
    from hwgen.flow.emit import describe_interface
    from hwgen.sim.case import Case
    from hwgen.sim.report import first_mismatch, mismatch_error

    interface = describe_interface(core, config, component, "", "")
    case = Case.from_values(interface, inputs, expected, seed)
    (name,) = case.expected
    row = first_mismatch(case.expected[name], answers)
    if row is not None:
        got = answers[row] if row < len(answers) else None
        raise mismatch_error(case, name, row, got, "on the board")
