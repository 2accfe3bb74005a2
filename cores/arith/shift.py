"""Left shifters: levels of selection, chosen for the fewest look-up tables."""

from collections import defaultdict
from functools import cache, reduce
from itertools import product
from operator import or_

from amaranth.hdl import Cat, Const, unsigned
from hwgen.cores.arith.lut4 import choose_of_four

__all__ = ["shift_left"]

_MOST_SELECT_BITS = 3
# What a register that only serves its synchronous reset costs, in look-up tables a bit.
_REGISTER_COST = 0.02


class _Level:
    """One level: ``select`` bits of the amount pick how far, in steps, the window moves.

    ``reach[p]`` holds the (choice, window bit) pairs that can arrive at result bit ``p``.
    """

    def __init__(self, width, low_bit, bits, limits=None):
        self.low_bit, self.bits = low_bit, bits
        step, choices = 1 << low_bit, 1 << bits
        low, high = limits or (0, step * choices - 1)
        self.reach = [[] for _ in range(width + (high - low if limits else step * (choices - 1)))]
        for choice in range(low // step, high // step + 1):
            # a window bit at or above this offset holds nothing for the first and last choice
            first = max(low - choice * step, 0) if limits else 0
            last = width - 1 if not limits else width - 1 - max(0, (choice + 1) * step - 1 - high)
            for bit in range(first, last + 1):
                self.reach[bit + choice * step - low * bool(limits)].append((choice, bit))

    def cost(self, last, registered, lut_inputs):
        """Return the estimated number of look-up tables."""
        total = 0.0
        masks = set()
        for candidates in self.reach:
            if len(candidates) == 1:
                masks.add(candidates[0][0])
                total += 0.0 if registered else (0.5 if last else 1.0)
            elif len(candidates) > 1 and lut_inputs >= 6:
                total += 1 if len(candidates) + self.bits <= lut_inputs else 2
            elif len(candidates) > 1:
                total += (len(candidates) + 1) // 2 if self.bits <= 2 else len(candidates) - 1
        if self.bits > 2:
            total += 0 if lut_inputs >= 6 else 1 << self.bits
        elif registered or last:
            total += len(masks)
        return total + registered * _REGISTER_COST * len(self.reach)


@cache
def _plans(width, low, high, pipelined, lut_inputs):
    """Return all plans, the cheapest first: (number of select bits, whether registered) pairs."""
    bits = max(1, high.bit_length())
    found = []
    for count in range(1, bits + 1):
        for sizes in product(range(1, _MOST_SELECT_BITS + 1), repeat=count):
            if sum(sizes) != bits:
                continue
            for registers in product((False, True) if pipelined else (False,), repeat=count):
                cost = sum(
                    level.cost(last, registered, lut_inputs)
                    for (level, last), registered in zip(
                        _levels(width, low, high, sizes), registers, strict=True
                    )
                )
                found.append((cost, tuple(zip(sizes, registers, strict=True))))
    return tuple(plan for _, plan in sorted(found, key=lambda each: each[0]))


def _plan(pipeline, value, amount, low, high):
    """Return the cheapest plan whose registers delay nothing that follows the shifter."""
    fabric = pipeline.fabric
    plans = _plans(len(value), low, high, pipeline.period is not None, fabric.lut_inputs)
    if pipeline.period is None:
        return plans[0]
    key = ("shift", len(value), low, high, value.stage - amount.stage)
    key += (value.arrival, amount.arrival)
    if key not in pipeline.decisions:
        found = _cheapest_in_time(pipeline, value, amount, low, high, plans)
        pipeline.decisions[key] = found
    return pipeline.decisions[key]


def _cheapest_in_time(pipeline, value, amount, low, high, plans):
    """Return the first plan behind which a consumer ends no later than without registers."""

    def ends(plan):
        trial = pipeline.trial()
        copies = value.without_registers(), amount.without_registers()
        bits, mask = _built(trial, *copies, low, high, plan)
        delay = trial.fabric.carry_chain_delay(len(bits))
        stage, _ = trial.start([bits] if mask is None else [bits, mask], delay)
        trial.discard()
        return stage

    plain = next(plan for plan in plans if not any(registered for _, registered in plan))
    latest = ends(plain)
    # every register is a stage: most plans have too many, and need no trial
    most = latest - max(value.stage, amount.stage)
    short = (plan for plan in plans if sum(registered for _, registered in plan) <= most)
    return next(plan for plan in short if plan is plain or ends(plan) <= latest)


def _levels(width, low, high, sizes):
    """Yield (level, whether it is the last) for the given numbers of select bits."""
    done = 0
    for index, bits in enumerate(sizes):
        last = index == len(sizes) - 1
        level = _Level(width, done, bits, (low, high) if last else None)
        yield level, last
        width = len(level.reach)
        done += bits


def shift_left(pipeline, value, amount, low, high, name="shifted"):
    """Shift ``value`` left by ``amount - low`` bits.

    Parameters
    ----------
    pipeline : Pipeline
        Datapath that the shifter becomes part of.
    value : Timed
        Unsigned operand.
    amount : Timed
        Unsigned, between ``low`` and ``high``.
    low, high : int
        Range of ``amount``. Offsets cost nothing: no subtraction is needed.
    name : str
        Name of the result in the emitted Verilog.

    Returns
    -------
    (Timed, Timed or None)
        Bits and mask: the result is their conjunction, left open because an adder takes a mask
        for nothing.

    Notes
    -----
    A result bit that only one choice can reach needs no multiplexer, only a mask. In a pipeline
    that mask becomes the synchronous reset of a register where that is cheaper and timing has
    room for the register, or wants one: what takes the result starts no later.
    """
    plan = _plan(pipeline, value, amount, low, high)
    return _built(pipeline, value, amount, low, high, plan, name)


def _built(pipeline, value, amount, low, high, plan, name="shifted"):
    """Build the levels of a plan; return (bits, mask or None)."""
    levels = _levels(len(value), low, high, [bits for bits, _ in plan])
    window, mask = value, None
    for (level, last), (_, registered) in zip(levels, plan, strict=True):
        builder = _LevelBuilder(pipeline, window, amount, level, f"{name}_{1 << level.low_bit}")
        window, mask = builder.build(registered, last)
    return window, mask


class _LevelBuilder:
    """Builds one level of a shifter."""

    def __init__(self, pipeline, window, amount, level, name):
        self.pipeline, self.window, self.level, self.name = pipeline, window, level, name
        end = level.low_bit + level.bits
        self.select = pipeline.slice(amount, level.low_bit, min(end, len(amount)))

    def build(self, registered, open_mask):
        """Return (bits, mask or None); the mask may be left open for what takes the bits."""
        groups = defaultdict(list)
        for position, candidates in enumerate(self.level.reach):
            groups[self._kind(candidates, registered or open_mask)].append(position)
        pieces = {}
        mask_of = {}
        for kind, positions in groups.items():
            if kind == "none":
                value = self.pipeline.constant(Const(0, len(positions)))
            elif isinstance(kind, int):
                value, mask_of[kind] = self._single(kind, positions, registered)
            else:
                build = self._by_tables if kind == "tables" else self._by_logic
                value = build(positions)
            pieces |= {position: (value, index) for index, position in enumerate(positions)}
        if registered:
            stage = max(value.stage for value, _ in pieces.values())
            pieces = {
                position: (self.pipeline.moved(value, stage), index)
                for position, (value, index) in pieces.items()
            }
        bits = self._gathered(pieces)
        if not open_mask or registered or not mask_of:
            return bits, None
        return bits, self._mask(mask_of)

    def _kind(self, candidates, masks):
        if not candidates:
            return "none"
        if len(candidates) == 1 and masks:
            return candidates[0][0]
        explicit = len(candidates) > 2 and self.level.bits == 2
        has_tables = self.pipeline.fabric.lut4_module is not None
        return "tables" if explicit and has_tables else "logic"

    def _gathered(self, pieces):
        values = list({id(value): value for value, _ in pieces.values()}.values())
        order = {id(value): number for number, value in enumerate(values)}

        def gather(*signals):
            return Cat(
                signals[order[id(value)]][index]
                for value, index in (pieces[position] for position in range(len(pieces)))
            )

        return self.pipeline.free(gather, *values)

    def _single(self, choice, positions, registered):
        """Return bits that only ``choice`` can reach, and their mask if it is left open."""
        sources = [self.level.reach[position][0][1] for position in positions]
        bits = self.pipeline.free(lambda window: Cat(window[each] for each in sources), self.window)
        keep = self.pipeline.logic(
            lambda select: select == choice,
            self.select,
            shape=unsigned(1),
            name=f"{self.name}_is_{choice}",
        )
        if registered:
            return self.pipeline.register_masked(bits, keep, f"{self.name}_of_{choice}"), None
        return bits, keep

    def _by_logic(self, positions):
        sources = [dict(self.level.reach[position]) for position in positions]
        choices = sorted({choice for each in sources for choice in each})

        def selected(window, select):
            # whole words, and a sign that extends: an expression for every bit takes long to write
            words = [
                Cat(
                    window[each[choice]] if choice in each else Const(0, 1) for each in sources
                ).as_signed()
                & (select == choice).as_signed()
                for choice in choices
            ]
            return reduce(or_, words)

        return self.pipeline.logic(
            selected,
            self.window,
            self.select,
            levels=1 if self.level.bits <= 2 else 2,
            shape=unsigned(len(positions)),
            name=f"{self.name}_logic",
        )

    def _by_tables(self, positions):
        """Return bits with three or four candidates each, two tables a bit."""
        choices = []
        for choice in range(4):
            sources = [dict(self.level.reach[position]).get(choice) for position in positions]
            choices.append(
                self.pipeline.free(
                    lambda window, sources=sources: Cat(
                        Const(0, 1) if each is None else window[each] for each in sources
                    ),
                    self.window,
                )
            )
        low, high = (self.pipeline.slice(self.select, bit, bit + 1) for bit in range(2))
        return choose_of_four(self.pipeline, choices, low, high, f"{self.name}_choice")

    def _mask(self, mask_of):
        """Return the mask of the whole result: bits with several candidates are always kept."""
        kinds = list(mask_of)

        def gather(*keeps):
            keep_of = dict(zip(kinds, keeps, strict=True))
            return Cat(
                keep_of[candidates[0][0]] if len(candidates) == 1 else Const(1, 1)
                for candidates in self.level.reach
            )

        return self.pipeline.free(gather, *mask_of.values())
