"""The constant matrix product's golden model against sums of Python integers."""

import numpy as np
import pytest

from hwgen import formats
from hwgen.golden.const_matvec import const_matvec


@pytest.mark.parametrize(
    ("name", "largest", "width"),
    [("int8", 127, 20), ("uint5", 3, 12), ("q1.6", 100, 22), ("int53", 2**31 - 1, 90)],
)
def test_every_result_is_the_sum_of_its_products(name, largest, width):
    fmt = formats.parse(name)
    random = np.random.default_rng(4)
    weights = random.integers(-largest, largest, (3, 5), endpoint=True)
    x = random.integers(0, 1 << fmt.width, (40, 5), dtype=np.uint64)
    x[0] = fmt.min_code
    codes = const_matvec(x, weights, fmt, width)
    for row, results in zip(x.tolist(), codes.tolist(), strict=True):
        top = 1 << fmt.width - 1
        values = [code - 2 * top if fmt.signed and code >= top else code for code in row]
        for entries, result in zip(weights.tolist(), results, strict=True):
            wanted = sum(weight * value for weight, value in zip(entries, values, strict=True))
            assert result == wanted % (1 << width)
