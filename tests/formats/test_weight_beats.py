"""Where weights lie in memory channels: every token once, in the order of reading."""

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.formats.weight_beats import BeatLayout
from hwgen.formats.weight_stream import parse_weight_stream

STREAM = parse_weight_stream("group-int4-fp16/32")


@pytest.mark.parametrize("shape", [(7, 5), (8, 4), (1, 1), (32, 9)])
@pytest.mark.parametrize(("channels", "lanes", "beat"), [(1, 1, 8), (3, 4, 64), (32, 2, 32)])
def test_the_tokens_of_a_channel_are_the_blocks_of_its_rows(shape, channels, lanes, beat):
    rows, blocks = shape
    records = np.random.default_rng(1).integers(1, 256, (*shape, STREAM.block_bytes), np.uint8)
    layout = BeatLayout(STREAM, channels, lanes, beat)
    image = layout.image(records)
    assert image.shape[::2] == (channels, beat)
    for channel in range(channels):
        tokens = image[channel].reshape(-1, lanes, STREAM.block_bytes)
        assert len(tokens) % layout.period == 0
        for number in range(layout.rows(rows)):
            steps = layout.steps(blocks)
            row = tokens[number * steps : (number + 1) * steps].reshape(-1, STREAM.block_bytes)
            at = number * channels + channel
            wanted = records[at] if at < rows else np.zeros((blocks, STREAM.block_bytes), np.uint8)
            assert np.array_equal(row[:blocks], wanted)
            assert not row[blocks:].any()
        assert not tokens[layout.rows(rows) * layout.steps(blocks) :].any()


def test_a_token_and_a_beat_end_together_after_a_period():
    layout = BeatLayout(STREAM, 1, 4, 64)
    assert (layout.token_bytes, layout.period) == (80, 4)
    assert layout.token_bytes * layout.period % layout.beat_bytes == 0


@pytest.mark.parametrize(("field", "value"), [("channels", 0), ("lanes", 3), ("beat_bytes", 48)])
def test_what_a_layout_cannot_be_is_named(field, value):
    with pytest.raises(UsageError, match=rf"^{field} must be .*, not {value}$"):
        BeatLayout(STREAM, **({"channels": 1, "lanes": 1, "beat_bytes": 64} | {field: value}))
