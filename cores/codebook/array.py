"""Array of dot product units for codebook weights: vectors stay on the chip, weights pass by."""

from amaranth.hdl import Cat, Mux, Shape, Signal
from hwgen.cores.codebook.array_config import LANES
from hwgen.cores.codebook.lanes import LaneDecoder, addresses_of
from hwgen.cores.codebook.unit import DotUnit
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore
from hwgen.cores.vector_buffer import VectorBuffer

__all__ = ["BitmodArray"]


def _input_fields(config):
    fmt, weights, columns = config.fmt, config.weights, config.columns
    doc = "elements of the vectors, those of one vector side by side"
    fields = [
        fixed_field("x", fmt.width, fmt.signed, fmt.lsb_exponent, config.rows * LANES, doc),
        Field("weights", weights.width, columns * LANES, doc=f"codes of {weights}, row by row"),
    ]
    if weights.selector_width:
        doc = "which special value the weights of a row have"
        fields.append(Field("selector", weights.selector_width, columns, doc=doc))
    if config.scale_width:
        width, doc = config.scale_width, "scale of a row's group; read with its last token"
        fields.append(Field("scale", width, columns, format=f"uint{width}", doc=doc))
    return [
        *fields,
        Field("load", 1, doc="1: the token offers elements of vectors"),
        Field("compute", 1, doc="1: the token offers weights"),
    ]


class BitmodArray(PipelinedCore):
    """``rows x columns`` exact dot products of four lanes, each row's vector held on the chip.

    The array of BitMoD (Y. Chen et al., "BitMoD: Bit-serial Mixture-of-Datatype LLM Acceleration",
    HPCA 2025, section 4): a column's weights are decoded once and go to all of its units, a row's
    elements likewise.

    Parameters
    ----------
    config : BitmodArrayConfig

    Members
    -------
    i : In(stream)
        Four elements of every vector and four weights of every column, with a mark for each.
    o : Out(stream)
        ``rows * columns`` sums: of the first vector with every row of weights, of the second, ...

    Attributes
    ----------
    initiation_interval : int
        Clock cycles from one tile of the matrix to the next.
    macs_per_cycle : float
        Weights times vectors a clock cycle.
    keeps_state : bool
        True: vectors stay in the core.
    """

    keeps_state = True

    def __init__(self, config):
        unit = config.unit
        units = config.rows * config.columns
        self.initiation_interval = config.beats * unit.steps
        self.macs_per_cycle = units * LANES / unit.steps
        self._pauses = unit.steps > 1
        shape, exponent = unit.sum_shape, unit.sum_exponent
        doc = "elements of the product, one vector after the other"
        result = fixed_field("sum", shape.width, shape.signed, exponent, units, doc)
        super().__init__(config, _input_fields(config), [result])

    def datapath(self, pipeline, valid):
        config, values, payload = self.config, self.inputs(pipeline), self.i.payload
        step, done = self.steps_of_tokens(pipeline, valid, config.unit.steps)
        token = valid.update(0) & done
        buffer = VectorBuffer(
            pipeline, token, payload.load, payload.compute, config.beats, config.tiles
        )
        shape = Shape(config.fmt.width, config.fmt.signed)
        elements = buffer.elements(Cat(payload.x), shape)
        if pipeline.period is not None:
            # each goes to a unit of every column, and a memory gives it late in its clock
            elements = [pipeline.register(each) for each in elements]
        begins, ends, first, emit = self._marks(pipeline, buffer, token, step)
        works = pipeline.input(buffer.works, "works")

        def update(stage):
            return valid.update(stage) & pipeline.at(works, stage)

        number = None
        if config.unit.steps > 1:
            number = pipeline.broadcast(pipeline.input(step, "step"))
        unit = DotUnit(pipeline, valid, config.unit, update, number, begins, ends)
        columns = [self._column(pipeline, values, column) for column in range(config.columns)]
        sums = []
        for row in range(config.rows):
            vector = elements[row * LANES : (row + 1) * LANES]
            for decoder, addresses, scale in columns:
                total = unit.group_sum(decoder, addresses, vector)
                sums.append(unit.row_sum(total, scale, first))
        return {"sum": pipeline.concatenate(sums)}, emit

    def _marks(self, pipeline, buffer, token, step):
        """Return the marks of groups and rows: begin and end of a group, first group, row's end."""
        config, m = self.config, pipeline.m
        beats, last = config.unit.beats, config.unit.beats - 1
        beat, group = Signal(range(beats), name="beat_of_group"), Signal(range(config.groups))
        ends = buffer.works & (beat == last) & (step == config.unit.steps - 1)
        with m.If(token & buffer.works):
            m.d.sync += beat.eq(Mux(beat == last, 0, beat + 1))
            with m.If(beat == last):
                m.d.sync += group.eq(Mux(group == config.groups - 1, 0, group + 1))
        row_ends = ends & (group == config.groups - 1)
        return (
            pipeline.input((beat == 0) & (step == 0), "group_begins"),
            pipeline.input(ends, "group_ends"),
            pipeline.input(group == 0, "first_group") if config.groups > 1 else None,
            pipeline.input(row_ends, "row_ends"),
        )

    def _column(self, pipeline, values, column):
        """Return (decoder, addresses, scale) of a column's weights."""
        config = self.config

        def of_column(name):
            found = values.get(name)
            return found[column] if isinstance(found, list) else found

        decoder = LaneDecoder(pipeline, config.unit.values, of_column("selector"))
        codes = values["weights"][column * LANES : (column + 1) * LANES]
        addresses = addresses_of(pipeline, config.weights, codes)
        return decoder, addresses, of_column("scale")
