"""The simulated memory channel: its latencies, and its efficiency beside known figures."""

import pytest
from amaranth.sim import Simulator
from hwgen.cores.memory.channel import Channel
from hwgen.cores.memory.channel_config import ChannelConfig

from hwgen.errors import UsageError

PAGE = 4096
SMALL = {"data_bits": 64, "beats": 1 << 15, "address_bits": 20, "clock_mhz": 250, "banks": 4}


def answers(bursts, apart=100, config=None, seed=5, still=True, phase=0, **ports):
    """Return (cycles to the first beat, data, responses) of bursts, one after the other."""
    channel = Channel(ChannelConfig(**(SMALL | {"jitter": 0} | (config or {}))))
    axi, found = channel.axi, []

    async def bench(ctx):
        for name, value in {
            **{"seed": seed, "phase": phase, "refreshes": not still, **ports}
        }.items():
            ctx.set(getattr(channel, name), value)
        ctx.set(axi.rready, 1)
        for number in range(64):
            ctx.set(channel.load.payload.beat, number)
            ctx.set(channel.load.payload.data, number * number)
            ctx.set(channel.load.valid, 1)
            await ctx.tick()
        ctx.set(channel.load.valid, 0)
        for address, length, *shape in bursts:
            size, kind = shape or (3, 1)
            fields = {"araddr": address, "arlen": length, "arsize": size, "arburst": kind}
            for name, value in (*fields.items(), ("arvalid", 1)):
                ctx.set(getattr(axi, name), value)
            assert ctx.get(axi.arready)
            await ctx.tick()
            ctx.set(axi.arvalid, 0)
            cycles, beats = 1, []
            while not ctx.get(axi.rvalid) and cycles < 5000:
                await ctx.tick()
                cycles += 1
            while ctx.get(axi.rvalid):
                beats.append(tuple(ctx.get(getattr(axi, f"r{x}")) for x in ("data", "resp")))
                ended = ctx.get(axi.rlast)
                await ctx.tick()
                if ended:
                    break
            found.append((cycles, beats))
            for _ in range(apart):
                await ctx.tick()

    simulator = Simulator(channel)
    simulator.add_clock(4e-9)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def test_latency_is_that_of_a_closed_an_open_and_another_row():
    # a bank comes again after four pages
    found = answers([(0, 3), (PAGE - 8, 0), (4 * PAGE, 0), (PAGE, 0), (0, 0)])
    # 122, 107, 138, 122 and 138 ns at 250 MHz
    assert [cycles for cycles, _ in found] == [30, 27, 34, 30, 34]
    assert found[0][1] == [(number * number, 0) for number in range(4)]


def test_jitter_is_bounded_and_repeats_with_its_seed():
    bursts = [(0, 0)] * 40
    runs = [[cycles for cycles, _ in answers(bursts, 5, {"jitter": 7}, seed)] for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    for run in runs:
        assert set(run[1:]) <= set(range(27, 35))
        assert len(set(run)) > 4


def test_refresh_closes_rows_and_takes_its_time():
    config = ChannelConfig(**SMALL)
    # the first refresh begins 100 cycles after reset, when the first address is accepted
    cycles = [each for each, _ in answers([(0, 0)] * 2, 1, still=False, phase=64)]
    assert config.closed_cycles == 69
    assert cycles[0] in range(69 + 30 - 2, 69 + 30 + 1)
    assert cycles[1] == 27


def test_a_row_that_was_open_is_closed_after_a_refresh():
    # 64 cycles of loading; the refresh falls between the two bursts
    bursts = [(0, 0)] * 2
    cycles = [each for each, _ in answers(bursts, 200, still=False, phase=150)]
    assert cycles == [30, 30]
    assert [each for each, _ in answers(bursts, 200)] == [30, 27]


WRONG = [(PAGE - 8, 1), (0, 0, 2, 1), (0, 0, 3, 0), (4, 0), (8 << 15, 0), (16, 0), (24, 0), (32, 0)]


def test_what_cannot_be_read_is_answered_with_an_error():
    found = answers(WRONG, 1, faulty=1, fault_first=17, fault_last=24)
    assert [beats[0][1] for _, beats in found] == [2, 2, 2, 2, 3, 0, 2, 0]
    # with all its beats
    assert len(found[0][1]) == 2


def test_a_channel_that_hangs_answers_nothing():
    channel = Channel(ChannelConfig(**SMALL))

    async def bench(ctx):
        ctx.set(channel.axi.arvalid, 1)
        ctx.set(channel.axi.rready, 1)
        ctx.set(channel.hangs, 1)
        for _ in range(200):
            await ctx.tick()
            assert not ctx.get(channel.axi.arready)
            assert not ctx.get(channel.axi.rvalid)

    simulator = Simulator(channel)
    simulator.add_clock(4e-9)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("data_bits", 96), ("clock_mhz", 20), ("beats", 3), ("address_bits", 40), ("banks", 5)),
        *(("queue", 1), ("hit_ns", 130.0), ("activation_ns", 0), ("jitter", 4)),
        ("refresh_interval_ns", 200.0),
        ("beats", 1 << 26),
    ],
)
def test_what_a_channel_cannot_be_is_named(field, value):
    with pytest.raises(UsageError, match=rf"^{field} must be .*, not {value}$"):
        ChannelConfig(**{field: value})
