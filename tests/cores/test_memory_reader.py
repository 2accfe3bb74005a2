"""The AXI4 reader against a memory in Python that does what the standard allows."""

import numpy as np
import pytest
from amaranth.sim import Simulator
from hwgen.cores.memory.reader import Reader, Status
from hwgen.cores.memory.reader_config import ReaderConfig

from hwgen.errors import UsageError

CONFIG = {"data_bits": 64, "burst_bytes": 128, "outstanding": 4, "buffer_beats": 32}
ADDRESS = ("araddr", "arlen", "arsize", "arburst")


class Memory:
    """A slave that pauses at random, and notes the bursts; the word at an address is the address.

    ``answer`` may change (data, response, last) of a beat, by number of burst and beat.
    """

    def __init__(self, reader, seed=0, pauses=0.4, answer=None, silent_from=None):
        self.reader, self.rng, self.pauses = reader, np.random.default_rng(seed), pauses
        self.answer, self.silent_from = answer, silent_from
        self.bursts, self.most_open = [], 0

    async def run(self, ctx):
        axi, number, beat, shown = self.reader.axi, 0, 0, None
        while True:
            goes = self.rng.random() >= self.pauses
            ready = self.rng.random() >= self.pauses
            silent = self.silent_from is not None and number >= self.silent_from
            gives = number < len(self.bursts) and goes and not silent
            if gives:
                address, length = self.bursts[number]
                reply = (address + 8 * beat, 0, beat == length)
                if self.answer:
                    reply = self.answer(number, beat, reply)
                for name, value in zip(("rdata", "rresp", "rlast"), reply, strict=True):
                    ctx.set(getattr(axi, name), int(value))
            ctx.set(axi.rvalid, gives)
            ctx.set(axi.arready, ready)
            assert ctx.get(axi.rready), "the reader lets the memory wait"
            valid = ctx.get(axi.arvalid)
            now = tuple(ctx.get(getattr(axi, name)) for name in ADDRESS)
            assert shown is None or (valid and now == shown), "an address was taken back"
            shown = now if valid and not ready else None
            await ctx.tick()
            if valid and ready:
                address, length, size, kind = now
                assert (size, kind) == (3, 1)
                assert address // 4096 == (address + 8 * length + 7) // 4096
                self.bursts.append((address, length))
            if gives:
                beat += 1
                if reply[2]:
                    number, beat = number + 1, 0
            self.most_open = max(self.most_open, len(self.bursts) - number)


def simulate(requests, wanted, cycles=3000, takes=0.5, seed=1, config=None, limit=None, **memory):
    """Return (beats, status, address, the memory) of some requests."""
    reader = Reader(ReaderConfig(**(CONFIG | (config or {}))))
    slave, beats, told = Memory(reader, seed, **memory), [], []
    rng = np.random.default_rng(seed + 100)

    async def ask(ctx):
        for address, count in requests:
            ctx.set(reader.i.payload.address, address)
            ctx.set(reader.i.payload.bytes, count)
            ctx.set(reader.i.valid, 1)
            ready = 0
            while not ready:
                ready = ctx.get(reader.i.ready)
                await ctx.tick()
            ctx.set(reader.i.valid, 0)

    async def take(ctx):
        if limit is not None:
            ctx.set(reader.limit, limit)
        for _ in range(cycles):
            ready = rng.random() < takes
            ctx.set(reader.o.ready, ready)
            if ctx.get(reader.o.valid) and ready:
                beats.append(ctx.get(reader.o.payload))
            await ctx.tick()
            if len(beats) == wanted and not ctx.get(reader.status) and wanted:
                break
        told.append((ctx.get(reader.status), ctx.get(reader.address)))

    simulator = Simulator(reader)
    simulator.add_clock(1e-6)
    simulator.add_testbench(slave.run, background=True)
    simulator.add_testbench(ask, background=True)
    simulator.add_testbench(take)
    simulator.run()
    return beats, *told[0], slave


def words(requests):
    return [place for address, count in requests for place in range(address, address + count, 8)]


REQUESTS = [(0, 8), (4096 - 8, 16), (72, 1000), (8192, 0), (5 * 4096 - 256, 512), (128, 128)]


@pytest.mark.parametrize(("pauses", "takes"), [(0, 1), (0.5, 0.5), (0, 0.1), (0.8, 1)])
def test_every_byte_that_was_asked_for_comes_once_and_in_order(pauses, takes):
    wanted = words(REQUESTS)
    beats, status, _, slave = simulate(REQUESTS, len(wanted), pauses=pauses, takes=takes)
    assert (beats, status) == (wanted, Status.RUNNING)
    # bursts are as long as their alignment allows
    assert all(
        length == 15 or address % 128 or address + 8 * length + 8 in ends
        for ends in [{address + count for address, count in REQUESTS}]
        for address, length in slave.bursts
    )
    assert slave.most_open <= 4


def test_no_more_is_asked_for_than_there_is_room_for():
    beats, status, _, slave = simulate([(0, 4096)], 0, cycles=600, takes=0, pauses=0)
    assert (beats, status) == ([], Status.RUNNING)
    assert sum(length + 1 for _, length in slave.bursts) == CONFIG["buffer_beats"]


@pytest.mark.parametrize(("response", "status"), [(2, Status.SLAVE_ERROR), (3, 2)])
def test_an_error_stops_the_reader_and_says_where(response, status):
    def answer(number, beat, reply):
        return (reply[0], response if (number, beat) == (2, 3) else 0, reply[2])

    beats, told, address, slave = simulate([(0, 4096)], 512, cycles=500, answer=answer)
    assert (told, address) == (status, 256)
    assert beats == list(range(0, 256 + 24, 8))
    # what was on its way is taken, nothing further is asked for
    assert len(slave.bursts) <= 2 + 4 + 1


@pytest.mark.parametrize("ends_at", [7, 15])
def test_a_burst_of_another_length_is_an_error(ends_at):
    def answer(number, beat, reply):
        return (*reply[:2], beat == ends_at if number == 1 else reply[2])

    _, told, address, _ = simulate([(0, 256 + 64)], 40, cycles=400, answer=answer)
    assert (told, address) == ((Status.BAD_LENGTH, 128) if ends_at == 7 else (0, 0))

    def endless(number, beat, reply):
        return (*reply[:2], 0)

    _, told, address, _ = simulate([(0, 64)], 8, cycles=400, answer=endless)
    assert (told, address) == (Status.BAD_LENGTH, 0)


def test_silence_becomes_a_timeout_after_the_cycles_asked_for():
    beats, told, address, _ = simulate(
        [(0, 4096)], 512, cycles=900, silent_from=2, config={"timeout": 300}, pauses=0
    )
    assert (told, address) == (Status.TIMEOUT, 256)
    assert beats == list(range(0, 256, 8))
    # not before: 300 cycles have not gone by
    _, told, _, _ = simulate(
        [(0, 4096)], 512, cycles=300, silent_from=2, config={"timeout": 300}, pauses=0
    )
    assert told == Status.RUNNING


@pytest.mark.parametrize("request_", [(4, 8), (8, 12)])
def test_requests_of_broken_beats_are_refused(request_):
    _, told, address, slave = simulate([request_], 1, cycles=50)
    assert (told, address) == (Status.MISALIGNED, request_[0])
    assert slave.bursts == []
    assert len(Status.texts) == 7


@pytest.mark.parametrize(("address", "count"), [(8192 - 8, 16), (0, 8192 + 8), (8, 1 << 31)])
def test_a_request_beyond_the_last_address_is_refused(address, count):
    small = {"address_bits": 13}
    _, told, where, slave = simulate([(address, count)], 1, cycles=50, config=small)
    assert (told, where, slave.bursts) == (Status.BEYOND, address, [])


def test_the_last_beat_of_all_addresses_is_read():
    beats, told, _, _ = simulate([(8192 - 16, 16)], 2, cycles=200, config={"address_bits": 13})
    assert (beats, told) == ([8192 - 16, 8192 - 8], Status.RUNNING)


def test_a_reader_that_nobody_asks_waits_for_ever():
    beats, told, _, _ = simulate([(0, 64)], 0, cycles=200, takes=1, config={"timeout": 50})
    assert (len(beats), told) == (8, Status.RUNNING)


def test_no_more_bursts_are_on_their_way_than_the_reader_is_made_for():
    # were the limit alone to count, all of the buffer would be asked for
    for limit in (1, 2, 256):
        _, told, _, slave = simulate(
            [(0, 4096)], 0, 300, 0, config={"buffer_beats": 256}, silent_from=0, limit=limit
        )
        assert (told, slave.most_open) == (Status.RUNNING, min(limit, CONFIG["outstanding"]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("data_bits", 48), ("address_bits", 65), ("burst_bytes", 8192), ("burst_bytes", 4)),
        *(("outstanding", 0), ("buffer_beats", 8), ("timeout", 0)),
    ],
)
def test_what_a_reader_cannot_be_is_named(field, value):
    with pytest.raises(UsageError, match=rf"^{field} must be .*, not {value}$"):
        ReaderConfig(**(CONFIG | {field: value}))
