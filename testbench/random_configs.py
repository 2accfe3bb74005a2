"""Random configurations of any core, drawn from the types of its config's fields.

Many are not valid: half the point is that a config refuses those with an error that a person can
read. The names that formats, matrices and fabrics have are drawn by their grammar.
"""

import math
import random
import types
import typing

from hwgen import formats, targets
from hwgen.errors import UsageError
from hwgen.formats.codebook import CODEBOOK_NAMES, Codebook
from hwgen.formats.outlier_pairs import OutlierPairs

__all__ = ["command_options", "draw", "draw_valid"]

# fields that make a circuit larger in proportion: their values stay small
_SIZES = ("k", "lanes", "rows", "columns")
_LARGEST_SIZE = 20
_UNLIMITED = 64
_DRAWS = 2000
_SPECIALS = ("", "", "", "ieee", "fn", "none", "fnuz")
_FLOATS = [each for each in formats.SCALAR_NAMES if each[0] in "etbf" and each != "e8m0"]


def draw(core, generator):
    """Return options of a configuration, as texts and numbers; it may be invalid.

    Parameters
    ----------
    core : hwgen.catalogue.Core
    generator : random.Random
        Decides everything: one seed, one configuration.
    """
    fields = core.config.__pydantic_fields__
    density = generator.choice([0.15, 0.4, 0.8])
    options = {}
    for name, covered in core.shorthands.items():
        if generator.random() < 0.6:
            options[name] = _value(name, fields[covered[0]], generator)
    taken = {each for name in options for each in core.shorthands[name]}
    for name, field in fields.items():
        is_format = name.startswith(("fmt", "out")) or name in _SOURCES
        if generator.random() < (0.9 if is_format else density) and name not in taken:
            value = _value(name, field, generator)
            if value is not None:
                options[name] = value
    return options


def draw_valid(core, seed):
    """Return the first valid options that a seed draws, and the messages of those refused.

    Parameters
    ----------
    core : hwgen.catalogue.Core
    seed : str or int
        Anything that ``random.Random`` takes.

    Returns
    -------
    (dict, list of str)

    Raises
    ------
    InvalidRefusal
        A configuration was refused by anything but a `UsageError` of one line; it is the
        exception's ``options``.
    """
    generator = random.Random(seed)
    refused = []
    for _ in range(_DRAWS):
        options = draw(core, generator)
        try:
            core.configure(options)
        except UsageError as error:
            refused.append(str(error))
            if "\n" in str(error):
                raise InvalidRefusal(options, f"more than one line: {error}") from error
        except Exception as error:
            raise InvalidRefusal(options, f"{type(error).__name__}: {error}") from error
        else:
            return options, refused
    raise AssertionError(f"no configuration of {core.name} in {_DRAWS} is valid: {refused[-1]}")


class InvalidRefusal(Exception):
    """A config that met bad values with something else than a message for a person."""

    def __init__(self, options, message):
        super().__init__(message)
        self.options = options


def command_options(options):
    """Return options as they are typed: ``{"fmt_a": "fp16", "flags": False}``."""
    typed = []
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            typed.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            typed += [f"--{flag}", str(value)]
    return typed


def _value(name, field, generator):
    if name in _SOURCES:
        return _SOURCES[name](generator)
    if name == "target":
        return generator.choice(targets.names())
    alternatives = _alternatives(field.annotation, field.metadata)
    kind, limits = generator.choice(alternatives)
    if kind in _DRAWN:
        return _DRAWN[kind](generator)
    if kind is int:
        return _integer(name, limits, generator)
    if kind is str and name.endswith("fmt"):
        return _weights(generator)
    # what is neither a type of ours nor a number is one of the words of a Literal, or nothing
    return None if isinstance(kind, type) else kind


def _alternatives(annotation, metadata=()):
    """Return (type or word, its limits) of everything that an annotation admits."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return [(word, ()) for word in arguments]
    if origin is typing.Annotated:
        return _alternatives(arguments[0], [*metadata, *arguments[1:]])
    if origin in (typing.Union, types.UnionType):
        return [pair for each in arguments for pair in _alternatives(each, metadata)]
    limits = [limit for each in metadata for limit in getattr(each, "metadata", [each])]
    return [(annotation, limits)]


def _integer(name, limits, generator):
    """Return an integer within limits, small ones more often, powers of two more often."""
    bounds = {key: value for limit in limits for key, value in _bounds_of(limit).items()}
    low = bounds.get("ge", bounds.get("gt", -1) + 1)
    high = bounds.get("le", bounds.get("lt", low + _UNLIMITED + 1) - 1)
    if name in _SIZES:
        # a size that begins beyond that is counted in blocks
        high = min(high, _LARGEST_SIZE if low < _LARGEST_SIZE else _LARGEST_SIZE * low)
    bits = generator.uniform(0, math.log2(high - low + 1))
    if generator.random() < 0.5:
        return max(low, min(high, 1 << int(bits)))
    return low + int(2**bits) - 1


def _bounds_of(limit):
    """Return the bound of an annotated type: ``{"ge": 1}``."""
    names = ("ge", "gt", "le", "lt")
    return {name: getattr(limit, name) for name in names if hasattr(limit, name)}


def _frequency(generator):
    return round(10 ** generator.uniform(1, 2.6))


def _matrix(generator):
    rows, columns = (generator.randint(1, 10) for _ in range(2))
    bits = generator.randint(1, 12)
    return f"random-int{bits}/{rows}x{columns}/{generator.randint(0, 999)}"


def _network(generator):
    neurons = ",".join(str(generator.randint(1, 12)) for _ in range(generator.randint(1, 3)))
    inputs, bits = generator.randint(1, 12), generator.randint(1, 6)
    return f"random/{inputs}x{bits}/{neurons}/{generator.randint(0, 999)}"


def _model(generator):
    width, layers = 16 * generator.randint(1, 3), generator.randint(1, 2)
    return f"random/{width}x{layers}/{generator.randint(0, 99)}"


def _weights(generator):
    return generator.choice(["int8", "int4", "mxfp4", "mxfp6-e2m3", "mxint8", "bitmod4", "bcq2"])


def _block_tables(generator):
    return generator.choice([generator.randint(0, 9), "0/0"])


# fields that name what a core is made from
_SOURCES = {
    "matrix": _matrix,
    "net": _network,
    "model": _model,
    "block_tables": _block_tables,
}


def _float(generator):
    if generator.random() < 0.4:
        return generator.choice(_FLOATS)
    name = f"e{generator.randint(1, 8)}m{int(24 * generator.random() ** 2)}"
    name = "u" * (generator.random() < 0.06) + name
    if generator.random() < 0.15:
        reach = generator.choice([8, 60, 500])
        name += f"b{generator.randint(-reach, reach)}"
    return name + generator.choice(_SPECIALS) + "nosub" * (generator.random() < 0.06)


def _integer_name(generator):
    return "u" * (generator.random() < 0.4) + f"int{int(2 ** generator.uniform(0, 5.2))}"


def _fixed(generator):
    whole, fraction = (generator.choice([0, 1, 3, generator.randint(-8, 16)]) for _ in range(2))
    return "u" * (generator.random() < 0.4) + f"q{whole}.{fraction}"


def _scalar(generator):
    if generator.random() < 0.03:
        return "e8m0"
    return generator.choice([_float, _float, _integer_name, _fixed])(generator)


def _block(generator):
    chance = generator.random()
    if chance < 0.35:
        stem = generator.choice(formats.BLOCK_NAMES).partition("/")[0]
    elif chance < 0.8:
        stem = "mx-" + _scalar(generator)
    else:
        stem = f"block-{_scalar(generator)}-{generator.choice(['e8m0', _float(generator)])}"
    size = generator.choice([1, 2, 4, 8, 16, 16, 16, generator.randint(1, _LARGEST_SIZE)])
    return f"{stem}/{size}"


def _codebook(generator):
    names = [*CODEBOOK_NAMES, *(f"bipolar{bits}" for bits in range(1, 9))]
    return generator.choice([generator.choice(names), _integer_name(generator), _float(generator)])


_DRAWN = {
    Codebook: _codebook,
    OutlierPairs: lambda generator: OutlierPairs.name,
    bool: lambda generator: generator.random() < 0.5,
    float: _frequency,
    formats.FloatFormat: _float,
    formats.IntFormat: _integer_name,
    formats.FixedFormat: _fixed,
    formats.ScalarFormat: _scalar,
    formats.BlockFormat: _block,
}
