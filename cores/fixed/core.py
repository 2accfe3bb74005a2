"""The frame of a fixed-point core: operands in, one exact integer, one rounding, one result out."""

from amaranth.hdl import Shape
from hwgen.cores.arith.fixed_round import resized, round_to_fixed
from hwgen.cores.arith.lfsr import lfsr
from hwgen.cores.arith.multiply import takes_hard_multiplier
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["FixedCore", "operand_fields", "uses_multiplier"]

# a product with fewer bits than this is smaller in tables and carry chains
_NARROWEST = 6


def operand_fields(config, lanes=1):
    """Return the fields of the operands a and b."""
    return [
        fixed_field(name, fmt.width, fmt.signed, fmt.lsb_exponent, lanes, f"operand {name}")
        for name, fmt in (("a", config.fmt_a), ("b", config.fmt_b))
    ]


def uses_multiplier(pipeline, config, lane=0):
    """Return whether the product of a lane goes through a hard multiplier."""
    shapes = [Shape(each.width, each.signed) for each in (config.fmt_a, config.fmt_b)]
    return takes_hard_multiplier(pipeline, config.dsp, shapes, _NARROWEST, lane)


class FixedCore(PipelinedCore):
    """A core whose result is an exact integer that :meth:`result` rounds once.

    Parameters
    ----------
    config : FixedResultConfig
        Range, format and rounding of the result.
    input_fields : list of Field
        Operands; the field ``random`` is added where the config asks for it.

    Attributes
    ----------
    keeps_state : bool
        Whether results depend on more than their own operands: on random bits from inside.
    """

    def __init__(self, config, input_fields):
        self.keeps_state = config.needs_random and not config.random_input
        fields = list(input_fields)
        if config.random_input:
            bits = int(config.random_bits)
            fields.append(Field("random", bits, doc="random bits of the rounding"))
        shape, exponent = config.exact_shape, config.exact_exponent
        width, signed = shape.width, shape.signed
        if config.out != "exact":
            width, signed = config.out.width, config.out.signed
            exponent = config.out.lsb_exponent
        outputs = [fixed_field("result", width, signed, exponent, doc="the result")]
        if config.out != "exact" and config.flags:
            outputs.append(Field("overflow", 1, doc="1: the rounded result is beyond the format"))
        super().__init__(config, fields, outputs)

    def result(self, pipeline, valid, exact):
        """Return the output fields for the exact result, an integer of ``config.exact_bounds``.

        ``exact`` may have bits to spare.
        """
        config = self.config
        shape = config.exact_shape
        exact = pipeline.free(lambda bits: resized(bits, bits, shape), exact)
        if config.out == "exact":
            return {"result": exact}
        random = None
        if config.random_input:
            random = pipeline.input(self.i.payload.random, "random")
        elif config.needs_random:
            bits = int(config.random_bits)
            random = lfsr(pipeline, bits, valid.update(0), seed=config.random_seed)
        rounded = round_to_fixed(
            pipeline,
            exact,
            config.exact_bounds,
            config.exact_exponent,
            config.result_rounding,
            random,
        )
        fields = {"result": rounded.code}
        if config.flags:
            fields["overflow"] = rounded.overflow
        return fields
