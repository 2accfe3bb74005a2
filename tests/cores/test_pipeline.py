"""Registers stand where the clock period runs out, and nowhere else."""

import pytest
from amaranth.hdl import Const, Module, Signal, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.pipeline import Pipeline
from hypothesis import given
from hypothesis import strategies as st

from hwgen import targets

ECP5 = targets.get("ecp5")


def _chain(frequency, delays):
    """Return the values of a chain of operations with the given delays."""
    m = Module()
    m._MustUse__silence = True
    pipeline = Pipeline(m, ECP5, frequency, Const(1))
    values = [pipeline.input(Signal(4))]
    for delay in delays:
        values.append(pipeline.operate(lambda bits: ~bits, values[-1], delay=delay))
    return pipeline, values


def test_without_a_frequency_there_are_no_registers():
    _, values = _chain(None, [3.0] * 20)
    assert values[-1].stage == 0


@given(
    frequency=st.integers(50, 300),
    delays=st.lists(st.floats(0.1, 4.0), min_size=1, max_size=12),
)
def test_a_stage_holds_as_much_as_fits_into_the_period(frequency, delays):
    pipeline, values = _chain(frequency, delays)
    budget = pipeline.period - ECP5.capture_delay
    for before, after, delay in zip(values, values[1:], delays, strict=False):
        delay += ECP5.spread(4)
        alone = ECP5.launch_delay + delay
        assert after.arrival <= max(budget, alone) + 1e-9
        if after.stage > before.stage:
            assert before.arrival + delay > budget
            assert after.stage == before.stage + 1


def test_a_value_that_waits_shares_its_registers():
    pipeline, (value, *_) = _chain(100, [])
    assert pipeline.at(value, 3) is pipeline.at(value, 3)
    assert pipeline.at(value, 2) is not pipeline.at(value, 3)


def test_a_value_does_not_exist_before_its_stage():
    pipeline, values = _chain(200, [3.0, 3.0])
    with pytest.raises(ValueError, match="does not exist in stage 0"):
        pipeline.at(values[-1], 0)


def test_constants_need_no_registers():
    pipeline, _ = _chain(200, [])
    constant = pipeline.constant(Const(5, 4))
    assert pipeline.at(constant, 7) is constant.signal


def _sum(frequency):
    """Return a pipeline, a word, and a sum of two words."""
    pipeline, (value,) = _chain(frequency, [])
    a, b = (pipeline.input(Signal(16, name=name)) for name in "ab")
    return pipeline, value, add(pipeline, Term(a), Term(b), unsigned(17))


def test_a_register_takes_a_sum_earlier_than_a_table_elsewhere():
    pipeline, _, total = _sum(None)
    assert total.exit == ECP5.carry_exit_delay > 0
    pipeline.capture(total)
    assert pipeline.slowest == pytest.approx(total.arrival - total.exit + ECP5.capture_delay)
    part = pipeline.slice(total, 0, 8)
    assert (part.arrival, part.exit) == pytest.approx((total.arrival, total.exit))
    inverted = pipeline.logic(lambda bits: ~bits, total)
    assert inverted.arrival == pytest.approx(total.arrival + ECP5.logic_delay(bits=17))
    assert inverted.exit == 0


def test_a_mask_costs_the_word_nothing_where_a_register_takes_it():
    pipeline, value, total = _sum(None)
    keep = pipeline.slice(value, 0, 1)
    masked = pipeline.masked(total, keep)
    assert masked.arrival - masked.exit == pytest.approx(total.arrival - total.exit)
    assert masked.arrival == pytest.approx(total.arrival + ECP5.logic_delay(bits=17))


def test_a_mask_that_arrives_late_costs_one_table_and_the_way_to_a_reset():
    pipeline, value, total = _sum(None)
    masked = pipeline.masked(value, pipeline.slice(total, 16, 17))
    wires = ECP5.fan_out_delay * 3**0.5 + ECP5.spread(4)
    reset = total.arrival + ECP5.logic_delay() + ECP5.reset_delay
    assert reset <= masked.arrival - masked.exit <= reset + wires


@given(width=st.integers(1, 300))
def test_a_gate_has_as_few_levels_as_its_inputs_allow(width):
    levels = ECP5.gate_levels(width)
    assert 4 ** (levels - 1) < width <= 4**levels or (levels, width) == (1, 1)


def test_two_output_registers_do_not_both_lie_beside_a_chain():
    pipeline, _, total = _sum(50)
    stage = pipeline.output_stage([total])
    pipeline.output(total, stage)
    alone = pipeline.slowest
    pipeline.register_bits = 10**6
    assert not pipeline.fits_broadcast()
    pipeline.output(total, pipeline.output_stage([total]))
    assert pipeline.slowest == pytest.approx(alone + ECP5.carry_exit_delay)
