"""Norms of vectors of any length: root mean square, and layer norm."""

from math import isqrt

from amaranth.hdl import Const, signed, unsigned
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.function.arithmetic import chain, product, resized, rounding_shift, saturated
from hwgen.cores.function.reciprocals import reciprocal_root_of
from hwgen.cores.function.waiting_vectors import WaitingVectors
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["RmsNorm"]

_BITS = 32
_GAIN_BITS = 18


class RmsNorm(PipelinedCore):
    """``(x - mean) / sqrt(mean square + epsilon) * gain + bias``, a value a clock cycle.

    All of it is exact but for the reciprocal root and one rounding: with n values of sum S and sum
    of squares Q the result is ``(n x - S) gain / sqrt(n Q - S**2 + n**2 epsilon)``, with S = 0
    where no mean is subtracted.

    Parameters
    ----------
    config : RmsNormConfig
        Longest vector, kind of norm and fabric.

    Members
    -------
    i : In(stream)
        A value, its gain, its bias if there are any, and the mark of a vector's last value.
    o : Out(stream)
        The normalised value, and the same mark.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of the last value of a longest vector to its last result.
    initiation_interval : int
        Clock cycles from one value to the next: 1.
    keeps_state : bool
        A result depends on other tokens of its vector.
    vector_beats : int
        Test vectors are whole after every so many tokens.
    """

    _pauses = True
    keeps_state = True

    def __init__(self, config):
        self.vector_beats = config.longest
        mark = Field("last", 1, doc="1 with the last value of a vector")
        inputs = [
            fixed_field("value", _BITS, True, -16, doc="values"),
            fixed_field(
                "gain", _GAIN_BITS, True, -config.gain_fraction, doc="factor of its result"
            ),
        ]
        if config.bias:
            inputs.append(fixed_field("bias", _BITS, True, -16, doc="added to its result"))
        results = fixed_field("result", _BITS, True, -16, doc="normalised values")
        super().__init__(config, [*inputs, mark], [results, mark])
        # a vector is complete before its first value goes on
        self.latency += config.longest - 1

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        vectors = WaitingVectors(pipeline, valid, self.i.payload.last, config.longest)
        operands = [values[name] for name in ("value", "gain", "bias") if name in values]
        count, total, square = self._gathered(pipeline, vectors, values["value"])
        significand, shift = reciprocal_root_of(pipeline, square)
        shared = [count, significand, shift, *([total] if config.mean else [])]
        (value, gain, *bias), (count, significand, shift, *total) = vectors.send_again(
            operands, shared
        )
        vectors.limit()
        pipeline.m.d.comb += self._paused.eq(vectors.full)
        distance = product(pipeline, value, count, "scaled")
        if config.mean:
            width = len(distance) + 1
            distance = chain(
                pipeline,
                lambda x, y: x - y,
                distance,
                *total,
                bits=width,
                shape=signed(width),
                name="distance",
            )
        gained = product(pipeline, distance, gain, "gained")
        wide = product(pipeline, gained, significand, "normalised")
        found = self._rounded(pipeline, wide, shift)
        if config.bias:
            width = max(len(found), _BITS) + 1
            found = chain(
                pipeline,
                lambda x, y: x + y,
                found,
                *bias,
                bits=width,
                shape=signed(width),
                name="biased",
            )
        found = resized(pipeline, saturated(pipeline, found), signed(_BITS))
        return {"result": found, "last": vectors.last}, None

    def _gathered(self, pipeline, vectors, value):
        """Return (number of values, their sum, what the root is taken of), of vectors so far."""
        longest, mean = self.config.longest, self.config.mean
        count_bits, epsilon = longest.bit_length(), self.config.epsilon_units
        count = vectors.gather(vectors.first, lambda x, _: x + 1, unsigned(count_bits), "count")
        square = pipeline.slice(product(pipeline, value, value, "square"), 0, 63)
        shape = unsigned((longest << 62).bit_length())
        squares = vectors.gather(square, lambda x, y: x + y, shape, "squares")
        if epsilon:
            factor = pipeline.constant(Const(epsilon))
            apart = product(pipeline, count, factor, "apart")
            shape = unsigned((longest * ((1 << 62) + epsilon)).bit_length())
            squares = chain(
                pipeline,
                lambda x, y: x + y,
                squares,
                apart,
                bits=shape.width,
                shape=shape,
                name="squares_apart",
            )
        found, total = product(pipeline, squares, count, "times_count"), None
        shape = unsigned((longest**2 * ((1 << 62) + epsilon)).bit_length())
        found = pipeline.slice(found, 0, shape.width)
        if mean:
            shape_of_sum = signed(_BITS + count_bits)
            total = vectors.gather(value, lambda x, y: x + y, shape_of_sum, "total")
            centered = product(pipeline, total, total, "square_of_total")
            found = chain(
                pipeline,
                lambda x, y: x - y,
                found,
                centered,
                bits=shape.width,
                shape=shape,
                name="centered",
            )
        # where there is nothing to take the root of, whatever is multiplied by it is 0
        return count, total, found

    def _rounded(self, pipeline, wide, shift):
        """Return results that are not limited to their range yet."""
        fraction = self.config.gain_fraction
        # a root's shift is 17 at least, and results have 16 fraction bits
        kept = pipeline.slice(wide, fraction, len(wide))
        kept = pipeline.free(lambda x: x.as_signed(), kept)
        bits = len(shift)
        amount = chain(
            pipeline, lambda x: x - 16, shift, bits=bits, shape=unsigned(bits), name="amount"
        )
        moved = rounding_shift(pipeline, kept, amount, name="moved")
        # no value is further from the mean than the root of the length times the root mean square
        most = (isqrt(self.config.longest) + 1) << _GAIN_BITS - 1 + 16 - fraction
        return pipeline.free(lambda x: x[: most.bit_length() + 2].as_signed(), moved)
