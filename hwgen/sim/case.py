"""One verification case: what goes into a core, what must come out, and what it may take."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwgen.catalogue.payload import pack
from hwgen.sim.streams import streams_of

__all__ = ["Case", "Findings"]


@dataclass(frozen=True)
class Case:
    """Inputs and expected outputs of one core, as payload bytes.

    Parameters
    ----------
    interface : dict
        Contents of ``interface.json``; its ``latency`` and ``initiation_interval`` are checked.
    inputs, expected : dict of str to numpy.ndarray
        Payload bytes of every stream, ``uint8`` of shape ``(n, nbytes)``.
    seed : int
        Seed of stalls, probes and the moment of reset.
    """

    interface: dict
    inputs: dict
    expected: dict
    seed: int = 0

    @classmethod
    def from_values(cls, interface, values, expected, seed=0):
        """Make a case from arrays of codes, as golden models take and give them."""
        inputs, outputs = streams_of(interface)
        return cls(
            interface,
            {each.name: pack(each, values[each.name]) for each in inputs},
            {each.name: pack(each, expected[each.name]) for each in outputs},
            seed,
        )

    @property
    def results(self):
        """Number of tokens expected on the first output stream."""
        return len(next(iter(self.expected.values())))

    @property
    def expected_tokens(self):
        """Number of tokens that must come out of every output stream."""
        return {name: len(tokens) for name, tokens in self.expected.items()}

    def save(self, folder):
        """Write the case as ``case.json`` and ``case.npz`` into ``folder``."""
        folder = Path(folder)
        (folder / "case.json").write_text(
            json.dumps({"interface": self.interface, "seed": self.seed})
        )
        arrays = {f"inputs.{name}": data for name, data in self.inputs.items()}
        arrays |= {f"expected.{name}": data for name, data in self.expected.items()}
        np.savez(folder / "case.npz", **arrays)

    @classmethod
    def load(cls, folder):
        """Read back a case that `save` wrote."""
        folder = Path(folder)
        facts = json.loads((folder / "case.json").read_text())
        arrays = {"inputs": {}, "expected": {}}
        with np.load(folder / "case.npz") as stored:
            for key in stored.files:
                kind, name = key.split(".", 1)
                arrays[kind][name] = stored[key]
        return cls(facts["interface"], arrays["inputs"], arrays["expected"], facts["seed"])


@dataclass(frozen=True)
class Findings:
    """What one tier of the regression found, all of it as expected.

    Parameters
    ----------
    tier : str
        ``"compiled"`` or ``"cocotb"``.
    simulator : str
        The simulator that ran it.
    vectors : int
        Results compared at full speed.
    cycles : int
        Clock cycles simulated in all.
    latency, initiation_interval : int
        As measured; both equal what the core declares.
    netlist : str
        ``"rtl"`` or, after synthesis, ``"netlist"``.
    """

    tier: str
    simulator: str
    vectors: int
    cycles: int
    latency: int
    initiation_interval: int
    netlist: str = "rtl"
