"""Facts about formats as plain dictionaries, ready to print or to write as JSON."""

import math

import numpy as np

from .block import CHOICES, BlockFormat
from .floating import SPECIALS, FloatFormat
from .integer import FixedFormat, IntFormat
from .names import BLOCK_NAMES, GRAMMAR, SCALAR_NAMES, SHORT_NAMES, parse

__all__ = ["catalogue", "describe", "value_table"]

_TABLE_WIDTH = 6


def catalogue():
    """Return the well-known formats, the short names and the grammar of all other names.

    A dict: ``"formats"`` is a list of ``{name, kind, width, summary, short}`` (width in bits, with
    the scale's share per element for blocks; short: short name or None), ``"short_names"`` maps a
    short name to what it means, ``"grammar"`` maps a pattern to its meaning.
    """
    short = {long: name for name, long in SHORT_NAMES.items()}
    rows = [{**summary(parse(name)), "short": short.get(name)} for name in SCALAR_NAMES]
    rows += [{**summary(parse(name)), "short": short.get(name)} for name in BLOCK_NAMES]
    return {"formats": rows, "short_names": dict(SHORT_NAMES), "grammar": dict(GRAMMAR)}


def summary(format):
    """Return ``{name, kind, width, summary}`` of one format."""
    if isinstance(format, BlockFormat):
        text = f"{format.block_size} x {format.element.name}, scale {format.scale.name}"
        if format.tensor_scale is not None:
            text += f", tensor scale {format.tensor_scale.name}"
        width = format.bits_per_element
    else:
        text = f"{format.min_value:.7g} .. {format.max_value:.7g}"
        width = format.width
    return {"name": format.name, "kind": kind(format), "width": width, "summary": text}


def kind(format):
    """Return ``"block"``, ``"float"``, ``"integer"``, ``"fixed"`` or ``"scale"``."""
    kinds = {
        BlockFormat: "block",
        FloatFormat: "float",
        IntFormat: "integer",
        FixedFormat: "fixed",
    }
    return kinds.get(type(format), "scale")


def describe(format, table=None):
    """Return everything there is to know about ``format`` as a JSON-able dict.

    Parameters
    ----------
    format : format
        A scalar or a block format.
    table : bool
        Whether to include ``"values"``, the list of all codes; by default for formats (elements)
        of at most 6 bits.

    Scalar formats: name, kind, width, signed, max, min, smallest_positive, lsb_exponent, fields
    (name -> bits, most significant first), special_codes (list of {code, bits, meaning}), and for
    floats bias, specials, subnormals. Block formats: name, kind, block_size, bits_per_element,
    element, scale and tensor_scale (descriptions of their own), max, quantization (choices).
    NaN and infinities are the strings ``"nan"``, ``"inf"`` and ``"-inf"``.
    """
    if isinstance(format, BlockFormat):
        return _describe_block(format, table)
    facts = {
        "name": format.name,
        "kind": kind(format),
        "width": format.width,
        "signed": bool(format.signed),
        "max": format.max_value,
        "min": format.min_value,
        "smallest_positive": _smallest_positive(format),
        "lsb_exponent": format.lsb_exponent,
        "fields": _fields(format),
        "special_codes": _special_codes(format),
    }
    if isinstance(format, FloatFormat):
        facts["bias"] = format.bias
        facts["specials"] = format.specials
        facts["specials_meaning"] = SPECIALS[format.specials]
        facts["subnormals"] = format.subnormals
    if format.width <= _TABLE_WIDTH if table is None else table:
        facts["values"] = value_table(format)
    return facts


def value_table(format):
    """Return ``[{code, bits, value}, ...]`` for every code of a scalar format of <= 16 bits."""
    codes = np.arange(2**format.width)
    values = format.decode(codes)
    return [
        {"code": code, "bits": _grouped(format, code), "value": _number(value)}
        for code, value in enumerate(values.tolist())
    ]


def _describe_block(format, table):
    rules = format.quantization
    tensor_scale = format.tensor_scale
    return {
        "name": format.name,
        "kind": "block",
        "block_size": format.block_size,
        "bits_per_element": format.bits_per_element,
        "max": _number(
            format.element.max_value
            * format.scale.max_value
            * (1.0 if tensor_scale is None else tensor_scale.max_value)
        ),
        "element": describe(format.element, table),
        "scale": describe(format.scale, False),
        "tensor_scale": None if tensor_scale is None else describe(tensor_scale, False),
        "quantization": {
            **{name: getattr(rules, name) for name in CHOICES},
            "symmetric": rules.symmetric,
            "flush_subnormals": rules.flush_subnormals,
        },
    }


def _smallest_positive(format):
    if isinstance(format, FloatFormat) and (not format.subnormals or format.significand_bits == 0):
        return math.ldexp(1.0, format.min_normal_exponent)
    return math.ldexp(1.0, format.lsb_exponent)


def _fields(format):
    fields = {"sign": 1} if format.signed else {}
    if isinstance(format, FloatFormat):
        return {
            **fields,
            "exponent": format.exponent_bits,
            "fraction": format.significand_bits,
        }
    if isinstance(format, FixedFormat):
        return {**fields, "integer": format.integer_bits, "fraction": format.fraction_bits}
    if isinstance(format, IntFormat):
        return {**fields, "integer": format.width - format.signed}
    return {"exponent": format.width}


def _special_codes(format):
    """Return the infinities and the canonical NaN, with how many codes are NaN."""
    rows = []
    if format.infinity_code is not None:
        rows.append(_special(format, format.infinity_code, "plus infinity"))
        if format.signed:
            negative = format.infinity_code + 2 ** (format.width - 1)
            rows.append(_special(format, negative, "minus infinity"))
    if format.nan_code is not None:
        meaning = f"NaN (canonical; {_nan_count(format)} code(s) in all)"
        rows.append(_special(format, format.nan_code, meaning))
    if isinstance(format, FloatFormat) and format.signed and format.specials != "fnuz":
        rows.append(_special(format, 2 ** (format.width - 1), "minus zero"))
    return rows


def _nan_count(format):
    if format.specials == "ieee" if isinstance(format, FloatFormat) else False:
        return (2**format.significand_bits - 1) * (1 + format.signed)
    return 2 if format.signed and format.specials == "fn" else 1


def _special(format, code, meaning):
    return {"code": code, "bits": _grouped(format, code), "meaning": meaning}


def _grouped(format, code):
    """Return the bits of ``code`` with a space between fields, such as ``0 11 001``."""
    bits, groups, start = f"{code:0{format.width}b}", [], 0
    fields = _fields(format)
    if any(width < 0 for width in fields.values()):
        return bits
    for width in fields.values():
        groups.append(bits[start : start + width])
        start += width
    return " ".join(group for group in groups if group)


def _number(value):
    """Return ``value``, or its name where JSON has no such number."""
    return value if math.isfinite(value) else str(value)
