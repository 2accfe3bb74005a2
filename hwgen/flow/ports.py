"""The ports of an emitted core, plain or wrapped for AXI4-Stream, as every exporter needs them."""

from dataclasses import dataclass

from hwgen.catalogue.payload import payload_bytes

__all__ = ["CorePorts", "StreamPorts", "axis_ports", "raw_ports"]

_LAST = "last"
_PARTS = ("payload", "valid", "ready")


@dataclass(frozen=True)
class StreamPorts:
    """Ports of one stream.

    Parameters
    ----------
    stream : hwgen.cores.interface.Stream
        Name, direction and fields.
    interface : str
        Name of the bus interface that the ports make up.
    payload, valid, ready : str
        Port names.
    width : int
        Bits of the payload port; bits above the stream's own width are padding.
    last : str or None
        Port that carries the field ``last`` instead of the payload.
    """

    stream: object
    interface: str
    payload: str
    valid: str
    ready: str
    width: int
    last: str | None = None

    @property
    def is_input(self):
        """Whether the core takes tokens from this stream."""
        return self.stream.direction == "input"

    @property
    def padding(self):
        """Bits of the payload port above the stream's own."""
        return self.width - self.stream.width

    @property
    def last_bit(self):
        """Position of the field ``last`` in the payload; None without a port for it."""
        return self.stream.lsb(_LAST) if self.last else None


@dataclass(frozen=True)
class CorePorts:
    """All ports of one Verilog module.

    Parameters
    ----------
    module : str
        Name of the Verilog module.
    bus : str
        ``"raw"`` or ``"axis"``.
    clock, reset : str
        Port names; the reset is synchronous.
    reset_active_low : bool
        Whether 0 resets.
    streams : tuple of StreamPorts
    """

    module: str
    bus: str
    clock: str
    reset: str
    reset_active_low: bool
    streams: tuple[StreamPorts, ...]

    def describe(self):
        """Return the ports as they stand in ``interface.json`` of a package."""
        return {
            "bus": self.bus,
            "module": self.module,
            "clock": self.clock,
            "reset": self.reset,
            "reset_active_low": self.reset_active_low,
            "streams": [
                {
                    "name": each.stream.name,
                    "interface": each.interface,
                    "payload": each.payload,
                    "valid": each.valid,
                    "ready": each.ready,
                    "last": each.last,
                    "width": each.width,
                }
                for each in self.streams
            ],
        }


def raw_ports(module, streams):
    """Return the ports that a core has by itself."""
    ports = (
        StreamPorts(each, each.name, *(f"{each.name}__{part}" for part in _PARTS), width=each.width)
        for each in streams
    )
    return CorePorts(module, "raw", "clk", "rst", False, tuple(ports))


def axis_ports(module, streams):
    """Return the ports of a core's AXI4-Stream wrapper.

    Stream ``i`` becomes ``s_axis``, ``o`` becomes ``m_axis``, ``i_weights`` becomes
    ``s_axis_weights``. Payloads are padded to whole bytes. A field ``last`` of one bit has the port
    ``tlast``.
    """
    ports = []
    for stream in streams:
        letter, prefix = ("i", "s_axis") if stream.direction == "input" else ("o", "m_axis")
        rest = stream.name.removeprefix(letter).lstrip("_")
        if stream.name != letter and not stream.name.startswith(f"{letter}_"):
            rest = stream.name
        name = f"{prefix}_{rest}" if rest else prefix
        marked = any(f.name == _LAST and f.width == f.count == 1 for f in stream.fields)
        ports.append(
            StreamPorts(
                stream,
                name,
                f"{name}_tdata",
                f"{name}_tvalid",
                f"{name}_tready",
                8 * payload_bytes(stream),
                f"{name}_tlast" if marked else None,
            )
        )
    return CorePorts(f"{module}_axis", "axis", "aclk", "aresetn", True, tuple(ports))
