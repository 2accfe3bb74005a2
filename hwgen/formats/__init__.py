"""What a bit pattern means: float, integer, fixed-point, scale and block formats in pure NumPy.

``parse("e4m3")`` gives a format; ``decode`` turns its codes into exact float64 values, ``encode``
rounds values once into codes, ``round_scaled`` does so for exact integers times powers of two.
"""

from .block import CHOICES, BlockFormat, Quantization
from .facts import catalogue, describe, value_table
from .floating import SPECIALS, FloatFormat
from .integer import FixedFormat, IntFormat
from .names import BLOCK_NAMES, GRAMMAR, SCALAR_NAMES, SHORT_NAMES, parse, parse_block
from .power import PowerOfTwoFormat
from .rounding import OVERFLOWS, ROUNDINGS
from .scalar import ScalarFormat

__all__ = [
    "BLOCK_NAMES",
    "CHOICES",
    "GRAMMAR",
    "OVERFLOWS",
    "ROUNDINGS",
    "SCALAR_NAMES",
    "SHORT_NAMES",
    "SPECIALS",
    "BlockFormat",
    "FixedFormat",
    "FloatFormat",
    "IntFormat",
    "PowerOfTwoFormat",
    "Quantization",
    "ScalarFormat",
    "catalogue",
    "describe",
    "parse",
    "parse_block",
    "value_table",
]
