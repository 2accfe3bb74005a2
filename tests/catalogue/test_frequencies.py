"""What ``--freq`` refuses: nothing below a frequency that it takes."""

import gc

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

QUICK = ("fixed-mul", "float-mul", "float-accumulate")
MULTIPLYING = [
    name for name in catalogue.names() if "dsp" in catalogue.get(name).config.__dataclass_fields__
]
STEPS = 16


def _quick_ones(names):
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in names]


def _takes(core, options, frequency):
    config = core.configure({**options, "freq": float(frequency)})
    try:
        core.component(config)
    except UsageError as error:
        assert f"MHz for {core.name} on {options['target']}" in str(error)
        return False
    return True


def _highest_taken(core, options):
    """Return the highest power of 1.02 that is taken, as far as bisection finds it."""
    low, high = 0, 330
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _takes(core, options, 1.02**middle) else (low, middle)
    return 1.02**low


@pytest.fixture
def _components_that_nobody_uses():
    yield
    gc.collect()


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.usefixtures("_components_that_nobody_uses")
@pytest.mark.parametrize("name", _quick_ones(MULTIPLYING))
def test_choosing_multipliers_takes_every_frequency_that_using_none_does(name):
    core = catalogue.get(name)
    soft = {"target": "ice40", "dsp": "none"}
    highest = _highest_taken(core, soft)
    assert _takes(core, {"target": "ice40", "dsp": "auto"}, highest)


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.usefixtures("_components_that_nobody_uses")
@pytest.mark.parametrize("target", ["ecp5", "ice40"])
@pytest.mark.parametrize("name", _quick_ones(catalogue.names()))
def test_every_frequency_below_one_that_is_taken_is_taken(name, target):
    core = catalogue.get(name)
    options = {"target": target}
    above = 1.5 * _highest_taken(core, options)
    frequencies = [above * 0.25 ** (step / STEPS) for step in range(STEPS)]
    taken = [_takes(core, options, frequency) for frequency in frequencies]
    highest = taken.index(True)
    refused = [
        f"{frequency:.1f}"
        for frequency, each in zip(frequencies[highest:], taken[highest:], strict=True)
        if not each
    ]
    assert not refused, f"{name} on {target} takes {frequencies[highest]:.1f} MHz, but not these"
