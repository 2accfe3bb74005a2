"""A compiled model as a circuit: the emitted Verilog of its machine, compiled and called."""

import numpy as np

from hwgen.errors import HwgenError
from hwgen.formats.gpt_sampling import Draw
from hwgen.formats.gpt_status import reason_of

__all__ = ["Circuit", "machine_circuit"]

_MODULE = "gpt"
# after so many quiet clock cycles a machine has stopped
_PAUSE = 1 << 22


def machine_circuit(program, target="generic", freq=None, key_lanes=1, reader=None, sampling=False):
    """Return (description of the ports, Verilog) of the machine of a program.

    Parameters
    ----------
    program : Program
        With groups of 16 columns or more.
    target : str
        Fabric.
    freq : float or None
        MHz.
    key_lanes, reader, sampling
        See `MachineConfig`; with a reader there is an AXI4 port for the weights.

    Raises ``UsageError`` for a program that the machine cannot execute.
    """
    from hwgen.cores.gpt.machine import GptMachine
    from hwgen.cores.gpt.machine_config import MachineConfig
    from hwgen.flow.emit import emit_verilog

    machine = GptMachine(MachineConfig(program, target, freq, key_lanes, reader, sampling))
    interface = {
        "core": _MODULE,
        "module": _MODULE,
        "clock": "clk",
        "reset": "rst",
        "streams": [each.describe() for each in machine.streams],
    }
    return interface, emit_verilog(machine, module_name=_MODULE)


class Circuit:
    """A machine that is simulated at speed; it has what `generate` needs.

    Parameters
    ----------
    program : Program
    folder : path-like or None
        Where the compiled simulation is kept; by default with those of other commands.
    progress : callable
        Called with a line of text before each step.
    options : dict
        Those of `machine_circuit`.

    Members
    -------
    cycles, tokens : int
        Clock cycles and tokens so far.
    model : CompiledModel
        The simulation.
    told : dict of str to int
        All fields of the last answer.
    draw : Draw or None
        How tokens of the next text are drawn; None where the circuit has no sampler.

    Raises
    ------
    UsageError
        The machine cannot execute the program.
    """

    def __init__(self, program, folder=None, progress=None, **options):
        import tempfile
        from pathlib import Path

        from hwgen.sim.model import CompiledModel
        from hwgen.sim.toolchain import cache_folder

        say = progress or (lambda text: None)
        self.draw = Draw() if options.get("sampling") else None
        say("emitting Verilog")
        interface, text, controls = self._emitted(program, **options)
        interface |= {"latency": _PAUSE, "initiation_interval": 1}
        say("compiling the simulation")
        with tempfile.TemporaryDirectory(prefix="hwgen-gpt-") as here:
            path = Path(here, f"{_MODULE}.v")
            path.write_text(text)
            self.model = CompiledModel(
                path, interface, folder or cache_folder(), optimize=1, controls=controls
            )
        self.reset()

    def _emitted(self, program, **options):
        """Return (description of the ports, Verilog, widths of inputs that are no streams)."""
        return *machine_circuit(program, **options), {}

    def reset(self):
        """Forget all tokens."""
        self.cycles = self.tokens = 0
        self._begins = True
        self.model.reset()

    def step(self, tokens):
        """Run the program for some tokens; return (None, the token chosen behind the last).

        Raises
        ------
        HwgenError
            The machine stopped; the message has the status and the instruction.
        """
        from hwgen.catalogue.payload import pack, unpack
        from hwgen.gpt.generate import token_fields

        count = len(tokens)
        values = token_fields(tokens, self._begins, 1, self.draw)
        self._begins = False
        (given, *others), (answered,) = self.model.inputs, self.model.outputs
        payloads = {each.name: np.zeros((0, 1), np.uint8) for each in others}
        run = self.model.run(
            payloads | {given.name: pack(given, values)},
            expected_tokens={answered.name: 1},
            eager=True,
        )
        self.cycles, self.tokens = self.cycles + run.cycles, self.tokens + count
        answer = unpack(answered, run.outputs[answered.name])
        self.told = {name: int(each[0]) for name, each in answer.items()}
        if status := self.told["status"]:
            place = self.told["counter"]
            raise HwgenError(
                f"the machine stopped with status {status} at instruction {place}: "
                f"{reason_of(status)}"
            )
        return None, self.told["token"]
