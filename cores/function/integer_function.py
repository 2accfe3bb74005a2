"""Integer functions of a stream of values, by tables, straight lines and hard multipliers."""

from amaranth.hdl import Mux, unsigned
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.function.arithmetic import chain
from hwgen.cores.function.functions import FUNCTIONS, exponential, logistic
from hwgen.cores.function.reciprocals import reciprocal_of, reciprocal_root_of
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["IntegerFunction"]

_BITS = 32


class IntegerFunction(PipelinedCore):
    """One function of every value, ``lanes`` of them a clock cycle.

    Parameters
    ----------
    config : IntegerFunctionConfig
        The function, lanes and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` values: signed, 32 bits, 16 of them behind the point.
    o : Out(stream)
        ``lanes`` results; significands and shifts of the reciprocals.
    """

    def __init__(self, config):
        lanes = config.lanes
        values = fixed_field("value", _BITS, True, -16, lanes, "operands")
        super().__init__(config, [values], _results(config))

    def datapath(self, pipeline, valid):
        values = self.inputs(pipeline)["value"]
        values = [values] if self.config.lanes == 1 else values
        fields = [field.name for field in self.streams[1].fields]
        lanes = [self._of(pipeline, value) for value in values]
        return {
            name: pipeline.concatenate(list(each))
            for name, each in zip(fields, zip(*lanes, strict=True), strict=True)
        }, None

    def _of(self, pipeline, value):
        """Return the results of one value, a field each."""
        function = self.config.function.replace("-", "_")
        if function == "exp":
            magnitude = _sized(pipeline, value, lambda x: Mux(x[-1], -x, 0), _BITS, "distance")
            return (exponential(pipeline, magnitude),)
        if function == "logistic":
            return (logistic(pipeline, value),)
        if function in FUNCTIONS:
            return (FUNCTIONS[function](pipeline, value),)
        positive = _sized(
            pipeline,
            value,
            lambda x: Mux(x[-1] | ~x.any(), 1, x[: _BITS - 1]),
            _BITS - 1,
            "positive",
        )
        of = reciprocal_of if function == "reciprocal" else reciprocal_root_of
        return of(pipeline, positive)


def _results(config):
    """Return the fields of the results."""
    lanes = config.lanes
    if config.scales:
        return [
            Field("significand", 17, lanes, "integer", doc="its unit is 2**-shift"),
            Field("shift", 6, lanes, "integer", doc="power of two that divides the significand"),
        ]
    if config.bounded:
        return [fixed_field("result", 17, False, -16, lanes, "from 0 to 1")]
    return [fixed_field("result", _BITS, True, -16, lanes, "the function's values")]


def _sized(pipeline, value, function, width, name):
    """Return what a carry chain over a value gives."""
    shape = unsigned(width)
    return chain(pipeline, function, value, bits=_BITS, levels=1, shape=shape, name=name)
