"""What a frequency promises: paths that are too long are cut or refused, never ignored."""

import gc

import numpy as np
import pytest
from amaranth.hdl import Const, Module, Signal, signed, unsigned
from datapath import Datapath, as_signed
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.arith.shift import _plans, shift_left
from hwgen.cores.interface import Field
from hwgen.cores.mx.dot import MxDot
from hwgen.cores.mx.dot_config import MxDotConfig
from hwgen.cores.pipelined import PipelinedCore

from hwgen import targets
from hwgen.errors import UsageError

ECP5 = targets.get("ecp5")
WIDTH = 30


def _pipeline(frequency, size=0):
    m = Module()
    m._MustUse__silence = True
    return Pipeline(m, ECP5, frequency, Const(1), size)


def _core(freq, **options):
    core = MxDot(MxDotConfig(fmt_a="mxfp4/8", fmt_b="mxfp4/8", out="exact", freq=freq, **options))
    core._MustUse__silence = True
    return core


def test_a_frequency_out_of_reach_is_refused_and_the_limit_named_is_in_reach():
    with pytest.raises(
        UsageError, match=r"freq must be at most \d+ MHz for mx-dot on ecp5"
    ) as told:
        _core(1500)
    limit = int(str(told.value).split()[5])
    assert _core(limit).latency > _core(50).latency


@pytest.mark.filterwarnings("error")
def test_a_core_that_is_refused_leaves_no_warning_of_amaranth():
    with pytest.raises(UsageError):
        MxDot(MxDotConfig(fmt_a="mxfp4/8", fmt_b="mxfp4/8", out="exact", freq=1500))
    gc.collect()


def test_a_loop_that_is_too_long_is_refused():
    class Loop(PipelinedCore):
        def __init__(self, freq):
            config = type("Config", (), {"freq": freq, "target": "ecp5"})
            super().__init__(config, [Field("a", 40)], [Field("o", 40)])

        def datapath(self, pipeline, valid):
            total = Signal(40)
            value = pipeline.register(self.inputs(pipeline)["a"])
            held = pipeline.moved(pipeline.input(total), value.stage)
            summed = add(pipeline, Term(value), Term(held), unsigned(40))
            pipeline.m.d.sync += total.eq(summed.signal)
            return {"o": summed}, None

    Loop(100)._MustUse__silence = True
    with pytest.raises(UsageError, match="freq must be at most"):
        Loop(400)


def test_a_register_takes_the_slowest_path_into_account():
    pipeline = _pipeline(100)
    value = pipeline.logic(lambda bits: ~bits, pipeline.input(Signal(4)), levels=3)
    pipeline.at(value, 1)
    expected = ECP5.launch_delay + ECP5.logic_delay(3, bits=4) + ECP5.capture_delay
    assert pipeline.slowest == pytest.approx(expected)


def test_a_large_circuit_is_planned_for_a_shorter_period():
    assert _pipeline(100).period == 10.0
    assert _pipeline(100, 256).period == 10.0
    large, larger = _pipeline(100, 1000).period, _pipeline(100, 10000).period
    assert larger < large < 10.0


def test_one_bit_that_selects_many_is_slower_than_one_that_selects_few():
    pipeline = _pipeline(100)
    select = pipeline.input(Signal(1))
    few, many = (
        pipeline.logic(lambda s, n=n: s.replicate(n), select, shape=unsigned(n)) for n in (2, 64)
    )
    assert many.arrival > few.arrival > ECP5.launch_delay + ECP5.logic_delay()


def test_a_select_that_arrives_early_does_not_pay_for_its_fan_out():
    pipeline = _pipeline(100)
    late = pipeline.logic(lambda bits: ~bits, pipeline.input(Signal(64)), levels=3)
    early = pipeline.input(Signal(1))
    chosen = pipeline.logic(lambda bits, s: bits & s.replicate(64), late, early, shape=unsigned(64))
    assert chosen.stage == 0
    assert chosen.arrival == pytest.approx(late.arrival + ECP5.logic_delay(bits=64))


def test_a_select_that_arrives_last_pays_for_its_fan_out():
    pipeline = _pipeline(100)
    data = pipeline.input(Signal(64))
    late = pipeline.logic(lambda bit: ~bit, pipeline.input(Signal(1)), levels=3)
    chosen = pipeline.logic(lambda bits, s: bits & s.replicate(64), data, late, shape=unsigned(64))
    fan_out = ECP5.fan_out_delay * 63**0.5
    assert chosen.arrival == pytest.approx(late.arrival + fan_out + ECP5.logic_delay(bits=64))


def test_a_select_of_an_earlier_stage_reaches_its_places_within_the_next():
    pipeline = _pipeline(100)
    data = pipeline.register(pipeline.input(Signal(64)))
    chosen = pipeline.logic(
        lambda bits, s: bits & s.replicate(64),
        *(data, pipeline.input(Signal(1))),
        shape=unsigned(64),
    )
    fan_out = ECP5.fan_out_delay * 63**0.5
    assert chosen.stage == 1
    assert chosen.arrival == pytest.approx(ECP5.launch_delay + fan_out + ECP5.logic_delay(bits=64))


def _forms(pipeline, values):
    sign, mask = values["sign"], values["mask"]
    forms = {
        "plain": (Term(values["y"]), 0),
        "one": (Term(values["y"]), 1),
        "negated": (Term(values["y"], None, sign), sign),
        "masked": (Term(values["y"], mask, sign), mask),
    }
    return {
        name: add(pipeline, Term(values["x"]), term, signed(WIDTH), carry, name, divisible=True)
        for name, (term, carry) in forms.items()
    }


@pytest.mark.parametrize(("fabric", "frequency"), [("ecp5", 330), ("generic", 420)])
def test_a_chain_longer_than_the_period_is_cut_and_adds_exactly(fabric, frequency, tmp_path):
    widths = {"x": WIDTH - 1, "y": WIDTH - 5, "sign": 1, "mask": 1}
    inputs = {name: (width, name in "xy") for name, width in widths.items()}
    outputs = dict.fromkeys(("plain", "one", "negated", "masked"), WIDTH)
    core = Datapath(_forms, inputs, outputs, fabric, frequency)
    random = np.random.default_rng(1)
    codes = {
        name: np.concatenate(
            [[0, (1 << width) - 1, 1 << (width - 1)], random.integers(0, 1 << width, 2000)]
        ).astype(np.uint64)
        for name, width in widths.items()
    }
    found = core.run(tmp_path, codes)
    assert core.latency > 2
    x, y = (as_signed(codes[name], widths[name]) for name in "xy")
    sign, mask = codes["sign"].astype(np.int64), codes["mask"].astype(np.int64)
    expected = {
        "plain": x + y,
        "one": x + y + 1,
        "negated": np.where(sign == 1, x - y, x + y),
        "masked": x + np.where(sign == 1, ~(y * mask), y * mask) + mask,
    }
    for name, total in expected.items():
        wanted = (total & ((1 << WIDTH) - 1)).astype(np.uint64)
        np.testing.assert_array_equal(found[name], wanted, err_msg=name)


def test_planning_for_the_size_alone_counts_like_building():
    counted = []
    for sizing in (False, True):
        pipeline = Pipeline(Module(), ECP5, 150, Const(1), sizing=sizing)
        pipeline.m._MustUse__silence = True
        value = pipeline.input(Signal(signed(20), name="a"))
        product = multiply(pipeline, value, pipeline.input(Signal(signed(9), name="b")))
        total = add(pipeline, Term(product), Term(value), signed(30))
        for submodule, _ in pipeline.m._anon_submodules:
            submodule._MustUse__silence = True
        counted.append((pipeline.operand_bits, pipeline.register_bits, total.stage, total.arrival))
    assert counted[0] == counted[1]
    assert counted[0][2] > 0


def _hard_product(frequency, final):
    pipeline = _pipeline(frequency)
    a, b = (pipeline.input(Signal(signed(12), name=name)) for name in "ab")
    product = multiply(pipeline, a, b, hard=True, final=final)
    registered = bool(pipeline.m._anon_submodules)
    pipeline.discard()
    return product.stage, registered


def test_a_hard_multiplier_uses_its_own_register_only_where_the_product_has_no_room():
    # each bit of the operands reaches two of the product
    period = ECP5.launch_delay + ECP5.multiplier_delay + ECP5.spread(24) + ECP5.capture_delay
    period += ECP5.fan_out_delay
    chain = ECP5.carry_chain_delay(24) + ECP5.spread(24)
    assert _hard_product(1000 / (period + 0.01), final=True) == (0, False)
    assert _hard_product(1000 / (period + 0.01), final=False) == (1, True)
    assert _hard_product(1000 / (period - 0.01), final=True) == (1, True)
    assert _hard_product(1000 / (period + chain + 0.01), final=False) == (0, False)


@pytest.mark.parametrize("frequency", range(60, 300, 20))
def test_masks_of_a_shifter_never_cost_a_stage(frequency, monkeypatch):
    def end():
        pipeline = _pipeline(frequency)
        value = pipeline.input(Signal(8, name="value"))
        amount = pipeline.input(Signal(5, name="amount"))
        bits, mask = shift_left(pipeline, value, amount, 0, 31)
        delay = ECP5.carry_chain_delay(len(bits))
        stage, _ = pipeline.start([bits] if mask is None else [bits, mask], delay)
        pipeline.discard()
        return stage

    masked = end()
    monkeypatch.setattr("hwgen.cores.arith.shift._plan", _plan_without_registers)
    assert masked <= end()


def _plan_without_registers(pipeline, value, amount, low, high):
    return next(
        plan
        for plan in _plans(len(value), low, high, True, pipeline.fabric.lut_inputs)
        if not any(registered for _, registered in plan)
    )
