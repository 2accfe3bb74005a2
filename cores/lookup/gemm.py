"""Binary-coded matrix times vector: sums of four or eight elements are looked up, not added."""

from amaranth.hdl import Signal, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.adder import Term, add
from hwgen.cores.arith.multiply import multiply, takes_hard_multiplier
from hwgen.cores.arith.timed import Timed
from hwgen.cores.arith.tree import Operand, add_tree, shape_of_range
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.interface import Field
from hwgen.cores.lookup.block_tables import BlockTables
from hwgen.cores.lookup.order import follow
from hwgen.cores.lookup.tables import Tables
from hwgen.cores.pipelined import PipelinedCore

__all__ = ["LutGemm"]

# look-up tables in series from one counter of the tokens' order to the enable of the last
_CONTROL_LEVELS = 5
# there are two products in all, so that narrow ones have a hard multiplier as well
_NARROWEST = 3


def _input_fields(config):
    fmt = config.fmt
    fields = [
        fixed_field(
            "x", fmt.width, fmt.signed, fmt.lsb_exponent, doc="an element of the vector, with load"
        ),
        Field("weights", 1, config.lanes, doc="weights of a row's columns: 1 is +1, 0 is -1"),
        Field(
            "alpha", config.alpha_width, format=f"uint{config.alpha_width}", doc="their coefficient"
        ),
    ]
    if config.bias_width:
        doc = "what the row's weights have on top, with those of the first plane"
        width = config.bias_width
        fields.append(Field("bias", width, format="integer", signed=True, doc=doc))
    fields += [
        Field("load", 1, doc="1: the token holds an element of the vector"),
        Field("compute", 1, doc="1: the token holds weights"),
    ]
    return fields


class LutGemm(PipelinedCore):
    """``y = sum over b of (alpha[b] B[b]) x + bias x``, exact, with B[b] of +1 and -1.

    G. Park et al., "LUT-GEMM", ICLR 2024, section 3: for some elements of the vector all signed
    sums stand in a table, which every row and every plane use again.

    Parameters
    ----------
    config : LutGemmConfig

    Members
    -------
    i : In(stream)
        Elements of the vector, and weights with their coefficients; a token may hold both.
    o : Out(stream)
        One element of the product a token.

    Attributes
    ----------
    macs_per_cycle : int
        Binary weights a clock cycle.
    keeps_state : bool
        Always: weights meet the elements of earlier tokens.
    longest_pause : int
        Clock cycles for which no token is taken while tables in block RAM are filled.
    """

    keeps_state = True
    _pauses = True

    def __init__(self, config):
        self.macs_per_cycle = config.lanes
        self.longest_pause = config.longest_pause
        shape = config.result_shape
        result = fixed_field(
            "y",
            shape.width,
            shape.signed,
            config.fmt.lsb_exponent,
            doc="elements of the product, row by row",
        )
        super().__init__(config, _input_fields(config), [result])

    def datapath(self, pipeline, valid):
        m, config, values = pipeline.m, self.config, self.inputs(pipeline)
        update, filled = valid.update(0), Signal(name="tables_filled")
        token = self.i.payload
        order = follow(m, config, token.load, token.compute, update, filled)
        m.d.comb += self._paused.eq(order.waits)
        fabric = pipeline.fabric
        control = fabric.launch_delay + fabric.logic_delay(_CONTROL_LEVELS)
        pipeline.capture(Timed(order.last, 0, control))
        tables = (Tables if config.table_inputs == 4 else BlockTables)(pipeline, config)
        tables.fill(order, token.x, update, filled)
        if config.bias_width:
            biased = self._bias_product(pipeline, values, order, update)
        self._compute_only(m, pipeline, valid, order)
        weights = pipeline.concatenate(values["weights"])
        operands = tables.look_up(weights, pipeline.input(order.use_bank, "use_bank"))
        total = add_tree(pipeline, operands, "tile")
        largest = max(-total.minimum, total.maximum) * config.largest_alpha
        scaled = self._multiply(pipeline, values["alpha"], total.bits, 0, "scaled")
        operand = Operand(scaled, -largest, largest, sign=total.sign)
        if config.bias_width:
            operand = self._with_bias(pipeline, biased, operand, order)
        y = self._accumulate(pipeline, valid, operand, order)
        return {"y": y}, pipeline.input(order.last, "last")

    def _compute_only(self, m, pipeline, valid, order):
        """Let only tokens with weights go on after the first stage."""
        computing = Signal(name="computing")
        with m.If(pipeline.enable):
            m.d.sync += computing.eq(valid.at(0) & order.computes)
        valid.restart(1, computing)

    def _multiply(self, pipeline, x, y, number, name):
        shapes = [each.signal.shape() for each in (x, y)]
        hard = takes_hard_multiplier(pipeline, self.config.dsp, shapes, _NARROWEST, number)
        return multiply(pipeline, x, y, hard, name)

    def _bias_product(self, pipeline, values, order, update):
        """Return the bias times the sum of the elements of the tile in use."""
        m, shape = pipeline.m, shape_of_range(*self.config.sum_bounds)
        launch = pipeline.fabric.launch_delay
        coming = Signal(shape, reset_less=True, name="coming_sum")
        in_use = Signal(shape, reset_less=True, name="sum_in_use")
        keep = pipeline.input(order.element != 0, "keep_sum")
        total = add(
            pipeline,
            Term(Timed(coming, 0, launch), keep),
            Term(values["x"]),
            shape,
            name="tile_sum",
        )
        pipeline.capture(total)
        with m.If(update & order.loads):
            m.d.sync += coming.eq(total.signal)
        # a tile that comes into use is complete, or its tables are waited for
        with m.If(order.waits | (update & order.ends)):
            m.d.sync += in_use.eq(coming)
        return self._multiply(pipeline, values["bias"], Timed(in_use, 0, launch), 1, "biased")

    def _with_bias(self, pipeline, biased, operand, order):
        """Return the product of the bias, in a tile's first plane, plus that of the sum."""
        first_plane = pipeline.input(order.first_plane, "first_plane")
        config = self.config
        products = [x * bias for x in config.sum_bounds for bias in config.bias_bounds]
        low, high = min(products) + operand.minimum, max(products) + operand.maximum
        total = add(
            pipeline,
            Term(biased, first_plane),
            Term(operand.bits, None, operand.sign),
            shape_of_range(low, high),
            carry_in=0 if operand.sign is None else operand.sign,
            name="with_bias",
            divisible=True,
        )
        return Operand(total, low, high)

    def _accumulate(self, pipeline, valid, operand, order):
        """Return the sum of what was added to a row since a product's first tile and plane.

        The sums of all rows lie in a memory that is read ahead and written a clock late.
        """
        m, shape = pipeline.m, self.config.result_shape
        launch = pipeline.fabric.launch_delay
        arriving = [each for each in (operand.bits, operand.sign) if each is not None]
        # with registers in front the sum has the whole clock period
        stage = max(each.stage for each in arriving) + (pipeline.period is not None)
        stage = max(1 + self._in_block_memory(pipeline), stage)
        bits, *sign = (pipeline.moved(each, stage) for each in arriving)
        row = pipeline.input(order.row, "row")
        held, write = self._sums(pipeline, row, stage)
        keep = pipeline.free(lambda bit: ~bit, pipeline.input(order.first, "first"))
        total = add(
            pipeline,
            Term(Timed(held, stage, launch), pipeline.moved(keep, stage)),
            Term(bits, None, *sign),
            shape,
            carry_in=sign[0] if sign else 0,
            name="sum",
        )
        pipeline.capture(total)
        stored = {
            "row": (write.addr, pipeline.at(row, stage)),
            "sum": (write.data, total.signal),
            "now": (write.en, valid.update(stage)),
        }
        for what, (port, given) in stored.items():
            register = Signal(len(port), name=f"stored_{what}")
            m.d.sync += register.eq(given)
            m.d.comb += port.eq(register)
        return total

    def _in_block_memory(self, pipeline):
        """Return whether the sums lie in block memory, whose word takes a clock of its own."""
        return pipeline.period is not None and self.config.rows > pipeline.fabric.distributed_words

    def _sums(self, pipeline, row, stage):
        """Return (sum so far of the row in a stage, writing port) of the memory of all sums."""
        m, fabric, config = pipeline.m, pipeline.fabric, self.config
        shape, block = config.result_shape, self._in_block_memory(pipeline)
        style = {"ram_style": "block"} if block else {}
        memory = Memory(shape=unsigned(shape.width), depth=config.rows, init=[], attrs=style)
        memory._MustUse__silence = True
        m.submodules.sums = memory
        held = Signal(shape, reset_less=True, name="row_sum")
        if block:
            read = memory.read_port()
            m.d.comb += [
                read.addr.eq(pipeline.at(row, stage - 2)),
                read.en.eq(pipeline.enable),
            ]
            arrival = max(fabric.launch_delay, fabric.block_read_delay / pipeline.crowding)
        else:
            read = memory.read_port(domain="comb")
            m.d.comb += read.addr.eq(pipeline.at(row, stage - 1))
            arrival = fabric.launch_delay + fabric.read_delay(config.rows, shape.width)
        with m.If(pipeline.enable):
            m.d.sync += held.eq(read.data)
        pipeline.capture(Timed(held, stage - 1, arrival))
        return held, memory.write_port()
