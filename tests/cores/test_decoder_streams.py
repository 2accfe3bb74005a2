"""Decoders that keep state look at tokens only, not at what lies on the wires between them."""

import numpy as np
import pytest
from amaranth.sim import Simulator

from hwgen import catalogue
from hwgen.catalogue import payload


def simulated(component, tokens, seed):
    """Return output payloads; between tokens the input's wires are random."""
    random = np.random.default_rng(seed)
    stream, out = component.streams
    words = [int.from_bytes(row.tobytes(), "little") for row in payload.pack(stream, tokens)]
    found = []

    async def bench(context):
        sent = 0
        for _ in range(6 * len(words)):
            valid = sent < len(words) and random.random() < 0.6
            noise = int.from_bytes(random.bytes(stream.width // 8 + 1), "little")
            word = words[sent] if valid else noise & ((1 << stream.width) - 1)
            ready = random.random() < 0.7
            context.set(component.i.payload.as_value(), word)
            context.set(component.i.valid, valid)
            context.set(component.o.ready, ready)
            # a token that is not taken may only stay, so it is offered when it is taken
            taken = valid and context.get(component.i.ready)
            sent += bool(taken)
            if valid and not taken:
                context.set(component.i.valid, 0)
            if ready and context.get(component.o.valid):
                found.append(context.get(component.o.payload.as_value()))
            await context.tick()

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    size = payload.payload_bytes(out)
    rows = [np.frombuffer(word.to_bytes(size, "little"), np.uint8) for word in found]
    return payload.unpack(out, np.array(rows))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("f2f-decode", {"inputs": 3, "outputs": 7, "target": "generic"}),
        ("f2f-decode", {"inputs": 3, "outputs": 7, "corrections": True, "target": "generic"}),
        ("trit-decode", {"entries": 16, "longest": 2}),
        ("trit-decode", {"entries": 16, "longest": 3, "lanes": 4, "target": "generic"}),
    ],
)
def test_noise_between_tokens_changes_nothing(name, options):
    core = catalogue.get(name)
    config = core.configure(options)
    inputs = core.vectors(config, 200, 3)
    found = simulated(core.component(config), inputs["i"], 4)
    expected = core.golden(config, inputs)["o"]
    assert {field: each.tolist() for field, each in found.items()} == {
        field: each.tolist() for field, each in expected.items()
    }
