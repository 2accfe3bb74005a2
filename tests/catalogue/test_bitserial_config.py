"""Configs of ``bitserial-matmul``: the widths that follow, and every wrong option named."""

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

CORE = catalogue.get("bitserial-matmul")
_SMALL = {"rows": 2, "columns": 2, "words": 2, "k": 8, "buffer": 16}


@pytest.mark.parametrize(
    ("options", "largest"),
    [
        (_SMALL, 2 * 8 * 255 * 255),
        ({**_SMALL, "max_bits": 1}, 16 * 8),
        ({**_SMALL, "max_bits": 3, "buffer": 17}, 5 * 8 * 49),
        # six planes of two words hold more than seven of one
        ({**_SMALL, "max_bits": 7, "buffer": 13}, max(2 * 63**2, 127**2) * 8),
    ],
)
def test_results_have_the_narrowest_format_that_holds_the_extremes(options, largest):
    width = CORE.configure(options).result_width
    assert largest < 1 << width - 1 <= 2 * largest


@pytest.mark.parametrize("modes", ["all", "integers", "bipolar", "mixed"])
def test_the_vectors_hold_every_mode_and_nearly_the_largest_results(modes):
    config = CORE.configure({**_SMALL, "modes": modes})
    tokens = CORE.vectors(config, 2000, 1)["i"]
    assert set(tokens) == {each.name for each in config.input_fields}
    if "mode" in tokens:
        assert (
            set(tokens["mode"][tokens["start"] == 1]) >= {"all": {0, 1, 2}, "mixed": {0, 2}}[modes]
        )
    rows = CORE.golden(config, {"i": tokens})["o"]["row"].astype(np.int64)
    half = 1 << config.result_width - 1
    values = (rows ^ half) - half
    assert values.max() >= 2 * 8 * 255 * 255
    assert values.min() < -1000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": 0}, "rows must be greater than or equal to 1, not 0"),
        ({"columns": 65}, "columns must be less than or equal to 64, not 65"),
        ({"k": 3}, "k must be greater than or equal to 4, not 3"),
        ({"words": 3}, "words must divide rows and columns, not 3 for 4 and 4"),
        ({"buffer": 7}, "buffer must be greater than or equal to 8, not 7"),
        ({"max_bits": 9}, "max_bits must be less than or equal to 8, not 9"),
        ({"modes": "xnor"}, "modes must be 'integers', 'bipolar', 'mixed' or 'all', not 'xnor'"),
        ({"lanes": 8}, "unknown option 'lanes'"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(UsageError, match=message) as raised:
        CORE.configure(options)
    assert "\n" not in str(raised.value)


def test_a_frequency_out_of_reach_is_refused():
    with pytest.raises(UsageError, match=r"freq must be at most \d+ MHz for bitserial-matmul on"):
        CORE.component(CORE.configure({"freq": 600}))
