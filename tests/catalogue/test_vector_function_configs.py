"""Configurations of ``softmax``, ``rms-norm`` and ``rotary``: what is refused, which fields."""

import gc

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError


@pytest.mark.parametrize(
    ("core", "options", "message"),
    [
        ("softmax", {"longest": 1}, "longest must be greater than or equal to 2, not 1"),
        ("softmax", {"longest": 8193}, "longest must be less than or equal to 8192, not 8193"),
        ("softmax", {"fraction": 17}, "fraction must be less than or equal to 16, not 17"),
        ("softmax", {"length": 8}, "unknown option 'length'"),
        ("rms-norm", {"epsilon": -1.0}, "epsilon must be greater than or equal to 0, not -1.0"),
        ("rms-norm", {"gain_fraction": 18}, "gain_fraction must be less than or equal to 17"),
        ("rotary", {"width": 7}, "width must be a multiple of 2, not 7"),
        ("rotary", {"base": 1.0}, "base must be greater than 1, not 1.0"),
        ("rotary", {"context": 1 << 17}, "context must be less than or equal to 65536"),
    ],
)
def test_what_cannot_be_is_refused(core, options, message):
    with pytest.raises(UsageError, match=message):
        catalogue.get(core).configure(options)


@pytest.fixture
def _components_that_nobody_uses():
    yield
    gc.collect()


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.usefixtures("_components_that_nobody_uses")
@pytest.mark.parametrize(
    ("core", "options", "inputs", "outputs"),
    [
        (
            "softmax",
            {"fraction": 8},
            ["score 32 q15.16", "last 1 bits"],
            ["probability 9 uq1.8", "last 1 bits"],
        ),
        (
            "rms-norm",
            {"bias": True},
            ["value 32 q15.16", "gain 18 q3.14", "bias 32 q15.16", "last 1 bits"],
            ["result 32 q15.16", "last 1 bits"],
        ),
        (
            "rotary",
            {"width": 48, "context": 1000},
            ["a 32 q15.16", "b 32 q15.16", "pair 5 integer", "position 10 integer"],
            ["a 32 q15.16", "b 32 q15.16"],
        ),
    ],
)
def test_streams_have_the_fields_that_the_page_names(core, options, inputs, outputs):
    entry = catalogue.get(core)
    component = entry.component(entry.configure(options))
    for stream, fields in zip(component.streams, (inputs, outputs), strict=True):
        assert [f"{each.name} {each.width} {each.format}" for each in stream.fields] == fields
