"""The scale format of the MX standard: an 8-bit exponent and nothing else."""

from dataclasses import dataclass

import numpy as np

from . import rounding as rounding_rules
from . import tables
from .scalar import ScalarFormat, widen

__all__ = ["PowerOfTwoFormat"]


@dataclass(frozen=True)
class PowerOfTwoFormat(ScalarFormat):
    """E8M0 (OCP MX v1.0, section 5.4.1): code c stands for ``2**(c-127)``, code 255 for NaN.

    There is no sign, no zero and no infinity. Zero and values below ``2**-127`` encode as code 0;
    so does a negative value with overflow ``"saturate"``, while ``"infinity"`` makes it NaN.
    A tie goes to the larger power of two (IEEE 754-2019, section 4.3.1, on one-digit precision).
    """

    bias = 127
    width = 8
    signed = False
    name = "e8m0"
    lsb_exponent = -127
    max_code = 254
    min_code = 0
    nan_code = 255

    def is_nan(self, codes):
        return self.check_codes(codes) == self.nan_code

    def _decode_fields(self, codes):
        return np.where(codes == self.nan_code, np.nan, np.ldexp(1.0, codes - self.bias))

    def _significands(self, codes):
        return np.array(1, dtype=object) << codes

    def _encode_fast(self, values, rounding, overflow):
        # float32 has subnormals in the lowest binade of E8M0, float64 does not.
        return tables.encode(self, widen(values), 2, rounding, overflow)

    def _round(self, negative, magnitude, exponent, rounding, overflow, random):
        top = rounding_rules.leading_exponent(magnitude, exponent)
        code = top + self.bias
        kept = rounding_rules.divide_by_power_of_two(
            magnitude, top - exponent, negative, rounding, random
        )
        code = np.where(kept == 0, 0, np.maximum(code + kept - 1, 0))
        code = self._limit(code, negative, rounding, overflow)
        return np.where(negative & (kept != 0), self._beyond(True, overflow), code)

    def _beyond(self, negative, overflow):
        if overflow == "infinity":
            return np.full(np.shape(negative), self.nan_code)
        return np.where(negative, 0, self.max_code)
