"""Units of the GPT machine, each alone, against the golden model."""

from types import SimpleNamespace

import numpy as np
import pytest
from amaranth.sim import Simulator
from hwgen.cores.gpt.angles import Angles
from hwgen.cores.gpt.attention import Attention
from hwgen.cores.gpt.normalise import Normalise
from hwgen.cores.gpt.products import Products
from hwgen.cores.gpt.quantiser import Quantiser
from hwgen.cores.gpt.results import Results

from hwgen.formats.weight_stream import parse_weight_stream
from hwgen.golden.gpt.attention import attended
from hwgen.golden.gpt.functions import FUNCTIONS, reciprocal_root
from hwgen.golden.gpt.integers import quantised, rounded, saturated
from hwgen.golden.gpt.machine import _mean_square
from hwgen.golden.gpt.matrix import Matrix, scaled, turned_pairs
from hwgen.quant.methods import parse_method

FREQUENCIES = pytest.mark.parametrize("freq", [None, 60], ids=["registers-none", "60MHz"])
ONE = 1 << 16


def config(freq=None, weights=(), key_lanes=1, **machine):
    sizes = {"activation_bits": 8, "heads": 2, "head_width": 4, "slots": 3, "context": 9}
    sizes |= {"values": 64, "blocks": 8, "vocabulary": 9, "formats": ()}
    program = SimpleNamespace(machine=SimpleNamespace(**(sizes | machine)), weights=weights)
    return SimpleNamespace(
        program=program,
        freq=freq,
        target="generic",
        size=0,
        key_lanes=key_lanes,
        reader=None,
        read_registers=int(freq is not None),
    )


def simulate(unit, bench):
    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_angles_are_two_turns_rounded_once():
    rng = np.random.default_rng(1)
    turns = np.exp(1j * rng.uniform(0, 7, (2, 5, 3)))
    tables = np.rint(np.stack([turns.real, turns.imag], axis=-1) * 2**30).astype(np.int64)
    words = tables.ravel()
    unit, found = Angles(3), []

    async def bench(ctx):
        ctx.set(unit.start, 1)
        ctx.set(unit.coarse, 6 * 2)
        ctx.set(unit.fine, 30 + 6 * 4)
        done = 0
        while not done:
            address, done = ctx.get(unit.address), ctx.get(unit.done)
            await ctx.tick()
            ctx.set(unit.start, 0)
            ctx.set(unit.word, int(words[address]) if address < len(words) else 0)
        for pair in range(3):
            ctx.set(unit.pair, pair)
            found.append((ctx.get(unit.cosine), ctx.get(unit.sine)))

    simulate(unit, bench)
    one, other = tables[0, 2], tables[1, 4]
    cosines = rounded(one[:, 0] * other[:, 0] - one[:, 1] * other[:, 1], 44)
    sines = rounded(one[:, 0] * other[:, 1] + one[:, 1] * other[:, 0], 44)
    assert found == list(zip(cosines.tolist(), sines.tolist(), strict=True))


@pytest.mark.parametrize("center", [0, 1])
def test_a_norm_hands_on_gained_values_and_its_scalar(center):
    rng = np.random.default_rng(center)
    for size in (3, 1 << 10, 1 << 24, (1 << 31) - 1):
        values, gains = rng.integers(-size, size, 20), rng.integers(-(1 << 15), 1 << 15, 20)
        if size == 3:
            values[:] = 5
        check_norm(values, gains, center)


def check_norm(values, gains, center):
    unit, gained, scalar = Normalise(), [], []
    significand, shift, epsilon = 104858, 21, 42950

    async def bench(ctx):
        operands = {"count": 20, "mean_significand": significand, "mean_shift": shift}
        operands |= {"center": center, "epsilon": epsilon, "start": 1}
        for name, value in operands.items():
            ctx.set(getattr(unit, name), value)
        for _ in range(150):
            address = ctx.get(unit.address)
            if ctx.get(unit.done):
                scalar.append((ctx.get(unit.significand), ctx.get(unit.shift)))
            await ctx.tick()
            ctx.set(unit.start, 0)
            if address < 20:
                ctx.set(unit.value, int(values[address]))
                ctx.set(unit.gain, int(gains[address]))
            if ctx.get(unit.gained_valid):
                gained.append((ctx.get(unit.gained), ctx.get(unit.gained_last)))

    simulate(unit, bench)
    mean = int(rounded(np.int64(values.sum() * significand), shift)) if center else 0
    distances = values - mean
    assert [value for value, _ in gained] == (distances * gains).tolist()
    assert [last for _, last in gained] == [0] * 19 + [1]
    root, place = reciprocal_root(_mean_square(distances[None], significand, shift) + epsilon)
    assert scalar == [(int(root[0]), int(place[0]) - 16)]


def test_a_norm_takes_results_as_they_come():
    rng = np.random.default_rng(3)
    values, gains = rng.integers(-(1 << 20), 1 << 20, 20), rng.integers(-(1 << 15), 1 << 15, 20)
    unit, gained, scalar = Normalise(), [], []
    operands = {"count": 20, "mean_significand": 104858, "mean_shift": 21, "epsilon": 5}

    async def bench(ctx):
        for name, value in (*operands.items(), ("follow", 1), ("start", 1)):
            ctx.set(getattr(unit, name), value)
        number = 0
        for _ in range(150):
            await ctx.tick()
            ctx.set(unit.start, 0)
            # not followed any more, as soon as it has begun
            ctx.set(unit.follow, 0)
            comes = number < 20 and rng.random() < 0.4
            ctx.set(unit.result_valid, int(comes))
            ctx.set(unit.result_last, int(number == 19))
            ctx.set(unit.result, int(values[number]) if comes else 77)
            ctx.set(unit.gain, int(gains[number]) if comes else 99)
            number += comes
            if ctx.get(unit.gained_valid):
                gained.append((ctx.get(unit.gained), ctx.get(unit.gained_last)))
            if ctx.get(unit.done):
                scalar.append((ctx.get(unit.significand), ctx.get(unit.shift)))

    simulate(unit, bench)
    assert [value for value, _ in gained] == (values * gains).tolist()
    assert [last for _, last in gained] == [0] * 19 + [1]
    root, place = reciprocal_root(_mean_square(values[None], 104858, 21) + 5)
    assert scalar == [(int(root[0]), int(place[0]) - 16)]


@FREQUENCIES
@pytest.mark.parametrize(("size", "bits"), [(32, 8), (8, 8), (32, 16), (30, 8)])
def test_blocks_of_codes_come_as_fast_as_values(freq, size, bits):
    rng = np.random.default_rng(size)
    blocks = rng.integers(-(1 << 48), 1 << 48, (6, size)) >> rng.integers(0, 48, (6, 1))
    blocks[2] = 0
    blocks[3, :2] = (1 << bits - 1, -(1 << bits - 1))
    blocks[3, 2:] = 1
    blocks[5, size // 2 :] = 0
    values = blocks.ravel()[: 5 * size + size // 2]
    unit, found = Quantiser(config(freq, activation_bits=bits), 50, 32), []

    async def bench(ctx):
        ctx.set(unit.size, size)
        ctx.set(unit.fraction, 20)
        for number in range(len(values) + 2 * size + 40):
            valid = number < len(values)
            ctx.set(unit.valid, int(valid))
            ctx.set(unit.value, int(values[number]) if valid else 0)
            ctx.set(unit.last, int(number == len(values) - 1))
            await ctx.tick()
            if ctx.get(unit.block_valid):
                word = ctx.get(unit.codes)
                codes = [word >> bits * lane & (1 << bits) - 1 for lane in range(32)]
                found.append((codes, ctx.get(unit.exponent), ctx.get(unit.block_last)))

    simulate(unit, bench)
    codes, exponents = quantised(blocks, bits)
    for number, (made, exponent, last) in enumerate(found):
        wanted = (codes[number] & (1 << bits) - 1).tolist()
        assert made == wanted + [0] * (32 - size)
        assert exponent == exponents[number] - 20
        assert last == (number == 5)
    assert len(found) == 6


FORMATS = [
    ("int8", 32, "fp16"),
    ("int4-asym", 32, "fp16"),
    ("bitmod4", 32, "fp16"),
    ("bcq3", 32, "uint8"),
    ("mxfp6-e2m3", None, "fp16"),
    ("ternary", None, "fp16"),
]
SMALL_GROUPS = [("nvfp4", None, "fp16"), ("int8", 32, "fp16"), ("bcq2", 16, "uint8")]


@FREQUENCIES
@pytest.mark.parametrize("single", [0, 1])
@pytest.mark.parametrize("methods", [FORMATS, SMALL_GROUPS, SMALL_GROUPS[:1]])
def test_sums_of_products_are_those_of_the_golden_model(freq, single, methods):
    rng = np.random.default_rng(5)
    rows, columns = 4, 96
    weights = (rng.normal(size=(rows, columns)) / 8).astype(np.float32)
    streams, packed = [], []
    for method in methods:
        made = parse_method(*method).quantize(weights)
        streams.append(parse_weight_stream(made.form.name))
        packed.append(streams[-1].pack(made.arrays, (rows, columns)))
    memories = [each.records.reshape(rows * 3, -1) for each in packed]
    names = tuple(each.name for each in streams)
    unit = Products(config(freq, memories, formats=names))
    codes = rng.integers(-127, 128, (8, 32))
    exponents = rng.integers(-14, 4, 8)

    async def bench(ctx):
        for number, matrix in enumerate(packed):
            operands = {"single": single, "format": number, "base": matrix.base, "rows": rows}
            operands |= {"first": 3 if single else 0, "blocks": 3, "source": 2, "start": 1}
            for name, value in operands.items():
                ctx.set(getattr(unit, name), value)
            found, last = [], 0
            while not last:
                address = ctx.get(unit.code_address)
                await ctx.tick()
                ctx.set(unit.start, 0)
                word = sum(
                    (int(code) & 255) << 8 * lane for lane, code in enumerate(codes[address])
                )
                ctx.set(unit.code_data, word)
                ctx.set(unit.exponent_data, int(exponents[address]))
                if ctx.get(unit.valid):
                    found.append(ctx.get(unit.sum))
                    last = ctx.get(unit.last)
            golden = Matrix(names[number], matrix.records, matrix.base)
            if single:
                assert [int(saturated(rounded(np.int64(each), 8))) for each in found] == (
                    golden.row(1).tolist()
                )
            else:
                wanted = golden.sums(codes[None, 2:5], exponents[None, 2:5])[0]
                assert found == wanted.tolist(), names[number]

    simulate(unit, bench)


ACTIVATIONS = ["none", *FUNCTIONS]


@FREQUENCIES
@pytest.mark.parametrize(
    ("turned", "gated", "function"),
    [
        (0, 0, "none"),
        (1, 0, "none"),
        (0, 1, "silu"),
        (0, 0, "silu"),
        (0, 0, "gelu"),
        (0, 0, "gelu_tanh"),
        (0, 0, "squared_relu"),
    ],
)
def test_results_are_those_of_the_golden_model(freq, turned, gated, function):
    rng = np.random.default_rng(9)
    count, pairs = 64, 2
    sums = rng.integers(-(1 << 45), 1 << 45, count) >> rng.integers(0, 40, count)
    sums[:2] = (1 << 45) - 1, -(1 << 45) + 1
    biases = rng.integers(-(1 << 31), 1 << 31, count) >> rng.integers(0, 31, count)
    angles = rng.uniform(0, 7, pairs)
    cosines, sines = (np.rint(ONE * each(angles)).astype(int) for each in (np.cos, np.sin))
    scalar, factor = (97_000, 13), (70_000, 20)
    unit, found = Results(config(freq), [each for each in FUNCTIONS if each != "none"]), []
    gaps = rng.integers(0, 2, count)

    async def bench(ctx):
        number = ["none", "silu", "gelu", "gelu_tanh", "squared_relu"].index(function)
        operands = {"turned": turned, "gated": gated, "function": number}
        operands |= {"scalar": scalar[0], "scalar_shift": scalar[1]}
        operands |= {"factor": factor[0], "factor_shift": factor[1]}
        for name, value in operands.items():
            ctx.set(getattr(unit, name), value)
        row = 0

        async def step():
            nonlocal row
            pair = row // 2 % pairs
            ctx.set(unit.cosine, int(cosines[pair]))
            ctx.set(unit.sine, int(sines[pair]))
            done = ctx.get(unit.row_done)
            await ctx.tick()
            row += done
            if ctx.get(unit.value_valid):
                found.append((ctx.get(unit.value), ctx.get(unit.value_last)))

        for each in range(count):
            ctx.set(unit.valid, 1)
            ctx.set(unit.sum, int(sums[each]))
            ctx.set(unit.bias, int(biases[each]))
            ctx.set(unit.last, int(each == count - 1))
            await step()
            ctx.set(unit.valid, 0)
            for _ in range(gaps[each]):
                await step()
        for _ in range(80):
            await step()

    simulate(unit, bench)
    wanted = scaled(scaled(sums, *scalar), *factor)
    wanted = saturated(rounded(wanted, 8) + biases)
    if turned:
        wanted = turned_pairs(wanted[None], cosines[None], sines[None])[0]
    if gated:
        gates = FUNCTIONS[function](wanted[0::2])
        wanted = saturated(rounded(gates * wanted[1::2], 16))
    else:
        wanted = saturated(FUNCTIONS[function](wanted))
    assert [value for value, _ in found] == wanted.tolist()
    assert [last for _, last in found] == [0] * (len(wanted) - 1) + [1]


@FREQUENCIES
@pytest.mark.parametrize(("bits", "lanes"), [(8, 1), (16, 1), (8, 4), (16, 2)])
def test_heads_attend_as_the_golden_model_does(freq, bits, lanes):
    rng = np.random.default_rng(bits)
    width, context, heads, slots = 4, 25, 4, 3
    largest = (1 << bits - 1) - 1
    sizes = {"heads": heads, "slots": slots, "context": context, "activation_bits": bits}
    unit = Attention(config(freq, key_lanes=lanes, **sizes))
    stored = {
        name: rng.integers(-largest, largest + 1, (slots, context, width))
        for name in ("key", "value")
    }
    places = {name: rng.integers(-bits - 1, 5 - bits, (slots, context)) for name in stored}
    queries = rng.integers(-largest, largest + 1, (heads, width))
    # of heads 1 to 3, from slot 1 on
    slot_of = [1, 1, 2]

    async def write(ctx, name, codes, exponent, place, position=0):
        word = sum((int(each) & (1 << bits) - 1) << bits * lane for lane, each in enumerate(codes))
        for port, value in (
            ("codes", word),
            ("exponent", int(exponent)),
            ("place", place),
            ("position", position),
            (f"write_{name}", 1),
        ):
            ctx.set(getattr(unit, port), value)
        await ctx.tick()
        ctx.set(getattr(unit, f"write_{name}"), 0)

    async def bench(ctx):
        for head, query in enumerate(queries):
            await write(ctx, "query", query, -bits + 2, head)
        for position in range(context):
            for name in ("key", "value"):
                for slot in range(slots):
                    codes, exponent = stored[name][slot, position], places[name][slot, position]
                    await write(ctx, name, codes, exponent, slot, position)
            if position not in (0, 3, 4, context - 1):
                continue
            operands = {"query": 1, "heads": 3, "slot": 1, "moves": 0b10, "position": position}
            for port, value in (*operands.items(), ("start", 1)):
                ctx.set(getattr(unit, port), value)
            found, done, cycles = [], 0, 0
            while not done:
                await ctx.tick()
                cycles += 1
                ctx.set(unit.start, 0)
                if ctx.get(unit.valid):
                    found.append(ctx.get(unit.value))
                    done = ctx.get(unit.last)
            groups = position // lanes + 1
            apart = max(groups, unit.interval)
            assert cycles == unit.latency + 2 * groups + 2 * apart
            for _ in range(40):
                await ctx.tick()
                assert not ctx.get(unit.valid)
            wanted = [
                attended(
                    (queries[head][None], np.array([-bits + 2])),
                    *((stored[name][slot], places[name][slot]) for name in stored),
                    np.array([position]),
                )[0]
                for head, slot in zip((1, 2, 3), slot_of, strict=True)
            ]
            assert found == np.concatenate(wanted).tolist(), position

    simulate(unit, bench)
