"""What ``--freq`` refuses: nothing below a frequency that it takes."""

import gc

import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

QUICK = ("fixed-mul", "float-accumulate")
STEPS = 16


def _takes(core, target, frequency):
    config = core.configure({"target": target, "freq": float(frequency)})
    try:
        core.component(config)
    except UsageError as error:
        assert f"MHz for {core.name} on {target}" in str(error)
        return False
    return True


def _highest_taken(core, target):
    """Return the highest power of 1.02 that is taken, as far as bisection finds it."""
    low, high = 0, 330
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _takes(core, target, 1.02**middle) else (low, middle)
    return 1.02**low


@pytest.fixture
def _components_that_nobody_uses():
    yield
    gc.collect()


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.usefixtures("_components_that_nobody_uses")
@pytest.mark.parametrize("target", ["ecp5", "ice40"])
@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
        for name in catalogue.names()
    ],
)
def test_every_frequency_below_one_that_is_taken_is_taken(name, target):
    core = catalogue.get(name)
    above = 1.5 * _highest_taken(core, target)
    frequencies = [above * 0.25 ** (step / STEPS) for step in range(STEPS)]
    taken = [_takes(core, target, frequency) for frequency in frequencies]
    highest = taken.index(True)
    refused = [
        f"{frequency:.1f}"
        for frequency, each in zip(frequencies[highest:], taken[highest:], strict=True)
        if not each
    ]
    assert not refused, f"{name} on {target} takes {frequencies[highest]:.1f} MHz, but not these"
