"""Vectors to INT8 by their largest magnitude: the quantizer of activations of BitNet b1.58."""

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.compare import less
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.interface import Field
from hwgen.cores.mx.shared_exponent import largest_key
from hwgen.cores.pipelined import PipelinedCore
from hwgen.cores.ternary.float_lane import SHIFTS, aligned, float_divisor
from hwgen.cores.ternary.held_vectors import HeldVectors
from hwgen.cores.ternary.nearest_quotient import nearest_quotient

__all__ = ["AbsmaxQuantise"]

_DOC = "what the vector's values were divided by, times 127; in every beat"


class AbsmaxQuantise(PipelinedCore):
    """``q = round(127 x / absmax)``, an exact quotient rounded once, ties to even.

    S. Ma et al., "The Era of 1-bit LLMs", arXiv:2402.17764, section 2: activations a token.

    Parameters
    ----------
    config : AbsmaxQuantiseConfig
        Format, sizes and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` values, ``columns / lanes`` beats a vector.
    o : Out(stream)
        ``lanes`` codes and the divisor of the vector, as many beats.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of a vector's last beat to its last beat of codes.
    initiation_interval : int
        Clock cycles from one beat to the next: 1.
    keeps_state : bool
        Whether a vector has several beats.
    vector_beats : int
        Beats of a vector.
    """

    def __init__(self, config):
        self.keeps_state, self.vector_beats = config.beats > 1, config.beats
        fmt, lanes = config.fmt, config.lanes
        doc = "values of the vector"
        if config.is_float:
            values = Field("values", fmt.width, lanes, fmt.name, doc=doc)
            divisor = Field("absmax", fmt.width, 1, fmt.name, doc=_DOC)
        else:
            values = fixed_field("values", fmt.width, fmt.signed, fmt.lsb_exponent, lanes, doc)
            divisor = fixed_field("absmax", fmt.width, False, fmt.lsb_exponent, doc=_DOC)
        codes = Field("codes", 8, lanes, "int8", signed=True, doc="codes of the values")
        super().__init__(config, [values], [codes, divisor])
        # the last beat of a vector leaves so many clocks after the first
        self.latency += config.beats - 1

    def datapath(self, pipeline, valid):
        config = self.config
        values = self.inputs(pipeline)["values"]
        values = values if config.lanes > 1 else [values]
        vectors = HeldVectors(pipeline, valid, config.beats) if config.beats > 1 else None
        largest = largest_key(pipeline, [self._key(pipeline, value) for value in values])
        if vectors is not None:
            largest = vectors.gather(
                largest, lambda x, y: Mux(x > y, x, y), self._loop_delay(pipeline), "key"
            )
        absmax = self._divisor(pipeline, largest)
        if config.is_float:
            shared = [absmax, *float_divisor(pipeline, config.fmt, absmax)]
        else:
            shared = [absmax, _minus(pipeline, absmax)]
        if vectors is not None:
            values, shared = vectors.send_again(values, shared)
        absmax, minus, *places = shared
        codes = [
            self._quotient(pipeline, value, minus, places, f"lane{index}")
            for index, value in enumerate(values)
        ]
        codes = codes[0] if len(codes) == 1 else pipeline.concatenate(codes)
        return {"codes": codes, "absmax": absmax}, None

    def _loop_delay(self, pipeline):
        """Return what it takes to choose the larger of two keys, in nanoseconds."""
        fabric, width = pipeline.fabric, self.config.fmt.width
        compare = fabric.carry_chain_delay(width) + fabric.carry_exit_delay
        return compare + fabric.logic_delay(bits=width)

    def _key(self, pipeline, value):
        """Return what values are compared by: an unsigned number that grows with the magnitude."""
        fmt = self.config.fmt
        if self.config.is_float:
            return pipeline.slice(value, 0, fmt.width - 1)
        if not fmt.signed:
            return value
        # what a negative value's complement lacks to its magnitude stands below it
        return pipeline.logic(
            lambda bits: Cat(bits[-1], bits[:-1] ^ bits[-1].replicate(len(bits) - 1)),
            value,
            shape=unsigned(fmt.width),
            name="key",
        )

    def _divisor(self, pipeline, key):
        """Return the largest magnitude of a vector, or the least divisor where that is larger."""
        config, width = self.config, self.config.fmt.width
        magnitude = key
        if not config.is_float and config.fmt.signed:
            zero = pipeline.constant(Const(0, 1))
            magnitude = add(
                pipeline,
                Term(pipeline.slice(key, 1, width)),
                Term(zero),
                unsigned(width),
                pipeline.slice(key, 0, 1),
                "largest_magnitude",
            )
        least = Const(config.least_code, width)
        small = less(pipeline, magnitude, pipeline.constant(least), name="below_least")
        return pipeline.logic(
            lambda bits, below: Mux(below, least, bits),
            magnitude,
            small,
            shape=unsigned(width),
            name="absmax",
        )

    def _quotient(self, pipeline, value, minus, places, name):
        """Return the code of a value."""
        fmt = self.config.fmt
        sign = None
        if fmt.signed:
            sign = pipeline.slice(value, fmt.width - 1, fmt.width)
        if not self.config.is_float:
            return nearest_quotient(pipeline, value, sign, minus, 0, name)
        magnitude = aligned(pipeline, fmt, value, *places, name)
        return nearest_quotient(pipeline, magnitude, sign, minus, SHIFTS, name)


def _minus(pipeline, value):
    """Return an unsigned value with the other sign."""
    inverted = pipeline.free(lambda bits: Cat(~bits, Const(1, 1)).as_signed(), value)
    zero = Term(pipeline.constant(Const(0, 1)))
    return add(pipeline, zero, Term(inverted), signed(len(value) + 1), 1, "minus_absmax")
