"""The frame of a core that is one pipeline: a stream in, registers by frequency, a stream out."""

import re

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.libraries import libraries_of
from hwgen.cores.arith.output import connect_output
from hwgen.cores.arith.pipeline import Pipeline
from hwgen.cores.interface import Stream

from hwgen import targets
from hwgen.collector import no_garbage_collection
from hwgen.errors import UsageError

__all__ = ["PipelinedCore", "ValidChain"]


class PipelinedCore(wiring.Component):
    """A core with one input stream ``i``, one output stream ``o`` and a pipeline between them.

    A subclass gives its streams to this constructor and defines :meth:`datapath`. Registers,
    stalls, valid bits and the latency follow. One that sets ``_pauses`` drives the signal
    ``_paused`` there: while it is 1 the pipeline moves, but no token is accepted.

    Parameters
    ----------
    config : object
        Has ``target`` (name of the fabric) and ``freq`` (MHz or None).
    input_fields, output_fields : iterable of Field
        Payloads of the two streams.

    Members
    -------
    i : In(stream)
        Operands.
    o : Out(stream)
        Results.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of an operation's last beat to its result.
    initiation_interval : int
        Clock cycles from one operation to the next; 1 unless the subclass says otherwise.
    streams : tuple of Stream
        Description of both streams.
    verilog_libraries : tuple of path
        Verilog files of the modules that the circuit may instantiate.

    Raises
    ------
    UsageError
        The frequency is above what a step of the datapath that no register can cut allows.
    """

    initiation_interval = 1
    _pauses = False

    def __init__(self, config, input_fields, output_fields):
        self.config = config
        self.streams = (
            Stream("i", "input", tuple(input_fields)),
            Stream("o", "output", tuple(output_fields)),
        )
        super().__init__(
            {
                "i": In(stream.Signature(self.streams[0].layout())),
                "o": Out(stream.Signature(self.streams[1].layout())),
            }
        )
        self.verilog_libraries = libraries_of(targets.get(config.target))
        # the latency is known only once the registers are placed
        with no_garbage_collection():
            self._built, self.latency = self._build()

    def datapath(self, pipeline, valid):
        """Add the circuit to ``pipeline``.

        Parameters
        ----------
        pipeline : Pipeline
            Its ``enable`` is 1 while the pipeline moves.
        valid : ValidChain
            Tells whether a stage holds a token.

        Returns
        -------
        (dict of str to Timed, Timed or None)
            The fields of the output, and the bit that tells whether this token has a result
            (``None``: every token has).
        """
        raise NotImplementedError

    def inputs(self, pipeline):
        """Return the fields of the input as pipeline values: name -> Timed, or list of Timed."""
        values = {}
        for field in self.streams[0].fields:
            payload = self.i.payload[field.name]
            if field.count == 1:
                values[field.name] = pipeline.input(payload, field.name)
            else:
                values[field.name] = [
                    pipeline.input(payload[index], f"{field.name}{index}")
                    for index in range(field.count)
                ]
        return values

    def steps_of_tokens(self, pipeline, valid, steps):
        """Let every token take ``steps`` clock cycles; ``_pauses`` is set if they are several.

        Returns
        -------
        (Signal, Value)
            Number of the step, and whether it is the token's last one.
        """
        m = pipeline.m
        step = Signal(range(steps), name="step")
        done = step == steps - 1
        if steps > 1:
            # every step of a token goes through the pipeline; the last one takes it
            valid.restart(0, self.i.valid)
            m.d.comb += self._paused.eq(~done)
            with m.If(valid.update(0)):
                m.d.sync += step.eq(Mux(done, 0, step + 1))
        return step, done

    def elaborate(self, platform):
        # the module of the constructor serves once; Amaranth may elaborate a component again
        built, self._built = self._built, None
        return built if built is not None else self._build()[0]

    def _build(self):
        """Return (module, latency) of the circuit."""
        size = 0
        if self.config.freq is not None and targets.get(self.config.target).crowding:
            # how large the circuit is, and so how long its wires are, shows when it is planned
            _, pipeline, _ = self._planned_for(0, sizing=True)
            pipeline.discard()
            size = pipeline.bits
        m, pipeline, latency = self._planned_for(size)
        m._MustUse__silence = True
        try:
            pipeline.check_period(_dashed(type(self).__name__))
        except UsageError:
            pipeline.discard()
            self._MustUse__silence = True
            raise
        return m, latency

    def _planned_for(self, size, sizing=False):
        """Return (module, pipeline, latency) of the circuit, planned for a size."""
        m = Module()
        advance = Signal(name="advance")
        offered, accepts = self.i.valid, advance
        if self._pauses:
            self._paused = Signal(name="paused")
            offered, accepts = offered & ~self._paused, advance & ~self._paused
        m.d.comb += self.i.ready.eq(accepts)
        fabric = targets.get(self.config.target)
        pipeline = Pipeline(m, fabric, self.config.freq, advance, size, sizing)
        valid = ValidChain(m, offered, advance)
        fields, emit = self.datapath(pipeline, valid)
        last = pipeline.output_stage((*fields.values(), *([emit] if emit else ())))
        emerging = valid.at(last)
        if emit is not None:
            emerging = emerging & pipeline.at(emit, last)
        results = {name: pipeline.output(value, last) for name, value in fields.items()}
        connect_output(pipeline, self.o, results, emerging)
        return m, pipeline, last + 1


def _dashed(name):
    """Return a class name as the catalogue writes it: ``MxDot`` as ``mx-dot``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class ValidChain:
    """The valid bit of every pipeline stage; cleared by reset."""

    def __init__(self, m, valid, advance):
        self._m = m
        self._advance = advance
        self._stages = [valid]

    def at(self, stage):
        """Return the bit that tells whether ``stage`` holds a token."""
        while len(self._stages) <= stage:
            register = Signal(name=f"valid_{len(self._stages)}")
            with self._m.If(self._advance):
                self._m.d.sync += register.eq(self._stages[-1])
            self._stages.append(register)
        return self._stages[stage]

    def restart(self, stage, signal):
        """Let ``signal`` tell from now on whether ``stage`` holds a token; later stages follow."""
        self.at(stage - 1)
        self._stages[stage:] = [signal]

    def update(self, stage):
        """Return the condition under which a token leaves ``stage``."""
        return self._advance & self.at(stage)
