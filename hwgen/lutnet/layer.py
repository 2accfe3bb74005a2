"""One layer: connect, evaluate, combine, normalize, quantize; the same as exact tables."""

import torch

from hwgen.errors import UsageError
from hwgen.formats.lut_network import MOST_ADDRESS_BITS, Elements, SumLayer, TableLayer
from hwgen.lutnet.connection import connection
from hwgen.lutnet.kinds import KINDS
from hwgen.lutnet.quantizer import Normalization, Quantizer, levels
from hwgen.lutnet.search import Search

__all__ = ["Encoded", "Layer"]

# values that an enumeration holds at a time
_AT_A_TIME = 1 << 22


class Encoded:
    """The elements that the encoder gives, seen as a layer.

    Parameters
    ----------
    elements : Elements
    """

    def __init__(self, elements):
        self.elements = elements

    def levels(self, codes):
        """Return levels from -1 to 1."""
        return levels(codes, self.elements)


class Layer(torch.nn.Module):
    """A layer of neurons.

    Parameters
    ----------
    options : LayerOptions
    given : Elements
        What may be connected.
    number : int
        For messages.
    """

    def __init__(self, options, given, number):
        super().__init__()
        self.options, self.given = options, given
        self.binary = KINDS[options.kind].Function.binary
        self._check(number)
        functions = options.neurons * options.terms
        self.connection = connection(options.connect, functions, options.fan_in, given.count)
        self.function = KINDS[options.kind].Function(functions, options.fan_in, options)
        self.elements = Elements(options.neurons, options.bits, options.signed)
        if not self.binary:
            self.normalization = Normalization(options.neurons)
            self.quantizer = Quantizer(options.bits, options.signed)
        if options.terms > 1:
            self.term_normalization = Normalization(functions)
            # one bit more than the neuron, as in PolyLUT-Add (Lou et al. 2024)
            self.term_quantizer = Quantizer(options.bits + 1, True)

    def _check(self, number):
        options, given = self.options, self.given
        address = options.fan_in * given.bits
        if address > MOST_ADDRESS_BITS:
            raise UsageError(
                f"layers.{number}: fan_in times the bits of an element must be at most "
                f"{MOST_ADDRESS_BITS}, not {options.fan_in} times {given.bits}"
            )
        if options.terms > 1 and self._sum_bits() > MOST_ADDRESS_BITS:
            raise UsageError(f"layers.{number}: terms must be fewer: their sum needs a table")
        inputs = options.neurons * options.terms * options.fan_in
        if options.connect == "consecutive" and inputs != given.count:
            raise UsageError(
                f"layers.{number}: neurons times terms times fan_in must be {given.count}, the "
                f"elements before, with connect consecutive, not {inputs}"
            )
        if options.connect in ("magnitude", "dense_to_sparse"):
            self._check_search(number)
        if self.binary and (given.bits > 1 or given.signed):
            raise UsageError(
                f"layers.{number}: kind {options.kind} must follow elements of 1 bit, "
                f"not {given.bits}{' and a sign' if given.signed else ''}"
            )

    def _check_search(self, number):
        options = self.options
        if not hasattr(KINDS[options.kind].Function, "begin_linear"):
            kinds = [name for name, each in KINDS.items() if hasattr(each.Function, "begin_linear")]
            raise UsageError(
                f"layers.{number}: kind must be one of {', '.join(kinds)} with connect "
                f"{options.connect}, not {options.kind!r}: it begins with weighted sums"
            )
        if options.terms > 1:
            raise UsageError(
                f"layers.{number}: terms must be 1 with connect {options.connect}, "
                f"not {options.terms}"
            )
        if options.fan_in > self.given.count:
            raise UsageError(
                f"layers.{number}: fan_in must be at most {self.given.count}, the elements before, "
                f"with connect {options.connect}, not {options.fan_in}"
            )

    def _sum_bits(self):
        return self.options.bits + 1 + (self.options.terms - 1).bit_length()

    def forward(self, values):
        """Return levels ``[neurons, batch]`` for the levels ``[elements, batch]`` before."""
        if self.searching:
            found = self.connection.sums(values)
        else:
            found = self.function.evaluate(self.connection(values))
        if self.binary:
            return found
        if self.options.terms > 1:
            found = self._added(self.term_quantizer(self.term_normalization(found)))
        return self.quantizer(self.normalization(found))

    def _added(self, found):
        return found.reshape(self.options.neurons, self.options.terms, -1).sum(1)

    def levels(self, codes):
        """Return the levels that the layer's codes stand for."""
        return 2.0 * codes - 1 if self.binary else self.quantizer.levels(codes)

    @property
    def searching(self):
        """Whether the neurons are still weighted sums of all elements, or of many."""
        return isinstance(self.connection, Search) and not self.connection.over

    def advance(self, done):
        """Go on with a search, of which this part is done."""
        if self.searching and (weights := self.connection.advance(done)) is not None:
            self.function.begin_linear(weights)

    def constrain(self):
        """What the function wants done after a step."""
        if hasattr(self.function, "constrain"):
            self.function.constrain()

    @torch.no_grad()
    def tables(self, before, names):
        """Return ([TableLayer and SumLayer], margin) that compute exactly what the layer does.

        Parameters
        ----------
        before : Layer or Encoded
            Gives the levels of the codes that are addresses.
        names : torch.Tensor
            Numbers of the elements that may be connected, in the list of the layer before.

        Returns
        -------
        list, float
            The margin is how close a function comes to where its code changes, in steps.
        """
        found = self._enumerated(before)
        inputs = names[self.connection.inputs].numpy()
        options = self.options
        if self.binary:
            return [TableLayer(inputs, (found > 0).long().numpy(), 1)], 1.0
        if options.terms == 1:
            codes, margin = self.quantizer.codes(self.normalization(found))
            return [TableLayer(inputs, codes.numpy(), options.bits, options.signed)], margin.item()
        codes, first = self.term_quantizer.codes(self.term_normalization(found))
        terms = TableLayer(inputs, codes.numpy(), options.bits + 1, True)
        size = options.neurons * options.terms
        sums = SumLayer(range(size), range(0, size + 1, options.terms))
        behind = sums.elements(terms.elements(before.elements))
        levels_of_sums = self.term_quantizer.levels(_signed_codes(behind.bits).double())
        sizes = (options.neurons, -1)
        codes, last = self.quantizer.codes(self.normalization(levels_of_sums.expand(*sizes)))
        places = torch.arange(options.neurons)[:, None].numpy()
        requantized = TableLayer(places, codes.numpy(), options.bits, options.signed)
        return [terms, sums, requantized], min(first.item(), last.item())

    def _enumerated(self, before):
        """Return the functions' values for all addresses, [functions, addresses]."""
        bits, fan_in = before.elements.bits, self.options.fan_in
        addresses = torch.arange(1 << bits * fan_in)
        codes = addresses >> torch.arange(fan_in)[:, None] * bits & before.elements.most
        if before.elements.signed:
            codes = codes - ((codes >> bits - 1) << bits)
        values = before.levels(codes.double())
        functions = self.options.neurons * self.options.terms
        found = []
        for part in values.split(max(1, _AT_A_TIME // (functions * fan_in)), dim=1):
            found.append(self.function.evaluate(part.expand(functions, -1, -1)))
        return torch.cat(found, 1)


def _signed_codes(bits):
    """Return the integers of all codes of ``bits`` bits in two's complement."""
    codes = torch.arange(1 << bits)
    return codes - ((codes >> bits - 1) << bits)
