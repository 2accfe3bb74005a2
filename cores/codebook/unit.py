"""One dot product unit: a group's products or terms, their sum, and the sum of scaled groups."""

from amaranth.hdl import Cat, Const, Mux, signed
from hwgen.cores.arith.fixed_round import resized
from hwgen.cores.arith.multiply import multiply, takes_hard_multiplier
from hwgen.cores.arith.tree import Operand, add_tree, negate_if
from hwgen.cores.codebook.lanes import multiplied, term_of
from hwgen.cores.codebook.result import no_specials
from hwgen.cores.codebook.scale import add_scaled_serially
from hwgen.cores.fixed.accumulate import accumulate

__all__ = ["DotUnit"]

# a product with fewer bits than this is smaller than the way to a hard multiplier
_NARROWEST = 4
# so many hard multipliers lie all over the chip, and what they give comes from afar
_SCATTERED = 16


class DotUnit:
    """What follows the decoders, for one row of weights and one vector.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the unit becomes part of.
    valid : ValidChain
    config : CodebookDotConfig
    update : callable
        Takes a stage, returns the condition under which weights leave it.
    step : Timed or None
        Number of the weights' term; None where there is one only.
    begins, ends : Timed
        Marks of a group's first and last step; `ends` is 0 where there are no weights.
    """

    def __init__(self, pipeline, valid, config, update, step, begins, ends):
        self.pipeline, self.valid, self.config, self.update = pipeline, valid, config, update
        self.step, self.begins, self.ends = step, begins, ends

    def group_sum(self, decoder, addresses, elements, zero=None):
        """Return the sum of a group's products so far.

        Parameters
        ----------
        decoder : LaneDecoder
        addresses, elements : list of Timed
            Of the lanes' integers; elements of the vector.
        zero : Timed or None
            Zero point of the weights.
        """
        total = self._lanes(decoder, addresses, elements)
        if zero is not None:
            total = self._without_zero(zero, elements, total)
        return self._over_group(total)

    def _over_group(self, total):
        """Return the sum of what the lanes add since a group's first step."""
        pipeline, config = self.pipeline, self.config
        if config.group_cycles == 1:
            return negate_if(pipeline, total).bits
        shape = config.group_shape
        return accumulate(pipeline, total.bits, self.begins, self.update, shape, total.sign)

    def _lanes(self, decoder, addresses, elements):
        """Return the sum of all lanes' products, or of their terms of a step."""
        pipeline, config, step = self.pipeline, self.config, self.step
        operands = []
        for lane, (x, address) in enumerate(zip(elements, addresses, strict=True)):
            name, bounds = f"lane{lane}", config.element_bounds
            if config.terms.steps == 1 or config.architecture == "serial":
                operand = term_of(decoder, config.terms, address, x, bounds, step, name)
            else:

                def hard(x, y, lane=lane):
                    return self._uses_multiplier(x, y, lane)

                far = config.lanes >= _SCATTERED
                operand = multiplied(decoder, address, x, bounds, hard, far, name)
            operands.append(operand)
        total = add_tree(pipeline, operands, "lanes")
        return total if step is None else self._moved(total)

    def _moved(self, total):
        """Return the sum of a step's terms times the power of two that all of them have."""
        pipeline, step, offsets = self.pipeline, self.step, self.config.terms.offsets
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

    def _without_zero(self, zero, given, total):
        """Return the sum less the zero point times the sum of the elements, once a token."""
        pipeline, config, step = self.pipeline, self.config, self.step
        bounds = config.element_bounds
        elements = [Operand(x, *bounds) for x in given]
        sum_x = add_tree(pipeline, elements, "elements").bits
        if config.center:
            zero = pipeline.free(lambda code: Cat(code[:-1], ~code[-1]).as_signed(), zero)
        hard = self._uses_multiplier(zero, sum_x, config.lanes + 1)
        product = multiply(pipeline, sum_x, zero, hard, "zero_product")
        once = None
        if step is not None:
            once = pipeline.bit(lambda number: number == 0, step, name="first_step")
        ends = [x * config.lanes * each for x in bounds for each in config.zero_bounds]
        low, high = min(*ends, 0), max(*ends, 0)
        sign = pipeline.constant(Const(1, 1))
        return add_tree(pipeline, [total, Operand(product, low, high, once, sign)], "less_zero")

    def _uses_multiplier(self, x, y, number):
        """Return whether a hard multiplier takes the product of two values."""
        shapes = [each.signal.shape() for each in (x, y)]
        return takes_hard_multiplier(self.pipeline, self.config.dsp, shapes, _NARROWEST, number)

    def row_sum(self, total, scale, first):
        """Return the sum of groups' sums times their scales.

        Parameters
        ----------
        total : Timed
            Sum of the group that ends.
        scale : Timed or None
            Its scale.
        first : Timed or None
            Mark of a row's first group; None where every group is a row.
        """
        pipeline, config, ends = self.pipeline, self.config, self.ends
        shape = config.sum_shape
        if scale is not None:
            hard = self._uses_multiplier(total, scale, config.lanes)
            hard = hard and config.architecture == "multiply"
            if not hard and config.group_cycles >= config.scale_width:
                return add_scaled_serially(pipeline, self.valid, total, scale, ends, first, shape)
            total = multiply(pipeline, total, scale, hard, "scaled", final=first is None)
        if first is None:
            return pipeline.free(lambda bits: resized(bits, bits, shape), total)

        def update(stage):
            return self.valid.update(stage) & pipeline.at(ends, stage)

        return accumulate(pipeline, total, first, update, shape)

    def row_state(self, scale, first):
        """Return the `SumState` of a row; `scale` and `first` are as in `row_sum`."""
        return no_specials(self.pipeline)
