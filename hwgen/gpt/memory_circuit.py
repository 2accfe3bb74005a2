"""A compiled model whose weights lie in a simulated memory channel, as a circuit."""

import numpy as np

from hwgen.errors import UsageError
from hwgen.formats.weight_image import weight_image
from hwgen.gpt.circuit import Circuit

__all__ = ["MemoryCircuit"]

_MODULE = "memory_bench"


class MemoryCircuit(Circuit):
    """A machine with its memory, simulated at speed; it has what `generate` needs.

    Parameters
    ----------
    program : Program
    reader : ReaderConfig
    channel : ChannelConfig
        Of the same widths.
    whole : bool
        Whether all weights must fit; if not, what lies beyond the memory is missing.
    options : dict
        Those of `Circuit`.

    Members
    -------
    told : dict of str to int
        All fields of the last answer, those of `MemoryBench` as well.
    delays : Delays
        Of the machine, for a `CycleModel`.

    Raises ``UsageError`` where the weights do not fit.
    """

    def __init__(self, program, reader, channel, whole=True, **options):
        image, size = weight_image(program), channel.beats * channel.beat_bytes
        if whole and image.size > size:
            raise UsageError(
                f"beats must be at least {image.size // channel.beat_bytes} for "
                f"{image.size} bytes of weights, not {channel.beats}"
            )
        self._channel = channel
        super().__init__(program, reader=reader, **options)
        self.load(image[:size])

    def _emitted(self, program, target="generic", freq=None, key_lanes=1, reader=None):
        from hwgen.cores.gpt.machine_config import MachineConfig
        from hwgen.cores.gpt.memory_bench import MemoryBench
        from hwgen.flow.emit import emit_verilog

        config = MachineConfig(program, target, freq, key_lanes, reader)
        bench = MemoryBench(config, self._channel)
        self._controls, self.delays = bench.controls, bench.delays
        interface = {
            **{"core": _MODULE, "module": _MODULE, "clock": "clk", "reset": "rst"},
            "streams": [each.describe() for each in bench.streams],
        }
        return interface, emit_verilog(bench, module_name=_MODULE), bench.controls

    def load(self, image):
        """Write bytes into the memory from address 0 on, whole beats of them, and reset."""
        from hwgen.catalogue.payload import pack

        beats = image.reshape(-1, self._channel.beat_bytes)
        numbers = np.array([int.from_bytes(each.tobytes(), "little") for each in beats], object)
        self.reset()
        given, load = self.model.inputs
        self.model.run(
            {
                given.name: np.zeros((0, 1), np.uint8),
                load.name: pack(load, {"beat": np.arange(len(beats)), "data": numbers}),
            },
            expected_tokens={"o": 0},
            # one a clock cycle
            cycle_limit=len(beats) + 1,
        )
        self.reset()

    def reset(self, **controls):
        """Forget all tokens and errors; set the controls of `MemoryBench`, the others to 0."""
        for name in self._controls:
            self.model.control(name, controls.get(name, 0))
        super().reset()
