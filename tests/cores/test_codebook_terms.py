"""Integers as signed powers of two: as few as can be, for every codebook."""

from itertools import product

import pytest
from hwgen.cores.codebook.terms import term_plan, terms_needed
from hwgen.cores.codebook.values import lane_values
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.formats.codebook import parse_codebook
from hwgen.formats.outlier_pairs import OutlierPairs

# clock cycles of a weight; 3 to 8 bits as in BitMoD (HPCA 2025), section 4.2
STEPS = {
    **{"bitmod-fp3": 2, "bitmod-fp4": 2, "razer4": 2, "flint4": 2, "pot4": 1, "nf4": 4},
    **{"ternary": 1, "e2m0": 1, "e2m1": 2, "bipolar1": 1, "bipolar4": 3},
    **{"int2": 1, "int3": 2, "int4": 2, "int5": 3, "int6": 3, "int8": 4, "olive4": 2},
}


def values_of(name):
    return lane_values(OutlierPairs() if name == "olive4" else parse_codebook(name))


def value_of(digits, offsets):
    terms = zip(digits, offsets, strict=True)
    return sum(
        0 if digit is None else (-1 if digit[1] else 1) * 2 ** (digit[0] + offset)
        for digit, offset in terms
    )


@pytest.mark.parametrize("name", STEPS)
def test_every_integer_of_a_codebook_is_the_sum_of_its_terms(name):
    integers = values_of(name).integers
    plan = term_plan(integers)
    assert plan.steps == STEPS[name]
    for integer in integers:
        assert value_of(plan.digits[integer], plan.offsets) == integer
        assert all(each is None or 0 <= each[0] < plan.window for each in plan.digits[integer])


def test_no_fewer_terms_would_do():
    powers = [0, *(sign << at for at in range(10) for sign in (1, -1))]
    sums = {0}
    for count in range(4):
        # what so many terms reach, found by adding them all up
        for integer in range(-255, 256):
            assert (terms_needed(integer) <= count) == (integer in sums)
        sums = {a + b for a, b in product(sums, powers)}


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(-100, 100), min_size=1, max_size=12))
def test_any_set_of_integers_has_a_plan_of_the_fewest_steps(integers):
    plan = term_plan(integers)
    assert plan.steps == max(1, *map(terms_needed, integers)) if len(integers) > 1 else True
    assert all(value_of(plan.digits[each], plan.offsets) == each for each in integers)


def test_integers_that_are_wiring_need_no_magnitudes():
    assert not values_of("int4").magnitudes
    assert not values_of("bipolar4").magnitudes
    assert not lane_values(parse_codebook("uint4"), 8).magnitudes
    assert values_of("bitmod-fp4").magnitudes and values_of("nf4").magnitudes


def test_pairs_have_an_address_bit_for_a_victim_beside():
    table = values_of("olive4").table
    assert table[:16] == (*range(8), 0, *range(-7, 0))
    assert table[16:24] == (0, 12, 16, 24, 32, 48, 64, 96)
    assert table[24:] == (0, -12, -16, -24, -32, -48, -64, -96)
