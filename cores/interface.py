"""How a core describes its streams: the one source of layouts, packing and ``interface.json``."""

from dataclasses import asdict, dataclass

__all__ = ["Field", "Stream"]


@dataclass(frozen=True)
class Field:
    """One named field of a stream's payload.

    Parameters
    ----------
    name : str
        Field name, the same in Python, RTL and documentation.
    width : int
        Bits of one element.
    count : int
        Number of elements; element 0 is in the least significant bits.
    format : str
        Name of the number format of one element (``hwgen list formats``), or ``"bits"``, or
        ``"integer"`` for a plain integer.
    signed : bool
        Whether an ``"integer"`` is in two's complement.
    doc : str
        What the field means, in one line.
    bias : int
        An ``"integer"`` means its code minus ``bias``.
    """

    name: str
    width: int
    count: int = 1
    format: str = "bits"
    signed: bool = False
    doc: str = ""
    bias: int = 0


@dataclass(frozen=True)
class Stream:
    """One valid/ready stream of a core.

    Parameters
    ----------
    name : str
        Port name: ``"i"`` for the one input, ``"o"`` for the one output.
    direction : str
        ``"input"`` or ``"output"``, seen from the core.
    fields : tuple of Field
        Payload fields, least significant first.
    """

    name: str
    direction: str
    fields: tuple[Field, ...]

    @property
    def width(self):
        """Bits of the whole payload."""
        return sum(field.width * field.count for field in self.fields)

    def lsb(self, name):
        """Position of the least significant bit of field ``name`` in the payload."""
        position = 0
        for field in self.fields:
            if field.name == name:
                return position
            position += field.width * field.count
        raise KeyError(name)

    def layout(self):
        """Return the payload as an Amaranth ``StructLayout``."""
        from amaranth.hdl import signed, unsigned
        from amaranth.lib import data

        def shape(field):
            element = signed(field.width) if field.signed else unsigned(field.width)
            return element if field.count == 1 else data.ArrayLayout(element, field.count)

        return data.StructLayout({field.name: shape(field) for field in self.fields})

    def port(self):
        """Return the member of an Amaranth signature that is this stream."""
        from amaranth.lib import stream
        from amaranth.lib.wiring import In, Out

        direction = In if self.direction == "input" else Out
        return direction(stream.Signature(self.layout()))

    def describe(self):
        """Return the stream as it stands in ``interface.json``."""
        return {
            "name": self.name,
            "direction": self.direction,
            "payload": f"{self.name}__payload",
            "valid": f"{self.name}__valid",
            "ready": f"{self.name}__ready",
            "width": self.width,
            "fields": [{**asdict(field), "lsb": self.lsb(field.name)} for field in self.fields],
        }
