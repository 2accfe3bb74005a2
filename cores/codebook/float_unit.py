"""One dot product unit for floats: exact sums, and what is no number beside them."""

from dataclasses import replace

from hwgen.cores.arith.tree import add_tree
from hwgen.cores.codebook.float_lanes import of_step
from hwgen.cores.codebook.result import no_specials
from hwgen.cores.codebook.unit import DotUnit
from hwgen.cores.floating.result import any_of

__all__ = ["FloatUnit"]


def _masked(pipeline, operand):
    """Return an operand with its mask applied, which an adder of two would have done."""
    bits = pipeline.logic(
        lambda value, mask: value & mask,
        *(operand.bits, operand.mask),
        shape=operand.bits.signal.shape(),
        name="masked_product",
    )
    return replace(operand, bits=bits, mask=None)


class FloatUnit(DotUnit):
    """What follows the decoders, for one row of weights and one vector of floats.

    Parameters and methods are those of `DotUnit`; `decoder` is a `FloatLanes`. A step takes
    ``1 / steps`` of a token's weights whole, not one term of each: so many shifters are enough.
    """

    def _lanes(self, decoder, addresses, elements):
        pipeline, step, steps = self.pipeline, self.step, self.config.steps
        addresses = of_step(pipeline, addresses, step, steps, "address")
        elements = of_step(pipeline, elements, step, steps, "element")
        products = [
            decoder.product(address, x, f"lane{lane}")
            for lane, (address, x) in enumerate(zip(addresses, elements, strict=True))
        ]
        found = {
            name: any_of(pipeline, [getattr(each, name) for each in products], f"lanes_{name}")
            for name in ("nan", "positive", "negative")
        }
        known = {name: bit for name, bit in found.items() if bit is not None}
        self._state = replace(no_specials(pipeline), **known)
        total = add_tree(pipeline, [each.operand for each in products], "lanes")
        return total if total.mask is None else _masked(pipeline, total)

    def row_state(self, scale, first):
        pipeline, ends, state = self.pipeline, self.ends, self._state
        if self.config.group_cycles > 1:
            state = state.over(pipeline, self.begins, self.update)
        if scale is not None:
            zero = pipeline.reduced(lambda bits: ~bits.any(), scale, name="scale_is_zero")
            nan = pipeline.bit(
                lambda n, p, m, z: n | ((p | m) & z),
                *(state.nan, state.positive, state.negative, zero),
                name="group_nan",
            )
            state = replace(state, nan=nan)
        if first is None:
            return state

        def update(stage):
            return self.valid.update(stage) & pipeline.at(ends, stage)

        return state.over(pipeline, first, update)
