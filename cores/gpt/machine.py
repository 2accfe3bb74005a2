"""The GPT machine: instructions one after the other, a token at a time."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped
from hwgen.cores.arith.libraries import libraries_of
from hwgen.cores.gpt.angles import Angles
from hwgen.cores.gpt.attention import Attention
from hwgen.cores.gpt.block_terms import EXPONENT_BITS
from hwgen.cores.gpt.decode import Operands, opcode_of
from hwgen.cores.gpt.external_weights import ExternalWeights
from hwgen.cores.gpt.normalise import GAINED_BITS, Normalise
from hwgen.cores.gpt.products import Products
from hwgen.cores.gpt.quantiser import Quantiser
from hwgen.cores.gpt.results import Results
from hwgen.cores.gpt.sampler import Sampler
from hwgen.cores.gpt.sequence import WANTED_BITS, add_sequence
from hwgen.cores.gpt.timing import ANSWER_CYCLES, CycleModel, Delays
from hwgen.cores.interface import Field, Stream

from hwgen import targets
from hwgen.formats.gpt_sampling import COUNT_BITS, INVERSE_BITS, SEED_BITS
from hwgen.formats.weight_stream import GROUP

__all__ = ["GptMachine"]

_SCALARS = 8
_DRAW = (
    Field("inverse_temperature", INVERSE_BITS, doc="16 fraction bits; 0: no token is drawn"),
    Field("count", COUNT_BITS, doc="of the greatest scores that are drawn from; 0: all"),
    Field("seed", SEED_BITS, doc="of the generator, not 0"),
)


class GptMachine(wiring.Component):
    """Runs its program for every token, and goes on with the token that it chose.

    Parameters
    ----------
    config : MachineConfig

    Members
    -------
    i : In(stream)
        A token; whether a text begins with it; how many tokens are to follow it. With
        ``sampling`` also how tokens of a text that begins are drawn.
    o : Out(stream)
        Tokens that were chosen, each with the status 0; or a status that tells what went wrong
        (`hwgen.formats.gpt_status`).
    axi : Out(read_signature)
        Port to the memory of the weights; only where the configuration has a reader.

    Attributes
    ----------
    latency, initiation_interval : int
        Clock cycles from a token that begins a text to the token behind it, and from one such
        token to the next. Later ones take longer, see `CycleModel`; external memory makes them
        longer by what it lets products wait.
    keeps_state : bool
        True: keys and values of the tokens before.
    result_beats : int
        1: a token is answered by a token.
    shortest_interval, longest_pause : int
        Clock cycles between two answers, of which one says what is wrong; what a token takes
        longer at the end of the context.
    self_test_tokens : int
        Tokens of a board's self-test.
    delays : Delays
        Of the units, for a `CycleModel`.
    sampler : Sampler or None
        What draws tokens, if any are drawn.
    weights : ExternalWeights or None
        Where products have their weights from, if not from memories of their own.
    """

    keeps_state = True
    result_beats = 1
    shortest_interval = 2
    self_test_tokens = 64

    def __init__(self, config):
        self.config, machine = config, config.program.machine
        bits = max(1, (machine.vocabulary - 1).bit_length())
        token = Field("token", bits, doc="number of a token")
        first = Field("first", 1, doc="1: a text begins; what was before is forgotten")
        wanted = Field("wanted", WANTED_BITS, doc="tokens that are to follow it")
        status = Field("status", 8, doc="0, or why the machine stopped")
        counter = Field("counter", 16, doc="the instruction at which it stopped")
        draw = _DRAW if config.sampling else ()
        self.streams = (
            Stream("i", "input", (token, first, wanted, *draw)),
            Stream("o", "output", (token, status, counter)),
        )
        self.verilog_libraries = libraries_of(targets.get(config.target))
        self.weights = ExternalWeights(config) if config.reader else None
        port = {"axi": self.weights.signature.members["axi"]} if config.reader else {}
        super().__init__(
            {
                "i": In(stream.Signature(self.streams[0].layout())),
                "o": Out(stream.Signature(self.streams[1].layout())),
            }
            | port
        )
        self._units()
        model = CycleModel(config.program, self.delays)
        self.latency = model.cycles(0) + ANSWER_CYCLES
        self.longest_pause = model.cycles(machine.context - 1) - model.cycles(0)
        self.longest_pause += self.delays.draw_among_some
        self.initiation_interval = self.latency + 1

    def elaborate(self, platform):
        m = Module()
        self._add_units(m)
        self._memories(m)
        self._connect_products(m)
        self._connect_vectors(m)
        self._connect_codes(m)
        self._connect_scores(m)
        if self.weights is not None:
            self._connect_weights(m)
        add_sequence(m, self)
        return m

    def _units(self):
        config, machine = self.config, self.config.program.machine
        self.products = Products(config)
        self._results = Results(config, self._functions())
        self.normalise = Normalise()
        self.angles = Angles(machine.head_width // 2)
        self.attention = Attention(config)
        lanes = max(GROUP, machine.head_width)
        self._quantiser = Quantiser(config, GAINED_BITS, lanes)
        self.sampler = Sampler(config) if config.sampling else None
        self.delays = Delays(
            self.products.latency,
            self._results.latency,
            self._quantiser.latency,
            self.attention.latency,
            self.attention.interval,
            config.key_lanes,
            *((self.sampler.all_cycles, self.sampler.some_cycles) if config.sampling else ()),
        )

    def _add_units(self, m):
        m.submodules.products = self.products
        m.submodules.results = self._results
        m.submodules.normalise = self.normalise
        m.submodules.angles = self.angles
        m.submodules.attention = self.attention
        m.submodules.quantiser = self._quantiser
        if self.sampler is not None:
            m.submodules.sampler = self.sampler

    def _functions(self):
        """Return the functions that the program uses."""
        program = self.config.program
        instructions = [program.instruction(number) for number in range(len(program))]
        found = [each.function for each in instructions if each.kind.name == "multiply"]
        return [each for each in dict.fromkeys(found) if each != "none"]

    def _memories(self, m):
        config, machine = self.config, self.config.program.machine
        program = config.program
        words = [
            int.from_bytes(program.code[place : place + 32], "little")
            for place in range(0, len(program.code), 32)
        ]
        m.submodules.code = code = Memory(shape=256, depth=max(2, len(words)), init=words)
        # a product goes on while a norm that takes its results is the current instruction
        self._code = code
        self.fetch, self.word = code.read_port(), Signal(256, name="word")
        self.matrix_word = Signal(256, name="matrix_word")
        self.first_weights = Signal(32, name="first_weights")
        self.following = Signal(name="norm_follows_results")
        constants = [int(each) for each in program.constants] or [0]
        m.submodules.constants = memory = Memory(
            shape=signed(32), depth=max(2, len(constants)), init=constants
        )
        self._constant = memory.read_port()
        m.submodules.values = memory = Memory(shape=signed(32), depth=machine.values, init=[])
        self._value_write, self._value_read = memory.write_port(), memory.read_port()
        width = GROUP * machine.activation_bits + EXPONENT_BITS
        m.submodules.codes = memory = Memory(shape=width, depth=max(2, machine.blocks), init=[])
        self._code_write, self._code_read = memory.write_port(), memory.read_port()

    def _connect_weights(self, m):
        """Connect external memory, program and products."""
        m.submodules.external = weights = self.weights
        read = self._code.read_port()
        connect(m, weights.axi, flipped(self.axi))
        connect(m, weights.o, self.products.weights)
        m.d.comb += [read.addr.eq(weights.code_address), weights.code_data.eq(read.data)]

    def _connect_products(self, m):
        """Connect matrix unit and results; embeddings are products too."""
        products, results = self.products, self._results
        multiply, embed = (Operands(self.matrix_word, each) for each in ("multiply", "embed"))
        self._embeds = Signal(name="embeds")
        self.weights_moved = Array(
            Signal(32, name=f"weights_moved{number}") for number in range(16)
        )
        self.constants_moved, self.slots_moved = Signal(32), Signal(16)
        self.scalars = Array(Signal(17, name=f"scalar{number}") for number in range(_SCALARS))
        self.scalar_shifts = Array(
            Signal(6, name=f"scalar_shift{number}") for number in range(_SCALARS)
        )
        self.row = Signal(32, name="embedded_row")
        m.d.comb += [
            self._embeds.eq(self.matrix_word[:8] == opcode_of("embed")),
            products.single.eq(self._embeds),
            products.format.eq(Mux(self._embeds, embed.format, multiply.format)),
            products.base.eq(Mux(self._embeds, embed.base, multiply.base)),
            products.first.eq(self.first_weights + Mux(self._embeds, self.row, 0)),
            products.rows.eq(multiply.rows),
            products.blocks.eq(Mux(self._embeds, embed.blocks, multiply.blocks)),
            products.source.eq(multiply.source),
            self._code_read.addr.eq(products.code_address),
            products.code_data.eq(self._code_read.data[:-EXPONENT_BITS]),
            products.exponent_data.eq(self._code_read.data[-EXPONENT_BITS:]),
            results.sum.eq(products.sum),
            results.last.eq(products.last),
            results.valid.eq(products.valid),
        ]
        one, scaled = 1 << 16, multiply.scaled & ~self._embeds
        # what an instruction says stands long before its first sum
        m.d.sync += [
            results.scalar.eq(Mux(scaled, self.scalars[multiply.scalar], one)),
            results.scalar_shift.eq(Mux(scaled, self.scalar_shifts[multiply.scalar], 16)),
            results.factor.eq(Mux(self._embeds, one, multiply.factor)),
            results.factor_shift.eq(Mux(self._embeds, 16, multiply.factor_shift)),
            results.turned.eq(multiply.turned & ~self._embeds),
            results.gated.eq(multiply.gated & ~self._embeds),
            results.function.eq(Mux(self._embeds, 0, multiply.function)),
        ]
        m.d.comb += [
            results.bias.eq(Mux(self._embeds | ~multiply.biased, 0, self._constant.data)),
            results.cosine.eq(self.angles.cosine),
            results.sine.eq(self.angles.sine),
        ]
        self._bias_row = Signal(20, name="bias_row")
        pairs = self.config.program.machine.head_width // 2
        half, place = Signal(), Signal(range(max(2, pairs)))
        with m.If(products.valid):
            m.d.sync += self._bias_row.eq(self._bias_row + 1)
        with m.If(results.row_done):
            m.d.sync += half.eq(~half)
            with m.If(half):
                m.d.sync += place.eq(Mux(place == pairs - 1, 0, place + 1))
        m.d.comb += self.angles.pair.eq(place)
        with m.If(products.start):
            m.d.sync += [self._bias_row.eq(0), half.eq(0), place.eq(0)]

    def _connect_vectors(self, m):
        """Connect the values: read by norms and additions, written by results and attention."""
        normalise, results = self.normalise, self._results
        angles, norm = self.angles, Operands(self.word, "normalise")
        multiply, embed = (Operands(self.matrix_word, each) for each in ("multiply", "embed"))
        m.d.comb += [
            normalise.count.eq(norm.count),
            normalise.mean_significand.eq(norm.mean_significand),
            normalise.mean_shift.eq(norm.mean_shift),
            normalise.center.eq(norm.center),
            normalise.epsilon.eq(norm.epsilon),
            normalise.value.eq(self._value_read.data),
            normalise.gain.eq(self._constant.data),
            angles.word.eq(self._constant.data),
        ]
        is_norm = _decoded(m, self.word[:8] == opcode_of("normalise"), "normalises")
        is_angles = _decoded(m, self.word[:8] == opcode_of("angles"), "is_angles")
        biases = _decoded(m, multiply.bias + self.constants_moved, "biases")
        gains = _decoded(m, norm.gain + self.constants_moved, "gains")
        source = _decoded(m, norm.source, "norm_source")
        # a result waits for the value that it is added to
        destination = Mux(self._embeds, embed.destination, multiply.destination)
        destination = _decoded(m, destination, "values_begin")
        adds = _decoded(m, Mux(self._embeds, embed.add, multiply.add), "adds")
        index, written = Signal(20, name="result_index"), Signal(20, name="written_place")
        index_then = Signal.like(index, name="result_index_then")
        element = Mux(self.following, index_then, normalise.address)
        bias = biases + self._bias_row + self.products.valid
        constant = Mux(is_norm, gains + element, bias)
        m.d.comb += self._constant.addr.eq(Mux(is_angles, angles.address, constant))
        to_values = _decoded(m, self._embeds | multiply.chooses("to", "values"), "to_values")
        pending, pending_last = Signal(), Signal(name="last_result_pends")
        value = Signal(signed(32), name="pending_value")
        with m.If(self.products.start):
            m.d.sync += index.eq(0)
        with m.If(results.value_valid):
            m.d.sync += index.eq(index + 1)
        m.d.sync += [
            index_then.eq(index),
            pending.eq(results.value_valid & to_values),
            pending_last.eq(results.value_valid & results.value_last & to_values),
            written.eq(destination + index),
            value.eq(results.value),
        ]
        total, limited = Signal(signed(33), name="added"), Signal(signed(32))
        most = (1 << 31) - 1
        # a norm takes results a clock cycle after they are written
        m.d.sync += [
            normalise.result.eq(limited),
            normalise.result_last.eq(pending_last),
            normalise.result_valid.eq(pending),
        ]
        m.d.comb += [
            total.eq(value + Mux(adds, self._value_read.data, 0)),
            limited.eq(Mux(total > most, most, Mux(total < -most - 1, -most - 1, total))),
            self._value_read.addr.eq(
                Mux(
                    is_norm & ~self.following,
                    source + normalise.address,
                    destination + index,
                )
            ),
            self._value_write.addr.eq(written),
            self._value_write.data.eq(limited),
            self._value_write.en.eq(pending),
        ]
        self.values_written = pending_last

    def _connect_codes(self, m):
        """Connect the quantiser, and what keeps its blocks."""
        normalise, results, quantiser = self.normalise, self._results, self._quantiser
        attention, machine = self.attention, self.config.program.machine
        multiply, norm = Operands(self.matrix_word, "multiply"), Operands(self.word, "normalise")
        attend, opcode = Operands(self.word, "attend"), self.word[:8]
        multiplies, attends = (
            _decoded(m, opcode == opcode_of(each), f"is_{each}") for each in ("multiply", "attend")
        )
        goals = {
            each: _decoded(
                m,
                (opcode == opcode_of("multiply")) & multiply.chooses("to", each),
                f"to_{each}",
            )
            for each in ("query", "key", "value", "codes")
        }
        heads = goals["query"] | goals["key"] | goals["value"]
        coded = results.value_valid & (heads | goals["codes"])

        def chosen(of_results, of_attention, of_norm):
            return Mux(multiplies, of_results, Mux(attends, of_attention, of_norm))

        m.d.comb += [
            quantiser.value.eq(chosen(results.value, attention.value, normalise.gained)),
            quantiser.valid.eq(chosen(coded, attention.valid, normalise.gained_valid)),
            quantiser.last.eq(chosen(results.value_last, attention.last, normalise.gained_last)),
            quantiser.size.eq(Mux(heads, machine.head_width, GROUP)),
            quantiser.fraction.eq(_decoded(m, chosen(16, 16, 16 + norm.gain_fraction), "fraction")),
        ]
        destination = chosen(multiply.destination, attend.destination, norm.destination)
        destination = _decoded(m, destination, "codes_begin")
        block = Signal(16, name="block_written")
        with m.If(quantiser.block_valid):
            m.d.sync += block.eq(Mux(quantiser.block_last, 0, block + 1))
        write = quantiser.block_valid
        width = machine.activation_bits
        moved = _decoded(m, Mux(goals["query"], 0, self.slots_moved), "slots_begin")
        m.d.comb += [
            self._code_write.addr.eq(destination + block),
            self._code_write.data.eq(Cat(quantiser.codes[: GROUP * width], quantiser.exponent)),
            self._code_write.en.eq(write & ~heads),
            attention.codes.eq(quantiser.codes[: machine.head_width * width]),
            attention.exponent.eq(quantiser.exponent),
            attention.place.eq(destination + block + moved),
        ]
        for name in ("query", "key", "value"):
            m.d.comb += getattr(attention, f"write_{name}").eq(write & goals[name])
        self.codes_written = write & quantiser.block_last

    def _connect_scores(self, m):
        """Keep the greatest score and its number."""
        results, multiply = self._results, Operands(self.matrix_word, "multiply")
        multiplies = self.word[:8] == opcode_of("multiply")
        scores = _decoded(m, multiplies & multiply.chooses("to", "scores"), "to_scores")
        number, greatest = Signal(20, name="score_number"), Signal(signed(32), name="greatest")
        self.chosen = Signal(20, name="chosen_token")
        with m.If(self.products.start):
            m.d.sync += number.eq(0)
        with m.If(results.value_valid & scores):
            m.d.sync += number.eq(number + 1)
            with m.If((number == 0) | (results.value > greatest)):
                m.d.sync += [greatest.eq(results.value), self.chosen.eq(number)]
        self.scores_written = results.value_valid & results.value_last & scores
        if self.sampler is not None:
            m.d.comb += [
                self.sampler.score.eq(results.value),
                self.sampler.number.eq(number),
                self.sampler.write.eq(results.value_valid & scores),
                self.sampler.greatest.eq(greatest),
            ]


def _decoded(m, value, name):
    """Return what an instruction says, from a register: it stands there when units start."""
    register = Signal(Value.cast(value).shape(), name=name, reset_less=True)
    m.d.sync += register.eq(value)
    return register
