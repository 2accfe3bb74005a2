"""What a configuration of ``ternary-matvec`` refuses, and what follows from one."""

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

CORE = catalogue.get("ternary-matvec")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": 100}, "columns must be a multiple of 128 for packing two-bit, not 100"),
        ({"packing": "tl2", "columns": 128}, "columns must be a multiple of 24"),
        ({"lanes": 6}, "lanes must be a multiple of 4 for packing two-bit, not 6"),
        ({"packing": "tq1_0", "lanes": 8}, "lanes must be a multiple of 5"),
        ({"columns": 128, "lanes": 128}, "divides a row of 32 and is less, not 128"),
        ({"columns": 128, "lanes": 20}, "divides a row of 32"),
        (
            {"packing": "tl2", "columns": 48, "lanes": 48},
            "lanes must divide columns into two beats",
        ),
        ({"packing": "tl1"}, "packing must be 'two-bit', 'tl2' or 'tq1_0', not 'tl1'"),
    ],
)
def test_impossible_sizes_are_refused_in_one_line(options, message):
    with pytest.raises(UsageError, match=message) as caught:
        CORE.configure(options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "size", "beats"),
    [
        ({"columns": 128}, 2, 16),
        ({"packing": "tl2", "columns": 48}, 5, 2),
        ({"packing": "tq1_0", "columns": 512}, 2, 54),
        ({"packing": "tq1_0", "columns": 512, "lanes": 20}, 4, 27),
    ],
)
def test_a_beat_is_the_bytes_of_its_lanes(options, size, beats):
    config = CORE.configure(options)
    assert (config.word_bytes, config.beats) == (size, beats)


def test_a_sum_has_room_for_all_weights_against_the_lowest_element():
    assert CORE.configure({"columns": 128}).sum_shape.width == 16
    assert CORE.configure({"columns": 256}).sum_shape.width == 17
