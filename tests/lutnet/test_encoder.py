"""Thresholds from training vectors, and which encoded elements may be connected."""

import numpy as np

from hwgen.lutnet.config import EncoderOptions
from hwgen.lutnet.encoder import connected_elements, encoded, fitted_encoder


def _fitted(features, **options):
    return fitted_encoder(EncoderOptions(**options), np.array(features)).thresholds.tolist()


def test_uniform_thresholds_are_the_integers_above_equal_parts_of_the_range():
    features = [[0, -3], [10, 5], [4, 0]]
    assert _fitted(features, thresholds="uniform", levels=3) == [[3, 5, 8], [-1, 1, 3]]
    assert _fitted(features, thresholds="uniform", coding="binary", bits=1) == [[5], [1]]


def test_quantiles_are_those_of_the_vectors_above_the_least():
    # nine of ten are 0, as the pixels of a border are
    column = [[0]] * 90 + [[each] for each in range(1, 10)]
    assert _fitted(column, levels=3) == [[3, 5, 7]]
    assert _fitted([[4], [4]], levels=2) == [[5, 5]]


def test_given_thresholds_hold_for_every_feature():
    assert _fitted([[1, 2]], thresholds=[8, 9]) == [[8, 9], [8, 9]]


def test_codes_count_the_thresholds_that_are_reached():
    features = np.array([[0], [3], [8], [10]])
    options = EncoderOptions(thresholds="uniform", levels=3)
    codes = encoded(fitted_encoder(options, features), features)
    assert codes.tolist() == [[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]]


def test_elements_that_hardly_ever_change_are_not_connected():
    codes = np.zeros((4, 100), np.uint8)
    codes[1, :10], codes[2, :11], codes[3, :89] = 1, 1, 1
    assert connected_elements(codes, 0.1).tolist() == [2, 3]
    assert connected_elements(codes, 0.0).tolist() == [1, 2, 3]
