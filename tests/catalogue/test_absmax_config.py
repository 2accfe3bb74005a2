"""What a configuration of ``absmax-quantise`` refuses, and what follows from one."""

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

CORE = catalogue.get("absmax-quantise")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": 100}, "lanes must divide columns = 100, not 8"),
        ({"fmt": "int25"}, "fmt must have at most 24 bits, not 25"),
        ({"fmt": "fp32"}, "fmt must have at most 16 bits, not 32"),
        ({"fmt": "e4m3"}, "as bf16 and fp16 are, not e4m3"),
        ({"fmt": "e8m0"}, "must be an integer, fixed-point or float format, not e8m0"),
        ({"fmt": "fp16", "least": 1e6}, "least must be at most 65504, not 1e.06"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(options, message):
    with pytest.raises(UsageError, match=message) as caught:
        CORE.configure(options)
    assert "\n" not in str(caught.value)


def test_the_divisor_is_at_least_one_unit():
    assert CORE.configure({}).least_code == 1
    assert CORE.configure({"fmt": "q4.8", "least": 0.5}).least_code == 128
    assert CORE.configure({"fmt": "fp16"}).least_code == 168
