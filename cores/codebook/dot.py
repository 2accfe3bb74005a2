"""Dot product of codebook weights and a vector: exact sums of groups, times the groups' scales."""

from amaranth.hdl import Mux, Signal
from hwgen.cores.codebook.float_lanes import FloatLanes
from hwgen.cores.codebook.float_unit import FloatUnit
from hwgen.cores.codebook.lanes import LaneDecoder, addresses_of
from hwgen.cores.codebook.result import row_fields, row_result
from hwgen.cores.codebook.unit import DotUnit
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["CodebookDot"]


def _element_field(config):
    fmt, doc = config.fmt, "elements of the vector"
    if config.floats:
        return Field("x", fmt.width, config.lanes, fmt.name, doc=doc)
    return fixed_field("x", fmt.width, fmt.signed, fmt.lsb_exponent, config.lanes, doc)


def _input_fields(config):
    weights = config.weights
    fields = [
        _element_field(config),
        Field("weights", weights.width, config.lanes, doc=f"codes of {weights}"),
    ]
    if weights.selector_width:
        doc = "which special value the token's weights have"
        fields.append(Field("selector", weights.selector_width, doc=doc))
    if config.zero_points:
        doc = "zero point of the token's weights"
        fields.append(Field("zero", weights.width, format=f"uint{weights.width}", doc=doc))
    if config.scale_width:
        doc = "scale of the group; read with its last token"
        width = config.scale_width
        fields.append(Field("scale", width, format=f"uint{width}", doc=doc))
    if config.max_groups > 1:
        fields += [
            Field("first", 1, doc="1 with the last token of a row's first group"),
            Field("last", 1, doc="1 with the last token of a row's last group"),
        ]
    return fields


class CodebookDot(PipelinedCore):
    """``sum over groups of scale * sum over the group of (entry - zero point) * x``, exact.

    The weights of BitMoD (Y. Chen et al., "BitMoD: Bit-serial Mixture-of-Datatype LLM
    Acceleration", HPCA 2025, section 4), and of other weight-only formats. With the architecture
    ``serial`` every token takes as many clock cycles as the codebook's integers have terms.

    Parameters
    ----------
    config : CodebookDotConfig

    Members
    -------
    i : In(stream)
        ``lanes`` elements of the vector and as many weights, ``group / lanes`` tokens a group.
    o : Out(stream)
        One sum a row.

    Attributes
    ----------
    initiation_interval : int
        Clock cycles from one group to the next.
    macs_per_cycle : float
        Weights a clock cycle.
    """

    def __init__(self, config):
        self.initiation_interval = config.group_cycles
        self.macs_per_cycle = config.lanes / config.steps
        self._pauses = config.steps > 1
        super().__init__(config, _input_fields(config), row_fields(config))

    def datapath(self, pipeline, valid):
        config, values = self.config, self.inputs(pipeline)
        step, begins, ends = self._follow(pipeline, valid)
        selector = values.get("selector")
        if config.floats:
            kind, decoder = FloatUnit, FloatLanes(pipeline, config, selector)
        else:
            kind, decoder = DotUnit, LaneDecoder(pipeline, config.values, selector)
        unit = kind(pipeline, valid, config, valid.update, step, begins, ends)
        addresses = addresses_of(pipeline, config.weights, _listed(values["weights"]))
        total = unit.group_sum(decoder, addresses, _listed(values["x"]), values.get("zero"))
        first, emit = None, ends
        if config.max_groups > 1:
            first = values["first"]
            emit = pipeline.bit(lambda end, mark: end & mark, ends, values["last"], name="row_ends")
        scale = values.get("scale")
        row, state = unit.row_sum(total, scale, first), unit.row_state(scale, first)
        return row_result(pipeline, config, row, state), emit

    def _follow(self, pipeline, valid):
        """Count the steps of a token and the tokens of a group.

        Returns
        -------
        (Timed or None, Timed, Timed)
            Number of the step; marks of a group's first and last step.
        """
        m, steps, beats = pipeline.m, self.config.steps, self.config.beats
        step, done = self.steps_of_tokens(pipeline, valid, steps)
        beat = Signal(range(beats), name="beat")
        with m.If(valid.update(0) & done):
            m.d.sync += beat.eq(Mux(beat == beats - 1, 0, beat + 1))
        begins = pipeline.input((beat == 0) & (step == 0), "group_begins")
        ends = pipeline.input((beat == beats - 1) & done, "group_ends")
        number = pipeline.broadcast(pipeline.input(step, "step")) if steps > 1 else None
        return number, begins, ends


def _listed(value):
    return value if isinstance(value, list) else [value]
