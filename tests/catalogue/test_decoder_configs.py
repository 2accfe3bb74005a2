"""Configurations of the decoders: what is refused, and how wide the fields are."""

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

F2F = catalogue.get("f2f-decode")
TRITS = catalogue.get("trit-decode")


@pytest.mark.parametrize(
    ("core", "options", "message"),
    [
        (F2F, {"history": 3}, "history must be an integer from 0 to 2, not 3"),
        (F2F, {"inputs": 3, "outputs": 64}, "outputs must be an integer from 2 to 63, not 64"),
        (F2F, {"inputs": 13}, "inputs must be less than or equal to 12, not 13"),
        (F2F, {"mask": "stream"}, "mask must be 'none' or 'input', not 'stream'"),
        (TRITS, {"entries": 1000}, "entries must be a power of two, not 1000"),
        (TRITS, {"entries": 8}, "entries must be greater than or equal to 16, not 8"),
        (TRITS, {"lanes": 12}, "lanes must be a power of two, not 12"),
        (TRITS, {"out": "two-bit"}, "lanes must be a multiple of 4 for out two-bit, not None"),
        (TRITS, {"out": "two-bit", "lanes": 2}, "lanes must be a multiple of 4 for out two-bit"),
        (TRITS, {"longest": 15}, "longest must be less than or equal to 14, not 15"),
    ],
)
def test_a_decoder_that_cannot_be_is_refused(core, options, message):
    with pytest.raises(UsageError, match=message):
        core.configure(options)


def test_a_position_fits_into_the_field_of_the_code():
    assert F2F.configure({"inputs": 4, "outputs": 15}).word_width == 4
    assert F2F.configure({"inputs": 4, "outputs": 80}).word_width == 4
    assert F2F.configure({"inputs": 4, "outputs": 80, "corrections": True}).word_width == 7
    assert F2F.configure({"inputs": 8, "outputs": 80, "corrections": True}).word_width == 8


def test_a_code_numbers_all_entries():
    config = TRITS.configure({})
    assert (config.code_width, config.trits, config.pairs_width) == (10, 28, 4)
