"""Estimates of six-input tables: what is counted, and what is not."""

import numpy as np

from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer, ThresholdLayer
from hwgen.lutnet.estimate import estimated_layers, estimated_luts, head_luts


def columns(*functions, fan_in):
    addresses = range(1 << fan_in)
    return [[function(each) for each in addresses] for function in functions]


def luts(network):
    return [each.luts for each in estimated_layers(network)]


def test_a_bit_of_six_inputs_is_one_table_and_larger_ones_are_trees():
    for fan_in, expected in ((1, 1), (6, 1), (7, 3), (8, 5), (12, 85)):
        tables = columns(lambda each: 1 - each.bit_count() % 2, fan_in=fan_in)
        layer = TableLayer([range(fan_in)], tables, 1)
        assert luts(LutNetwork(Elements(fan_in, 1), (layer,), "none")) == [expected]


def test_wires_constants_and_what_nothing_reads_are_free():
    tables = columns(lambda each: each & 1, lambda each: 1, lambda each: each > 2, fan_in=4)
    first = TableLayer([[0, 1, 2, 3]] * 3, tables, 1)
    second = TableLayer([[0, 1]], columns(lambda each: each in (1, 2), fan_in=2), 1)
    network = LutNetwork(Elements(4, 1), (first, second), "none")
    assert luts(network) == [0, 1]
    assert [each.live for each in estimated_layers(network)] == [2, 1]


def test_a_comparison_counts_the_bits_that_matter():
    thresholds = np.array([[128], [64], [4], [3], [0], [255]])
    layer = ThresholdLayer(thresholds, "thermometer")
    expected = 0 + 1 + 1 + 2 + 0 + 2
    assert luts(LutNetwork(Elements(6, 8), (layer,), "none")) == [expected]
    assert luts(LutNetwork(Elements(6, 8, True), (layer,), "none"))[0] < expected


def test_counting_and_the_greatest_of_ten_are_in_the_sum():
    tables = columns(*[lambda each: each.bit_count() % 2] * 30, fan_in=6)
    layers = (TableLayer([range(6)] * 30, tables, 1), SumLayer(range(30), range(0, 31, 3)))
    network = LutNetwork(Elements(6, 1), layers)
    assert luts(network) == [30, 30]
    assert head_luts(network) == 9 * (1 + 2 + 4)
    assert estimated_luts(network) == 30 + 30 + 63
