"""The self-test's sequence and signature, against definitions written bit by bit."""

import numpy as np
from hwgen.cores.bridge.protocol import PRBS_SEED
from hwgen.cores.interface import Field, Stream
from hypothesis import given
from hypothesis import strategies as st

from hwgen.catalogue import payload
from hwgen.link.bist import bist_inputs, prbs31, signature


def test_prbs31_obeys_its_recurrence():
    bits = [PRBS_SEED >> position & 1 for position in range(31)]
    while len(bits) < 31 + 8 * 500:
        bits.append(bits[-31] ^ bits[-28])
    expected = [sum(bits[at + i] << i for i in range(8)) for at in range(31, len(bits), 8)]
    assert prbs31(500).tolist() == expected


@given(st.lists(st.binary(min_size=5, max_size=5), max_size=20))
def test_signature_is_polynomial_division(tokens):
    modulus = (1 << 32) | 0x04C11DB7
    value = 0
    for token in tokens:
        folded = int.from_bytes(token[:4], "little") ^ token[4]
        value <<= 1
        value ^= modulus if value >> 32 else 0
        value ^= folded
    array = np.frombuffer(b"".join(tokens), np.uint8).reshape(-1, 5)
    assert signature(array) == value


def test_every_token_is_the_previous_one_shifted_by_a_byte():
    stream = Stream("i", "input", (Field("x", 20), Field("y", 4)))
    tokens = payload.pack(stream, bist_inputs(stream, 50))
    assert np.array_equal(tokens[1:, :-1], tokens[:-1, 1:])
    assert np.array_equal(tokens[:, 0], prbs31(50))


def test_markers_are_always_set():
    stream = Stream("i", "input", (Field("x", 7), Field("first", 1), Field("last", 1)))
    fields = bist_inputs(stream, 500)
    assert fields["first"].tolist() == fields["last"].tolist() == [1] * 500
    assert len(set(fields["x"].tolist())) > 100
