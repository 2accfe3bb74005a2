"""The driver's messages, without a board."""

import dataclasses

import numpy as np
import pytest
from hwgen.cores.bridge.identity import identity
from hwgen.cores.bridge.protocol import STATUS_FIELDS, Kind
from hwgen.cores.config import CoreConfig

from hwgen.errors import HwgenError, UsageError
from hwgen.link.driver import Link, LinkError
from hwgen.link.frame import Frame, encode_frame
from hwgen.link.serial_port import SerialTransport
from hwgen.link.status import Status


def status_payload(**values):
    values = {"version": 1, "input_bytes": 2, "output_bytes": 1, "name": b"mx-dot", **values}
    parts = []
    for name, width in STATUS_FIELDS:
        value = values.get(name, 0)
        data = value if isinstance(value, bytes) else value.to_bytes(width, "little")
        parts.append(data.ljust(width, b"\0"))
    return b"".join(parts)


class Script:
    """A transport that answers each frame with what a function makes of it."""

    port = "COM7"
    patience = 0.5

    def __init__(self, answer):
        self.answer, self.waiting = answer, b""

    def write(self, data):
        for encoded in filter(None, data.split(b"\0")):
            self.waiting += self.answer(Frame.decode(encoded))

    def read(self, seconds):
        data, self.waiting = self.waiting, b""
        return data


def reply(**values):
    return lambda frame: encode_frame(Kind.STATUS_REPLY, frame.sequence, status_payload(**values))


def test_status_names_every_field():
    status = Status.parse(
        status_payload(
            flags=0b101, crc_errors=3, overrun_errors=2, signature=0x12345678, latency=258
        )
    )
    assert (status.tested, status.passed, status.signature) == (True, False, 0x12345678)
    assert (status.dropped, status.latency, status.name) == (5, 258, "mx-dot")


def test_another_protocol_version_is_named():
    with pytest.raises(HwgenError, match="protocol version of the board must be 1, not 9"):
        Link(Script(reply(version=9))).connect()


def test_a_silent_board_is_named_with_its_port():
    with pytest.raises(LinkError, match=r"board at COM7 must answer within 0.5 s"):
        Link(Script(lambda frame: b"")).connect()


def test_another_core_is_named():
    with pytest.raises(UsageError, match=r"must hold core 'gemm' .* not 'mx-dot'"):
        Link(Script(reply())).connect("gemm")


def test_the_right_core_connects():
    right = bytes(range(8))
    assert Link(Script(reply(identity=right))).connect("mx-dot", right).identity == right


def test_a_missing_answer_is_noticed():
    def answer(frame):
        if frame.kind == Kind.DATA:
            return encode_frame(Kind.DONE, frame.sequence, b"\1")
        return reply(payload_limit=2, buffer_bytes=64)(frame)

    link = Link(Script(answer))
    link.connect()
    with pytest.raises(LinkError, match="a frame is missing"):
        link.transfer(np.zeros((1, 2), np.uint8))
    assert link.restarts == 2


def test_tokens_of_another_width_are_refused():
    link = Link(Script(reply()))
    link.connect()
    with pytest.raises(UsageError, match="tokens must be 2 bytes long, not 3"):
        link.transfer(np.zeros((1, 3), np.uint8))


def test_a_missing_port_is_named_with_those_that_exist(monkeypatch):
    from types import SimpleNamespace

    from serial.tools import list_ports

    ports = [SimpleNamespace(device="/dev/ttyUSB0"), SimpleNamespace(device="/dev/ttyACM0")]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    with pytest.raises(UsageError) as caught:
        SerialTransport("/dev/ttyUSB9", 3_000_000)
    assert str(caught.value) == (
        "port must be 'sim' or a serial port, not '/dev/ttyUSB9'; did you mean '/dev/ttyUSB0'?; "
        "ports here: /dev/ttyACM0, /dev/ttyUSB0"
    )


@dataclasses.dataclass
class Config(CoreConfig):
    lanes: int = 8
    freq: float | None = None
    target: str = "ecp5"
    matrix: str = "weights.npy"

    digested = ("matrix",)


def test_identity_tells_configurations_apart_but_not_implementations():
    base = identity("mx-dot", Config())
    assert len(base) == 8
    assert identity("mx-dot", Config(lanes=4)) != base
    assert identity("mx-sum", Config()) != base
    assert identity("mx-dot", Config(freq=100, target="ice40")) == base
    # what a digest stands for does not count
    assert identity("mx-dot", Config(matrix="elsewhere.npy")) == base
