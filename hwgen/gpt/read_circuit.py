"""A reader and its simulated memory channel, compiled: how fast does which traffic go?"""

import tempfile
from pathlib import Path

import numpy as np

__all__ = ["ReadCircuit"]

_MODULE = "read_bench"


class ReadCircuit:
    """A `ReadBench`, simulated at speed.

    Parameters
    ----------
    channel : ChannelConfig
    reader : ReaderConfig
    folder : path-like or None
        Where the compiled simulation is kept; by default with those of other commands.

    Members
    -------
    model : CompiledModel
    """

    def __init__(self, channel, reader, folder=None):
        from hwgen.cores.memory.read_bench import ReadBench
        from hwgen.flow.emit import emit_verilog
        from hwgen.sim.model import CompiledModel
        from hwgen.sim.toolchain import cache_folder

        self.channel = channel
        bench = ReadBench(channel, reader)
        self._controls = bench.controls
        interface = {
            **{"core": _MODULE, "module": _MODULE, "clock": "clk", "reset": "rst"},
            "streams": [each.describe() for each in bench.streams],
            **{"latency": 4 * reader.timeout, "initiation_interval": 1},
        }
        with tempfile.TemporaryDirectory(prefix="hwgen-read-") as here:
            path = Path(here, f"{_MODULE}.v")
            path.write_text(emit_verilog(bench, module_name=_MODULE))
            self.model = CompiledModel(
                path, interface, folder or cache_folder(), optimize=1, controls=bench.controls
            )

    def run(self, requests, beats=(), expected=None, faults=0, controls=None, **options):
        """Reset, load the memory and send requests.

        Parameters
        ----------
        requests : sequence of (int, int)
            Byte addresses and numbers of bytes.
        beats : uint8 array, [beats, bytes of a beat]
            Contents of the memory from address 0 on; what is not loaded stays as it was.
        expected : int
            Beats to wait for; by default all that is asked for.
        faults : int
            Errors to wait for, 0 or 1.
        controls : dict of str to int
            Of `ReadBench`; the others are 0, and ``limit`` is as large as it may be.
        options : dict
            Of `CompiledModel.run`.

        Returns
        -------
        Run
        """
        from hwgen.catalogue.payload import pack

        size = self.channel.beat_bytes
        total = sum(count for _, count in requests) // size
        wanted = {"limit": 256} | (controls or {})
        for name in self._controls:
            self.model.control(name, wanted.get(name, 0))
        self.model.reset()
        given, load = self.model.inputs
        loaded = np.zeros((0, 1)) if not len(beats) else _objects(beats)
        nothing = pack(given, {"address": np.zeros(0), "bytes": np.zeros(0)})
        places = np.arange(len(loaded))
        contents = pack(load, {"beat": places, "data": loaded})
        if len(loaded):
            self.model.run(
                {"i": nothing, "load": contents},
                expected_tokens={"o": 0, "fault": 0},
                eager=True,
            )
        addresses, counts = np.array(requests, np.uint64).reshape(-1, 2).T
        return self.model.run(
            {
                "i": pack(given, {"address": addresses, "bytes": counts}),
                "load": contents[:0],
            },
            expected_tokens={"o": total if expected is None else expected, "fault": faults},
            eager=True,
            **options,
        )

    def efficiency(self, requests, skip=0.0, **controls):
        """Return the share of the raw peak that requests reach, from the first beat on.

        Parameters
        ----------
        requests : sequence of (int, int)
        skip : float
            Share of the beats that is left out at the beginning.
        controls : dict of str to int
        """
        run = self.run(requests, controls=controls, timed=True)
        emerged = run.emerged["o"].astype(np.int64)
        first = int(skip * len(emerged))
        return (len(emerged) - first - 1) / int(emerged[-1] - emerged[first])


def _objects(beats):
    """Return beats as Python integers."""
    return np.array([int.from_bytes(each.tobytes(), "little") for each in beats], object)
