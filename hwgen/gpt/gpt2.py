"""Decoders of the GPT-2 architecture on the machine."""

from .architecture import Architecture

__all__ = ["Gpt2Program"]

_ATTENTION, _FEED_FORWARD = 0, 1
_FUNCTIONS = {"tanh": "gelu_tanh", "erf": "gelu"}


class Gpt2Program(Architecture):
    """Instructions of a `hwgen.quant.gpt2.Gpt2`.

    Biases of norms become part of the biases behind them: ``W (x + b)`` is ``W x + W b``.
    """

    @property
    def _prefix(self):
        return self.decoder.prefix

    @property
    def gains(self):
        norms = [
            self._norm_of(layer, each) for layer in range(self.shape.layers) for each in (1, 2)
        ]
        return [f"{each}.weight" for each in (*norms, f"{self._prefix}ln_f")]

    def _norm_of(self, layer, which):
        return f"{self._prefix}h.{layer}.ln_{which}"

    def begin(self, layout):
        shape, head = self.shape, self.decoder.head
        blocks = shape.values // 32
        self._head = layout.matrix(head, self.matrices.stream(head))
        layout.do("embed", **self._head, blocks=blocks, index="token")
        name = f"{self._prefix}wpe.weight"
        positions = self.matrices.stream(name).rows(slice(0, shape.context))
        layout.do("embed", **layout.matrix(name, positions), blocks=blocks, index="position", add=1)

    def layer(self, layout, number, slot):
        shape = self.shape
        into, out_of, up, down = self.decoder.linear_layers(number)
        norm = self._norm_of(number, 1)
        self._normalised(layout, norm, _ATTENTION)
        together, bias = self._stream(into, number, 0), self._bias(into, norm)
        scaled = {"scaled": 1, "scalar": _ATTENTION}

        def rows(begin, count):
            part = slice(begin, begin + count)
            return together.rows(part), 0, bias[part]

        for place, to in ((1, "key"), (2, "value")):
            self.multiply(
                layout,
                f"{into} {to}s",
                *rows(place * shape.dim, shape.dim),
                to=to,
                destination=slot,
                **scaled,
            )

        factor = shape.width**-0.5
        streamed, source, part = rows(0, shape.dim)
        operands = {"to": "query", **scaled}
        self.multiply(
            layout, f"{into} queries", streamed, source, factor * part, factor, **operands
        )
        self.attention(layout, slot)
        self.multiply(
            layout,
            out_of,
            self._stream(out_of, number, 1),
            shape.attended_codes,
            self.floats(f"{out_of}.bias"),
            add=1,
        )
        self._feed_forward(layout, number, up, down)

    def _feed_forward(self, layout, number, up, down):
        norm, hidden = self._norm_of(number, 2), self.shape.hidden_codes
        self._normalised(layout, norm, _FEED_FORWARD)
        self.multiply(
            layout,
            up,
            self._stream(up, number, 2),
            0,
            self._bias(up, norm),
            scaled=1,
            scalar=_FEED_FORWARD,
            function=_FUNCTIONS[self.decoder.gelu],
            to="codes",
            destination=hidden,
        )
        bias = self.floats(f"{down}.bias")
        self.multiply(layout, down, self._stream(down, number, 3), hidden, bias, add=1)

    def end(self, layout):
        norm, shape = f"{self._prefix}ln_f", self.shape
        self._normalised(layout, norm, _ATTENTION)
        bias = self.matrices.values(self.decoder.head) @ self.floats(f"{norm}.bias")
        address = layout.words("scores bias", (bias * 2.0**16).round(), "values")
        layout.do(
            "multiply",
            **self._head,
            rows=shape.vocabulary,
            blocks=shape.values // 32,
            scaled=1,
            scalar=_ATTENTION,
            factor=1 << 16,
            factor_shift=16,
            biased=1,
            bias=address,
            to="scores",
        )
        layout.do("sample", count=shape.vocabulary)

    def _normalised(self, layout, name, scalar):
        gain = self.floats(f"{name}.weight")
        self.normalise(layout, name, gain, scalar, self.decoder.epsilon, center=True)

    def _bias(self, linear, norm):
        """Return the bias of a layer with what the norm's bias makes of its weights."""
        weights = self.matrices.values(f"{linear}.weight")
        return self.floats(f"{linear}.bias") + weights @ self.floats(f"{norm}.bias")

    def _stream(self, linear, number, place):
        """Return the matrix of a layer; `place` is that among its linear layers."""
        layers = range(self.shape.layers)
        names = tuple(f"{self.decoder.linear_layers(each)[place]}.weight" for each in layers)
        if names not in self._bases:
            self._bases[names] = self.matrices.base(names)
        return self.matrices.stream(f"{linear}.weight", self._bases[names])
