"""What float cores share around their arithmetic: random bits in, result and flags out."""

from hwgen.cores.arith.lfsr import lfsr
from hwgen.cores.interface import Field

__all__ = ["any_of", "random_bits", "random_fields", "result_fields", "results"]

_FLAGS = {
    "invalid": "1: no number is the result of these operands",
    "overflow": "1: the rounded result is beyond the largest number",
    "underflow": "1: the result is tiny and inexact",
    "inexact": "1: the result was rounded",
}


def random_fields(config):
    """Return the input field of random bits, where the config asks for one."""
    if not config.draws_random or config.random_source != "input":
        return []
    return [Field("random", config.random_bits, doc="random bits of the rounding")]


def random_bits(pipeline, config, values, valid):
    """Return the random bits of the token in the first stage, or None."""
    if not config.draws_random:
        return None
    if config.random_source == "input":
        return values["random"]
    return lfsr(pipeline, config.random_bits, valid.update(0), config.random_seed)


def result_fields(out, flags):
    """Return the output fields of a core with one float result."""
    fields = [Field("result", out.width, format=out.name, doc="the result, rounded once")]
    return fields + [Field(name, 1, doc=doc) for name, doc in _FLAGS.items() if flags]


def results(rounded, invalid):
    """Return the output fields by name; ``invalid`` is only used with flags."""
    fields = {"result": rounded.code}
    if rounded.inexact is not None:
        fields["invalid"] = invalid
        fields |= {name: getattr(rounded, name) for name in list(_FLAGS)[1:]}
    return fields


def any_of(pipeline, conditions, name):
    """Return the disjunction of the conditions that are not None; None if all are."""
    present = [each for each in conditions if each is not None]
    while len(present) > 1:
        groups = [present[at : at + 4] for at in range(0, len(present), 4)]
        present = [
            group[0]
            if len(group) == 1
            else pipeline.logic(lambda first, *rest: _or(first, rest), *group, shape=1, name=name)
            for group in groups
        ]
    return present[0] if present else None


def _or(first, rest):
    for each in rest:
        first = first | each
    return first
