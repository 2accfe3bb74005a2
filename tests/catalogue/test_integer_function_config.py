"""Configurations of ``integer-function``: what is refused, and which fields the results have."""

import gc

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

CORE = catalogue.get("integer-function")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"function": "tanh"}, "function must be 'exp', 'reciprocal', .*, not 'tanh'"),
        ({"lanes": 0}, "lanes must be greater than or equal to 1, not 0"),
        ({"lanes": 257}, "lanes must be less than or equal to 256, not 257"),
        ({"function": "silu", "fmt": "int8"}, "unknown option 'fmt'"),
    ],
)
def test_a_function_that_cannot_be_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        CORE.configure(options)


@pytest.fixture
def _components_that_nobody_uses():
    yield
    gc.collect()


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.usefixtures("_components_that_nobody_uses")
@pytest.mark.parametrize(
    ("function", "fields"),
    [
        ("exp", [("result", 17, "uq1.16")]),
        ("logistic", [("result", 17, "uq1.16")]),
        ("gelu", [("result", 32, "q15.16")]),
        ("reciprocal", [("significand", 17, "integer"), ("shift", 6, "integer")]),
    ],
)
def test_results_are_as_wide_as_the_function_asks_for(function, fields):
    streams = CORE.component(CORE.configure({"function": function, "lanes": 2})).streams
    assert [(each.name, each.width, each.format) for each in streams[1].fields] == fields
    assert {each.count for stream in streams for each in stream.fields} == {2}
    assert [(each.name, each.width, each.format) for each in streams[0].fields] == [
        ("value", 32, "q15.16")
    ]
