"""Clock cycles of the GPT machine, counted, beside those of the circuit."""

import pytest
from gpt_models import program, shakespeare, stories
from hwgen.cores.gpt.machine import GptMachine
from hwgen.cores.gpt.machine_config import MachineConfig
from hwgen.cores.gpt.timing import CycleModel

from hwgen.gpt.circuit import Circuit
from hwgen.gpt.random_model import random_llama

# the clock cycle in which a token is taken, and that in which the answer is
HANDSHAKES = 2


def cycles_of_both(made, target, freq, lanes, count):
    """Return cycles of the first tokens, as counted and as simulated."""
    machine = GptMachine(MachineConfig(made, target, freq, lanes))
    model = CycleModel(made, machine.delays)
    circuit = Circuit(made, target=target, freq=freq, key_lanes=lanes)
    found, given = [], [1]
    for _ in range(count):
        before = circuit.cycles
        given = [circuit.step(given)[1]]
        found.append(circuit.cycles - before - HANDSHAKES)
    return [model.cycles(position) for position in range(count)], found


@pytest.mark.parametrize(
    ("target", "freq", "lanes"),
    [("ecp5", 70, 2), pytest.param("generic", None, 1, marks=pytest.mark.slow)],
)
def test_cycles_are_counted_exactly(target, freq, lanes):
    # short last blocks, one key/value head for three queries
    counted, found = cycles_of_both(program(random_llama()).program, target, freq, lanes, 5)
    assert counted == found
    assert counted[0] < counted[2] < counted[4]


@pytest.mark.slow
@pytest.mark.parametrize("decoder", [stories, shakespeare])
def test_cycles_of_real_models_are_counted_exactly(decoder):
    counted, found = cycles_of_both(program(decoder()[0], "int4").program, "ecp5", 50, 4, 20)
    assert counted == found
