"""The regression of ``mx-convert``: both tiers, over the grid of configurations."""

import pytest
from mx_block_regression import check_both_tiers
from mx_convert_grid import GRIDS, label


@pytest.mark.parametrize("options", GRIDS["mx-convert"], ids=label)
def test_core_equals_its_golden_model(options, tmp_path):
    check_both_tiers("mx-convert", options, tmp_path)
