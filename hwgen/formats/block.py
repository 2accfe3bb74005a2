"""Block formats: a block of elements that share one scale, and how arrays become blocks."""

from dataclasses import dataclass, fields

import numpy as np

from hwgen.errors import UsageError, nearest

from .floating import FloatFormat
from .integer import FixedFormat
from .power import PowerOfTwoFormat
from .rounding import OVERFLOWS, ROUNDINGS
from .scalar import ScalarFormat

__all__ = ["CHOICES", "BlockFormat", "Quantization"]

# What OCP MX v1.0 section 6.3 leaves open, and the choices offered; the first is the default.
CHOICES = {
    "rounding": ROUNDINGS,
    "overflow": OVERFLOWS,
    "scale_rule": {
        "floor": "floor(log2(largest)) - emax: the rule of the standard",
        "ceil": "ceil(log2(largest)) - emax",
        "even": "as floor, after rounding the largest to the element's precision (ties to even)",
        "fit": "the smallest power of two with which the largest magnitude does not saturate",
    },
    "nan": {
        "block": "a NaN makes the scale, and so the whole block, NaN",
        "element": "a NaN becomes an element NaN (the whole block where elements have none)",
    },
    "infinity": {
        "nan": "an infinity is treated as a NaN",
        "element": "an infinity takes no part in the scale and is encoded as an element",
    },
    "zero_scale": {
        "smallest": "a block of zeros gets the smallest scale",
        "one": "a block of zeros gets the scale 1",
    },
}


@dataclass(frozen=True)
class Quantization:
    """How arrays become blocks: every choice that OCP MX v1.0 section 6.3 leaves open.

    Parameters
    ----------
    rounding, overflow : str
        How elements are rounded after division by the scale, and what happens beyond the largest.
    scale_rule : str
        How the power-of-two scale follows from the largest magnitude of the block. A scale that is
        not a power of two is ``largest / (largest element value)``, rounded to nearest-even.
    nan, infinity : str
        What NaNs and infinities in the array do.
    zero_scale : str
        Scale of a block without any nonzero value.
    symmetric : bool
        Whether the most negative code of a two's complement element, which has no positive
        counterpart, is left out.
    flush_subnormals : bool
        Whether elements that come out subnormal become zero, keeping the sign.

    ``CHOICES`` lists the allowed names with their meanings. Raises ``UsageError`` for others.
    """

    rounding: str = "nearest-even"
    overflow: str = "saturate"
    scale_rule: str = "floor"
    nan: str = "block"
    infinity: str = "nan"
    zero_scale: str = "smallest"
    symmetric: bool = True
    flush_subnormals: bool = False

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            allowed = CHOICES.get(field.name, (True, False))
            if value not in allowed:
                raise UsageError(
                    f"{field.name} must be one of {', '.join(map(str, allowed))}, not {value!r}"
                    + nearest(value, allowed)
                )


@dataclass(frozen=True)
class BlockFormat:
    """Elements in blocks of ``block_size``, each block with one scale.

    Parameters
    ----------
    element, scale : format
        Scalar formats. A value is (element value) * (scale value) [* (tensor scale value)].
    block_size : int
        Elements that share a scale, at least 1.
    tensor_scale : format
        Format of a second scale shared by the whole array (NVFP4: fp32), or ``None``.
    quantization : Quantization
        The choices of ``quantize``.
    """

    element: ScalarFormat
    scale: ScalarFormat
    block_size: int
    tensor_scale: ScalarFormat | None = None
    quantization: Quantization = Quantization()

    def __post_init__(self):
        if not isinstance(self.block_size, int) or not 1 <= self.block_size <= 65536:
            raise UsageError(f"block size must be in 1..65536, not {self.block_size!r}")

    @property
    def name(self):
        """Canonical name with the block size, such as ``mxfp6-e2m3/32``."""
        if self.tensor_scale is not None:
            stem = "nvfp4"
        elif not isinstance(self.scale, PowerOfTwoFormat):
            stem = f"block-{self.element.name}-{self.scale.name}"
        elif isinstance(self.element, FloatFormat) and self.element.name.startswith("e"):
            stem = f"mxfp{self.element.width}-{self.element.name}"
        elif self._is_mx_integer:
            stem = f"mxint{self.element.width}"
        else:
            stem = f"mx-{self.element.name}"
        return f"{stem}/{self.block_size}"

    @property
    def _is_mx_integer(self):
        element = self.element
        return isinstance(element, FixedFormat) and element.signed and element.integer_bits == 1

    @property
    def bits_per_element(self):
        """Storage per element, the scale's share included."""
        return self.element.width + self.scale.width / self.block_size

    def __str__(self):
        return self.name

    def choose_tensor_scale(self, array):
        """Return the tensor-scale code with which the largest magnitude of ``array`` just fits.

        That is ``largest / (largest element * largest scale)``, rounded to nearest-even; 1 for an
        array of zeros. NaNs and infinities take no part.
        """
        if self.tensor_scale is None:
            raise UsageError(f"{self.name} must have a tensor scale, and has none")
        array = np.asarray(array, dtype=np.float64)
        largest = np.max(np.abs(array), where=np.isfinite(array), initial=0.0)
        ratio = largest / (self.element.max_value * self.scale.max_value)
        code = self.tensor_scale.encode(ratio)
        return code if self.tensor_scale.decode(code) > 0 else self.tensor_scale.encode(1.0)

    def quantize(self, array, tensor_scale=None, random=None):
        """Return ``(scale_codes, element_codes)`` of ``array``, block by block on its last axis.

        Parameters
        ----------
        array : float16, float32 or float64 array
            Shape (..., n) with n a multiple of ``block_size``.
        tensor_scale : int
            Code of the tensor scale (``choose_tensor_scale``), for formats that have one.
        random : unsigned array
            For stochastic rounding, of the shape of ``array``; see ``ScalarFormat.encode``.

        ``element_codes`` has the shape of ``array``, ``scale_codes`` is (..., n / block_size).
        With a power-of-two scale every element is the exact quotient rounded once. With another
        scale the quotient is computed in float64 first, which float32 input cannot notice.
        Raises ``UsageError`` for a wrong shape or a missing tensor scale.
        """
        blocks = self._blocks(np.asarray(array))
        outer = self._tensor_scale_value(tensor_scale)
        rules = self.quantization
        magnitude = np.abs(blocks)
        broken = np.isnan(blocks) if rules.infinity == "element" else ~np.isfinite(blocks)
        largest = np.max(magnitude, axis=-1, where=np.isfinite(blocks), initial=0.0)
        scale_codes = self._scale_codes(largest, outer)
        if self.scale.nan_code is not None and (rules.nan == "block" or not self._element_has_nan):
            scale_codes = np.where(broken.any(axis=-1), self.scale.nan_code, scale_codes)
        scale_codes = scale_codes.astype(self.scale.code_dtype)
        divisor = self.scale.decode(scale_codes)[..., None] * outer
        # A block whose scale is NaN or 0 holds no numbers: its elements are encoded as zero.
        usable = np.isfinite(divisor) & (divisor > 0)
        quotient = self._quotient(np.where(usable, blocks, 0.0), np.where(usable, divisor, 1.0))
        quotient[broken & usable] = np.nan
        if random is not None:
            random = np.asarray(random).reshape(blocks.shape)
        codes = self.element.encode(quotient, rules.rounding, rules.overflow, random)
        return scale_codes, self._tidy(codes).reshape(np.shape(array))

    def dequantize(self, scale_codes, element_codes, tensor_scale=None):
        """Return the float64 values of codes shaped as ``quantize`` returns them.

        Products with a tensor scale are rounded to float64; all others are exact, apart from
        underflow and overflow of float64. A NaN scale makes all values of its block NaN.
        """
        elements = self._blocks(self.element.decode(element_codes))
        scales = self.scale.decode(scale_codes)
        if scales.shape != elements.shape[:-1]:
            raise UsageError(
                f"scale codes must have shape {elements.shape[:-1]}, not {scales.shape}"
            )
        values = elements * scales[..., None] * self._tensor_scale_value(tensor_scale)
        return values.reshape(np.shape(element_codes))

    def _blocks(self, array):
        if array.dtype not in (np.float16, np.float32, np.float64):
            raise UsageError(f"array must be float16, float32 or float64, not {array.dtype}")
        if array.ndim == 0 or array.shape[-1] % self.block_size:
            raise UsageError(
                f"last axis must be a multiple of the block size {self.block_size}, not of shape "
                f"{array.shape}; pad it with zeros"
            )
        shape = (*array.shape[:-1], array.shape[-1] // self.block_size, self.block_size)
        return array.astype(np.float64).reshape(shape)

    def _tensor_scale_value(self, tensor_scale):
        if (tensor_scale is None) != (self.tensor_scale is None):
            need = "must" if tensor_scale is None else "cannot"
            raise UsageError(f"{self.name} {need} be given a tensor scale")
        return 1.0 if tensor_scale is None else float(self.tensor_scale.decode(tensor_scale))

    @property
    def _element_has_nan(self):
        return self.element.nan_code is not None

    def _scale_codes(self, largest, outer):
        zero = 1.0 if self.quantization.zero_scale == "one" else 0.0
        if not isinstance(self.scale, PowerOfTwoFormat):
            ratio = largest / outer / self.element.max_value
            return self.scale.encode(np.where(largest > 0, ratio, zero))
        exponent = _shared_exponent(largest, self.element, self.quantization.scale_rule)
        code = np.clip(exponent + self.scale.bias, 0, self.scale.max_code)
        return np.where(largest > 0, code, self.scale.encode(zero))

    def _quotient(self, blocks, divisor):
        quotient = blocks / divisor
        # Where float64 underflows, a tiny stand-in of the same sign rounds the same way.
        tiny = (np.abs(quotient) < 2.0**-600) & (blocks != 0)
        return np.where(tiny, np.copysign(2.0**-600, blocks), quotient)

    def _tidy(self, codes):
        """Apply the choices about single element codes."""
        element, rules = self.element, self.quantization
        if isinstance(element, FloatFormat):
            if rules.flush_subnormals:
                sign = codes & (2 ** (element.width - 1) if element.signed else 0)
                field = codes >> element.significand_bits & (2**element.exponent_bits - 1)
                keep = (field > 0) | element.is_nan(codes)
                minus_zero = 0 if element.specials == "fnuz" else sign
                codes = np.where(keep, codes, minus_zero)
        elif element.signed and rules.symmetric:
            codes = np.where(codes == element.min_code, element.min_code + 1, codes)
        return codes.astype(element.code_dtype)


def _shared_exponent(largest, element, scale_rule):
    """Return the exponent of the power-of-two scale of blocks with these largest magnitudes."""
    fraction, exponent = np.frexp(largest)
    floor = exponent - 1
    if scale_rule == "ceil":
        floor = floor + (fraction > 0.5)
    elif scale_rule == "even":
        digits = getattr(element, "significand_bits", element.width - 2)
        floor = floor + (np.rint(np.ldexp(fraction, digits + 1)) == 2.0 ** (digits + 1))
    elif scale_rule == "fit":
        limit, limit_exponent = np.frexp(element.max_value)
        return exponent - limit_exponent + (fraction > limit)
    return floor - element.max_exponent
