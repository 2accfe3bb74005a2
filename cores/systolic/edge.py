"""The edge of a systolic array: exact sums of blocks become results."""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.float_round import Rounding, round_to_float
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.mx.accumulator import accumulate_blocks, hold_flag, hold_in_register
from hwgen.cores.mx.scale import combine_scales, scaled_sum
from hwgen.cores.mx.special import any_of, exact_result, resolve_flags, with_flags
from hwgen.cores.pipelined import ValidChain
from hwgen.cores.systolic.element import flag_names
from hwgen.cores.systolic.wiring import own_enable

from hwgen import targets

__all__ = ["Edge", "result_fields", "reuse_distance"]


def reuse_distance(config):
    """Return after how many clock cycles in which the array moves an accumulator serves again.

    A register, or a memory that is read where its word is used, serves in the next one. Between
    registers the memory is read a clock ahead, and from three words on written a clock late, so
    that it is in no loop.
    """
    if config.accumulators == 1 or config.freq is None:
        return 1
    return min(config.accumulators, 3)


def result_fields(config):
    """Return (name, width, format, further facts) of the fields of one result."""
    if config.out != "exact":
        doc = "elements of the product"
        return [("result", config.out.width, {"format": config.out.name, "doc": doc})]
    dot = config.dot
    fields = [
        (
            "significand",
            dot.significand_width,
            {
                "format": "integer",
                "signed": True,
                "doc": "exact elements of the product in units of 2**exponent; 0 if a flag is set",
            },
        ),
        (
            "exponent",
            dot.scale_width,
            {
                "format": "integer",
                "bias": dot.exponent_bias,
                "doc": "weight of the significand's lowest bit, as the exponent of 2",
            },
        ),
    ]
    if config.specials == "ieee":
        fields.append(("nan", 1, {"doc": "1: the result is not a number"}))
    if dot.has_infinities:
        fields.append(("inf_positive", 1, {"doc": "1: the result is +infinity"}))
        fields.append(("inf_negative", 1, {"doc": "1: the result is -infinity"}))
    return fields


class Edge(wiring.Component):
    """Brings sums of blocks to their scales, accumulates and rounds them.

    There are ``config.accumulators`` sums; they may take turns in any order in which
    `reuse_distance` lies between two blocks of the same.

    Parameters
    ----------
    config : MxMatmulConfig
    size : int
        Operand bits of the whole array, see `Pipeline`.

    Members
    -------
    go : In(1)
        1: moves in the next clock cycle.
    total : In
        Sum of a block and its flags, sum lowest.
    scale_a, scale_b : In
        Scale codes of the block.
    first, valid : In(1)
        The block is the first one of its result; there is one at all.
    accumulator : In
        Number of the sum that the block belongs to; only where there are several.
    result fields : Out
        See `result_fields`.

    Attributes
    ----------
    latency : int
        Registers from the inputs to the result.
    pipeline : Pipeline
        Its circuit.
    """

    def __init__(self, config, size=0):
        self.config = config
        self._size = size
        self.flags = flag_names(config)
        self._sum_width = config.dot.block_sum_shape.width
        members = {
            "go": In(1),
            "total": In(self._sum_width + len(self.flags)),
            "scale_a": In(config.fmt_a.scale.width),
            "scale_b": In(config.fmt_b.scale.width),
            "first": In(1),
            "valid": In(1),
        }
        if config.accumulators > 1:
            members["accumulator"] = In(range(config.accumulators))
        members |= {name: Out(width) for name, width, _ in result_fields(config)}
        super().__init__(members)
        self._built, self.latency = self._build()
        self._built._MustUse__silence = True

    def elaborate(self, platform):
        built, self._built = self._built, None
        return built if built is not None else self._build()[0]

    def _build(self):
        config = self.config
        m = Module()
        enable = own_enable(m, self.go)
        fabric = targets.get(config.target)
        self.pipeline = pipeline = Pipeline(m, fabric, config.freq, enable, self._size)
        valid = ValidChain(m, self.valid, enable)
        codes = [pipeline.input(each, "scale") for each in (self.scale_a, self.scale_b)]
        scales = combine_scales(pipeline, codes, config.dot)
        first = pipeline.input(self.first, "first")
        if config.accumulators > 1:
            self._number = pipeline.input(self.accumulator, "accumulator_number")
        significand = pipeline.input(self.total[: self._sum_width].as_signed(), "block_sum")
        flags = [
            pipeline.input(self.total[self._sum_width + position], name)
            for position, name in enumerate(self.flags)
        ]
        significand = scaled_sum(pipeline, significand, scales, config.dot)
        exponent = scales.exponent
        if config.max_blocks > 1:
            significand, exponent = accumulate_blocks(
                pipeline, significand, exponent, first, valid.update, config.dot, self._hold
            )
            pipeline.capture(significand)
        flags = self._merged(pipeline, flags, scales, first, valid)
        results = self._results(pipeline, significand, exponent, flags)
        last = max(value.stage for value in results.values())
        for name, value in results.items():
            m.d.comb += getattr(self, name).eq(pipeline.at(value, last))
        return m, last

    def _merged(self, pipeline, flags, scales, first, valid):
        """Return the flags of a result: those of its blocks, and NaN for a NaN scale."""
        if self.config.specials == "ignore":
            return []
        flags = [any_of(pipeline, [*flags[:1], scales.nan], "nan"), *flags[1:]]
        if self.config.max_blocks == 1:
            return flags
        if pipeline.period is not None:
            # the stage before is the one in which a memory is read
            first = pipeline.register(first)
        return [
            hold_flag(pipeline, each, first, valid.update, f"flag_{index}", self._hold)
            for index, each in enumerate(flags)
        ]

    def _results(self, pipeline, significand, exponent, flags):
        config = self.config
        nan, infinities = resolve_flags(pipeline, flags)
        if config.out == "exact":
            return exact_result(pipeline, config.dot, significand, exponent, nan, infinities)
        rounding = Rounding(config.out, config.rounding, config.overflow)
        bias = config.dot.exponent_bias
        reach = config.dot.scale_range
        code = round_to_float(pipeline, significand, exponent, bias, reach, rounding)
        return {"result": with_flags(pipeline, code, nan, infinities, rounding)}

    def _hold(self, pipeline, shape, update, stage, name):
        """Store as `hold_in_register` does, for results that take turns: in a memory."""
        config, m = self.config, pipeline.m
        if config.accumulators == 1:
            return hold_in_register(pipeline, shape, update, stage, name)
        memory = Memory(shape=unsigned(shape.width), depth=config.accumulators, init=[])
        memory._MustUse__silence = True
        m.submodules[f"{name}_memory"] = memory
        read, write = memory.read_port(domain="comb"), memory.write_port()
        held = Signal(shape, reset_less=True, name=name)
        if pipeline.period is None:
            m.d.comb += [read.addr.eq(pipeline.at(self._number, stage)), held.eq(read.data)]
        else:
            m.d.comb += read.addr.eq(pipeline.at(self._number, stage - 1))
            with m.If(pipeline.enable):
                m.d.sync += held.eq(read.data)
        number = pipeline.at(self._number, stage)
        late = reuse_distance(config) > 2

        def store(value):
            stored = {"number": (write.addr, number), "value": (write.data, value)}
            for what, (port, given) in {**stored, "now": (write.en, update(stage))}.items():
                if late:
                    register = Signal(len(port), name=f"{name}_stored_{what}")
                    m.d.sync += register.eq(given)
                    given = register
                m.d.comb += port.eq(given)

        return held, store
