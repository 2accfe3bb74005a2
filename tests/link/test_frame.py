"""Frames and COBS in plain Python."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.link.frame import (
    Frame,
    FrameError,
    FrameSplitter,
    cobs_decode,
    cobs_encode,
    encode_frame,
)

# zeros often enough, and runs longer than a COBS group
contents = st.binary(max_size=40) | st.lists(
    st.sampled_from([b"\0", b"\1", b"x" * 253, b"y" * 254, b"z" * 255]), max_size=6
).map(b"".join)
frames = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), contents)


@pytest.mark.parametrize(
    ("data", "encoded"),
    [
        ("", "01"),
        ("00", "0101"),
        ("0000", "010101"),
        ("0011 00", "0102 1101"),
        ("1122 0033", "0311 2202 33"),
        ("11 22 33 44", "0511 2233 44"),
        ("11 00 00 00", "0211 0101 01"),
    ],
)
def test_cobs_encodes_the_published_examples(data, encoded):
    assert cobs_encode(bytes.fromhex(data)) == bytes.fromhex(encoded)
    assert cobs_decode(bytes.fromhex(encoded)) == bytes.fromhex(data)


@given(contents)
def test_cobs_round_trip_without_zeros(data):
    encoded = cobs_encode(data)
    assert 0 not in encoded
    assert cobs_decode(encoded) == data


@given(frames)
def test_frames_round_trip(frame):
    encoded = frame.encode()
    assert encoded.endswith(b"\0")
    assert Frame.decode(encoded[:-1]) == frame


def test_a_frame_is_kind_sequence_length_payload_crc():
    body = bytes.fromhex("01 2a 0300 616263")
    assert cobs_decode(encode_frame(1, 42, b"abc")[:-1]) == body + zlib.crc32(body).to_bytes(
        4, "little"
    )


@given(frames, st.data())
def test_a_flipped_bit_is_never_a_frame(frame, data):
    encoded = bytearray(frame.encode()[:-1])
    bit = data.draw(st.integers(0, 8 * len(encoded) - 1))
    encoded[bit // 8] ^= 1 << bit % 8
    with pytest.raises(FrameError):
        Frame.decode(bytes(encoded))


@given(st.lists(frames, max_size=5), st.integers(1, 7))
def test_the_splitter_finds_all_frames_in_any_portions(sent, portion):
    stream = b"".join(frame.encode() for frame in sent)
    splitter = FrameSplitter()
    found = []
    for start in range(0, len(stream), portion):
        found += splitter.feed(stream[start : start + portion])
    assert found == sent
    assert splitter.dropped == 0


@given(frames, st.binary(max_size=20))
def test_the_splitter_recovers_after_noise(frame, noise):
    splitter = FrameSplitter()
    found = splitter.feed(noise + b"\0" + frame.encode())
    assert found[-1] == frame
    assert splitter.dropped <= noise.count(0) + 1
