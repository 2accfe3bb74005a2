"""Paragraphs that the pages of the float cores share."""

__all__ = ["SEMANTICS"]

SEMANTICS = """\
Rounding is to nearest (ties to even or away), toward zero, up, down, or stochastic: with F the
first `random_bits` bits of the discarded fraction, the magnitude is rounded up where F plus as many
random bits carries. The random bits are a field `random` of the input (`--random-source input`) or
come from a Galois register in the core, which takes `random_bits` steps with every token that is
accepted (polynomial x^33 + x^20 + 1, started from `random_seed`); the results then depend on the
tokens before, `keeps_state` in `interface.json`.

A result beyond the largest number becomes what IEEE 754, clause 7.4, says; in a format without
infinities NaN (`--overflow infinity`). With `--overflow saturate` it, and an infinite result too,
becomes the largest finite number. `--subnormals flush` reads subnormal numbers as zeros of their
sign, and a result that is tiny becomes a zero of its sign. A NaN result is the canonical quiet NaN.

`--flags` adds `invalid`, `overflow`, `underflow` and `inexact` (IEEE 754-2019, clause 7) to the
output. Tininess is detected after rounding: a result is tiny if, rounded as if the exponent had no
limits, it lies below the smallest normal number. Underflow is a result that is tiny and inexact; a
result flushed to zero is both. Results are per token; flags do not accumulate."""
