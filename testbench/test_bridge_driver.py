"""Driver and ``hwgen run`` against a simulated board: windows, resets, damaged frames."""

import bridge_cores
import numpy as np
import pytest
from bridge_board import ONE, SUM, power_on, sum_tokens
from hwgen.cores.bridge.identity import identity

from hwgen.errors import MismatchError, UsageError
from hwgen.flow.run import run
from hwgen.link.driver import Link, LinkError


def test_the_window_keeps_a_slow_answer_from_losing_frames():
    link = Link(power_on(bridge_cores.Repeat))
    link.connect()
    tokens = np.random.default_rng(2).integers(0, 255, (3000, 1), dtype=np.uint8)
    assert np.array_equal(link.transfer(tokens), tokens.repeat(16, axis=1))
    assert link.restarts == 0
    assert link.read_status().dropped == 0


def test_reset_revives_a_core_that_hangs():
    board = power_on(bridge_cores.Repeat)
    link = Link(board)
    link.connect()
    with pytest.raises(LinkError, match="is silent"):
        link.transfer(np.array([[1], [255], [2], [3]], np.uint8))
    link.connect()
    assert link.transfer(np.array([[1], [2]], np.uint8)).shape == (2, 16)


def test_reset_discards_half_a_group():
    config = bridge_cores.SumConfig(group=7)
    tokens, wanted = sum_tokens(2, config)
    link = Link(power_on(config=config))
    link.connect()
    assert len(link.transfer(tokens[:3])) == 0
    link.connect()
    assert np.array_equal(link.transfer(tokens), wanted)


class Lossy:
    """A transport that damages chosen writes and reads."""

    def __init__(self, board, writes=(), reads=()):
        self.board, self.port, self.patience = board, board.port, board.patience
        self.writes, self.reads = set(writes), set(reads)
        self.written = self.received = 0

    def write(self, data):
        self.written += 1
        if self.written in self.writes:
            data = data[:5] + bytes([data[5] ^ 0x10]) + data[6:]
        self.board.write(data)

    def read(self, seconds):
        data = self.board.read(seconds)
        self.received += 1
        return bytes([data[0] ^ 4]) + data[1:] if self.received in self.reads else data


@pytest.mark.parametrize("fault", [{"writes": [3]}, {"reads": [400]}])
def test_the_driver_recovers_from_a_damaged_frame(fault):
    tokens, wanted = sum_tokens(200)
    link = Link(Lossy(power_on(), **fault))
    link.connect()
    assert np.array_equal(link.transfer(tokens), wanted)
    assert link.restarts == 1


def test_the_driver_gives_up_on_a_line_that_stays_bad():
    tokens, _ = sum_tokens(100)
    link = Link(Lossy(power_on(), writes=range(2, 1000, 2)))
    link.connect()
    with pytest.raises(LinkError):
        link.transfer(tokens)


def test_another_configuration_on_the_board_is_refused():
    wanted = identity("sum", bridge_cores.SumConfig(group=3))
    with pytest.raises(UsageError, match=r"must hold core 'sum' with identity [0-9a-f]{16}, not"):
        Link(power_on()).connect("sum", wanted)


def test_run_reports_what_matched():
    seen = []
    result = run(
        SUM,
        bridge_cores.SumConfig(group=2),
        "sim",
        50,
        seed=3,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (result.tokens, result.matched, result.restarts) == (100, 50, 0)
    assert seen[-1] == (100, 100)
    assert result.as_dict()["schema"] == "hwgen-run/1"


def test_run_sees_a_fault_in_the_core():
    class Faulty(bridge_cores.Sum):
        def __init__(self, config):
            super().__init__(bridge_cores.SumConfig(group=config.group, fault=1))

    core = bridge_cores.SimpleNamespace(**{**vars(SUM), "component": Faulty})
    with pytest.raises(MismatchError, match="signature of the self-test must be"):
        run(core, ONE, "sim", 10, seed=3)
