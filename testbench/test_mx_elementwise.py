"""The regression of ``mx-add`` and ``mx-mul``: both tiers, over the grid of configurations."""

import pytest
from mx_block_regression import check_both_tiers
from mx_convert_grid import GRIDS, label


@pytest.mark.parametrize("options", GRIDS["mx-add"], ids=label)
def test_sum_equals_its_golden_model(options, tmp_path):
    check_both_tiers("mx-add", options, tmp_path)


@pytest.mark.parametrize("options", GRIDS["mx-mul"], ids=label)
def test_product_equals_its_golden_model(options, tmp_path):
    check_both_tiers("mx-mul", options, tmp_path)
