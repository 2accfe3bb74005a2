"""The serial bridge on a simulated board, at its pins: frames good and bad, self-test."""

import zlib

import bridge_cores
import hwgen.boards as boards
import numpy as np
import pytest
from bridge_board import ONE, SUM, ULX3S, power_on, sum_tokens
from hwgen.cores.bridge.harness import Harness
from hwgen.cores.bridge.protocol import Kind
from hwgen.cores.bridge.top import BoardTop

from hwgen.flow.emit import emit_verilog, signature_ports
from hwgen.link.bist import expected_signature
from hwgen.link.driver import Link
from hwgen.link.frame import FrameSplitter, cobs_encode, encode_frame
from hwgen.sim.board import SimulatedBoard


class Host:
    """Raw frames to a board, and whatever comes back."""

    def __init__(self, board):
        self.board = board
        self.splitter = FrameSplitter()

    def send(self, *pieces):
        self.board.write(b"".join(pieces))

    def frames(self):
        """Return all frames until the board has been silent for a while."""
        found = []
        while data := self.board.read(200e-6):
            found += self.splitter.feed(data)
        return found

    def status(self):
        return Link(self.board).read_status()


def data_frame(tokens, sequence=7):
    return encode_frame(Kind.DATA, sequence, tokens.tobytes())


def assert_untouched(board, errors):
    """The board has dropped frames for these reasons, and its core has seen no token of them."""
    status = Link(board).read_status()
    assert {name: getattr(status, f"{name}_errors") for name in errors} == errors
    assert status.dropped == sum(errors.values())
    tokens, wanted = sum_tokens(3)
    host = Host(board)
    host.send(data_frame(tokens, sequence=9))
    (answer,) = host.frames()
    assert (answer.kind, answer.sequence) == (Kind.DONE, 9)
    assert answer.payload == b"\0" + wanted.tobytes()


@pytest.mark.parametrize("group", [1, 7])
def test_results_of_many_frames_equal_the_golden_model(group):
    config = bridge_cores.SumConfig(group=group)
    tokens, wanted = sum_tokens(300, config)
    link = Link(power_on(config=config))
    link.connect()
    assert np.array_equal(link.transfer(tokens), wanted)
    assert link.restarts == 0
    assert link.status.dropped == 0


@pytest.mark.parametrize("board", ["ulx3s", "icebreaker"])
@pytest.mark.parametrize("rate", [0.98, 1.02])
def test_a_bit_rate_two_percent_off_is_understood(board, rate):
    tokens, wanted = sum_tokens(100)
    link = Link(power_on(board=boards.get(board), rate=rate))
    link.connect()
    assert np.array_equal(link.transfer(tokens), wanted)
    assert link.restarts == 0


class HalfClock:
    """In place of a PLL: the core's clock is half the oscillator's."""

    def build(self, m, pin, oscillator, clock, locked):
        m.d.comb += oscillator.eq(pin)
        m.d.link += clock.eq(~clock)


def test_a_core_on_another_clock_gives_the_same_results():
    config = bridge_cores.SumConfig(group=7)
    core = bridge_cores.Sum(config)
    harness = Harness(core, core.streams, ULX3S.clock_hz, ULX3S.baud)
    top = BoardTop(harness, ULX3S.clock_hz, HalfClock(), 8, False, False)
    verilog = emit_verilog(top, signature_ports(top), "top")
    link = Link(SimulatedBoard(verilog, ULX3S.clock_hz, ULX3S.baud, optimize=1))
    tokens, wanted = sum_tokens(40, config)
    link.connect()
    assert np.array_equal(link.transfer(tokens), wanted)
    assert link.self_test().signature == expected_signature(SUM, config, core)
    link.connect()
    assert np.array_equal(link.transfer(tokens), wanted)
    assert link.restarts == 0


def test_frames_without_pause_are_answered_in_order():
    tokens, wanted = sum_tokens(12)
    board = power_on()
    host = Host(board)
    host.send(*(data_frame(tokens[at : at + 3], sequence=at) for at in range(0, 12, 3)))
    answers = host.frames()
    assert [answer.sequence for answer in answers] == [0, 3, 6, 9]
    assert b"".join(answer.payload[1:] for answer in answers) == wanted.tobytes()


def test_a_frame_without_tokens_is_acknowledged():
    host = Host(power_on())
    host.send(encode_frame(Kind.DATA, 5))
    (answer,) = host.frames()
    assert (answer.kind, answer.sequence, answer.payload) == (Kind.DONE, 5, b"\0")


def test_results_come_when_a_group_is_complete_even_frames_later():
    config = bridge_cores.SumConfig(group=7)
    tokens, wanted = sum_tokens(1, config)
    host = Host(power_on(config=config))
    host.send(data_frame(tokens[:4], 1), data_frame(tokens[4:], 2))
    first, second = host.frames()
    assert first.payload == b"\0"
    assert second.payload == b"\0" + wanted.tobytes()


def test_every_flipped_bit_drops_the_frame_and_spares_the_next():
    tokens, _ = sum_tokens(2)
    frame = b"\0" + data_frame(tokens)
    board = power_on()
    host = Host(board)
    for bit in range(8, 8 * len(frame)):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        host.send(damaged, b"\0", encode_frame(Kind.STATUS, bit % 256))
        answers = host.frames()
        assert [each.kind for each in answers] == [Kind.STATUS_REPLY], f"bit {bit}"
        assert answers[0].sequence == bit % 256
    status = host.status()
    assert status.crc_errors > 0
    assert status.framing_errors > 0
    assert_untouched_after_any_error(board)


def assert_untouched_after_any_error(board):
    tokens, wanted = sum_tokens(3)
    host = Host(board)
    host.send(data_frame(tokens))
    (answer,) = host.frames()
    assert answer.payload[1:] == wanted.tobytes()


def test_a_wrong_crc_is_counted_as_such():
    tokens, _ = sum_tokens(2)
    body = bytes((Kind.DATA, 7, tokens.nbytes, 0)) + tokens.tobytes()
    board = power_on()
    board.write(cobs_encode(body + (zlib.crc32(body) ^ 1).to_bytes(4, "little")) + b"\0")
    assert_untouched(board, {"crc": 1})


def test_every_truncated_frame_is_dropped():
    tokens, _ = sum_tokens(2)
    frame = data_frame(tokens)
    board = power_on()
    for length in range(2, len(frame) - 1):
        board.write(frame[:length] + b"\0")
    assert_untouched(board, {"framing": len(frame) - 3})


def test_a_frame_with_bytes_after_its_crc_is_dropped():
    tokens, _ = sum_tokens(2)
    body = bytes((Kind.DATA, 7, tokens.nbytes, 0)) + tokens.tobytes()
    body += zlib.crc32(body).to_bytes(4, "little")
    board = power_on()
    board.write(cobs_encode(body + b"\0") + b"\0" + cobs_encode(body + b"x") + b"\0")
    assert_untouched(board, {"framing": 2})


@pytest.mark.parametrize("kind", [0, 5, Kind.RESULTS])
def test_an_unknown_kind_is_dropped(kind):
    board = power_on()
    board.write(encode_frame(kind, 1))
    assert_untouched(board, {"framing": 1})


def test_part_of_a_token_is_dropped():
    tokens, _ = sum_tokens(2)
    board = power_on()
    board.write(encode_frame(Kind.DATA, 1, tokens.tobytes()[:-1]))
    board.write(encode_frame(Kind.STATUS, 1, b"x"))
    assert_untouched(board, {"framing": 2})


def test_an_oversize_frame_is_dropped():
    board = power_on()
    limit = Link(board).connect().payload_limit
    tokens, _ = sum_tokens(200)
    content = tokens.tobytes()
    board.write(encode_frame(Kind.DATA, 1, content[: limit + tokens.shape[1]]))
    board.write(encode_frame(Kind.DATA, 2, content[:1024]))
    board.write(encode_frame(Kind.DATA, 3, bytes(0x4000)))
    assert_untouched(board, {"oversize": 3})


def test_endless_noise_without_a_frame_end_is_one_dropped_frame():
    noise = np.random.default_rng(1).integers(1, 256, 5000, dtype=np.uint8)
    # the length field of this noise is within the limit, so that it is too long, not oversize
    noise[:5] = (5, Kind.DATA, 1, 12, 1)
    board = power_on()
    board.write(noise.tobytes() + b"\0")
    status = Link(board).read_status()
    assert status.dropped == 1
    assert_untouched_after_any_error(board)


def test_a_frame_of_the_largest_size_is_accepted():
    board = power_on()
    limit = Link(board).connect().payload_limit
    tokens, wanted = sum_tokens(limit // 6)
    host = Host(board)
    host.send(data_frame(tokens))
    answers = host.frames()
    assert b"".join(each.payload[1:] for each in answers) == wanted.tobytes()


def test_counters_stop_at_their_end():
    board = power_on()
    board.write(b"\x02x\0" * 300)
    assert Link(board).read_status().framing_errors == 255


def test_a_broken_line_heals():
    tokens, _ = sum_tokens(2)
    board = power_on()
    board.write(data_frame(tokens)[:9])
    board.read(50e-6)
    board.hold_break(300e-6)
    board.read(400e-6)
    board.write(b"\0")
    assert_untouched(board, {"framing": 1})


def test_a_host_that_ignores_the_window_loses_frames_only():
    board = power_on(bridge_cores.Repeat)
    status = Link(board).connect()
    frame = bytes(range(1, 101))
    host = Host(board)
    host.send(*(encode_frame(Kind.DATA, at, frame) for at in range(30)))
    answers = host.frames()
    lost = host.status().overrun_errors
    assert lost > 0
    done = [each.sequence for each in answers if each.kind == Kind.DONE]
    assert len(done) == 30 - lost
    assert len(done) > status.buffer_bytes // 108
    results = b"".join(each.payload[1:] for each in answers)
    assert results == b"".join(bytes([byte]) * 16 for byte in frame) * len(done)


@pytest.mark.parametrize("group", [1, 7])
def test_the_self_test_leaves_the_signature_of_the_golden_model(group):
    config = bridge_cores.SumConfig(group=group)
    right = expected_signature(SUM, config, bridge_cores.Sum(config))
    board = power_on(config=config)
    link = Link(board)
    assert not link.connect().tested
    status = link.self_test()
    assert (status.tested, status.signature, status.passed) == (True, right, None)
    assert board.leds == right & 0xFF
    tokens, wanted = sum_tokens(20, config)
    assert np.array_equal(link.transfer(tokens), wanted)


def test_a_board_that_knows_the_signature_says_whether_it_is_right():
    right = expected_signature(SUM, ONE, bridge_cores.Sum(ONE))
    icebreaker = boards.get("icebreaker")
    good = power_on(board=icebreaker, signature=right)
    assert good.leds == 0b11
    assert Link(good).self_test().passed
    assert good.leds == 0b01
    faulty = power_on(config=bridge_cores.SumConfig(fault=1), board=icebreaker, signature=right)
    assert Link(faulty).self_test().passed is False
    assert faulty.leds == 0b10


def test_the_button_starts_the_self_test():
    board = power_on()
    board.press()
    board.read(10e-6)
    assert board.leds == 0b10000001
    board.read(3e-3)
    board.press(False)
    right = expected_signature(SUM, ONE, bridge_cores.Sum(ONE))
    assert Link(board).read_status().signature == right
