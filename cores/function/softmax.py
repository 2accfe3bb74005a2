"""The softmax of vectors of any length, with the function units of the GPT machine."""

from amaranth.hdl import Cat, Const, Mux, signed, unsigned
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.function.arithmetic import chain, product, rounding_shift
from hwgen.cores.function.functions import exponential, reciprocal
from hwgen.cores.function.reciprocals import normalised
from hwgen.cores.function.waiting_vectors import WaitingVectors
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["Softmax"]

_POWER_BITS = 17
_NORMAL_BITS = 31


class Softmax(PipelinedCore):
    """``e**(x - max) / sum``, a value a clock cycle.

    Parameters
    ----------
    config : SoftmaxConfig
        Longest vector, bits of the results and fabric.

    Members
    -------
    i : In(stream)
        A score: signed, 32 bits, 16 of them behind the point; and the mark of a vector's last one.
    o : Out(stream)
        Its probability, and the same mark.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of the last score of a longest vector to its last
        probability.
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
        doc = "1 with the last one of a vector"
        inputs = [fixed_field("score", 32, True, -16, doc="scores"), Field("last", 1, doc=doc)]
        fraction = config.fraction
        outputs = [
            fixed_field("probability", fraction + 1, False, -fraction, doc="from 0 to 1"),
            Field("last", 1, doc=doc),
        ]
        super().__init__(config, inputs, outputs)
        # a vector is complete before its first value goes on, twice
        self.latency += 2 * (config.longest - 1)

    def datapath(self, pipeline, valid):
        score = self.inputs(pipeline)["score"]
        vectors = WaitingVectors(pipeline, valid, self.i.payload.last, self.config.longest)
        largest = vectors.gather(score, lambda x, y: Mux(x > y, x, y), signed(32), "largest")
        (score,), (largest,) = vectors.send_again([score], [largest])
        distance = chain(
            pipeline,
            lambda x, y: x - y,
            largest,
            score,
            bits=33,
            shape=unsigned(33),
            name="distance",
        )
        power = exponential(pipeline, distance)
        bits = (self.config.longest << 16).bit_length()
        total = vectors.gather(power, lambda x, y: x + y, unsigned(bits), "total")
        inverse, amount = self._inverse(pipeline, total)
        (power,), (inverse, amount) = vectors.send_again([power], [inverse, amount])
        vectors.limit()
        pipeline.m.d.comb += self._paused.eq(vectors.full)
        wide = product(pipeline, power, inverse, "quotient")
        # no sum is below 1, so that all results are moved by so many places
        kept = pipeline.slice(wide, 31 - self.config.fraction, len(wide))
        moved = rounding_shift(pipeline, pipeline.signed(kept), amount, name="moved")
        found = pipeline.slice(moved, 0, self.config.fraction + 1)
        return {"probability": found, "last": vectors.last}, None

    def _inverse(self, pipeline, total):
        """Return the significand of 1 / sum, and how far products with it move, from 1 on."""
        bits = len(total)
        value = pipeline.free(lambda x: Cat(Const(0, _NORMAL_BITS - bits), x), total)
        # a sum is 1 at least
        steps = [1 << place for place in reversed(range((bits - _POWER_BITS).bit_length()))]
        normal, zeros = normalised(pipeline, value, steps, "total")
        place, rest = pipeline.slice(normal, 23, 30), pipeline.slice(normal, 11, 23)
        most = bits - _POWER_BITS + 1
        shape = unsigned(most.bit_length())
        amount = chain(
            pipeline, lambda x: most - x, zeros, bits=shape.width, shape=shape, name="amount"
        )
        return reciprocal(pipeline, place, rest), amount
