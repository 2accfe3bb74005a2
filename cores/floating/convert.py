"""Conversion of numbers between float, integer and fixed-point formats, rounded once."""

from dataclasses import replace

from amaranth.hdl import Const, unsigned
from hwgen.cores.arith.lfsr import lfsr
from hwgen.cores.floating.accumulate_config import rounding_of
from hwgen.cores.floating.convert_config import is_float
from hwgen.cores.floating.convert_fixed import fixed_to_float, float_to_fixed
from hwgen.cores.floating.convert_float import float_to_float
from hwgen.cores.floating.special_result import limited, special_codes
from hwgen.cores.interface import Field
from hwgen.cores.mx.element import decode_element
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["FloatConvert"]


class FloatConvert(PipelinedCore):
    """Numbers of one format as numbers of another: IEEE 754-2019, clauses 5.4.1 and 5.4.2.

    Parameters
    ----------
    config : FloatConvertConfig
        Formats, lanes, rounding and fabric.

    Members
    -------
    i : In(stream)
        ``lanes`` numbers.
    o : Out(stream)
        ``lanes`` results and their exception flags, if asked for.
    """

    def __init__(self, config):
        lanes = config.lanes
        inputs = [
            Field("value", config.fmt.width, lanes, config.fmt.name, doc="numbers to convert")
        ]
        if config.random_lanes and config.random_source == "input":
            doc = "random bits of each rounding"
            inputs.append(Field("random", config.random_bits, lanes, doc=doc))
        self.keeps_state = bool(config.random_lanes) and config.random_source == "lfsr"
        outputs = [Field("result", config.out.width, lanes, config.out.name, doc="the results")]
        outputs += [
            Field(name, 1, lanes, doc=f"IEEE 754 exception {name}") for name in config.flag_names
        ]
        super().__init__(config, inputs, outputs)

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        if config.lanes == 1:
            values = {name: [value] for name, value in values.items()}
        lanes = []
        for index, code in enumerate(values["value"]):
            random = None
            if config.random_lanes:
                random = (
                    values["random"][index]
                    if config.random_source == "input"
                    else self._lfsr(pipeline, valid, index)
                )
            lanes.append(self._converted(pipeline, code, random, index))
        return {
            name: pipeline.concatenate([lane[name] for lane in lanes]) for name in lanes[0]
        }, None

    def _lfsr(self, pipeline, valid, lane):
        config = self.config
        update, name = valid.update(0), f"random{lane}"
        return lfsr(pipeline, config.random_bits, update, config.random_seed, lane, name)

    def _converted(self, pipeline, code, random, index):
        """Return the result of one lane and its flags by name."""
        config, source = self.config, self.config.fmt
        never = pipeline.constant(Const(0, 1))
        if not is_float(source):
            rounded = fixed_to_float(pipeline, source, code, rounding_of(config), random)
            flags = {name: getattr(rounded, name, never) for name in config.flag_names}
            return {"result": rounded.code} | flags
        read = source
        if config.subnormals == "flush":
            read = replace(source, subnormals=False)
        operand = decode_element(pipeline, read, code, "ieee", f"value{index}")
        nan = operand.nan or never
        if not is_float(config.out):
            fixed = float_to_fixed(
                pipeline, read, operand, nan, config.out, config.rounding, random
            )
            flags = {name: getattr(fixed, name) for name in config.flag_names}
            return {"result": fixed.code} | flags
        rounded = float_to_float(pipeline, read, operand, rounding_of(config), random)
        return self._with_special_results(pipeline, operand, rounded, code)

    def _with_special_results(self, pipeline, operand, rounded, code):
        config, out = self.config, self.config.out
        never = pipeline.constant(Const(0, 1))
        nan, infinite = operand.nan or never, operand.infinite or never

        def bit(function, *inputs, name):
            return pipeline.logic(function, *inputs, shape=unsigned(1), name=name)

        positive, negative = infinite, never
        if operand.infinite is not None and operand.sign is not None:
            positive = bit(lambda x, s: x & ~s, infinite, operand.sign, name="is_inf")
            negative = bit(lambda x, s: x & s, infinite, operand.sign, name="is_minus_inf")
        result = limited(pipeline, out, config.overflow, rounded.code, nan, positive, negative)
        fields = {"result": result}
        if not config.flags:
            return fields
        signaling = never
        if out.nan_code is None:
            signaling = nan
        elif operand.infinite is not None:
            quiet = pipeline.slice(
                code, config.fmt.significand_bits - 1, config.fmt.significand_bits
            )
            signaling = bit(lambda n, q: n & ~q, nan, quiet, name="is_signaling")
        _, infinity, _ = special_codes(out, config.overflow)
        lost = infinite if infinity != out.infinity_code else never
        fields["invalid"] = bit(lambda x, y: x | y, signaling, lost, name="invalid")
        for name in config.flag_names[1:]:
            fields[name] = bit(
                lambda flag, n, far: flag & ~n & ~far,
                *(getattr(rounded, name), nan, infinite),
                name=f"{name}_flag",
            )
        return fields
