"""Operands of an instruction word, and integers of weight blocks."""

from amaranth.hdl import Cat, Const, Mux, Signal, signed
from hwgen.cores.arith.table import lookup

from hwgen.formats.gpt_instructions import INSTRUCTIONS
from hwgen.formats.weight_stream import GROUP
from hwgen.formats.weights import BinaryCodedFormat

__all__ = ["BlockDecoder", "Operands", "opcode_of"]

_OPCODE_BITS = 8


def opcode_of(name):
    """Return the opcode of an instruction."""
    return next(each.opcode for each in INSTRUCTIONS if each.name == name)


class Operands:
    """The operands of one kind of instruction, as parts of a word.

    Parameters
    ----------
    word : Value
    name : str
        Of the instruction.
    """

    def __init__(self, word, name):
        position = _OPCODE_BITS
        (kind,) = (each for each in INSTRUCTIONS if each.name == name)
        self._fields, self._choices = {}, {}
        for each in kind.operands:
            part = word[position : position + each.bits]
            self._fields[each.name] = part.as_signed() if each.signed else part
            self._choices[each.name] = each.choices
            position += each.bits

    def __getattr__(self, name):
        try:
            return self.__dict__["_fields"][name]
        except KeyError:
            raise AttributeError(name) from None

    def chooses(self, name, choice):
        """Return whether an operand is one of its choices."""
        return self._fields[name] == self._choices[name].index(choice)


class BlockDecoder:
    """The integers, units and exponents of a block of weights.

    Parameters
    ----------
    m : Module
    stream : WeightStream
    record : Value
        The block's bytes.
    name : str

    Attributes
    ----------
    integers : list of Signal
        One a column, signed, of ``width`` bits.
    units : list of (Value, Value)
        Significand and exponent of every group.
    """

    def __init__(self, m, stream, record, name):
        size, groups = 8 * stream.header_bytes, GROUP // stream.group
        headers = [record[size * group : size * (group + 1)] for group in range(groups)]
        codes = record[size * groups :]
        self.units = [(header[:12], header[12:18]) for header in headers]
        self.integers = []
        for group, header in enumerate(headers):
            if isinstance(stream.form, BinaryCodedFormat):
                values, limits = self._planes(m, stream, header, f"{name}_group{group}")
            else:
                values, limits = self._entries(stream, header)
            low, high = limits
            self.width = max((-low - 1).bit_length() if low < 0 else 0, high.bit_length()) + 1
            for column in range(group * stream.group, (group + 1) * stream.group):
                code = codes[column * stream.width : (column + 1) * stream.width]
                integer = Signal(signed(self.width), name=f"{name}_{column}")
                m.d.comb += integer.eq(values(code))
                self.integers.append(integer)

    def _entries(self, stream, header):
        """Return (function of a code, (least, largest)) of formats with a table of entries."""
        entries = [int(each) for each in stream.entries]
        codebook = getattr(stream.form, "codebook", None)
        specials = codebook.specials if codebook is not None else ()
        zero_points = getattr(stream.form, "zero_points", False)
        low, high = min(*entries, *specials, 0), max(*entries, *specials, 0)
        zero_point = header[18:26]
        width = max((-low - 1).bit_length() if low < 0 else 0, high.bit_length()) + 1
        direct = all(
            value == _signed_code(code, stream.width) for code, value in enumerate(entries)
        )
        plain = entries == list(range(len(entries)))

        def value(code):
            if direct:
                found = code.as_signed()
            elif plain:
                found = Cat(code, Const(0, 1)).as_signed()
            else:
                bits = [code[bit] for bit in range(stream.width)]
                mask = (1 << width) - 1
                found = lookup(bits, lambda each: entries[each] & mask, width).as_signed()
            if specials:
                special = Const(specials[0], signed(width))
                for number, each in enumerate(specials):
                    chosen = header[26:29] == number
                    special = Mux(chosen, Const(each, signed(width)), special)
                found = Mux(code == codebook.special_code, special, found)
            return found - zero_point if zero_points else found

        return value, ((low - 255, high) if zero_points else (low, high))

    def _planes(self, m, stream, header, name):
        """Return (function of a code, (least, largest)) of binary-coded weights."""
        planes, start = stream.form.planes, 32
        scales = [header[start + 8 * plane : start + 8 * plane + 8] for plane in range(planes)]
        largest = 255 * planes
        width = largest.bit_length() + 1
        table = []
        for code in range(1 << planes):
            total = Signal(signed(width), name=f"{name}_sum{code}")
            signs = [scale if code >> plane & 1 else -scale for plane, scale in enumerate(scales)]
            m.d.comb += total.eq(sum(signs[1:], signs[0]))
            table.append(total)

        def value(code):
            found = table[0]
            for number in range(1, len(table)):
                found = Mux(code == number, table[number], found)
            return found

        return value, (-largest, largest)


def _signed_code(code, width):
    return code - (1 << width) if code >> width - 1 else code
