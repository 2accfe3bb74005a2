"""Weight bits from codes: parities of this code and those before it, one code a clock cycle."""

from amaranth.hdl import Cat, Mux, Signal
from hwgen.cores.arith.parity import parities
from hwgen.cores.arith.timed import Timed
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["F2fDecode"]


class F2fDecode(PipelinedCore):
    """Decoder of the XOR code (``hwgen/formats/xor_code.py``).

    Parameters
    ----------
    config : F2fDecodeConfig
        Code, options and fabric.

    Members
    -------
    i : In(stream)
        A code, or with ``corrections`` the position of a bit to toggle in the next word.
    o : Out(stream)
        The weight bits of a code.
    """

    keeps_state = True

    def __init__(self, config):
        fields = [
            Field("code", config.word_width, doc="code, or position of a correction"),
            Field("first", 1, doc="codes before this one count as zero"),
        ]
        if config.corrections:
            fields.append(Field("correction", 1, doc="toggles a bit of the next word, gives none"))
        if config.mask == "input":
            fields.append(Field("mask", 1, config.outputs, doc="weight bits that are kept"))
        bits = Field("bits", 1, config.outputs, doc="weight bits")
        super().__init__(config, fields, [bits])

    def datapath(self, pipeline, valid):
        config, inputs = self.config, self.inputs(pipeline)
        correction = inputs.get("correction")
        window = self._window(pipeline, valid, inputs)
        found = parities(pipeline, window, config.code.rows)
        if correction is not None:
            toggled = self._toggled(pipeline, valid, inputs["code"], correction)
            found = [
                pipeline.bit(lambda bit, toggle: bit ^ toggle, *pair, name="corrected")
                for pair in zip(found, toggled, strict=True)
            ]
        if config.mask == "input":
            found = [
                pipeline.bit(lambda bit, keep: bit & keep, *pair, name="kept")
                for pair in zip(found, inputs["mask"], strict=True)
            ]
        is_code = None
        if correction is not None:
            is_code = pipeline.bit(lambda toggles: ~toggles, correction, levels=0, name="is_code")
        return {"bits": pipeline.concatenate(found)}, is_code

    def _window(self, pipeline, valid, inputs):
        """Return the bits of this code and of the earlier ones, in registers behind the input.

        The registers of earlier codes are cleared with the first code of a segment, as it enters:
        no table stands between them and the parities.
        """
        config, m = self.config, pipeline.m
        enters = Signal(name="code_enters")
        m.d.comb += enters.eq(valid.update(0))
        if "correction" in inputs:
            m.d.comb += enters.eq(valid.update(0) & ~inputs["correction"].signal)
        previous = inputs["code"].signal[: config.inputs]
        bits = []
        for age in range(config.history + 1):
            held = Signal(config.inputs, reset_less=True, name=f"code_{age}_ago")
            with m.If(enters):
                m.d.sync += held.eq(Mux(inputs["first"].signal, 0, previous) if age else previous)
            here = Timed(held, 1, pipeline.fabric.launch_delay)
            bits += [pipeline.slice(here, bit, bit + 1) for bit in range(config.inputs)]
            previous = held
        return bits

    def _toggled(self, pipeline, valid, position, correction):
        """Return the bits that the corrections before a code toggle, beside that code."""
        outputs, m = self.config.outputs, pipeline.m
        where = pipeline.at(position, 1)
        corrects = pipeline.at(correction, 1)
        toggled = Signal(outputs, name="toggled")
        meant = Cat(where == output for output in range(outputs))
        with m.If(valid.update(1)):
            m.d.sync += toggled.eq(Mux(corrects, toggled ^ meant, 0))
        here = Timed(toggled, 1, pipeline.fabric.launch_delay)
        return [pipeline.slice(here, output, output + 1) for output in range(outputs)]
