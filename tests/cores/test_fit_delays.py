"""The fit of delays finds the delays that made the measurements, and a margin that covers them."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import calibration
import calibration_paths
import fit_delays

TRUE = {"launch_delay": 1.5, "lut_delay": 0.8, "carry_delay": 1.4, "carry_delay_per_bit": 0.05}


def _equation(levels, chains, bits, factor=1.0):
    parts = {
        "launch_delay": 1,
        "capture_delay": 1,
        "lut_delay": levels,
        "carry_delay": chains,
        "carry_delay_per_bit": bits,
    }
    return parts, factor * sum(TRUE.get(name, 0.0) * count for name, count in parts.items())


SHAPES = [(1, 0, 0), (3, 0, 0), (0, 1, 8), (2, 1, 30), (1, 2, 50)]


def test_exact_measurements_give_the_delays_back_and_no_bound_above():
    placements = [[[_equation(*shape)]] for shape in SHAPES]
    delays, crowding, bound, _ = fit_delays.fit([256] * len(SHAPES), placements)
    for name, value in TRUE.items():
        assert delays[name] == pytest.approx(value)
    assert crowding == pytest.approx(0.0, abs=1e-9)
    assert bound == pytest.approx((0.0, 1.0), abs=1e-9)


def test_the_bound_covers_most_circuits_but_not_all():
    factors = [1.0 + 0.02 * (number % 7) for number in range(40)]
    placements = [
        [[_equation(*SHAPES[number % 5], factor)]] for number, factor in enumerate(factors)
    ]
    _, _, _, (predicted, slowest) = fit_delays.fit([256] * 40, placements)
    covered = sum(s <= p * 1.000001 for p, s in zip(predicted, slowest, strict=True))
    assert 29 <= covered < 36


def test_the_bound_tells_an_added_time_from_a_factor():
    predicted = np.linspace(3.0, 12.0, 30)
    late = np.where(np.arange(30) % 10 == 0, 2.0, 0.0)
    added, factor = fit_delays.bound_above(predicted, 0.4 + 0.98 * predicted + late)
    assert (added, factor) == pytest.approx((0.4, 0.98))


def test_larger_circuits_with_longer_paths_show_as_crowding():
    sizes = [256 << number % 5 for number in range(40)]
    placements = [
        [[_equation(*SHAPES[number // 8], 1.0 + 0.03 * (number % 5))]] for number in range(40)
    ]
    _, crowding, _, _ = fit_delays.fit(sizes, placements)
    assert crowding == pytest.approx(0.03, abs=0.01)


def test_a_record_holds_only_what_was_exercised_and_divides_launch_and_capture():
    placements = [[[_equation(*shape)]] for shape in SHAPES]
    delays, crowding, bound, _ = fit_delays.fit([256] * len(SHAPES), placements)
    numbers = fit_delays.record(delays, crowding, bound)
    assert numbers["launch_delay"] + numbers["capture_delay"] == pytest.approx(1.5)
    assert "multiplier_delay" not in numbers


def test_the_report_of_a_placement_is_read_by_register_word():
    netlist = {
        "modules": {
            "registered": {
                "netnames": {"core.word0": {"bits": [7, 8]}, "other": {"bits": [9]}},
                "cells": {
                    "a": {"type": "TRELLIS_FF", "connections": {"Q": [7]}},
                    "b": {"type": "TRELLIS_FF", "connections": {"Q": [8]}},
                    "c": {"type": "TRELLIS_FF", "connections": {"Q": [9]}},
                    "m": {"type": "MULT18X18D", "connections": {}},
                },
            }
        }
    }
    ends = [("a", "DI", 2.0), ("b", "M", 3.0), ("c", "DI", 9.0), ("m", "A3", 2.5), ("a", "CE", 3.0)]
    ends.append(("m", "CE0", 4.0))
    report = {
        "detailed_net_timings": [
            {"endpoints": [{"cell": cell, "port": port, "delay": [0.0, delay]}]}
            for cell, port, delay in ends
        ]
    }
    found = calibration_paths.delays_of(netlist, report)
    assert found == {"word0": 3.0, "multiplier": 2.5, "enable": 4.0}


def test_a_delay_remembers_its_parts():
    fabric = calibration.ruler("ecp5")
    path = fabric.launch_delay + fabric.logic_delay(2) + fabric.carry_chain_delay(5)
    assert path.parts == {
        "launch_delay": 1,
        "lut_delay": 2,
        "carry_delay": 1,
        "carry_delay_per_bit": 5,
    }
