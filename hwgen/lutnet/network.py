"""A trainable network: encoder, layers, head; and the integer network that it becomes."""

import torch

from hwgen.errors import UsageError
from hwgen.formats.lut_network import LutNetwork, SumLayer
from hwgen.lutnet.layer import Encoded, Layer

__all__ = ["Network"]


class Network(torch.nn.Module):
    """Layers behind a fixed encoder.

    Parameters
    ----------
    configuration : Configuration
    encoder : ThresholdLayer
    inputs : Elements
        What the encoder takes.
    connected : array or tensor of int
        Numbers of the encoded elements that may be connected.
    classes : int
    """

    def __init__(self, configuration, encoder, inputs, connected, classes):
        super().__init__()
        self.inputs, self.encoder, self.classes = inputs, encoder, classes
        self.head = configuration.head
        self.register_buffer("connected", torch.as_tensor(connected))
        encoded = encoder.elements(inputs)
        self.encoded = Encoded(encoded)
        given = type(encoded)(len(connected), encoded.bits)
        self.layers = torch.nn.ModuleList()
        for number, options in enumerate(configuration.layers):
            for level in options.levels():
                self.layers.append(Layer(level, given, number))
                given = self.layers[-1].elements
        self._check_head(given)

    def _check_head(self, last):
        if self.head.kind == "argmax" and last.count != self.classes:
            raise UsageError(
                f"the last layer must have {self.classes} neurons, one a class, not {last.count}; "
                "or head.kind must be popcount"
            )
        if self.head.kind == "popcount":
            if last.bits != 1 or last.signed:
                raise UsageError(
                    f"the last layer must have 1 bit, without sign, not {last.bits}: "
                    "head.kind popcount counts"
                )
            if last.count % self.classes:
                raise UsageError(
                    f"neurons of the last layer must be a multiple of the {self.classes} classes, "
                    f"not {last.count}: head.kind popcount counts those of every class"
                )

    def forward(self, codes):
        """Return logits ``[classes, batch]`` for codes ``[connected elements, batch]``."""
        values = self.encoded.levels(codes)
        for layer in self.layers:
            values = layer(values)
        if self.head.kind == "argmax":
            return values / (self.head.temperature or 1.0)
        size = len(values) // self.classes
        counts = (values.reshape(self.classes, size, -1).sum(1) + size) / 2
        return counts / (self.head.temperature or size**0.5 / 2)

    @property
    def searching(self):
        """Whether inputs of a layer are not chosen yet."""
        return any(layer.searching for layer in self.layers)

    def advance(self, done):
        """Go on with searches of inputs, of which this part is done, 1 at the end."""
        for layer in self.layers:
            layer.advance(done)

    def constrain(self):
        """Do what layers want done after a step."""
        for layer in self.layers:
            layer.constrain()

    def parameter_groups(self, training):
        """Return the groups for the optimizer: functions, and scores of connections."""
        named = list(self.named_parameters())
        scores = [each for name, each in named if name.endswith(".scores")]
        others = [each for name, each in named if not name.endswith(".scores")]
        groups = [{"params": others, "lr": training.rate, "peak": training.rate}]
        if scores:
            rate = training.connect_rate
            groups.append({"params": scores, "lr": rate, "peak": rate})
        return groups

    @torch.no_grad()
    def tabulated(self):
        """Return (LutNetwork, smallest margin of a code); the network must be in float64."""
        layers, margins = [self.encoder], []
        before, names = self.encoded, self.connected
        for layer in self.layers:
            found, margin = layer.tables(before, names)
            layers += found
            margins.append(margin)
            before, names = layer, torch.arange(layer.elements.count)
        if self.head.kind == "popcount":
            last = self.layers[-1].elements.count
            layers.append(SumLayer(range(last), range(0, last + 1, last // self.classes)))
        return LutNetwork(self.inputs, tuple(layers), "argmax"), min(margins)
