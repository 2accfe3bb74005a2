"""Comparison of two floats: one carry chain orders the magnitudes, a few tables do the rest."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.float_normalise import any_bit
from hwgen.cores.arith.timed import Timed
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["FloatCompare"]

_RELATIONS = {
    "less": "1: a is below b",
    "equal": "1: a equals b",
    "greater": "1: a is above b",
    "unordered": "1: an operand is NaN",
}


@dataclass(frozen=True)
class _Operand:
    """A float before comparison; ``nan`` and ``signaling`` are ``None`` where impossible."""

    sign: Timed
    magnitude: Timed
    zero: Timed
    nan: Timed | None
    signaling: Timed | None


class FloatCompare(PipelinedCore):
    """Relation of two floats, and optionally the smaller or the larger one.

    IEEE 754-2019, clauses 5.11 (relations), 5.10 (totalOrder) and 9.6 (minimum and maximum).

    Parameters
    ----------
    config : FloatCompareConfig
        Format, relations, selection and fabric.

    Members
    -------
    i : In(stream)
        Operands ``a`` and ``b``.
    o : Out(stream)
        ``less``, ``equal``, ``greater``, ``unordered``; ``result`` if one is selected; ``invalid``
        if there are flags.
    """

    def __init__(self, config):
        fmt = config.fmt
        inputs = [Field(name, fmt.width, format=fmt.name, doc=f"operand {name}") for name in "ab"]
        outputs = [Field(name, 1, doc=doc) for name, doc in _RELATIONS.items()]
        if config.select != "none":
            doc = f"{config.select} of a and b"
            outputs.append(Field("result", fmt.width, format=fmt.name, doc=doc))
        if config.flags:
            outputs.append(Field("invalid", 1, doc="1: a NaN operand signals"))
        super().__init__(config, inputs, outputs)

    def datapath(self, pipeline, valid):
        config, codes = self.config, self.inputs(pipeline)
        a, b = (_unpacked(pipeline, config, codes[name], name) for name in "ab")
        width = len(a.magnitude)
        ones = pipeline.constant(Const(1, 1))
        difference = add(
            pipeline,
            Term(a.magnitude),
            Term(b.magnitude, None, ones),
            unsigned(width + 1),
            1,
            name="difference",
        )
        below = pipeline.slice(difference, width, width + 1)
        differs = any_bit(pipeline, pipeline.slice(difference, 0, width), "differs")
        same = pipeline.free(lambda bit: ~bit, differs)
        key_below = pipeline.bit(
            lambda s, t, less, equal: Mux(s ^ t, s, Mux(s, ~less & ~equal, less)),
            *(a.sign, b.sign, below, same),
            name="key_below",
        )
        nans = [each.nan for each in (a, b) if each.nan is not None]
        either = pipeline.bit(lambda *bits: Cat(bits).any(), *nans, name="nan") if nans else None
        fields = self._relations(pipeline, a, b, key_below, same, either)
        if config.select != "none":
            fields["result"] = self._selected(pipeline, a, b, key_below, either)
        if config.flags:
            fields["invalid"] = self._invalid(pipeline, a, b, either)
        return fields, None

    def _relations(self, pipeline, a, b, key_below, same, either):
        never = pipeline.constant(Const(0, 1))
        unordered = never if either is None or self.config.total_order else either
        equal = pipeline.bit(
            lambda m, s, t, zero: m & ((s == t) | zero),
            same,
            a.sign,
            b.sign,
            never if self.config.total_order else a.zero,
            name="equal_numbers",
        )
        relations = {
            "less": lambda below, alike, nan: below & ~alike & ~nan,
            "equal": lambda below, alike, nan: alike & ~nan,
            "greater": lambda below, alike, nan: ~below & ~alike & ~nan,
        }
        fields = {
            name: pipeline.bit(function, key_below, equal, unordered, name=name)
            for name, function in relations.items()
        }
        return fields | {"unordered": unordered}

    def _selected(self, pipeline, a, b, key_below, either):
        fmt, select = self.config.fmt, self.config.select
        first = key_below
        if select.startswith("maximum"):
            first = pipeline.bit(lambda bit: ~bit, key_below, name="first_is_result")
        if either is not None and select.endswith("number"):
            first = pipeline.bit(
                lambda bit, nan_a, nan_b: (bit | nan_b) & ~nan_a,
                *(first, a.nan, b.nan),
                name="first_is_number",
            )
            either = pipeline.bit(lambda x, y: x & y, a.nan, b.nan, name="no_number")
        signs = [a.sign, b.sign] if fmt.signed else []

        def chosen(x, y, pick, *rest):
            signs, nan = rest[: 2 * fmt.signed], rest[2 * fmt.signed :]
            magnitude = Mux(pick, x, y)
            code = Cat(magnitude, Mux(pick, *signs)) if signs else magnitude
            return Mux(nan[0], Const(fmt.nan_code, fmt.width), code) if nan else code

        nan = [] if either is None else [either]
        inputs = (a.magnitude, b.magnitude, first, *signs, *nan)
        return pipeline.logic(chosen, *inputs, shape=unsigned(fmt.width), name="result")

    def _invalid(self, pipeline, a, b, either):
        if self.config.predicates == "signaling":
            causes = [either] if either is not None else []
        else:
            causes = [each.signaling for each in (a, b) if each.signaling is not None]
        if not causes:
            return pipeline.constant(Const(0, 1))
        return pipeline.bit(lambda *bits: Cat(bits).any(), *causes, name="invalid")


def _unpacked(pipeline, config, code, name):
    """Return a code as sign and magnitude; what is read as zero has a magnitude of 0."""
    fmt = config.fmt
    fraction_bits, top = fmt.significand_bits, fmt.significand_bits + fmt.exponent_bits
    sign = pipeline.constant(Const(0, 1))
    if fmt.signed:
        sign = pipeline.slice(code, top, top + 1)
    magnitude = pipeline.slice(code, 0, top)
    nan = signaling = None
    if fmt.specials == "fnuz":
        some = any_bit(pipeline, magnitude, f"{name}_some")
        nan = pipeline.bit(lambda bit, one: bit & ~one, sign, some, name=f"{name}_nan")
    elif fmt.nan_code is not None:
        nan = _is_nan(pipeline, fmt, magnitude, name)
    if fmt.specials == "ieee":
        signaling = pipeline.bit(
            lambda bits, is_nan: is_nan & ~bits[fraction_bits - 1],
            *(magnitude, nan),
            name=f"{name}_signaling",
        )
    if config.reads_zeros and fraction_bits:
        normal = pipeline.bit(
            lambda bits: bits[fraction_bits:].any(),
            magnitude,
            levels=2 if fmt.exponent_bits > 4 else 1,
            name=f"{name}_normal",
        )
        magnitude = pipeline.logic(
            lambda bits, keep: bits & Cat(keep.replicate(fraction_bits), Const(-1, top))[:top],
            *(magnitude, normal),
            shape=unsigned(top),
            name=f"{name}_flushed",
        )
        if fmt.specials == "fnuz":
            # there is no -0 to read a negative subnormal number as
            sign = pipeline.bit(lambda s, n: s & n, sign, normal, name=f"{name}_sign")
    zero = pipeline.free(lambda bit: ~bit, any_bit(pipeline, magnitude, f"{name}_some"))
    return _Operand(sign, magnitude, zero, nan, signaling)


def _is_nan(pipeline, fmt, magnitude, name):
    """Return whether a magnitude is a NaN of a format with negative zero."""
    fraction_bits = 0 if fmt.specials == "fn" else fmt.significand_bits
    inverted = pipeline.free(lambda bits: ~bits[fraction_bits:], magnitude)
    finite = any_bit(pipeline, inverted, f"{name}_finite")
    if not fraction_bits:
        return pipeline.free(lambda bit: ~bit, finite)
    some = any_bit(pipeline, pipeline.slice(magnitude, 0, fraction_bits), f"{name}_fraction")
    return pipeline.bit(lambda number, one: ~number & one, finite, some, name=f"{name}_nan")
