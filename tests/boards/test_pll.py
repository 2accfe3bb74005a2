"""PLL dividers against the vendors' limits and formulas, by exhaustive search where it is small."""

from fractions import Fraction

import hwgen.boards as boards
import pytest
from hwgen.boards.pll import choose, choose_ecp5, choose_ice40
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import UsageError

MHZ = 10**6
wanted_ecp5 = st.integers(3_125_000, 400 * MHZ)
wanted_ice40 = st.integers(16 * MHZ, 275 * MHZ)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([12, 25, 27, 48, 50, 100]), wanted_ecp5)
def test_ecp5_settings_keep_all_limits(input_mhz, wanted):
    pll = choose_ecp5(input_mhz * MHZ, wanted)
    dividers = (pll.input_divider, pll.feedback_divider, pll.loop_divider, pll.output_divider)
    assert all(1 <= divider <= 128 for divider in dividers)
    detector = Fraction(input_mhz * MHZ, pll.input_divider)
    loop = detector * pll.feedback_divider
    vco = loop * pll.loop_divider
    assert 10 * MHZ <= detector <= 400 * MHZ
    assert 3_125_000 <= loop <= 400 * MHZ
    assert 400 * MHZ <= vco <= 800 * MHZ
    assert pll.output_hz == vco / pll.output_divider
    assert 3_125_000 <= pll.output_hz <= 400 * MHZ


@settings(max_examples=15, deadline=None)
@given(wanted_ecp5)
def test_ecp5_settings_are_the_nearest_that_exist(wanted):
    reachable = set()
    for input_divider in (1, 2):
        detector = Fraction(25 * MHZ, input_divider)
        for multiplier in range(1, 65):
            vco = detector * multiplier
            if 400 * MHZ <= vco <= 800 * MHZ:
                reachable |= {vco / divider for divider in range(1, 129)}
    reachable = {each for each in reachable if 3_125_000 <= each <= 400 * MHZ}
    best = min(abs(each - wanted) for each in reachable)
    assert abs(choose_ecp5(25 * MHZ, wanted).output_hz - wanted) == best


@settings(max_examples=30, deadline=None)
@given(wanted_ice40)
def test_ice40_settings_are_the_nearest_within_all_limits(wanted):
    reachable = {
        Fraction(12 * MHZ * (divf + 1), 2**divq): (divf, divq)
        for divf in range(128)
        for divq in range(1, 7)
        if 533 * MHZ <= 12 * MHZ * (divf + 1) <= 1066 * MHZ
        and 16 * MHZ <= Fraction(12 * MHZ * (divf + 1), 2**divq) <= 275 * MHZ
    }
    pll = choose_ice40(12 * MHZ, wanted)
    assert pll.divr == 0
    assert pll.output_hz == Fraction(12 * MHZ * (pll.divf + 1), 2**pll.divq)
    assert pll.output_hz in reachable
    assert abs(pll.output_hz - wanted) == min(abs(each - wanted) for each in reachable)


@pytest.mark.parametrize("mhz", [50, 100, 125, 150, 200, 250, 400])
def test_round_frequencies_are_exact_on_the_ulx3s(mhz):
    assert boards.get("ulx3s").frequency(mhz) == mhz * MHZ


@pytest.mark.parametrize(("mhz", "dividers"), [(24, (0, 63, 5, 1)), (48, (0, 63, 4, 1))])
def test_icebreaker_dividers_are_those_of_the_vendor_formula(mhz, dividers):
    pll = boards.get("icebreaker").pll(mhz)
    assert (pll.divr, pll.divf, pll.divq, pll.filter_range) == dividers


@pytest.mark.parametrize("name", ["ulx3s", "icebreaker"])
def test_the_oscillator_needs_no_pll(name):
    board = boards.get(name)
    assert board.pll(None) is None
    assert board.pll(board.clock_hz / 1e6) is None
    assert board.frequency(None) == board.clock_hz


@pytest.mark.parametrize(
    ("target", "input_mhz", "mhz"),
    [("ecp5", 25, 500), ("ecp5", 25, 3), ("ecp5", 5, 50), ("ice40", 12, 8), ("ice40", 5, 20)],
)
def test_a_frequency_out_of_reach_is_refused(target, input_mhz, mhz):
    with pytest.raises(UsageError, match=f"not {mhz} MHz; the nearest is"):
        choose(target, input_mhz * MHZ, mhz * MHZ)
