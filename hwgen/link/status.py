"""What a board says about itself."""

from dataclasses import asdict, dataclass

from hwgen.cores.bridge.protocol import STATUS_FIELDS, STATUS_LENGTH, VERSION
from hwgen.errors import HwgenError

__all__ = ["Status"]


@dataclass(frozen=True)
class Status:
    """A status reply.

    Parameters
    ----------
    tested : bool
        The self-test has run since power-on or reset; then ``signature`` is its signature.
    passed : bool or None
        Whether the signature is the right one; None if the board does not know that one.
    signature : int
        Signature register, 32 bits.
    crc_errors, framing_errors, oversize_errors, overrun_errors : int
        Frames that the board dropped since power-on, 255 standing for that many or more: wrong
        CRC, wrong structure or length, longer than allowed, no room.
    identity : bytes
        See `hwgen.cores.bridge.identity.identity`.
    input_bytes, output_bytes : int
        Bytes of a token.
    payload_limit : int
        Most payload bytes of a frame to the board.
    buffer_bytes : int
        Room for queued frames.
    latency : int
        The core's latency in clock cycles.
    name : str
        The core's name, at most 20 characters of it.
    """

    tested: bool
    passed: bool | None
    signature: int
    crc_errors: int
    framing_errors: int
    oversize_errors: int
    overrun_errors: int
    identity: bytes
    input_bytes: int
    output_bytes: int
    payload_limit: int
    buffer_bytes: int
    latency: int
    name: str

    @classmethod
    def parse(cls, payload):
        """Return the status in the payload of a ``STATUS_REPLY``.

        Raises
        ------
        HwgenError
            The board speaks another version of the protocol.
        """
        version = payload[0] if payload else None
        if version != VERSION or len(payload) != STATUS_LENGTH:
            raise HwgenError(
                f"protocol version of the board must be {VERSION}, not {version}; build the "
                f"bitstream again with this version of hwgen"
            )
        values, position = {}, 0
        for name, width in STATUS_FIELDS:
            values[name] = payload[position : position + width]
            position += width
        name = values.pop("name").rstrip(b"\0").decode("ascii", "replace")
        identity = values.pop("identity")
        numbers = {key: int.from_bytes(value, "little") for key, value in values.items()}
        flags = numbers.pop("flags")
        del numbers["version"]
        passed = bool(flags & 2) if flags & 4 and flags & 1 else None
        return cls(tested=bool(flags & 1), passed=passed, name=name, identity=identity, **numbers)

    @property
    def dropped(self):
        """Frames that the board dropped for any reason."""
        return self.crc_errors + self.framing_errors + self.oversize_errors + self.overrun_errors

    def as_dict(self):
        """Return the status as plain JSON-able values."""
        return {**asdict(self), "identity": self.identity.hex()}
