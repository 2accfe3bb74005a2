"""The simulated channel, compiled: as fast as known figures say, and no faster."""

import numpy as np
import pytest
from hwgen.cores.memory.channel_config import ChannelConfig
from hwgen.cores.memory.reader import Status
from hwgen.cores.memory.reader_config import ReaderConfig

from hwgen.catalogue.payload import unpack
from hwgen.gpt.channel_traffic import TRAFFIC, measured
from hwgen.gpt.read_circuit import ReadCircuit

CHANNEL = ChannelConfig(beats=1 << 15)
# of the raw peak or the ceiling: where the model is known to deviate more, it is said how
TOLERANCE = 0.015
KNOWN = {
    # no queue behind others, no bus turned round: nothing is lost once latency is covered
    "512 B bursts, 8 on their way": 0.07,
    # every random burst opens a row of its own here
    "512 B bursts, 4 on their way": -0.065,
}


@pytest.fixture(scope="module")
def circuit():
    return ReadCircuit(CHANNEL, ReaderConfig(outstanding=32, timeout=1000))


@pytest.mark.parametrize("traffic", TRAFFIC, ids=lambda each: each.name)
def test_efficiency_is_that_of_the_reference(circuit, traffic):
    found = measured(circuit, traffic)
    assert abs(found - traffic.reference - KNOWN.get(traffic.name, 0)) <= TOLERANCE


def test_beats_are_those_of_the_memory_while_everyone_pauses(circuit):
    rng = np.random.default_rng(3)
    contents = rng.integers(0, 256, (256, 64), np.uint8)
    requests = [(int(each) * 64, 64 * int(n)) for each, n in rng.integers(0, 64, (40, 2))]
    run = circuit.run(requests, contents, stalls=0.4, seed=2, probe=0.05, patient=True)
    wanted = [contents[at // 64 : (at + count) // 64] for at, count in requests]
    assert np.array_equal(run.outputs["o"], np.concatenate(wanted))


@pytest.mark.parametrize(
    ("controls", "status", "address"),
    [
        ({"faulty": 1, "fault_first": 4000, "fault_last": 4100}, Status.SLAVE_ERROR, 4096),
        ({"hangs": 1}, Status.TIMEOUT, 0),
    ],
)
def test_a_reader_that_stopped_reads_again_after_a_reset(circuit, controls, status, address):
    run = circuit.run([(0, 8192)], expected=address // 64, faults=1, controls=controls)
    (fault,) = (each for each in circuit.model.outputs if each.name == "fault")
    told = unpack(fault, run.outputs["fault"])
    assert (int(told["status"][0]), int(told["address"][0])) == (status, address)
    contents = np.arange(256 * 64, dtype=np.uint64).astype(np.uint8).reshape(256, 64)
    again = circuit.run([(0, 8192)], contents)
    assert np.array_equal(again.outputs["o"], contents[:128])
