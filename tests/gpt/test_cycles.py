"""Clock cycles of the GPT machine, counted, beside those of the circuit."""

import pytest
from gpt_models import program, shakespeare, stories
from hwgen.cores.gpt.machine import GptMachine
from hwgen.cores.gpt.machine_config import MachineConfig
from hwgen.cores.gpt.timing import CycleModel

from hwgen.formats.gpt_sampling import Draw
from hwgen.gpt.circuit import Circuit
from hwgen.gpt.random_model import random_llama

# the clock cycle in which a token is taken, and that in which the answer is
HANDSHAKES = 2


def cycles_of_both(made, target, freq, lanes, count, draw=None):
    """Return cycles of the first tokens, as counted and as simulated."""
    sampling = draw is not None
    machine = GptMachine(MachineConfig(made, target, freq, lanes, sampling=sampling))
    model = CycleModel(made, machine.delays)
    circuit = Circuit(made, target=target, freq=freq, key_lanes=lanes, sampling=sampling)
    circuit.draw = draw
    found, given = [], [1]
    for _ in range(count):
        before = circuit.cycles
        given = [circuit.step(given)[1]]
        found.append(circuit.cycles - before - HANDSHAKES)
    return [model.cycles(position, draw) for position in range(count)], found


@pytest.mark.parametrize(
    ("target", "freq", "lanes", "draw"),
    [
        ("ecp5", 70, 2, Draw(1 << 16, 5, 9)),
        pytest.param("ecp5", 70, 2, None, marks=pytest.mark.slow),
        pytest.param("generic", None, 1, Draw(1 << 14, 0, 3), marks=pytest.mark.slow),
    ],
)
def test_cycles_are_counted_exactly(target, freq, lanes, draw):
    # short last blocks, one key/value head for three queries
    counted, found = cycles_of_both(program(random_llama()).program, target, freq, lanes, 5, draw)
    assert counted == found
    assert counted[0] < counted[2] < counted[4]


@pytest.mark.slow
@pytest.mark.parametrize("decoder", [stories, shakespeare])
def test_cycles_of_real_models_are_counted_exactly(decoder):
    counted, found = cycles_of_both(program(decoder()[0], "int4").program, "ecp5", 50, 4, 20)
    assert counted == found
