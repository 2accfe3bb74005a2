"""Blocks of several sizes are cut out of beats, wherever they begin."""

import numpy as np
import pytest
from amaranth.sim import Simulator
from hwgen.cores.gpt.block_cutter import UNIT_BYTES, BlockCutter


def drawn_jobs(rng, sizes, beat, count):
    """Return (jobs, all their beats, all their blocks) as integers."""
    jobs, beats, blocks = [], [], []
    for _ in range(count):
        form, number = int(rng.integers(len(sizes))), int(rng.integers(1, 9))
        skip = int(rng.integers(beat // UNIT_BYTES))
        size = skip * UNIT_BYTES + number * sizes[form]
        contents = rng.bytes(-(-size // beat) * beat)
        jobs.append((form, skip, number))
        beats += [contents[at : at + beat] for at in range(0, len(contents), beat)]
        for each in range(number):
            begin = skip * UNIT_BYTES + each * sizes[form]
            blocks.append((form, contents[begin : begin + sizes[form]]))
    return jobs, beats, blocks


def simulate(sizes, beat, jobs, beats, count, pauses):
    """Return (blocks that came out, beats that were taken, clock cycles)."""
    unit, found = BlockCutter(8 * beat, sizes), []
    rng, state = np.random.default_rng(beat), {"job": 0, "beat": 0, "cycle": 0}

    async def bench(ctx):
        while len(found) < count and state["cycle"] < 20_000:
            offers = {
                name: state[name] < len(items) and rng.random() >= pauses
                for name, items in (("job", jobs), ("beat", beats))
            }
            if offers["job"]:
                form, skip, blocks = jobs[state["job"]]
                ctx.set(unit.job.payload, {"format": form, "skip": skip, "blocks": blocks})
            if offers["beat"]:
                ctx.set(unit.i.payload, int.from_bytes(beats[state["beat"]], "little"))
            takes = rng.random() >= pauses
            ctx.set(unit.job.valid, int(offers["job"]))
            ctx.set(unit.i.valid, int(offers["beat"]))
            ctx.set(unit.o.ready, int(takes))
            if takes and ctx.get(unit.o.valid):
                found.append(ctx.get(unit.o.payload))
            state["job"] += offers["job"] and ctx.get(unit.job.ready)
            state["beat"] += offers["beat"] and ctx.get(unit.i.ready)
            state["cycle"] += 1
            await ctx.tick()

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found, state["beat"], state["cycle"]


@pytest.mark.parametrize(("sizes", "beat"), [((20,), 8), ((36, 20, 24), 16), ((68, 12), 64)])
@pytest.mark.parametrize("pauses", [0, 0.4])
def test_blocks_are_those_of_the_jobs_in_their_order(sizes, beat, pauses):
    jobs, beats, blocks = drawn_jobs(np.random.default_rng(5), sizes, beat, 40)
    found, taken, cycles = simulate(sizes, beat, jobs, beats, len(blocks), pauses)
    masks = [(1 << 8 * len(contents)) - 1 for _, contents in blocks]
    assert [each & mask for each, mask in zip(found, masks, strict=True)] == [
        int.from_bytes(contents, "little") for _, contents in blocks
    ]
    assert taken == len(beats)
    if not pauses:
        # one side moves in every cycle, but for two between jobs
        assert cycles <= len(beats) + len(blocks) + 2 * len(jobs)
