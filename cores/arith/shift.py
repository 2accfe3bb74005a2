"""Left shifter in two parts: a short logarithmic one, then selection of whole segments."""

from amaranth.hdl import Cat, Const, Mux, unsigned

__all__ = ["shift_left"]


def _segments(width, low, high, step):
    """Return, for every result bit, the (window bit, segment) pairs that can reach it."""
    reach = [[] for _ in range(width + high - low)]
    for segment in range(low // step, high // step + 1):
        first = max(low, segment * step) - segment * step
        last = min(high, segment * step + step - 1) - segment * step
        for window_bit in range(first, last + width):
            reach[window_bit + segment * step - low].append((window_bit, segment))
    return reach


def _cost(width, low, high, step):
    """Return an estimate of the LUT4 count for one choice of ``step``."""
    stages = step.bit_length() - 1
    fine = sum(width + (1 << stage + 1) - 1 for stage in range(stages))
    reach = _segments(width, low, high, step)
    several = high // step > low // step
    coarse = 0.0
    for candidates in reach:
        count = len(candidates)
        if count == 1:
            coarse += 0.5 if several else 0.0
        else:
            pairs = (count + 1) // 2
            coarse += pairs + (pairs - 1) / 3
    return fine + coarse


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
    """
    width = len(value)
    steps = [1 << exponent for exponent in range(max(1, high.bit_length()))]
    step = min(steps, key=lambda each: _cost(width, low, high, each))
    stages = step.bit_length() - 1
    window = value
    for stage in range(stages):
        window = pipeline.logic(
            lambda bits, select, stage=stage: Mux(
                select[stage], Cat(Const(0, 1 << stage), bits), bits
            ),
            window,
            amount,
            shape=unsigned(len(window) + (1 << stage)),
            name=f"{name}_{1 << stage}",
        )
    reach = _segments(width, low, high, step)
    if high // step == low // step:
        return pipeline.slice(window, low % step, low % step + len(reach)), None

    def selected(bits, select):
        segment_of = select[stages:]
        result = []
        for candidates in reach:
            if len(candidates) == 1:
                result.append(bits[candidates[0][0]])
            else:
                result.append(
                    Cat(
                        bits[window_bit] & (segment_of == segment)
                        for window_bit, segment in candidates
                    ).any()
                )
        return Cat(*result)

    def kept(select):
        segment_of = select[stages:]
        return Cat(
            segment_of == candidates[0][1] if len(candidates) == 1 else Const(1, 1)
            for candidates in reach
        )

    bits = pipeline.logic(
        selected, window, amount, levels=2, shape=unsigned(len(reach)), name=name
    )
    mask = pipeline.logic(
        kept, amount, levels=1, shape=unsigned(len(reach)), name=f"{name}_segment"
    )
    return bits, mask
