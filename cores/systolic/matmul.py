"""Matrix product of MX blocks on a systolic array."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hwgen.cores.arith.libraries import libraries_of
from hwgen.cores.interface import Field, Stream
from hwgen.cores.systolic.buffers import OutputBuffer, SideQueue
from hwgen.cores.systolic.edge import Edge, result_fields, reuse_distance
from hwgen.cores.systolic.element import OutputStationaryElement, WeightStationaryElement
from hwgen.cores.systolic.row import OutputStationaryRow, WeightStationaryRow
from hwgen.cores.systolic.wiring import ENABLE_LIBRARY, delayed, instance, own_enable

from hwgen import targets

__all__ = ["MxMatmul"]

_ELEMENT, _ROW, _EDGE = (f"mx_matmul_{part}" for part in ("element", "row", "edge"))


def _input_fields(config):
    a, b = config.fmt_a.element, config.fmt_b.element
    scale_a, scale_b = config.fmt_a.scale, config.fmt_b.scale
    rows, columns = config.rows, config.columns
    if config.weight_stationary:
        return [
            Field("a", a.width, rows, a.name, doc="a row of A, one block"),
            Field("b", b.width, columns, b.name, doc="a row of weights, one a column of B"),
            Field("scale_a", scale_a.width, format=scale_a.name, doc="scale of the row of A"),
            Field(
                "scale_b",
                scale_b.width,
                columns,
                format=scale_b.name,
                doc="scales of the columns of B; read with the last row of a tile",
            ),
            Field("compute", 1, doc="1: the token holds a row of A"),
            Field("load", 1, doc="1: the token holds a row of weights"),
            *_block_marks(config, "read with compute"),
        ]
    fields = [
        Field("a", a.width, rows, a.name, doc="a column of A"),
        Field("b", b.width, columns, b.name, doc="a row of B"),
        Field(
            "scale_a",
            scale_a.width,
            rows,
            scale_a.name,
            doc="scales of the rows of A; read at a block's end",
        ),
        Field(
            "scale_b",
            scale_b.width,
            columns,
            scale_b.name,
            doc="scales of the columns of B; read at a block's end",
        ),
    ]
    return fields + _block_marks(config, "read at a block's end")


def _block_marks(config, when):
    if config.max_blocks == 1:
        return []
    return [
        Field(name, 1, doc=f"1 with the {name} block of a product; {when}")
        for name in ("first", "last")
    ]


class MxMatmul(wiring.Component):
    """Product of two matrices of MX blocks on an array of ``rows`` by ``columns`` elements.

    Operands move through the array from element to element (H. T. Kung, C. E. Leiserson,
    "Systolic Arrays (for VLSI)", 1978). An element multiplies and adds exact integers within one
    block; scales, accumulation over blocks and rounding stand once a row or column at the edge.
    The result of one block is Dot of the OCP Microscaling Formats (MX) specification v1.0,
    section 6.1.

    Parameters
    ----------
    config : MxMatmulConfig

    Members
    -------
    i : In(stream)
        Operands and marks, see the fields.
    o : Out(stream)
        ``lanes`` elements of the product a token.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of a product's last token to its last result token.
    initiation_interval : int
        Clock cycles from one result token to the next within a product.
    macs_per_cycle : int
        Multiplications per clock cycle.
    keeps_state : bool
        Whether results depend on tokens before the product: the weights that are stationary.
    verilog_modules : dict
        Element, row and edge, each emitted once.
    """

    def __init__(self, config):
        self.config = config
        stationary = config.weight_stationary
        self.macs_per_cycle = config.rows * config.columns
        self.keeps_state = stationary
        single = not stationary and config.results_a_lane == 1
        self.initiation_interval = config.k if single else 1
        element, row = (
            (WeightStationaryElement, WeightStationaryRow)
            if stationary
            else (OutputStationaryElement, OutputStationaryRow)
        )
        self._element, self._edge = self._parts(element, Edge)
        self._row = row(config, _ELEMENT, self._element)
        self.verilog_modules = {_ROW: self._row, _ELEMENT: self._element, _EDGE: self._edge}
        for each in self.verilog_modules.values():
            each._MustUse__silence = True
        self.verilog_libraries = (*libraries_of(targets.get(config.target)), ENABLE_LIBRARY)
        # from the acceptance of operands until their sums stand at the edge
        self._through = config.rows + config.columns + self._element.latency
        results = [
            Field(name, width, config.lanes, **facts)
            for name, width, facts in result_fields(config)
        ]
        self.streams = (
            Stream("i", "input", tuple(_input_fields(config))),
            Stream("o", "output", tuple(results)),
        )
        self.latency = self._through + self._edge.latency + config.results_a_lane
        super().__init__(
            {
                "i": In(stream.Signature(self.streams[0].layout())),
                "o": Out(stream.Signature(self.streams[1].layout())),
            }
        )

    def _parts(self, element, edge):
        """Return one element and one edge, planned for the size of the whole array."""
        config, size = self.config, 0
        parts = [kind(config) for kind in (element, edge)]
        if config.freq is not None:
            counts = (config.rows * config.columns, config.lanes)
            for part, count in zip(parts, counts, strict=True):
                size += part.pipeline.bits * count
                part._MustUse__silence = True
            parts = [kind(config, size) for kind in (element, edge)]
            for part in parts:
                part.pipeline.check_period("mx-matmul")
        return parts

    def elaborate(self, platform):
        m = Module()
        enable, accepted, fresh = self._accept(m)
        if self.config.weight_stationary:
            totals, scales, marks, emits = self._weight_stationary(m, enable, accepted)
        else:
            totals, scales, marks, emits = self._output_stationary(m, enable, accepted, fresh)
        if self.config.accumulators == 1:
            del marks["accumulator"]
        latency = self._edge.latency
        emerging = delayed(m, emits, latency, enable, "emits", cleared=True)
        fields = {name: [] for name, _, _ in result_fields(self.config)}
        for index, (total, (scale_a, scale_b)) in enumerate(zip(totals, scales, strict=True)):
            outputs = {
                name: Signal(width, name=f"{name}_{index}")
                for name, width, _ in result_fields(self.config)
            }
            m.submodules[f"edge_{index}"] = instance(
                _EDGE,
                self._edge,
                self._restart,
                go=self._buffer.go,
                total=total,
                scale_a=scale_a,
                scale_b=scale_b,
                **marks,
                **outputs,
            )
            for name, value in outputs.items():
                fields[name].append(value)
        m.d.comb += [
            self._buffer.data.eq(Cat(*(Cat(values) for values in fields.values()))),
            self._buffer.write.eq(enable & emerging),
        ]
        return m

    def _accept(self, m):
        """Build the output buffer; return (enable of the array, a token is taken, fresh).

        After reset the array moves once before it takes a token: see ``_output_stationary``.
        """
        m.submodules.buffer = self._buffer = buffer = OutputBuffer(self.streams[1].width)
        self._restart = Signal(init=1, name="restart")
        enable, accepted = own_enable(m, buffer.go), Signal(name="accepted")
        fresh = Signal(init=1, name="fresh")
        m.d.sync += self._restart.eq(0)
        with m.If(enable):
            m.d.sync += fresh.eq(0)
        self._closed = closed = Signal(name="closed")
        m.d.comb += [
            self.i.ready.eq(enable & ~(fresh | closed)),
            accepted.eq(self.i.valid & ~(fresh | closed)),
            Value.cast(self.o.payload).eq(buffer.payload),
            self.o.valid.eq(buffer.valid),
            buffer.ready.eq(self.o.ready),
        ]
        return enable, accepted, fresh

    def _operands(self, m, name, enable, accepted, lateness):
        """Return the codes of one operand, zero without a token, each so many cycles late."""
        field = self.i.payload[name]
        codes = [field] if len(lateness) == 1 else [field[index] for index in range(len(lateness))]
        return [
            delayed(m, Mux(accepted, code, 0)[: len(code)], count, enable, f"{name}{index}")
            for index, (code, count) in enumerate(zip(codes, lateness, strict=True))
        ]

    def _side_queue(self, m, entry, push, pop, interval):
        """Keep ``entry`` until ``pop``; return it."""
        queue = SideQueue(len(entry), self._through // interval + 2)
        m.submodules.queue = queue
        m.d.comb += [queue.data.eq(entry), queue.push.eq(push), queue.pop.eq(pop)]
        return queue.head

    def _output_stationary(self, m, enable, accepted, fresh):
        """Return (sums at the edge, their scales, marks of the edge's blocks, emits)."""
        config = self.config
        rows, columns, k = config.rows, config.columns, config.k
        group = rows // config.lanes
        beat, ends = Signal(range(k), name="beat"), Signal(name="block_ends")
        m.d.comb += ends.eq(accepted & (beat == k - 1))
        with m.If(enable & accepted):
            m.d.sync += beat.eq(Mux(beat == k - 1, 0, beat + 1))
        # what reset left in the accumulators goes out ahead of the first operands, unseen
        mark = ends | fresh
        # last rows and columns leave first: they are the first ones of a lane's rows and of B
        order = [row - row % group + group - 1 - row % group for row in range(rows)]
        a = self._operands(m, "a", enable, accepted, order)
        b = self._operands(m, "b", enable, accepted, range(columns)[::-1])
        above, totals = Cat(b[::-1]), []
        leaving = None
        for row in range(rows):
            drain = Signal(len(self._row.drain), name=f"drain_{row}")
            below = Signal(len(self._row.b_next), name=f"b_{row}")
            m.submodules[f"row_{row}"] = instance(
                _ROW,
                self._row,
                go=self._buffer.go,
                a=a[order[row]],
                last=mark,
                b=above,
                b_next=below,
                drain=drain,
            )
            mark = delayed(m, mark, 1, enable, f"last_{row}")
            above = below
            # a row that has nothing to say says zero; the rows above follow the row's own sums
            waiting = Const(0, 1)
            if row % group:
                waiting = delayed(m, leaving, columns + 1, enable, f"drain_{row - 1}")
            leaving = Signal(len(drain), name=f"leaving_{row}")
            m.d.comb += leaving.eq(drain | waiting)
            if row % group == group - 1:
                totals.append(delayed(m, leaving, rows - 1 - row, enable, f"total_{row}"))
        return totals, *self._block_facts(m, enable, ends)

    def _block_facts(self, m, enable, ends):
        """Return what goes with the sums at the edge: (scales, marks, emits).

        The sums of a block leave row by row, in every lane at the same time.
        """
        config, payload = self.config, self.i.payload
        rows, columns, group = config.rows, config.columns, config.rows // config.lanes
        start = delayed(m, ends, self._through - 1, enable, "start", cleared=True)
        marks = (Const(1, 1), Const(1, 1))
        if config.max_blocks > 1:
            marks = (payload.first, payload.last)
        entry = Cat(Value.cast(payload.scale_a), Value.cast(payload.scale_b), *marks)
        head = self._side_queue(m, entry, enable & ends, enable & start, config.k)
        width_a, width_b = config.fmt_a.scale.width, config.fmt_b.scale.width
        scale_a = Signal(width_a * rows, reset_less=True, name="scales_a")
        scale_b = Signal(width_b * columns, reset_less=True, name="scales_b")
        first, last = (Signal(reset_less=True, name=f"block_{each}") for each in ("first", "last"))
        busy, row_ends = Signal(name="busy"), Signal(name="row_ends")
        row, column = Signal(range(group), name="row"), Signal(range(columns), name="column")
        number = Signal(range(config.accumulators), name="accumulator_number")
        m.d.comb += row_ends.eq(column == columns - 1)
        with m.If(enable):
            m.d.sync += [scale_b.eq(scale_b.rotate_right(width_b)), column.eq(column + 1)]
            m.d.sync += number.eq(number + 1)
            with m.If(row_ends):
                m.d.sync += [scale_a.eq(scale_a >> width_a), row.eq(row + 1), column.eq(0)]
                with m.If(row == group - 1):
                    m.d.sync += busy.eq(0)
            with m.If(start):
                m.d.sync += Cat(scale_a, scale_b, first, last).eq(head)
                m.d.sync += [busy.eq(1), row.eq(0), column.eq(0), number.eq(0)]
        scales = [
            (scale_a.word_select(lane * group, width_a), scale_b[:width_b])
            for lane in range(config.lanes)
        ]
        return scales, {"first": first, "valid": busy, "accumulator": number}, busy & last

    def _weight_stationary(self, m, enable, accepted):
        """Return (sums at the edge, their scales, marks of the edge's blocks, emits)."""
        config, payload = self.config, self.i.payload
        rows, columns = config.rows, config.columns
        row, loaded = Signal(range(rows), name="weight_row"), Signal(name="loaded")
        loads, complete = Signal(name="loads"), Signal(name="complete")
        m.d.comb += [
            loads.eq(accepted & payload.load),
            complete.eq(loads & (row == rows - 1)),
        ]
        with m.If(enable & loads):
            m.d.sync += row.eq(Mux(complete, 0, row + 1))
        with m.If(enable & complete):
            m.d.sync += loaded.eq(1)
        a = self._operands(m, "a", enable, accepted, range(rows))
        b = self._operands(m, "b", enable, accepted, range(columns))
        width = len(self._row.above) // columns
        swap = delayed(m, complete, 1, enable, "swap", cleared=True)
        weights, above = Cat(b), Const(0, width * columns)
        for index in range(rows):
            below = Signal(width * columns, name=f"below_{index}")
            weights_below = Signal(len(self._row.b_next), name=f"b_{index}")
            capture = loads & (row == index)
            m.submodules[f"row_{index}"] = instance(
                _ROW,
                self._row,
                go=self._buffer.go,
                a=a[index],
                capture=delayed(m, capture, index, enable, f"capture_{index}"),
                swap=swap,
                b=weights,
                b_next=weights_below,
                above=above,
                below=below,
            )
            swap = delayed(m, swap, 1, enable, f"swap_{index}")
            weights, above = weights_below, below
        totals = [
            delayed(m, above.word_select(column, width), columns - 1 - column, enable, f"t{column}")
            for column in range(columns)
        ]
        through = self._through
        begins = delayed(m, complete, through, enable, "begins", cleared=True)
        entry = Value.cast(payload.scale_b)
        head = self._side_queue(m, entry, enable & complete, enable & begins, rows)
        width_b = config.fmt_b.scale.width
        scale_b = Signal(width_b * columns, reset_less=True, name="scales_b")
        with m.If(enable & begins):
            m.d.sync += scale_b.eq(head)
        scale_a = delayed(m, payload.scale_a, through, enable, "scale_a")
        computes = accepted & payload.compute & loaded
        valid = delayed(m, computes, through, enable, "computes", cleared=True)
        scales = [(scale_a, scale_b.word_select(column, width_b)) for column in range(columns)]
        if config.max_blocks == 1:
            return totals, scales, {"first": Const(1, 1), "valid": valid, "accumulator": 0}, valid
        self._wait_for_accumulators(m, enable, computes, complete)
        first, last = (
            delayed(m, payload[name], through, enable, f"block_{name}")
            for name in ("first", "last")
        )
        number, _ = self._accumulator_number(m, enable, valid, begins, "accumulator_number")
        return totals, scales, {"first": first, "valid": valid, "accumulator": number}, valid & last

    def _accumulator_number(self, m, enable, computes, complete, name):
        """Count the rows of A that a set of weights serves; return the count before and after."""
        accumulators = self.config.accumulators
        number = Signal(range(accumulators), name=name)
        following = Mux(computes, Mux(number == accumulators - 1, 0, number + 1), number)
        with m.If(enable):
            m.d.sync += number.eq(Mux(complete, 0, following))
        return number, following

    def _wait_for_accumulators(self, m, enable, computes, complete):
        """Take no token until the first accumulators can serve again.

        A set of weights that serves as many rows as that takes, or none, costs no time.
        """
        pause = reuse_distance(self.config) - 1
        if not pause:
            return
        _, following = self._accumulator_number(m, enable, computes, complete, "rows_served")
        waits = Signal(pause)
        with m.If(enable):
            m.d.sync += waits.eq(waits >> 1)
            with m.If(complete & (following != 0) & (following <= pause)):
                m.d.sync += waits.eq(~0)
        m.d.comb += self._closed.eq(waits[0])
