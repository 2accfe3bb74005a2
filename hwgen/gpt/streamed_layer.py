"""Matrix products whose weights are streamed from simulated memory channels, compiled."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwgen.errors import HwgenError, UsageError

__all__ = ["StreamedLayer", "Streaming"]

_MODULE = "layer_bench"


@dataclass(frozen=True)
class Streaming:
    """What some products took.

    Parameters
    ----------
    sums : list of int64 array, [rows]
        Of every matrix, with 24 fraction bits.
    cycles : int
        From the request for the first weights to the last sum, both included.
    weight_bytes : int
        Bytes of the weights, without padding.
    read_bytes : int
        With it.
    peak_bytes : int
        Bytes that all channels could give in a clock cycle.
    times : int64 array
        Clock cycle in which the sums of every row of the channels came out.
    """

    sums: list
    cycles: int
    weight_bytes: int
    read_bytes: int
    peak_bytes: int
    times: np.ndarray

    @property
    def share(self):
        """Share of the raw peak, 0 to 1: bytes of weights, over all clock cycles."""
        return self.weight_bytes / (self.cycles * self.peak_bytes)


class StreamedLayer:
    """A `LayerBench`, simulated at speed.

    Parameters
    ----------
    config : ClusterConfig
    channels : int
    channel : ChannelConfig
    folder : path-like or None
        Where the compiled simulation is kept; by default with those of other commands.

    Members
    -------
    model : CompiledModel
    latency : int
        Of a cluster.
    """

    def __init__(self, config, channels, channel, folder=None):
        from hwgen.cores.memory.layer_bench import LayerBench
        from hwgen.flow.emit import emit_verilog
        from hwgen.sim.model import CompiledModel
        from hwgen.sim.toolchain import cache_folder

        self.config, self.channels, self.channel = config, channels, channel
        self._layout = config.layout(channels)
        bench = LayerBench(config, channels, channel)
        self._controls, self.latency = bench.controls, bench.latency
        interface = {
            **{"core": _MODULE, "module": _MODULE, "clock": "clk", "reset": "rst"},
            "streams": [each.describe() for each in bench.streams],
            **{"latency": config.reader.timeout, "initiation_interval": 1},
        }
        with tempfile.TemporaryDirectory(prefix="hwgen-layer-") as here:
            path = Path(here, f"{_MODULE}.v")
            path.write_text(emit_verilog(bench, module_name=_MODULE))
            self.model = CompiledModel(
                path, interface, folder or cache_folder(), optimize=1, controls=bench.controls
            )
        self._inputs = {each.name: each for each in self.model.inputs}
        self._outputs = {each.name: each for each in self.model.outputs}

    def load(self, matrices):
        """Write matrices (list of Streamed) into the memories, one behind the other, and reset.

        Raises ``UsageError`` for matrices of another format, or too large.
        """
        for each in matrices:
            if each.stream.name != self.config.format:
                raise UsageError(f"matrices must be {self.config.format}, not {each.stream.name}")
        images = [self._layout.image(each.records) for each in matrices]
        image = np.concatenate(images, axis=1)
        if image.shape[1] > self.channel.beats:
            raise UsageError(
                f"matrices must have at most {self.channel.beats} beats in a channel, "
                f"not {image.shape[1]}"
            )
        self._matrices = list(matrices)
        self._bytes = image.shape[1] * self.channel.beat_bytes
        self.reset()
        for channel in range(self.channels):
            self._send(load=self._loading(channel, image[channel]))
        self.reset()

    def reset(self, **controls):
        """Forget codes and errors; set the controls of `LayerBench`, the others to 0."""
        for name in self._controls:
            self.model.control(name, controls.get(name, 0))
        self.model.reset()

    def products(self, operands, dependent=False, late=0, **options):
        """Multiply every matrix by its codes; all weights are asked for at the beginning.

        Parameters
        ----------
        operands : list of (int64 array [blocks, 32], int64 array [blocks])
            Codes and exponents for every matrix.
        dependent : bool
            Send the codes of a matrix only when the one before has given its last sum.
        late : int
            Clock cycles by which all commands come later: the first is repeated so often.
        options : dict
            Of `CompiledModel.run`.

        Returns
        -------
        Streaming

        Raises
        ------
        HwgenError
            A reader stopped; the message says why and where.
        """
        from hwgen.sim.model import ProtocolError

        commands, place = [], 0
        for matrix, (codes, exponents) in zip(self._matrices, operands, strict=True):
            commands.append(self._commands(matrix, codes, exponents, place))
            place += self._layout.steps(len(codes)) * self._layout.lanes
        if place > self.config.code_blocks:
            raise UsageError(f"codes must have at most {self.config.code_blocks} blocks")
        rows = [self._layout.rows(len(each.records)) for each in self._matrices]
        for name, each in commands[0].items():
            commands[0][name] = np.concatenate([each[:1]] * late + [each])
        if not dependent:
            joined = {
                name: np.concatenate([each[name] for each in commands]) for name in commands[0]
            }
            commands, groups = [joined], [sum(rows)]
        else:
            groups = rows
        requests, cycles, found, times = [(0, self._bytes)], 0, [], []
        for each, count in zip(commands, groups, strict=True):
            try:
                run = self._run(each, requests, count, **options)
            except ProtocolError as error:
                raise self._fault() or error from None
            times.append(cycles + run.emerged["o"].astype(np.int64))
            requests, cycles = [], cycles + run.cycles
            found.append(self._unpacked("o", run)["sums"].reshape(-1))
        sums = _signed(np.concatenate(found), self._outputs["o"].fields[0].width)
        split = np.split(sums, np.cumsum(rows)[:-1] * self.channels)
        return Streaming(
            [each[: len(m.records)] for each, m in zip(split, self._matrices, strict=True)],
            cycles,
            sum(each.records.size for each in self._matrices),
            self.channels * self._bytes,
            self.channels * self.channel.beat_bytes,
            np.concatenate(times),
        )

    def _commands(self, matrix, codes, exponents, place):
        """Return the commands of a matrix as fields: its codes, then the product."""
        count = len(codes) + 1
        fields = {
            name: np.zeros(count, np.int64)
            for name in ("kind", "place", "exponent", "rows", "steps", "base")
        }
        fields["codes"] = np.zeros((count, codes.shape[1]), np.int64)
        fields["place"][:-1], fields["place"][-1] = place + np.arange(count - 1), place
        fields["codes"][:-1], fields["exponent"][:-1] = codes, exponents
        fields["kind"][-1] = 1
        fields["rows"][-1] = self._layout.rows(len(matrix.records))
        fields["steps"][-1] = self._layout.steps(len(codes))
        fields["base"][-1] = matrix.base
        return fields

    def _run(self, commands, requests, rows, **options):
        given = {"i": self._packed("i", commands)}
        if requests:
            addresses, counts = np.array(requests, np.int64).T
            given["fetch"] = self._packed("fetch", {"address": addresses, "bytes": counts})
        return self._send(**given, wanted=rows, options=options)

    def _send(self, wanted=0, options=None, **given):
        """Send tokens and return with the last one; streams that are not named get none."""
        expected = {"o": wanted, "fault": 0}
        options = {"eager": True} | (options or {})
        return self.model.run(
            self._nothing() | given, expected_tokens=expected, timed=True, **options
        )

    def _nothing(self):
        from hwgen.catalogue.payload import payload_bytes

        return {
            name: np.zeros((0, payload_bytes(each)), np.uint8)
            for name, each in self._inputs.items()
        }

    def _fault(self):
        """Return the error that the circuit tells of, or None."""
        from hwgen.cores.memory.reader import Status

        expected = {"o": self.config.results, "fault": 1}
        run = self.model.run(self._nothing(), expected_tokens=expected, cycle_limit=4)
        if not len(run.outputs["fault"]):
            return None
        fault = self._unpacked("fault", run)
        status, channel, address = (int(fault[x][0]) for x in ("status", "channel", "address"))
        return HwgenError(f"{Status.texts[status]}, in channel {channel} at address {address}")

    def _loading(self, channel, image):
        data = [int.from_bytes(each.tobytes(), "little") for each in image]
        beats = len(data)
        fields = {"channel": np.full(beats, channel), "beat": np.arange(beats)}
        return self._packed("load", fields | {"data": np.array(data, object)})

    def _packed(self, name, fields):
        from hwgen.catalogue.payload import pack

        stream = self._inputs[name]
        masked = {
            each.name: fields[each.name]
            if fields[each.name].dtype == object
            else fields[each.name].astype(np.int64) & (1 << min(62, each.width)) - 1
            for each in stream.fields
        }
        return pack(stream, masked)

    def _unpacked(self, name, run):
        from hwgen.catalogue.payload import unpack

        return unpack(self._outputs[name], run.outputs[name])


def _signed(values, bits):
    """Return codes in two's complement as integers."""
    values = values.astype(np.int64)
    return np.where(values >> bits - 1 & 1, values - (1 << bits), values)
