"""Dot product of codebook weights and integers: exact sums of groups, times the groups' scales."""

from amaranth.hdl import Cat, Const, Mux, Signal, signed
from hwgen.cores.arith.fixed_round import resized
from hwgen.cores.arith.multiply import fits_hard_multiplier, multiply
from hwgen.cores.arith.tree import Operand, add_tree, negate_if
from hwgen.cores.codebook.lanes import LaneDecoder, multiplied, term_of
from hwgen.cores.codebook.scale import add_scaled_serially
from hwgen.cores.fixed.accumulate import accumulate
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["CodebookDot"]

# a product with fewer bits than this is smaller than the way to a hard multiplier
_NARROWEST = 4
# so many hard multipliers lie all over the chip, and what they give comes from afar
_SCATTERED = 16


def _input_fields(config):
    fmt, weights = config.fmt, config.weights
    doc = "elements of the vector"
    fields = [
        fixed_field("x", fmt.width, fmt.signed, fmt.lsb_exponent, config.lanes, doc),
        Field("weights", weights.width, config.lanes, doc=f"codes of {weights}"),
    ]
    if weights.selector_width:
        doc = "which special value the token's weights have"
        fields.append(Field("selector", weights.selector_width, doc=doc))
    if config.zero_points:
        doc = "zero point of the token's weights"
        fields.append(Field("zero", weights.width, format=f"uint{weights.width}", doc=doc))
    if config.scale_width:
        doc = "scale of the group; read with its last token"
        width = config.scale_width
        fields.append(Field("scale", width, format=f"uint{width}", doc=doc))
    if config.max_groups > 1:
        fields += [
            Field("first", 1, doc="1 with the last token of a row's first group"),
            Field("last", 1, doc="1 with the last token of a row's last group"),
        ]
    return fields


class CodebookDot(PipelinedCore):
    """``sum over groups of scale * sum over the group of (entry - zero point) * x``, exact.

    The weights of BitMoD (Y. Chen et al., "BitMoD: Bit-serial Mixture-of-Datatype LLM
    Acceleration", HPCA 2025, section 4), and of other weight-only formats. With the architecture
    ``serial`` every token takes as many clock cycles as the codebook's integers have terms.

    Parameters
    ----------
    config : CodebookDotConfig

    Members
    -------
    i : In(stream)
        ``lanes`` elements of the vector and as many weights, ``group / lanes`` tokens a group.
    o : Out(stream)
        One sum a row.

    Attributes
    ----------
    initiation_interval : int
        Clock cycles from one group to the next.
    macs_per_cycle : float
        Weights a clock cycle.
    """

    def __init__(self, config):
        self.initiation_interval = config.group_cycles
        self.macs_per_cycle = config.lanes / config.steps
        self._pauses = config.steps > 1
        shape, exponent = config.sum_shape, config.sum_exponent
        doc = "the sum of the row"
        result = fixed_field("sum", shape.width, shape.signed, exponent, doc=doc)
        super().__init__(config, _input_fields(config), [result])

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        step, begins, ends = self._follow(pipeline, valid)
        total = self._lanes(pipeline, values, step)
        if config.zero_points:
            total = self._without_zero(pipeline, values, total, step)
        if config.group_cycles == 1:
            total = negate_if(pipeline, total).bits
        else:
            shape = config.group_shape
            total = accumulate(pipeline, total.bits, begins, valid.update, shape, total.sign)
        first, emit = None, ends
        if config.max_groups > 1:
            first = values["first"]
            emit = pipeline.bit(lambda end, mark: end & mark, ends, values["last"], name="row_ends")
        return {"sum": self._rows(pipeline, valid, values, total, ends, first)}, emit

    def _follow(self, pipeline, valid):
        """Count the steps of a token and the tokens of a group.

        Returns
        -------
        (Timed or None, Timed, Timed)
            Number of the step; marks of a group's first and last step.
        """
        m, steps, beats = pipeline.m, self.config.steps, self.config.beats
        step, beat = Signal(range(steps), name="step"), Signal(range(beats), name="beat")
        done = step == steps - 1
        if steps > 1:
            # every step of a token goes through the pipeline; the last one takes it
            valid.restart(0, self.i.valid)
            m.d.comb += self._paused.eq(~done)
            with m.If(valid.update(0)):
                m.d.sync += step.eq(Mux(done, 0, step + 1))
        with m.If(valid.update(0) & done):
            m.d.sync += beat.eq(Mux(beat == beats - 1, 0, beat + 1))
        begins = pipeline.input((beat == 0) & (step == 0), "group_begins")
        ends = pipeline.input((beat == beats - 1) & done, "group_ends")
        number = pipeline.broadcast(pipeline.input(step, "step")) if steps > 1 else None
        return number, begins, ends

    def _lanes(self, pipeline, values, step):
        """Return the sum of all lanes' products, or of their terms of a step."""
        config, bounds = self.config, self.config.element_bounds
        decoder = LaneDecoder(pipeline, config.values, values.get("selector"))
        elements, addresses = _listed(values["x"]), self._addresses(pipeline, values)
        operands = []
        for lane, (x, address) in enumerate(zip(elements, addresses, strict=True)):
            name = f"lane{lane}"
            if config.terms.steps == 1 or config.architecture == "serial":
                operand = term_of(decoder, config.terms, address, x, bounds, step, name)
            else:

                def hard(x, y, lane=lane):
                    return self._uses_multiplier(pipeline, x, y, lane)

                far = config.lanes >= _SCATTERED
                operand = multiplied(decoder, address, x, bounds, hard, far, name)
            operands.append(operand)
        total = add_tree(pipeline, operands, "lanes")
        return total if step is None else self._moved(pipeline, total, step)

    def _addresses(self, pipeline, values):
        """Return the addresses of the lanes' integers: codes, in pairs with a victim's mark."""
        codes = _listed(values["weights"])
        if not self.config.paired:
            return codes
        mark = self.config.weights.victim_code
        victims = [
            pipeline.bit(lambda code: code == mark, code, name=f"victim{lane}")
            for lane, code in enumerate(codes)
        ]
        return [pipeline.concatenate([code, victims[lane ^ 1]]) for lane, code in enumerate(codes)]

    def _moved(self, pipeline, total, step):
        """Return the sum of a step's terms times the power of two that all of them have."""
        offsets = self.config.terms.offsets
        highest = max(offsets)
        if not highest:
            return total
        width = len(total.bits) + highest

        def chosen(bits, number):
            result = bits << offsets[-1]
            for at, offset in enumerate(offsets[:-1]):
                result = Mux(number == at, bits << offset, result)
            return result

        shape = signed(width) if total.bits.signal.shape().signed else width
        bits = pipeline.logic(
            chosen, total.bits, step, levels=len(step), shape=shape, name="moved_terms"
        )
        reach = 1 << highest
        low, high = min(total.minimum * reach, 0), max(total.maximum * reach, 0)
        return Operand(bits, low, high, sign=total.sign)

    def _without_zero(self, pipeline, values, total, step):
        """Return the sum less the zero point times the sum of the elements, once a token."""
        config = self.config
        bounds = config.element_bounds
        elements = [Operand(x, *bounds) for x in _listed(values["x"])]
        sum_x = add_tree(pipeline, elements, "elements").bits
        zero = values["zero"]
        if config.center:
            zero = pipeline.free(lambda code: Cat(code[:-1], ~code[-1]).as_signed(), zero)
        hard = self._uses_multiplier(pipeline, zero, sum_x, config.lanes + 1)
        product = multiply(pipeline, sum_x, zero, hard, "zero_product")
        once = None
        if step is not None:
            once = pipeline.bit(lambda number: number == 0, step, name="first_step")
        ends = [x * config.lanes * each for x in bounds for each in config.zero_bounds]
        low, high = min(*ends, 0), max(*ends, 0)
        sign = pipeline.constant(Const(1, 1))
        return add_tree(pipeline, [total, Operand(product, low, high, once, sign)], "less_zero")

    def _uses_multiplier(self, pipeline, x, y, number):
        """Return whether a hard multiplier takes the product of two values."""
        config, fabric = self.config, pipeline.fabric
        # a hard multiplier is signed: an unsigned operand takes one bit more
        widths = [len(each) + (not each.signal.shape().signed) for each in (x, y)]
        if config.dsp == "none" or not fabric.multiplies(*widths):
            return False
        if config.dsp == "auto":
            return min(widths) >= _NARROWEST and fits_hard_multiplier(pipeline, len(x), len(y))
        return number < config.dsp

    def _rows(self, pipeline, valid, values, total, ends, first):
        """Return the sum of the groups' sums times their scales."""
        config = self.config
        shape = config.sum_shape
        if config.scale_width:
            scale = values["scale"]
            hard = self._uses_multiplier(pipeline, total, scale, config.lanes)
            hard = hard and config.architecture == "multiply"
            if not hard and config.group_cycles >= config.scale_width:
                return add_scaled_serially(pipeline, valid, total, scale, ends, first, shape)
            total = multiply(pipeline, total, scale, hard, "scaled", final=first is None)
        if first is None:
            return pipeline.free(lambda bits: resized(bits, bits, shape), total)

        def update(stage):
            return valid.update(stage) & pipeline.at(ends, stage)

        return accumulate(pipeline, total, first, update, shape)


def _listed(value):
    return value if isinstance(value, list) else [value]
