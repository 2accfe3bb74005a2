"""A block to numbers: element times scale, rounded once."""

from dataclasses import replace

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.float_round import Rounding, round_significand
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.interface import Field
from hwgen.cores.mx.encode import Specials, encode_element, is_float, kept_bits
from hwgen.cores.mx.factor import decode_factor, multiply_lanes
from hwgen.cores.mx.lane import reduce_lane
from hwgen.cores.mx.random import draw, draws_inside, random_fields
from hwgen.cores.mx.shared_exponent import SharedExponent
from hwgen.cores.pipelined import PipelinedCore

from hwgen import formats

__all__ = ["MxDequantise"]


def _input_fields(config):
    block = config.fmt
    element = block.element
    fields = [
        Field("elements", element.width, config.lanes, element.name, doc="elements of the block"),
        Field("scale", block.scale.width, format=block.scale.name, doc="scale of this beat"),
    ]
    if block.tensor_scale is not None:
        scale = block.tensor_scale
        fields.append(
            Field("tensor_scale", scale.width, format=scale.name, doc="second scale of this beat")
        )
    return fields + random_fields(config)


class MxDequantise(PipelinedCore):
    """Turns blocks into floats, integers or fixed point.

    Parameters
    ----------
    config : MxDequantiseConfig
        Formats, rounding and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` elements and their scale.
    o : Out(stream)
        ``lanes`` numbers.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of a beat to its values.
    initiation_interval : int
        Clock cycles from one beat to the next: 1.
    """

    def __init__(self, config):
        self.keeps_state = draws_inside(config)
        out = config.out
        super().__init__(
            config,
            _input_fields(config),
            [Field("values", out.width, config.lanes, out.name, doc="values of the elements")],
        )

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        codes = values["elements"] if config.lanes > 1 else [values["elements"]]
        scale, kind = self._scale(pipeline, values)
        random = draw(pipeline, config, self.i.payload, valid)
        results = [
            self._value(pipeline, code, scale, kind, random[index], f"lane{index}")
            for index, code in enumerate(codes)
        ]
        joined = results[0] if len(results) == 1 else pipeline.concatenate(results)
        return {"values": joined}, None

    def _scale(self, pipeline, values):
        """Return the product of the scales as (Lane, LaneFormat)."""
        scales = [("scale", self.config.fmt.scale)]
        if self.config.fmt.tensor_scale is not None:
            scales.append(("tensor_scale", self.config.fmt.tensor_scale))
        factors = [decode_factor(pipeline, number, values[name], name) for name, number in scales]
        product = factors[0]
        for factor in factors[1:]:
            product = multiply_lanes(pipeline, product, factor, "scales")
        return product

    def _value(self, pipeline, code, scale, kind, random, name):
        config = self.config
        element = decode_factor(pipeline, config.fmt.element, code, name)
        lane, kind = multiply_lanes(pipeline, element, (scale, kind), name)
        if not is_float(config.out):
            return _fixed_value(pipeline, lane, kind, config, random, name)
        rounding = Rounding(
            config.out, config.rounding, config.overflow, random_bits=config.random_bits
        )
        width = len(lane.significand)
        rounded = round_significand(
            pipeline,
            lane.sign,
            lane.significand,
            lane.exponent,
            kind.bias + width - 1,
            (kind.low, kind.high),
            rounding,
            random=random,
            normalised=True,
        ).code
        return _with_specials(pipeline, rounded, lane, rounding, name)


def _fixed_value(pipeline, lane, kind, config, random, name):
    """Return the code of a lane as an integer or fixed-point number, saturated."""
    out = config.out
    kept = kept_bits(out, config.rounding, config.random_bits)
    significand = reduce_lane(pipeline, lane, kept.integer + kept.guard, kept.sticky, name)
    # the exponent of lanes that fill the highest place below the sign
    anchor = kind.bias + out.lsb_exponent + out.width - 2
    shape = shape_of_range(min(anchor, 0), max(anchor, 0))
    constant = pipeline.constant(Const(anchor, shape))
    shared = SharedExponent(None, constant, anchor, anchor, True, None)
    rules = formats.Quantization(rounding=config.rounding, symmetric=False)
    code = encode_element(
        pipeline,
        replace(lane, significand=significand),
        kind,
        kept,
        shared,
        rules,
        out,
        random,
        Specials(infinite=lane.infinite),
        name,
    )
    if lane.nan is None:
        return code
    return pipeline.logic(
        lambda bits, flag: Mux(flag, Const(out.max_code, out.width), bits),
        code,
        lane.nan,
        shape=unsigned(out.width),
        name=f"{name}_value",
    )


def _with_specials(pipeline, code, lane, rounding, name):
    out = rounding.format
    flags = [each for each in (lane.infinite, lane.nan) if each is not None]
    if not flags:
        return code

    def chosen(bits, minus, *given):
        given = list(given)
        if lane.infinite is not None:
            beyond = Cat(Const(rounding.overflow_code, out.width - 1), minus)
            if rounding.overflow_code == out.nan_code:
                beyond = Const(out.nan_code, out.width) | (minus << out.width - 1)
            bits = Mux(given.pop(0), beyond, bits)
        if lane.nan is not None:
            bits = Mux(given.pop(0), out.nan_code, bits)
        return bits

    levels = pipeline.fabric.gate_levels(2 + len(flags))
    return pipeline.logic(
        chosen,
        code,
        lane.sign,
        *flags,
        levels=levels,
        shape=unsigned(out.width),
        name=f"{name}_value",
    )
