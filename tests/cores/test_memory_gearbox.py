"""Words of one width become words of another, without a bit or a clock cycle lost."""

import numpy as np
import pytest
from amaranth.sim import Simulator
from hwgen.cores.memory.gearbox import Gearbox


def simulate(width_in, width_out, words, pauses, cycles=20_000):
    """Return (words that came out, clock cycles)."""
    unit, found, taken = Gearbox(width_in, width_out), [], []
    rng = np.random.default_rng(width_in)
    total = len(words) * width_in // width_out

    async def bench(ctx):
        sent = 0
        for cycle in range(cycles):
            offers = sent < len(words) and rng.random() >= pauses
            takes = rng.random() >= pauses
            ctx.set(unit.i.valid, int(offers))
            ctx.set(unit.i.payload, words[sent] if offers else 0)
            ctx.set(unit.o.ready, int(takes))
            if takes and ctx.get(unit.o.valid):
                found.append(ctx.get(unit.o.payload))
            sent += offers and ctx.get(unit.i.ready)
            await ctx.tick()
            if len(found) == total:
                taken.append(cycle + 1)
                break

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found, taken[0]


@pytest.mark.parametrize(
    ("width_in", "width_out"), [(16, 20), (64, 72), (16, 16), (32, 5), (24, 56), (8, 64)]
)
@pytest.mark.parametrize("pauses", [0, 0.4])
def test_bits_come_out_in_their_order(width_in, width_out, pauses):
    rng = np.random.default_rng(1)
    words = [int(each) for each in rng.integers(0, 1 << min(62, width_in), 280)]
    found, cycles = simulate(width_in, width_out, words, pauses)
    whole = sum(word << width_in * number for number, word in enumerate(words))
    mask = (1 << width_out) - 1
    wanted = [whole >> width_out * n & mask for n in range(len(words) * width_in // width_out)]
    assert found == wanted
    if not pauses:
        # one side moves in every cycle
        assert cycles <= max(len(words), len(wanted)) + 2
