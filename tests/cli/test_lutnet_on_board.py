"""``hwgen lutnet eval --backend board``: a data set over the serial line."""

import json
import os
import threading
import tty
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hwgen.cores.bridge.identity import identity

from hwgen import boards, catalogue
from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer, ThresholdLayer
from hwgen.formats.lut_network_file import network_bytes
from hwgen.golden.lutnet import classes_of
from hwgen.lutnet.config import DataOptions
from hwgen.lutnet.data import read_data

FACTS = {"configuration": {"data": {"set": "digits"}}}


def network(seed=1):
    """Return a network for the digits that nobody trained: two tables a class."""
    random = np.random.default_rng(seed)
    layers = (
        ThresholdLayer(np.full((64, 1), 8), "thermometer"),
        TableLayer(random.integers(20, 44, (20, 6)), random.integers(0, 2, (20, 64)), 1),
        SumLayer(range(20), range(0, 21, 2)),
    )
    return LutNetwork(Elements(64, 5), layers)


@pytest.fixture
def digits(tmp_path):
    path = tmp_path / "net.safetensors"
    path.write_bytes(network_bytes(network(), FACTS))
    return read_data(DataOptions(set="digits"))


@contextmanager
def serial_port(path, **options):
    """Give the name of a serial port behind which a simulated board holds a network."""
    from hwgen.flow.board_link import connected

    core, board = catalogue.get("lutnet"), boards.get("ulx3s")
    config = core.configure({"net": str(path), "freq": 25.0, **options})
    there, here = os.openpty()
    tty.setraw(here)
    stop = threading.Event()

    def carry(transport):
        os.set_blocking(there, False)
        while not stop.is_set():
            try:
                transport.write(os.read(there, 4096))
            except BlockingIOError:
                stop.wait(0.001)
            if answer := transport.read(1e-4):
                os.write(there, answer)

    with connected(core, config, "sim", board) as found:
        thread = threading.Thread(target=carry, args=(found.link.transport,))
        thread.start()
        try:
            yield os.ttyname(here)
        finally:
            stop.set()
            thread.join()
            os.close(here)
            os.close(there)


def test_images_go_to_a_simulated_board_and_classes_come_back(digits, hwgen):
    line = "lutnet eval net.safetensors --backend board --port sim --lanes 8 --samples 25"
    found = json.loads(hwgen(f"{line} --classes --json").stdout)
    by_definition = classes_of(network(), digits.test[:25])
    assert found["classes"] == [str(each) for each in by_definition]
    assert found["right"] == (by_definition == digits.test_classes[:25]).sum()
    assert (found["vectors"], found["port"], found["board"]) == (25, "sim", "ulx3s")
    assert (found["clocks"] > 0, found["restarts"]) == (True, 0)


def test_the_same_driver_speaks_to_a_serial_port(digits, hwgen, fails, tmp_path):
    other = tmp_path / "other.safetensors"
    other.write_bytes(network_bytes(network(2), FACTS))
    with serial_port("net.safetensors", lanes=8, mapping="depth") as port:
        line = f"--backend board --port {port} --lanes 8 --samples 25"
        text = hwgen(f"lutnet eval net.safetensors {line}").stdout
        assert f"the board at {port} gives the classes of the tables\n" in text
        message = fails(f"lutnet eval other.safetensors {line}", 2)
        assert f"the board at {port} must hold core 'lutnet' with identity" in message


def test_a_board_that_computes_something_else_is_found(digits, hwgen, fails, monkeypatch):
    from hwgen.lutnet import circuit

    right = circuit._classes

    def wrong(network, y):
        found = right(network, y)
        found[3] ^= 1
        return found

    monkeypatch.setattr(circuit, "_classes", wrong)
    line = "lutnet eval net.safetensors --backend board --port sim --lanes 8 --samples 25"
    message = fails(line, 3)
    assert "1 of 25 vectors have another class by the tables than by the board" in message
    assert "vector 3" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--backend board", "--backend board must have a --port: a serial port, or sim"),
        ("--port sim", "--port must come with --backend board, not table"),
        ("--lanes 8 --backend rtl", "--lanes must come with --backend board, not rtl"),
        ("--target ecp5", "--target must come with --backend rtl or netlist, not table"),
        ("--backend board --port sim --board ulx4s", "ulx3s"),
        ("--backend board --port /dev/no", "port must be 'sim' or a serial port, not '/dev/no'"),
    ],
)
def test_what_cannot_be_sent_is_refused(digits, fails, options, message):
    assert message in fails(f"lutnet eval net.safetensors {options}", 2)


def test_elements_that_are_given_out_have_the_class_of_the_greatest(digits, hwgen):
    """A network without a head: its signed elements come out of the circuit."""
    layers = (
        ThresholdLayer(np.full((64, 1), 8), "thermometer"),
        TableLayer(
            np.random.default_rng(3).integers(20, 44, (10, 4)),
            np.random.default_rng(4).integers(-4, 4, (10, 16)),
            3,
            True,
        ),
    )
    plain = LutNetwork(Elements(64, 5), layers, "none")
    Path("plain.safetensors").write_bytes(network_bytes(plain, FACTS))
    by_definition = classes_of(plain, digits.test)
    found = hwgen("lutnet eval plain.safetensors --backend rtl --classes --json").stdout
    assert json.loads(found)["classes"] == [str(each) for each in by_definition]


def test_a_board_is_known_by_what_it_computes_not_by_a_file_name(digits, tmp_path):
    core = catalogue.get("lutnet")
    names = []
    for name, content in (("a", network()), ("b", network()), ("c", network(2))):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(network_bytes(content))
        names.append(identity("lutnet", core.configure({"net": str(path)})))
    assert names[0] == names[1] != names[2]
    narrow = core.configure({"net": str(tmp_path / "a.safetensors"), "lanes": 8})
    assert identity("lutnet", narrow) != names[0]
