"""NaN and infinity of products and sums as flags, and what they make of a result."""

from amaranth.hdl import Cat, Const, Mux, unsigned

__all__ = ["any_of", "exact_result", "product_flags", "resolve_flags", "with_flags"]


def any_of(pipeline, flags, name):
    """Or flags together, four at a time."""
    while len(flags) > 1:
        groups = [flags[start : start + 4] for start in range(0, len(flags), 4)]
        flags = [
            pipeline.logic(
                lambda *bits: Cat(*bits).any(), *group, shape=unsigned(1), name=f"{name}_any"
            )
            if len(group) > 1
            else group[0]
            for group in groups
        ]
    return flags[0]


def product_flags(pipeline, a, b, sign, name):
    """Return the NaN flag and the infinity flags of one product, ``None`` where impossible."""

    def logic(function, *inputs, what):
        return pipeline.reduced(function, *inputs, name=f"{name}_{what}")

    nans = [each.nan for each in (a, b) if each.nan is not None]
    for infinite, other in ((a.infinite, b), (b.infinite, a)):
        if infinite is not None:
            zero = other.zero
            if zero is None:
                zero = logic(lambda bits: ~bits.any(), other.significand, what="zero")
            nans.append(logic(lambda x, y: x & y, infinite, zero, what="invalid"))
    nan = any_of(pipeline, nans, f"{name}_nan") if nans else None
    infinite = [each.infinite for each in (a, b) if each.infinite is not None]
    if not infinite:
        return nan, None
    either = any_of(pipeline, infinite, f"{name}_infinite")
    for each in (a, b):
        if each.sign is None:
            sign_of_integer = pipeline.free(lambda bits: bits[-1], each.significand)
            sign = logic(lambda x, y: x ^ y, sign, sign_of_integer, what="infinity_sign")
    positive = logic(lambda x, s: x & ~s, either, sign, what="infinite_positive")
    negative = logic(lambda x, s: x & s, either, sign, what="infinite_negative")
    return nan, (positive, negative)


def resolve_flags(pipeline, flags):
    """Return the final NaN flag and the final infinity flags: opposite infinities make a NaN."""
    if len(flags) < 3:
        return (flags[0] if flags else None), []
    nan = pipeline.logic(lambda n, p, m: n | (p & m), *flags, shape=unsigned(1), name="result_nan")
    infinities = [
        pipeline.logic(lambda n, x, y: x & ~y & ~n, flags[0], *pair, shape=unsigned(1), name="inf")
        for pair in (flags[1:], flags[:0:-1])
    ]
    return nan, infinities


def exact_result(pipeline, config, significand, exponent, nan, infinities):
    """Return the fields of an exact result; its significand is 0 where a flag is set."""
    result = {"exponent": exponent}
    if nan is not None:
        result["nan"] = nan
    result |= dict(zip(("inf_positive", "inf_negative"), infinities, strict=False))
    flags = [each for each in (nan, *infinities) if each is not None]
    if flags:
        special = any_of(pipeline, flags, "special")
        finite = pipeline.free(lambda flag: ~flag, special)
        significand = pipeline.masked(significand, finite, name="finite_significand")
    result["significand"] = significand
    return result


def with_flags(pipeline, code, nan, infinities, rounding):
    """Return the code of a rounded result, or that of the NaN or infinity that a flag demands."""
    target = rounding.format
    if infinities:
        top = target.infinity_code if rounding.overflow == "infinity" else target.max_code
        top = target.nan_code if top is None else top
        # the NaN of fnuz formats has its only sign bit in the code
        magnitude = Const(top, target.width)

        def infinite(bits, positive, negative):
            limit = magnitude | (negative << target.width - 1)
            return Mux(positive | negative, limit, bits)

        code = pipeline.logic(
            infinite, code, *infinities, shape=unsigned(target.width), name="code_or_infinity"
        )
    if nan is None:
        return code
    number = pipeline.free(lambda flag: ~flag, nan)
    return pipeline.masked(code, number, target.nan_code, name="code_or_nan")
