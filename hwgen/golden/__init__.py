"""What each core computes, bit for bit, in NumPy: written from the definitions, usable alone."""

from .mx_dot import default_accumulator_width, dot_general, guard_bits, sum_bits

__all__ = ["default_accumulator_width", "dot_general", "guard_bits", "sum_bits"]
