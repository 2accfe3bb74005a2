"""RTL as a NumPy function: a core's Verilog, compiled, called with arrays of codes."""

import ctypes
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hwgen.catalogue import payload
from hwgen.errors import MismatchError, UsageError
from hwgen.sim.build import build_library
from hwgen.sim.streams import streams_of
from hwgen.sim.timing import quiet_limit

__all__ = ["CompiledModel", "ProtocolError", "Run"]


class ProtocolError(MismatchError):
    """The core broke a rule of its streams, or stopped before it was done.

    ``outputs`` holds the payload bytes that had come out by then, by stream.
    """

    def __init__(self, message, outputs):
        super().__init__(message)
        self.outputs = outputs


@dataclass(frozen=True)
class Run:
    """What one run of the compiled model gave.

    Parameters
    ----------
    outputs : dict of str to numpy.ndarray
        Payload bytes of every output stream, ``uint8`` of shape ``(n, nbytes)``.
    cycles : int
        Clock cycles simulated.
    finished : bool
        Whether every input was taken; False only where ``cycle_limit`` ended the run.
    accepted, emerged : dict of str to numpy.ndarray
        Where ``timed``: cycle in which each input was accepted, and each output first valid.
    """

    outputs: dict
    cycles: int
    finished: bool = True
    accepted: dict = field(default_factory=dict)
    emerged: dict = field(default_factory=dict)


class _StreamJob(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("tokens", ctypes.c_uint64),
        ("done", ctypes.c_uint64),
        ("cycles", ctypes.c_void_p),
        ("stall", ctypes.c_uint64),
    )


class _Job(ctypes.Structure):
    _fields_ = (
        ("inputs", ctypes.POINTER(_StreamJob)),
        ("outputs", ctypes.POINTER(_StreamJob)),
        ("seed", ctypes.c_uint64),
        ("quiet_limit", ctypes.c_uint64),
        ("cycle_limit", ctypes.c_uint64),
        ("patient", ctypes.c_uint64),
        ("probe", ctypes.c_uint64),
        ("eager", ctypes.c_uint64),
        ("cycles", ctypes.c_uint64),
        ("status", ctypes.c_uint64),
        ("stream", ctypes.c_uint64),
        ("token", ctypes.c_uint64),
    )


_STATUS = {
    2: ("i", "stopped taking tokens at token {token} of stream {stream}"),
    3: ("o", "produced a token more than expected on stream {stream} (token {token})"),
    4: ("o", "dropped valid on stream {stream} before token {token} was taken"),
    5: ("o", "changed the payload on stream {stream} while token {token} waited for ready"),
    6: ("o", "asserted valid on stream {stream} before any input was offered"),
    7: ("o", "lets valid or payload of stream {stream} depend on ready combinationally"),
    8: ("i", "lets ready of stream {stream} depend on valid combinationally"),
}


class CompiledModel:
    """One core, compiled, kept between calls like the circuit itself would be.

    Parameters
    ----------
    verilog : path or list of path
        Emitted Verilog; further files (cell libraries) after it.
    interface : dict
        Contents of ``interface.json``.
    folder : path
        Keeps the compiled library; a second model from the same sources starts at once.
    backend : str
        ``"verilator"`` or ``"cxxrtl"``.
    optimize : int
        Level of the C++ compiler: 0 builds fastest, 2 runs fastest. CXXRTL is never built below
        2, since it is templates all through.
    controls : dict of str to int
        Further input ports and their widths (at most 32 bits), set with `control`.

    Attributes
    ----------
    inputs, outputs : tuple of Stream
        The streams of the core.
    backend : str
        The simulator.

    Raises
    ------
    HwgenError
        The Verilog does not compile.
    MissingToolError
        A compiler is missing.
    """

    def __init__(
        self, verilog, interface, folder, *, backend="verilator", optimize=2, controls=None
    ):
        files = [Path(path) for path in (verilog if isinstance(verilog, list) else [verilog])]
        controls = dict(controls or {})
        library = build_library(
            files,
            interface,
            Path(folder).absolute(),
            backend=backend,
            optimize=optimize,
            controls=controls,
        )
        self.inputs, self.outputs = streams_of(interface)
        self.interface = interface
        self.backend = backend
        self._controls = tuple(controls)
        self._quiet_limit = quiet_limit(interface)
        self._library = ctypes.CDLL(str(library))
        self._library.hwgen_create.restype = ctypes.c_void_p
        for name in ("hwgen_destroy", "hwgen_reset", "hwgen_run", "hwgen_control"):
            getattr(self._library, name).restype = None
        self._model = ctypes.c_void_p(self._library.hwgen_create())

    def __del__(self):
        if getattr(self, "_model", None):
            self._library.hwgen_destroy(self._model)

    def __call__(self, values, *, expected_tokens=None, stalls=0.0, seed=0):
        """Send codes through the core and return the codes that come out.

        Parameters
        ----------
        values : dict of str to dict of str to numpy.ndarray
            Codes of every field of every input stream.
        expected_tokens, stalls, seed
            As in `run`.

        Returns
        -------
        dict of str to dict of str to numpy.ndarray
        """
        payloads = {each.name: payload.pack(each, values[each.name]) for each in self.inputs}
        run = self.run(payloads, expected_tokens=expected_tokens, stalls=stalls, seed=seed)
        return {each.name: payload.unpack(each, run.outputs[each.name]) for each in self.outputs}

    def reset(self, cycles=2):
        """Hold reset for a number of clock cycles."""
        self._library.hwgen_reset(self._model, ctypes.c_uint64(cycles))

    def control(self, name, value):
        """Set one of the further input ports."""
        if name not in self._controls:
            raise UsageError(f"control must be one of {self._controls}, not {name!r}")
        index = self._controls.index(name)
        self._library.hwgen_control(self._model, ctypes.c_uint64(index), ctypes.c_uint64(value))

    def run(
        self,
        payloads,
        *,
        expected_tokens=None,
        stalls=0.0,
        seed=0,
        patient=False,
        probe=0.0,
        cycle_limit=0,
        timed=False,
        eager=False,
    ):
        """Send payloads until all are taken and the core is quiet.

        A core that keeps state from token to token is reset first.

        Parameters
        ----------
        payloads : dict of str to numpy.ndarray
            Payload bytes for every input stream, ``uint8`` of shape ``(n, nbytes)``.
        expected_tokens : dict of str to int, optional
            Tokens to come out of every output stream; by default at most as many as go in.
        stalls : float or (float, float)
            Chance, 0 to below 1, that a side pauses in a cycle: one for both, or that of inputs
            and that of outputs.
        seed : int
            Seed of the pauses and probes.
        patient : bool
            Be ready at outputs only for a token that was valid the cycle before. A core that waits
            for ready before it asserts valid then waits forever.
        probe : float
            Chance, 0 to 1, that combinational paths through the handshake are looked for in a
            cycle.
        cycle_limit : int
            Stop after so many cycles in any state; 0 for no limit.
        timed : bool
            Note the cycle of every transfer.
        eager : bool
            Return with the last of ``expected_tokens``, instead of when the core is quiet.

        Returns
        -------
        Run

        Raises
        ------
        ProtocolError
            The core broke a stream rule, stopped taking tokens, or gave too many or too few.
        """
        chances = stalls if isinstance(stalls, tuple) else (stalls, stalls)
        if not all(0 <= each < 1 for each in chances):
            raise UsageError(f"stalls must be at least 0 and below 1, not {stalls!r}")
        if self.interface.get("keeps_state"):
            self.reset()
        sources = [np.ascontiguousarray(payloads[each.name], np.uint8) for each in self.inputs]
        most = max(len(each) for each in sources)
        wanted = expected_tokens or {}
        sinks = [
            np.empty((wanted.get(each.name, most), payload.payload_bytes(each)), np.uint8)
            for each in self.outputs
        ]
        times = [np.zeros(len(each), np.uint64) if timed else None for each in sources + sinks]
        split = len(sources)
        pauses = [min(255, round(each * 256)) for each in chances]
        jobs = [
            _StreamJob(
                data.ctypes.data,
                len(data),
                0,
                0 if time is None else time.ctypes.data,
                pauses[index >= split],
            )
            for index, (data, time) in enumerate(zip(sources + sinks, times, strict=True))
        ]
        job = _Job((_StreamJob * split)(*jobs[:split]), (_StreamJob * len(sinks))(*jobs[split:]))
        job.seed, job.quiet_limit, job.cycle_limit = seed, self._quiet_limit, cycle_limit
        job.patient, job.probe, job.eager = patient, round(probe * 256), eager
        self._library.hwgen_run(self._model, ctypes.byref(job))
        done = [job.outputs[index].done for index in range(len(sinks))]
        outputs = self._by_name(self.outputs, sinks, done)
        self._check(job, outputs, wanted, sources)
        return Run(
            outputs=outputs,
            cycles=job.cycles,
            finished=job.status == 0,
            accepted=self._by_name(self.inputs, times[:split]) if timed else {},
            emerged=self._by_name(self.outputs, times[split:], done) if timed else {},
        )

    @staticmethod
    def _by_name(streams, arrays, lengths=None):
        lengths = lengths or [None] * len(arrays)
        triples = zip(streams, arrays, lengths, strict=True)
        return {stream.name: array[:length] for stream, array, length in triples}

    def _check(self, job, outputs, wanted, sources):
        core = self.interface["core"]
        where = f"in cycle {job.cycles} (seed {job.seed})"
        if job.status == 2:
            taken = [job.inputs[index].done for index in range(len(sources))]
            job.stream = next(i for i, data in enumerate(sources) if taken[i] < len(data))
            job.token = taken[job.stream]
        if job.status in _STATUS:
            side, text = _STATUS[job.status]
            stream = (self.inputs if side == "i" else self.outputs)[job.stream]
            text = text.format(stream=repr(stream.name), token=job.token)
            raise ProtocolError(f"{core} {text} {where}", outputs)
        for name, tokens in outputs.items():
            if job.status == 0 and len(tokens) != wanted.get(name, len(tokens)):
                text = f"produced {len(tokens)} of {wanted[name]} tokens on stream {name!r}"
                raise ProtocolError(f"{core} {text} and then stopped {where}", outputs)
