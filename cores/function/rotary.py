"""Rotary positions: pairs of values turned by angles that two tables make."""

from amaranth.hdl import signed, unsigned
from amaranth.lib.memory import Memory
from hwgen.cores.arith.timed import Timed
from hwgen.cores.fixed.formats import fixed_field
from hwgen.cores.function.arithmetic import chain, product, resized, saturated
from hwgen.cores.interface import Field
from hwgen.cores.pipelined import PipelinedCore

from hwgen.formats.rotary_turns import TURN_FRACTION, rotary_turns

__all__ = ["Rotary"]

_BITS = 32
_FRACTION = 16


class Rotary(PipelinedCore):
    """Turns a pair of values by its position's angle, a pair a clock cycle.

    Parameters
    ----------
    config : RotaryConfig
        Width of a head, positions, base and fabric.

    Members
    -------
    i : In(stream)
        Both values of a pair: signed, 32 bits, 16 of them behind the point; its number in the
        head, and the position.
    o : Out(stream)
        Both values, turned.

    Attributes
    ----------
    latency : int
        Clock cycles from the acceptance of a pair to its result.
    initiation_interval : int
        Clock cycles from one pair to the next: 1.
    """

    def __init__(self, config):
        inputs, outputs = (
            [
                fixed_field(name, _BITS, True, -_FRACTION, doc=f"{what} value of a pair")
                for name, what in (("a", "first"), ("b", "second"))
            ]
            for _ in range(2)
        )
        inputs += [
            Field("pair", config.pair_bits, format="integer", doc="number of the pair in its head"),
            Field("position", config.position_bits, format="integer", doc="place of the token"),
        ]
        super().__init__(config, inputs, outputs)

    def datapath(self, pipeline, valid):
        values, fine = self.inputs(pipeline), self.config.fine_bits
        position = values["position"]
        coarse = pipeline.slice(position, fine, len(position))
        one = self._turns(pipeline, values["pair"], coarse, 1 << fine, "coarse")
        other = self._turns(pipeline, values["pair"], pipeline.slice(position, 0, fine), 1, "fine")
        shift = 2 * TURN_FRACTION - _FRACTION
        turn = [
            resized(pipeline, each, signed(_FRACTION + 2))
            for each in _turned(pipeline, *one, *other, shift, "turn")
        ]
        a, b = _turned(pipeline, values["a"], values["b"], *turn, _FRACTION, "pair")
        return {"a": saturated(pipeline, a, "a"), "b": saturated(pipeline, b, "b")}, None

    def _turns(self, pipeline, pair, place, step, name):
        """Return cosine and sine of a place of a table, a clock later."""
        config, fabric, m = self.config, pipeline.fabric, pipeline.m
        pairs, count = 1 << config.pair_bits, 1 << len(place)
        found = rotary_turns(count, step, pairs, config.width, config.base).reshape(-1, 2)
        mask = (1 << _BITS) - 1
        words = [cosine & mask | (sine & mask) << _BITS for cosine, sine in found.tolist()]
        address = pipeline.concatenate([pair, place])
        memory = Memory(shape=unsigned(2 * _BITS), depth=len(words), init=words)
        m.submodules[f"{name}_turns"] = memory
        port = memory.read_port()
        m.d.comb += [port.addr.eq(pipeline.at(address, address.stage)), port.en.eq(pipeline.enable)]
        # the memory's own time does not grow with the circuit
        arrival = max(fabric.launch_delay, fabric.block_read_delay / pipeline.crowding)
        word = Timed(port.data, address.stage + 1, arrival)
        return [
            pipeline.free(lambda bits, low=low: bits[low : low + _BITS].as_signed(), word)
            for low in (0, _BITS)
        ]


def _turned(pipeline, a, b, cosine, sine, shift, name):
    """Return (a cos - b sin, a sin + b cos) over ``2**shift``, each rounded once."""
    results = []
    for part, (one, other), combine in (
        ("first", (cosine, sine), lambda x, y: x - y),
        ("second", (sine, cosine), lambda x, y: x + y),
    ):
        terms = [
            product(pipeline, a, one, f"{name}_{part}_a"),
            product(pipeline, b, other, f"{name}_{part}_b"),
        ]
        bits = max(len(each) for each in terms) + 1
        total = chain(
            pipeline, combine, *terms, bits=bits, shape=signed(bits), name=f"{name}_{part}"
        )
        results.append(
            chain(
                pipeline,
                lambda x: x + (1 << shift - 1) >> shift,
                total,
                bits=bits,
                shape=signed(bits - shift),
                name=f"{name}_{part}_rounded",
            )
        )
    return results
