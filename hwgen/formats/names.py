"""The grammar of format names: text in, format object out, and the short names."""

import re
from functools import lru_cache

from hwgen.errors import UsageError, nearest

from .block import BlockFormat
from .floating import FloatFormat
from .integer import FixedFormat, IntFormat
from .power import PowerOfTwoFormat

__all__ = ["BLOCK_NAMES", "GRAMMAR", "SCALAR_NAMES", "SHORT_NAMES", "parse", "parse_block"]

GRAMMAR = {
    "[u]eXmY[bN][ieee|fn|none|fnuz][nosub]": "float: X exponent and Y fraction bits; u: no sign; "
    "bN: bias N; then the special codes; nosub: no subnormals",
    "intN, uintN": "two's complement and unsigned integers of N bits",
    "qI.F, uqI.F": "fixed point: I bits before and F after the point, and a sign bit (u: none)",
    "e8m0": "power-of-two scale",
    "mxfpN-ELEMENT[/K]": "MX block of N-bit float elements with an e8m0 scale; K elements a block",
    "mxintN[/K]": "MX block of N-bit two's complement elements, code / 2**(N-2)",
    "mx-ELEMENT[/K]": "MX block of any elements",
    "nvfp4[/K]": "e2m1 elements, e4m3 scale, fp32 scale for the whole tensor; K is 16",
    "block-ELEMENT-SCALE[/K]": "block of any elements with any scale",
}
SCALAR_NAMES = (
    *("fp32", "tf32", "bf16", "fp16", "e5m2", "e4m3", "e3m4", "e4m3fnuz", "e5m2fnuz"),
    *("e4m3b11fnuz", "e3m2", "e2m3", "e2m1", "e8m0", "int8", "uint8", "int4", "uint4", "q1.6"),
)
BLOCK_NAMES = (
    *("mxfp8-e5m2/32", "mxfp8-e4m3/32", "mxfp6-e3m2/32", "mxfp6-e2m3/32", "mxfp4-e2m1/32"),
    *("mxint8/32", "nvfp4/16"),
)
SHORT_NAMES = {
    "fp8": "mxfp8-e4m3/32",
    "fp6": "mxfp6-e2m3/32",
    "fp4": "mxfp4-e2m1/32",
    "int8": "mxint8/32",
}
_BLOCK_SHORT_NAMES = {
    **SHORT_NAMES,
    "mxfp8": "mxfp8-e4m3",
    "mxfp6": "mxfp6-e2m3",
    "mxfp4": "mxfp4-e2m1",
}
_WELL_KNOWN = {"fp32": (8, 23), "tf32": (8, 10), "bf16": (8, 7), "fp16": (5, 10)}
_FLOAT = re.compile(r"(u?)e(\d+)m(\d+)(?:b(-?\d+))?(ieee|fnuz|fn|none)?(nosub)?")
_INTEGER = re.compile(r"(u?)int(\d+)")
_FIXED = re.compile(r"(u?)q(-?\d+)\.(-?\d+)")
_DEFAULT_BLOCK_SIZE = 32


@lru_cache(maxsize=1024)
def parse(text):
    """Return the format that ``text`` names: a scalar format, else a block format.

    ``int8`` is the plain 8-bit integer here; ``fp8``, ``fp6`` and ``fp4``, which are no scalar
    formats, are the block formats of ``SHORT_NAMES``. Case does not matter.
    Raises ``UsageError`` with the nearest known name.
    """
    name = _normal(text)
    found = _parse_scalar(name) or _parse_block(name)
    return found or _reject(name, "format", (*SCALAR_NAMES, *_WELL_KNOWN, *SHORT_NAMES))


@lru_cache(maxsize=1024)
def parse_block(text):
    """Return the block format that ``text`` names; ``int8`` means ``mxint8/32`` here.

    Raises ``UsageError`` with the nearest known name.
    """
    name = _normal(text)
    found = _parse_block(name)
    if found is None and _parse_scalar(name) is not None:
        raise UsageError(
            f"block format must be elements with a scale, not the scalar format {name!r}; "
            f"did you mean 'mx-{name}/{_DEFAULT_BLOCK_SIZE}'?"
        )
    return found or _reject(name, "block format", SHORT_NAMES)


def _normal(text):
    if not isinstance(text, str):
        raise UsageError(f"format must be a name, not {text!r}")
    return text.strip().lower()


def _reject(name, kind, known):
    raise UsageError(
        f"{kind} must be a known name (`hwgen list formats`), not {name!r}"
        + nearest(name, (*known, *BLOCK_NAMES, *_BLOCK_SHORT_NAMES))
    )


def _parse_scalar(name):
    if name == "e8m0":
        return PowerOfTwoFormat()
    if name in _WELL_KNOWN:
        return FloatFormat(*_WELL_KNOWN[name])
    if found := _FLOAT.fullmatch(name):
        unsigned, exponent_bits, significand_bits, bias, specials, no_subnormals = found.groups()
        return FloatFormat(
            int(exponent_bits),
            int(significand_bits),
            None if bias is None else int(bias),
            specials,
            signed=not unsigned,
            subnormals=not no_subnormals,
        )
    if found := _INTEGER.fullmatch(name):
        return IntFormat(int(found[2]), signed=not found[1])
    if found := _FIXED.fullmatch(name):
        return FixedFormat(int(found[2]), int(found[3]), signed=not found[1])
    return None


def _parse_block(name):
    stem, slash, size = name.partition("/")
    if slash and not size.isdecimal():
        raise UsageError(f"block size in {name!r} must be a positive integer, not {size!r}")
    if stem in _BLOCK_SHORT_NAMES:
        stem = _BLOCK_SHORT_NAMES[stem].partition("/")[0]
    if stem == "nvfp4":
        scale, tensor_scale = FloatFormat(4, 3), FloatFormat(8, 23)
        return BlockFormat(FloatFormat(2, 1), scale, int(size or 16), tensor_scale)
    element, scale = _parse_element(stem)
    if element is None or scale is None:
        return None
    return BlockFormat(element, scale, int(size or _DEFAULT_BLOCK_SIZE))


def _parse_element(stem):
    if found := re.fullmatch(r"mxint(\d+)", stem):
        return FixedFormat(1, int(found[1]) - 2), PowerOfTwoFormat()
    if found := re.fullmatch(r"mxfp(\d+)-(e.+)", stem):
        element = _parse_scalar(found[2])
        if isinstance(element, FloatFormat) and element.width != int(found[1]):
            raise UsageError(
                f"element of {stem!r} must have {found[1]} bits, and {element.name} has "
                f"{element.width}; did you mean 'mxfp{element.width}-{element.name}'?"
            )
        return element if isinstance(element, FloatFormat) else None, PowerOfTwoFormat()
    if found := re.fullmatch(r"mx-(.+)", stem):
        return _parse_scalar(found[1]), PowerOfTwoFormat()
    if found := re.fullmatch(r"block-(.+)-(\w+)", stem):
        return _parse_scalar(found[1]), _parse_scalar(found[2])
    return None, None
