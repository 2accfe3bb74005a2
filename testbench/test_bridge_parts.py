"""Parts of the serial bridge by themselves."""

import zlib

import pytest
from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator
from hwgen.cores.bridge.crc import SerialCrc32
from hwgen.cores.bridge.crossing import Crossing, Word
from hwgen.cores.bridge.protocol import Sizes
from hwgen.cores.bridge.ring import ByteRing
from hwgen.cores.bridge.uart import phase_step


@pytest.mark.parametrize("sink_period", [1e-9, 3.7e-9, 10e-9, 10.1e-9, 77e-9])
@pytest.mark.parametrize("slow_reader", [False, True])
def test_every_word_crosses_once_at_any_ratio_of_clocks(sink_period, slow_reader):
    words = [(number % 3, (37 * number) % 256) for number in range(40)]
    m = Module()
    m.domains += [ClockDomain("write"), ClockDomain("read")]
    m.submodules.crossing = crossing = Crossing("write", "read")
    received = []

    async def write(context):
        for kind, byte in words:
            context.set(crossing.i.payload, {"kind": Word(kind), "byte": byte})
            context.set(crossing.i.valid, 1)
            await context.tick("write").until(crossing.i.ready)
        context.set(crossing.i.valid, 0)

    async def read(context):
        while len(received) < len(words):
            context.set(crossing.o.ready, 1)
            (payload,) = (
                await context.tick("read").sample(crossing.o.payload).until(crossing.o.valid)
            )
            received.append((payload.kind.value, payload.byte))
            if slow_reader:
                context.set(crossing.o.ready, 0)
                await context.tick("read").repeat(7)

    simulator = Simulator(m)
    simulator.add_clock(10e-9, domain="write")
    simulator.add_clock(sink_period, domain="read")
    simulator.add_testbench(write)
    simulator.add_testbench(read)
    simulator.run()
    assert received == words


def test_crc_is_that_of_zlib_and_recognises_itself():
    crc = SerialCrc32()
    message = b"123456789"
    seen = []

    async def bench(context):
        async def add(byte):
            context.set(crc.data, byte)
            context.set(crc.load, 1)
            await context.tick()
            context.set(crc.load, 0)
            await context.tick().until(~crc.busy)

        for byte in message:
            await add(byte)
        context.set(crc.unload, 1)
        for _ in range(4):
            seen.append(context.get(crc.next_byte))
            await add(0)
        context.set(crc.unload, 0)
        context.set(crc.clear, 1)
        await context.tick()
        context.set(crc.clear, 0)
        for byte in message + bytes(seen):
            assert not context.get(crc.match)
            await add(byte)
        assert context.get(crc.match)

    simulator = Simulator(crc)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    # the published check value of CRC-32
    assert int.from_bytes(bytes(seen), "little") == 0xCBF43926 == zlib.crc32(message)


def test_ring_is_never_full_below_three_quarters():
    ring = ByteRing(64)
    written = []

    async def bench(context):
        for _ in range(8):
            # move the start of what is stored through the ring
            count = 0
            while not context.get(ring.full):
                context.set(ring.data, count)
                context.set(ring.write, 1)
                await context.tick()
                context.set(ring.write, 0)
                await context.tick().repeat(2)
                count += 1
            written.append(count)
            context.set(ring.rollback, 1)
            await context.tick()
            context.set(ring.rollback, 0)
            context.set(ring.write, 1)
            await context.tick()
            context.set(ring.write, 0)
            context.set(ring.commit, 1)
            await context.tick()
            context.set(ring.commit, 0)
            context.set(ring.skip, 1)
            await context.tick()
            context.set(ring.skip, 0)
            await context.tick().repeat(3)

    simulator = Simulator(ring)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert min(written) >= 48
    assert max(written) < 64
    assert len(set(written)) > 1


@pytest.mark.parametrize(
    ("clock_hz", "baud"), [(25e6, 3e6), (12e6, 2e6), (12e6, 3e6), (150e6, 3e6), (400e6, 115200)]
)
def test_bit_rate_is_exact_to_a_twentieth_of_a_percent(clock_hz, baud):
    width, step = phase_step(clock_hz, baud)
    assert abs(clock_hz * step / 2**width / baud - 1) < 0.0005


def test_too_few_clocks_a_bit_are_refused():
    with pytest.raises(ValueError, match=r"clock_hz must be at least 4 times baud \(3000000\)"):
        phase_step(11e6, 3_000_000)


@pytest.mark.parametrize("width", [1, 8, 9, 400, 1024, 1920, 4000, 8000])
def test_the_frame_buffer_holds_three_frames_of_any_width(width):
    sizes = Sizes(width, 1)
    assert sizes.payload_limit % sizes.input_bytes == 0
    assert sizes.buffer_bytes >= 3 * (sizes.payload_limit + 4)


def test_a_token_too_wide_for_a_frame_is_refused():
    with pytest.raises(ValueError, match="input_width must be 1 to 8000, not 8001"):
        Sizes(8001, 1)
    with pytest.raises(ValueError, match="output_width must be 1 to 1920, not 2000"):
        Sizes(8, 2000)
