"""Decoders of the Llama architecture on the machine."""

from hwgen.formats.weight_stream import Streamed

from .architecture import Architecture, interleaved_pairs

__all__ = ["LlamaProgram"]

_ATTENTION, _FEED_FORWARD = 0, 1


class LlamaProgram(Architecture):
    """Instructions of a `hwgen.quant.llama.Llama`."""

    @property
    def gains(self):
        names = self.decoder.names
        return [
            *(
                names[each].format(layer)
                for each in ("attention_norm", "feed_forward_norm")
                for layer in range(self.shape.layers)
            ),
            names["norm"],
        ]

    def begin(self, layout):
        names, shape = self.decoder.names, self.shape
        self._head = layout.matrix(names["head"], self.matrices.stream(names["head"]))
        embedding = self._head
        if names["embedding"] != names["head"]:
            streamed = self.matrices.stream(names["embedding"])
            embedding = layout.matrix(names["embedding"], streamed)
        self.angles(layout, self.decoder.rotation_base)
        layout.do("embed", **embedding, blocks=shape.values // 32, index="token")

    def layer(self, layout, number, slot):
        shape = self.shape
        self._norm(layout, "attention_norm", number, _ATTENTION)
        scaled = {"scaled": 1, "scalar": _ATTENTION}
        key = self._turned(self._stream("key", number), shape.kv_heads)
        self.multiply(
            layout,
            self._named("key", number),
            key,
            0,
            turned=1,
            to="key",
            destination=slot,
            **scaled,
        )
        value = self._stream("value", number)
        self.multiply(
            layout, self._named("value", number), value, 0, to="value", destination=slot, **scaled
        )
        self.multiply(
            layout,
            self._named("query", number),
            self._turned(self._stream("query", number), shape.heads),
            0,
            turned=1,
            to="query",
            factor=shape.width**-0.5,
            **scaled,
        )
        self.attention(layout, slot)
        output = self._stream("output", number)
        to_norm = {"add": 1, "chained": 1}
        self.multiply(
            layout, self._named("output", number), output, shape.attended_codes, **to_norm
        )
        self._feed_forward(layout, number)

    def _feed_forward(self, layout, number):
        shape = self.shape
        self._norm(layout, "feed_forward_norm", number, _FEED_FORWARD)
        both = [
            self._stream(each, number, beside) for each, beside in (("gate", "up"), ("up", "gate"))
        ]
        self.multiply(
            layout,
            f"{self._named('gate', number)} and up",
            Streamed.interleaved(both),
            0,
            scaled=1,
            scalar=_FEED_FORWARD,
            function="silu",
            gated=1,
            to="codes",
            destination=shape.hidden_codes,
        )
        down = self._stream("down", number)
        name = self._named("down", number)
        self.multiply(layout, name, down, shape.hidden_codes, add=1, chained=1)

    def end(self, layout):
        name = self.decoder.names["norm"]
        self.normalise(layout, name, self.floats(name), _ATTENTION, self.decoder.epsilon)
        layout.do(
            "multiply",
            **self._head,
            rows=self.shape.vocabulary,
            blocks=self.shape.values // 32,
            scaled=1,
            scalar=_ATTENTION,
            factor=1 << 16,
            factor_shift=16,
            to="scores",
        )
        layout.do("sample", count=self.shape.vocabulary)

    def _named(self, what, number):
        return self.decoder.names[what].format(number)

    def _norm(self, layout, what, number, scalar):
        name = self._named(what, number)
        self.normalise(layout, name, self.floats(name), scalar, self.decoder.epsilon)

    def _stream(self, what, number, beside=None):
        names = self.decoder.names
        others = sorted({what, beside} - {None})
        base = self.shared_base(*(names[each] for each in others))
        return self.matrices.stream(self._named(what, number), base)

    def _turned(self, streamed, heads):
        if not self.decoder.halves:
            return streamed
        return interleaved_pairs(streamed, heads, self.shape.width)
