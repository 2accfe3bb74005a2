"""Two blocks, element by element: exact sums or products, requantized with one rounding."""

from dataclasses import replace

from amaranth.hdl import Cat, Const, Mux, unsigned
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.compare import less
from hwgen.cores.arith.multiply import multiply
from hwgen.cores.arith.tree import shape_of_range
from hwgen.cores.mx.block_output import BlockOutputCore
from hwgen.cores.mx.encode import kept_bits
from hwgen.cores.mx.lane import Lane, LaneFormat, from_magnitude
from hwgen.cores.mx.operand import operand_fields, operand_lanes, scale_is_nan
from hwgen.cores.mx.shared_exponent import Offset

__all__ = ["MxAdd", "MxMul"]

_ONE_CODE = 127


class _TwoBlocks(BlockOutputCore):
    """A core with the operands a and b.

    Members
    -------
    i : In(stream)
        ``lanes`` elements of both blocks and their scales, ``k / lanes`` beats a block.
    o : Out(stream)
        ``lanes`` elements of the result and its scale, ``k / lanes`` beats a block.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of a block's last beat to the last beat of its result.
    initiation_interval : int
        Clock cycles from one beat to the next: 1.
    """

    def __init__(self, config):
        fields = []
        for name, block in (("a", config.fmt_a), ("b", config.fmt_b)):
            fields += operand_fields(
                name, f"scale_{name}", block, config.lanes, f"of operand {name}"
            )
        super().__init__(config, fields)

    def _operands(self, pipeline):
        """Return (lanes of a, format, lanes of b, format, scale of a, scale of b)."""
        config, values = self.config, self.inputs(pipeline)
        operands = []
        for name, block in (("a", config.fmt_a), ("b", config.fmt_b)):
            codes = values[name] if config.lanes > 1 else [values[name]]
            operands += operand_lanes(pipeline, codes, block.element, True, name)
        return *operands, values["scale_a"], values["scale_b"]


def _bit(pipeline, function, *inputs, name, levels=1):
    return pipeline.logic(function, *inputs, levels=levels, shape=unsigned(1), name=name)


class MxAdd(_TwoBlocks):
    """Sums of the elements of two blocks.

    Parameters
    ----------
    config : MxAddConfig
        Formats, rules and fabric.
    """

    def lanes(self, pipeline):
        lanes_a, kind_a, lanes_b, kind_b, scale_a, scale_b = self._operands(pipeline)
        bias = max(kind.bias + max(0, 1 - kind.low) for kind in (kind_a, kind_b))
        bases = [
            _lifted(pipeline, scale, bias - kind.bias, name)
            for scale, kind, name in ((scale_a, kind_a, "a"), (scale_b, kind_b, "b"))
        ]
        sums = []
        for index, pair in enumerate(zip(lanes_a, lanes_b, strict=True)):
            keyed = [
                _placed(pipeline, lane, kind, base, bias, f"{name}{index}")
                for lane, kind, base, name in zip(pair, (kind_a, kind_b), bases, "ab", strict=True)
            ]
            highest = 254 + bias + max(k.high - k.bias for k in (kind_a, kind_b))
            sums.append(self._sum(pipeline, pair, keyed, highest, f"lane{index}"))
        kind = replace(sums[0][1], bias=sums[0][1].bias + bias)
        nan = scale_is_nan(pipeline, [scale_a, scale_b])
        return [lane for lane, _ in sums], kind, Offset(-_ONE_CODE), nan

    def _sum(self, pipeline, pair, keyed, highest, name):
        config = self.config
        kept = kept_bits(config.block.element, config.rounding, config.random_bits)
        widths = [len(lane.significand) for lane in pair]
        # one bit may cancel where the smaller operand has lost some; else nothing is lost
        width = max(max(widths) + 1, kept.integer + kept.guard + 2)
        aligned = [
            pipeline.free(lambda bits: Cat(Const(0, width - len(bits)), bits), lane.significand)
            for lane in pair
        ]
        signs = [lane.sign for lane in pair]
        swap = _is_larger(pipeline, keyed[1], aligned[1], keyed[0], aligned[0], name)

        def choose(first, second, what):
            def pick(x, y, other):
                return Mux(other, y, x)

            shape = unsigned(len(first))
            larger = pipeline.logic(pick, first, second, swap, shape=shape, name=f"{name}_{what}")
            smaller = pipeline.logic(
                pick, second, first, swap, shape=shape, name=f"{name}_small_{what}"
            )
            return larger, smaller

        exponent, small_exponent = choose(*keyed, "base")
        significand, small = choose(*aligned, "large")
        sign, small_sign = choose(*signs, "sign")
        distance = add(
            pipeline,
            Term(exponent),
            Term(
                pipeline.free(lambda bits: Cat(bits, Const(0, 1)).as_signed(), small_exponent),
                None,
                pipeline.constant(Const(1, 1)),
            ),
            unsigned(len(exponent)),
            1,
            name=f"{name}_apart",
        )
        shifted = _shifted_with_sticky(pipeline, small, distance, width, name)
        differ = _bit(pipeline, lambda x, y: x ^ y, sign, small_sign, name=f"{name}_differ")
        wide = pipeline.free(lambda bits: Cat(Const(0, 1), bits), significand)
        total = add(
            pipeline,
            Term(wide),
            Term(
                pipeline.free(lambda bits: Cat(bits, Const(0, 2)).as_signed(), shifted),
                None,
                differ,
            ),
            unsigned(width + 2),
            differ,
            name=f"{name}_total",
        )
        sign = self._sign(pipeline, total, sign, small_sign, pair, name)
        # the top bit of an operand, bit `width` of the total, is worth 2**exponent
        base = (exponent, 0, highest)
        flags = _flags_of_sum(pipeline, pair, name)
        return from_magnitude(pipeline, sign, total, -width, base, name, flags)

    def _sign(self, pipeline, total, sign, small_sign, pair, name):
        down = self.config.rounding == "down"
        sign = _bit(
            pipeline,
            lambda bits, x, y: Mux(bits.any(), x, (x | y) if down else (x & y)),
            total,
            sign,
            small_sign,
            levels=2 + (len(total) > 12),
            name=f"{name}_sign",
        )
        infinities = [lane for lane in pair if lane.infinite is not None]
        if not infinities or self.config.infinity != "element":
            return sign
        for lane in infinities:
            sign = _bit(
                pipeline,
                lambda given, own, infinite: Mux(infinite, own, given),
                sign,
                lane.sign,
                lane.infinite,
                name=f"{name}_signed",
            )
        return sign


def _lifted(pipeline, scale, constant, name):
    """Return a scale code plus what makes the exponents of both operands comparable."""
    return add(
        pipeline,
        Term(scale),
        Term(pipeline.constant(Const(constant, max(1, constant.bit_length())))),
        unsigned((255 + constant).bit_length()),
        name=f"base_{name}",
    )


def _placed(pipeline, lane, kind, base, bias, name):
    """Return the lane's exponent with its scale, 0 for a zero."""
    highest = 255 + bias - kind.bias + kind.high
    shape = shape_of_range(0, highest)
    total = add(pipeline, Term(lane.exponent), Term(base), shape, name=f"{name}_place")
    return pipeline.logic(
        lambda bits, significand: bits & significand[-1].replicate(len(bits)),
        total,
        lane.significand,
        shape=shape,
        name=f"{name}_placed",
    )


def _is_larger(pipeline, exponent_x, x, exponent_y, y, name):
    """Return whether x is larger in magnitude than y."""
    width = max(len(exponent_x), len(exponent_y))

    def joined(bits, exponent):
        return Cat(bits, exponent, Const(0, width - len(exponent)))

    keys = [pipeline.free(joined, *each) for each in ((x, exponent_x), (y, exponent_y))]
    return less(pipeline, keys[1], keys[0], name=f"{name}_swap")


def _shifted_with_sticky(pipeline, value, distance, width, name):
    """Return ``value`` above a zero bit, shifted right; lost bits are joined in the last one."""
    size = width + 1
    stages = size.bit_length()
    wide = pipeline.free(lambda bits: Cat(Const(0, 1), bits), value)

    def moved(bits, step):
        return Cat(bits[: step + 1].any(), bits[step + 1 :], Const(0, step))[:size]

    if len(distance) > stages:
        wide = pipeline.logic(
            lambda bits, far: Mux(far[stages:].any(), Cat(bits.any(), Const(0, width)), bits),
            wide,
            distance,
            levels=3,
            shape=unsigned(size),
            name=f"{name}_near",
        )
    for stage in reversed(range(stages)):
        step = min(1 << stage, width)
        wide = pipeline.logic(
            lambda bits, far, step=step, stage=stage: Mux(far[stage], moved(bits, step), bits),
            wide,
            distance,
            levels=1 + (stage > 1),
            shape=unsigned(size),
            name=f"{name}_aligned_{step}",
        )
    return wide


def _flags_of_sum(pipeline, pair, name):
    """Return the flags: opposite infinities make a NaN."""
    nans = [lane.nan for lane in pair if lane.nan is not None]
    infinities = [lane for lane in pair if lane.infinite is not None]
    if len(infinities) == 2:
        nans.append(
            _bit(
                pipeline,
                lambda x, y, s, t: x & y & (s ^ t),
                *(lane.infinite for lane in pair),
                *(lane.sign for lane in pair),
                name=f"{name}_opposite",
            )
        )
    return _flags(pipeline, nans, [lane.infinite for lane in infinities], name)


def _flags(pipeline, nans, infinities, name):
    flags = {}
    if nans:
        flags["nan"] = _bit(pipeline, lambda *bits: Cat(*bits).any(), *nans, name=f"{name}_nan")
    if infinities:
        nan = [flags["nan"]] if nans else []
        flags["infinite"] = _bit(
            pipeline,
            lambda *bits: Cat(*bits[len(nan) :]).any() & ~Cat(*bits[: len(nan)]).any(),
            *nan,
            *infinities,
            name=f"{name}_infinite",
        )
    return flags


class MxMul(_TwoBlocks):
    """Products of the elements of two blocks.

    Parameters
    ----------
    config : MxMulConfig
        Formats, rules, multipliers and fabric.
    """

    def lanes(self, pipeline):
        config = self.config
        lanes_a, kind_a, lanes_b, kind_b, scale_a, scale_b = self._operands(pipeline)
        low, high = kind_a.low + kind_b.low, kind_a.high + kind_b.high
        products = []
        for index, (a, b) in enumerate(zip(lanes_a, lanes_b, strict=True)):
            name = f"lane{index}"
            sign = _bit(pipeline, lambda x, y: x ^ y, a.sign, b.sign, name=f"{name}_sign")
            hard = index < config.multiplier_lanes
            product = multiply(pipeline, a.significand, b.significand, hard, f"{name}_product")
            flags = _flags_of_product(pipeline, (a, b), name)
            products.append(
                _normalized_product(pipeline, sign, product, (a, b), (low, high), flags, name)
            )
        kind = replace(products[0][1], bias=kind_a.bias + kind_b.bias)
        scale = add(pipeline, Term(scale_a), Term(scale_b), unsigned(9), name="scale_product")
        offset = Offset(-2 * _ONE_CODE, scale, 0, 508)
        nan = scale_is_nan(pipeline, [scale_a, scale_b])
        return [lane for lane, _ in products], kind, offset, nan


def _normalized_product(pipeline, sign, product, operands, bounds, flags, name):
    """Return (lane, format) of a product of two normalized significands: one place at most."""
    a, b = operands
    low, high = bounds
    top = pipeline.slice(product, len(product) - 1, len(product))
    exponent = add(
        pipeline,
        Term(a.exponent),
        Term(b.exponent),
        shape_of_range(min(low, 0), high + 1),
        top,
        name=f"{name}_exponent",
    )
    significand = pipeline.logic(
        lambda bits, one: Mux(one, bits, bits << 1)[: len(bits)],
        product,
        top,
        shape=unsigned(len(product)),
        name=f"{name}_significand",
    )
    lane = Lane(sign, significand, exponent, **flags)
    return lane, LaneFormat(0, low, high + 1, zero_lowest=False)


def _flags_of_product(pipeline, pair, name):
    """Return the flags: infinity times zero makes a NaN."""
    nans = [lane.nan for lane in pair if lane.nan is not None]
    for lane, other in (pair, pair[::-1]):
        if lane.infinite is not None:
            nans.append(
                _bit(
                    pipeline,
                    lambda infinite, bits: infinite & ~bits[-1],
                    lane.infinite,
                    other.significand,
                    name=f"{name}_invalid",
                )
            )
    infinities = [lane.infinite for lane in pair if lane.infinite is not None]
    return _flags(pipeline, nans, infinities, name)
