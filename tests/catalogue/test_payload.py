"""Payload bytes hold the fields where the stream's descriptor says."""

import numpy as np
from hwgen.cores.interface import Field, Stream
from hypothesis import given
from hypothesis import strategies as st

from hwgen.catalogue.payload import pack, payload_bytes, unpack

SHAPES = st.lists(
    st.tuples(st.integers(1, 100) | st.integers(1, 8), st.integers(1, 20)), min_size=1, max_size=5
)


def _stream(shapes):
    fields = [Field(f"f{index}", width, count) for index, (width, count) in enumerate(shapes)]
    return Stream("i", "input", tuple(fields))


def _random_codes(stream, tokens, seed):
    rng = np.random.default_rng(seed)
    codes = {}
    for field in stream.fields:
        shape = (tokens,) if field.count == 1 else (tokens, field.count)
        flat = [
            int.from_bytes(rng.bytes(13), "little") % (1 << field.width)
            for _ in range(tokens * field.count)
        ]
        kind = np.uint64 if field.width <= 64 else object
        codes[field.name] = np.array(flat, dtype=kind).reshape(shape)
    return codes


@given(SHAPES, st.integers(0, 999))
def test_unpack_is_the_inverse_of_pack(shapes, seed):
    stream = _stream(shapes)
    codes = _random_codes(stream, 3, seed)
    payloads = pack(stream, codes)
    assert payloads.shape == (3, payload_bytes(stream))
    for name, values in unpack(stream, payloads).items():
        np.testing.assert_array_equal(values, codes[name])


@given(SHAPES, st.integers(0, 999))
def test_a_payload_is_the_fields_side_by_side_lowest_first(shapes, seed):
    stream = _stream(shapes)
    codes = _random_codes(stream, 2, seed)
    payloads = pack(stream, codes)
    for token in range(2):
        word = position = 0
        for field in stream.fields:
            elements = np.atleast_1d(codes[field.name][token])
            for element in elements:
                word |= int(element) << position
                position += field.width
        assert payloads[token].tobytes() == word.to_bytes(payload_bytes(stream), "little")


def test_the_descriptor_and_the_amaranth_layout_agree():
    stream = _stream([(3, 4), (9, 1), (1, 2)])
    layout = stream.layout()
    assert layout.size == stream.width
    for field in stream.fields:
        assert layout[field.name].offset == stream.lsb(field.name)
