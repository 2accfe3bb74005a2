"""The GPT machine with its weights in a simulated memory channel: tokens of the golden model."""

import numpy as np
import pytest
from amaranth.sim import Simulator
from gpt_models import followed, program, shakespeare, stories
from hwgen.cores.gpt.machine_config import MachineConfig
from hwgen.cores.gpt.weight_requests import WeightRequests
from hwgen.cores.memory.channel_config import ChannelConfig
from hwgen.cores.memory.reader_config import ReaderConfig

from hwgen.catalogue.payload import pack, unpack
from hwgen.errors import HwgenError, UsageError
from hwgen.flow.lint import lint_messages
from hwgen.formats.weight_image import ALIGNMENT, image_starts, weight_image
from hwgen.golden.gpt.conversation import answers
from hwgen.golden.gpt.machine import Interpreter
from hwgen.gpt.circuit import machine_circuit
from hwgen.gpt.memory_circuit import MemoryCircuit
from hwgen.gpt.random_model import random_llama

EVERYWHERE = "embed|wte|wpe|output"
PROMPT = [3, 7, 20, 0]


def small(fmt="int4-asym", **options):
    decoder = random_llama(dim=32, hidden=40, layers=2, heads=4, kv_heads=2, vocabulary=21)
    return program(decoder, fmt, rules=[(EVERYWHERE, "int8")], **options).program


def reader(width, **options):
    return ReaderConfig(**({"data_bits": width, "timeout": 2000} | options))


def circuit_of(made, width, beats=None, **options):
    size = weight_image(made).size * 8 // width
    beats = beats or 1 << (size - 1).bit_length()
    return MemoryCircuit(
        made, reader(width), ChannelConfig(data_bits=width, beats=beats), **options
    )


def reads(made, token, position):
    """Yield (counter, format, first block, blocks) of all weights that a token needs."""
    counter, loop, moved = 0, None, np.zeros(16, np.int64)
    strides = np.zeros(16, np.int64)
    while (each := made.instruction(counter)).kind.name != "halt":
        counter += 1
        match each.kind.name:
            case "stride":
                strides[each.format] = each.blocks
            case "loop":
                loop = [counter, each.count]
            case "repeat":
                loop[1] -= 1
                counter = loop[0] if loop[1] else counter
                moved = moved + strides if loop[1] else 0 * moved
            case "multiply":
                first = each.weights + moved[each.format]
                yield counter - 1, each.format, int(first), each.rows * each.blocks
            case "embed":
                row = token if each.index == "token" else position
                first = each.weights + moved[each.format] + row * each.blocks
                yield counter - 1, each.format, int(first), each.blocks


@pytest.fixture(scope="module")
def circuit():
    return circuit_of(small(), 64)


def test_the_image_has_every_block_at_its_place():
    made = small()
    image, starts = weight_image(made), image_starts(made)
    assert len(image) == starts[-1] and not any(each % ALIGNMENT for each in starts)
    for start, records in zip(starts, made.weights, strict=False):
        number = len(records) // 2
        at = start + number * records.shape[1]
        assert np.array_equal(image[at : at + records.shape[1]], records[number])


@pytest.mark.parametrize("width", [64, 512])
def test_requests_are_for_the_weights_of_all_instructions_in_their_order(width):
    made, found, token, position = small(), [], 13, 5
    unit = WeightRequests(MachineConfig(made, reader=reader(width)))
    words = [made.code[at : at + 32] for at in range(0, len(made.code), 32)]
    rng = np.random.default_rng(width)

    async def bench(ctx):
        ctx.set(unit.token, token)
        ctx.set(unit.position, position)
        ctx.set(unit.begin, 1)
        for _ in range(1000):
            address, ready = ctx.get(unit.code_address), int(rng.integers(2))
            ctx.set(unit.o.ready, ready)
            if ready and ctx.get(unit.o.valid):
                payload = ctx.get(unit.o.payload)
                names = ("address", "bytes", "format", "skip", "blocks")
                found.append(tuple(int(payload[name]) for name in names))
            await ctx.tick()
            ctx.set(unit.begin, 0)
            ctx.set(unit.code_data, int.from_bytes(words[address % len(words)], "little"))

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    wanted, beat = [], width // 8
    for _, form, first, blocks in reads(made, token, position):
        size = made.weights[form].shape[1]
        begin = image_starts(made)[form] + first * size
        end = begin + blocks * size
        address = begin // beat * beat
        wanted.append(
            (address, -(-end // beat) * beat - address, form, (begin - address) // 4, blocks)
        )
    assert found == wanted


@pytest.mark.parametrize("seed", range(3))
def test_a_small_model_makes_the_same_tokens_whatever_the_memory_does(circuit, seed):
    circuit.reset(seed=seed, phase=700 * seed, still=seed == 2)
    assert followed(circuit, PROMPT, 40) == followed(Interpreter(small()), PROMPT, 40)
    # weights come slower than they can be multiplied, and some are read ahead
    assert 0 < circuit.told["starved"] < circuit.told["multiplying"] < circuit.cycles


@pytest.mark.parametrize("patient", [False, True])
def test_texts_follow_each_other_while_both_sides_pause(circuit, patient):
    # a text, a wrong token in another, and one that goes beyond the context
    fields = {
        "token": [3, 7, 20, 21, 0, 1, 5],
        "first": [1, 0, 0, 0, 1, 0, 1],
        "wanted": [0, 0, 4, 1, 0, 5, 70],
    }
    wanted = answers(small(), *fields.values())
    assert {3, 4} < set(wanted["status"].tolist())
    circuit.reset()
    model = circuit.model
    given, load = model.inputs
    values = {name: np.array(each, np.uint64) for name, each in fields.items()}
    run = model.run(
        {given.name: pack(given, values), load.name: np.zeros((0, 1), np.uint8)},
        expected_tokens={"o": len(wanted["token"])},
        stalls=0.5,
        seed=7,
        patient=patient,
        probe=0.01,
        eager=True,
    )
    told = unpack(model.outputs[0], run.outputs["o"])
    for name, each in wanted.items():
        assert np.array_equal(told[name], each)


def fault_in(made, which):
    """Return (address of a burst that only one instruction reads, its counter)."""
    found = []
    for counter, form, first, blocks in reads(made, PROMPT[0], 0):
        size = made.weights[form].shape[1]
        begin = image_starts(made)[form] + first * size
        address = (begin // 512 + 1) * 512
        if address + 512 < begin + blocks * size:
            found.append((address, counter))
    return found[which]


@pytest.mark.parametrize("which", [0, -1])
def test_a_slave_error_halts_at_its_instruction_and_a_reset_ends_it(circuit, which):
    address, counter = fault_in(small(), which)
    circuit.reset(faulty=1, fault_first=address, fault_last=address)
    words = f"status 17 at instruction {counter}: the memory of the weights .* slave error"
    for _ in range(3):
        with pytest.raises(HwgenError, match=words):
            circuit.step(PROMPT[:1])
    circuit.reset()
    assert followed(circuit, PROMPT, 5) == followed(Interpreter(small()), PROMPT, 5)


def test_a_memory_that_hangs_halts_in_time_and_a_reset_ends_it(circuit):
    circuit.reset()
    followed(circuit, PROMPT, 5)
    circuit.model.control("hangs", 1)
    before = circuit.cycles
    with pytest.raises(HwgenError, match=r"status 20 at instruction .* did not answer in time"):
        circuit.step([1])
    assert circuit.cycles - before < 2 * 2000
    circuit.reset()
    assert followed(circuit, PROMPT, 5) == followed(Interpreter(small()), PROMPT, 5)


def test_what_cannot_be_built_is_refused():
    made = small()
    for options, message in (
        ({"data_bits": 32}, "data_bits of a machine's memory must be 64 to 512, not 32"),
        ({"address_bits": 13}, "address_bits must be at least 14 for 16384 bytes .* not 13"),
    ):
        with pytest.raises(UsageError, match=message):
            MachineConfig(made, reader=reader(64, **options))
    with pytest.raises(UsageError, match="beats must be at least 2048 for 16384 bytes"):
        MemoryCircuit(made, reader(64), ChannelConfig(data_bits=64, beats=1024))


@pytest.mark.slow
def test_an_image_that_is_too_short_is_a_decode_error():
    made = small()
    circuit = circuit_of(made, 64, beats=1024, whole=False)
    counter = next(
        counter
        for counter, form, first, blocks in reads(made, PROMPT[0], 0)
        if image_starts(made)[form] + (first + blocks) * made.weights[form].shape[1] > 8192
    )
    with pytest.raises(HwgenError, match=f"status 18 at instruction {counter}: .* decode error"):
        circuit.step(PROMPT[:1])


@pytest.mark.slow
def test_the_circuit_is_free_of_lint_and_has_the_port(tmp_path):
    path = tmp_path / "gpt.v"
    _, text = machine_circuit(small(), "ecp5", 50, reader=reader(64))
    path.write_text(text)
    assert lint_messages([path], "gpt") == []
    assert "output [27:0] axi__araddr" in text and "input [63:0] axi__rdata" in text


CASES = [
    ("nvfp4", 256, 8, "ecp5", 60, 4),
    ("mxfp6-e2m3", 512, 8, "ultrascale_plus", 200, 2),
    ("bcq4", 128, 8, "generic", None, 1),
    ("mx-int16/32", 512, 16, "xilinx7", 40, 1),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda each: f"{each[0]}-{each[1]}".replace("/", ":"))
def test_every_format_and_width_makes_the_same_tokens(case):
    fmt, width, bits, target, freq, lanes = case
    made = program(random_llama(), fmt, bits, [("output", "int8")]).program
    circuit = circuit_of(made, width, target=target, freq=freq, key_lanes=lanes)
    wanted = followed(Interpreter(made), PROMPT, 30)
    for seed in (1, 2):
        circuit.reset(seed=seed, phase=31 * seed)
        assert followed(circuit, PROMPT, 30) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("width", [64, 256])
def test_gpt2_makes_the_same_tokens(width):
    decoder, tokens = shakespeare()
    made = program(decoder, "int4", rules=[(EVERYWHERE, "int8")], context=64).program
    circuit = circuit_of(made, width)
    assert followed(circuit, tokens[:8], 40) == followed(Interpreter(made), tokens[:8], 40)


@pytest.mark.slow
def test_a_story_is_told_token_for_token():
    decoder, story = stories()
    made = program(decoder, "int4", rules=[(EVERYWHERE, "int8")]).program
    circuit = circuit_of(made, 64)
    assert followed(circuit, story[:1], 60) == followed(Interpreter(made), story[:1], 60)
