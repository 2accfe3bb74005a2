"""Configs of ``lut-gemm``: the result that follows, and every wrong option named."""

import numpy as np
import pytest

from hwgen import catalogue
from hwgen.errors import UsageError

CORE = catalogue.get("lut-gemm")


_TILE = {"columns": 8, "lanes": 8, "bits": 1, "alpha_width": 1}


@pytest.mark.parametrize(
    ("options", "lowest", "highest"),
    [
        ({**_TILE, "bias_width": 0}, -8 * 128, 8 * 128),
        ({**_TILE, "bits": 2, "alpha_width": 2, "bias_width": 0}, -8 * 128 * 6, 8 * 128 * 6),
        # weights from -3 to 2
        ({**_TILE, "bias_width": 2}, -8 * 127 * 3, 8 * 128 * 3),
        ({**_TILE, "columns": 16, "bias_width": 2, "fmt": "uint2"}, -16 * 3 * 3, 16 * 3 * 2),
    ],
)
def test_results_have_the_narrowest_format_that_holds_the_extremes(options, lowest, highest):
    config = CORE.configure(options)
    assert config.result_bounds == (lowest, highest)
    half = 1 << config.result_shape.width - 1
    assert config.result_shape.signed
    assert -half <= lowest and highest < half
    assert lowest < -half // 2 or highest >= half // 2


@pytest.mark.parametrize("bias_width", [0, 4])
@pytest.mark.parametrize("fmt", ["int8", "uint8"])
def test_the_vectors_hold_the_extreme_results(fmt, bias_width):
    options = {"columns": 16, "lanes": 8, "rows": 6, "bits": 2, "bias_width": bias_width}
    config = CORE.configure({**options, "fmt": fmt})
    results = CORE.golden(config, CORE.vectors(config, 100, 1))["o"]["y"].astype(object)
    half = 1 << config.result_shape.width - 1
    values = (results ^ half) - half
    assert (values.min(), values.max()) == config.result_bounds


def test_the_vectors_offer_elements_and_weights_where_none_are_taken():
    config = CORE.configure({"columns": 16, "lanes": 8, "rows": 3, "bits": 2})
    tokens = CORE.vectors(config, 2000, 1)["i"]
    uses = config.bits * config.rows
    products = len(CORE.golden(config, {"i": tokens})["o"]["y"]) // config.rows
    assert tokens["load"].sum() > products * config.columns
    assert tokens["compute"].sum() > products * config.tiles * uses
    assert np.any(tokens["load"] & tokens["compute"])
    assert np.any((tokens["load"] | tokens["compute"]) == 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bits": 5}, "bits must be less than or equal to 4, not 5"),
        ({"rows": 2}, "rows must be greater than or equal to 3, not 2"),
        ({"lanes": 12}, "lanes must be a multiple of 8, not 12"),
        ({"lanes": 24}, "columns must be a multiple of lanes = 24, not 128"),
        ({"bias_width": 1}, "bias_width must be 0 or at least 2, not 1"),
        ({"bias_width": 19}, "bias_width must be less than or equal to 18, not 19"),
        ({"alpha_width": 0}, "alpha_width must be greater than or equal to 1, not 0"),
        ({"fmt": "int17"}, "fmt must have at most 16 bits, not 17"),
        ({"fmt": "fp16"}, "fmt must be a fixed-point or integer format, not 'fp16'"),
        ({"group": 128}, "unknown option 'group'"),
        ({"table_inputs": 6}, "table_inputs must be 4 or 8, not 6"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(UsageError, match=message) as raised:
        CORE.configure(options)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("lanes", "rows", "builders"), [(8, 3, 1), (32, 256, 1), (32, 120, 2), (32, 64, 4), (24, 3, 4)]
)
def test_as_few_builders_as_fill_the_next_tables_in_time(lanes, rows, builders):
    options = {"columns": 2 * lanes, "lanes": lanes, "rows": rows, "table_inputs": 8}
    config = CORE.configure(options)
    assert config.builders == builders
    assert config.build_clocks == 135 * -(-lanes // 8 // builders)


def test_a_frequency_out_of_reach_is_refused():
    with pytest.raises(UsageError, match=r"freq must be at most \d+ MHz for lut-gemm on ecp5"):
        CORE.component(CORE.configure({"freq": 600}))
