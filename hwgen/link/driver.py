"""Stream tokens through a core on a board and collect what it answers."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from hwgen.cores.bridge.protocol import RECORD_OVERHEAD, Kind
from hwgen.errors import HwgenError, UsageError
from hwgen.link.frame import FrameSplitter, encode_frame
from hwgen.link.status import Status

__all__ = ["Link", "LinkError"]

_ATTEMPTS = 3


class LinkError(HwgenError):
    """The board did not answer, or its answers have gaps."""


@dataclass
class _Request:
    """A data frame on its way."""

    sequence: int
    size: int
    answers: int = 0
    results: list = field(default_factory=list)


class Link:
    """A conversation with a board.

    Parameters
    ----------
    transport : SerialTransport or SimulatedBoard
        Has ``write(data)``, ``read(seconds)``, ``patience`` (seconds) and ``port`` (its name).

    Attributes
    ----------
    status : Status or None
        The board's most recent status.
    restarts : int
        How often a damaged transfer was started again.
    transport : SerialTransport or SimulatedBoard
        What the conversation goes over.
    """

    def __init__(self, transport):
        self.status = None
        self.restarts = 0
        self.transport = transport
        self._splitter = FrameSplitter()
        self._sequence = 0

    def connect(self, name=None, identity=None):
        """Reset the core and read the status.

        Parameters
        ----------
        name : str, optional
            Name of the core that the board must hold.
        identity : bytes, optional
            Its identity, see `hwgen.cores.bridge.identity.identity`.

        Returns
        -------
        Status

        Raises
        ------
        LinkError
            The board does not answer.
        UsageError
            The board holds another core, or the same one in another configuration.
        """
        self._restart()
        wrong_name = name is not None and self.status.name != name[: len(self.status.name)]
        if wrong_name or (identity is not None and self.status.identity != identity):
            raise UsageError(
                f"the board at {self.transport.port} must hold core {name!r} with identity "
                f"{identity.hex() if identity else 'any'}, not {self.status.name!r} with identity "
                f"{self.status.identity.hex()}; load the bitstream built for this configuration, "
                f"or give the options that it was built with"
            )
        return self.status

    def read_status(self):
        """Ask for the status, after everything sent before."""
        return self._ask(Kind.STATUS)

    def self_test(self):
        """Run the self-test and return the status with its signature; resets the core.

        Raises
        ------
        LinkError
            The board does not answer.
        """
        return self._ask(Kind.BIST)

    def transfer(self, tokens, progress=None):
        """Send input tokens and return all output tokens that they cause.

        A frame that is lost on the line makes the core start over from the first token, up to
        three times in all.

        Parameters
        ----------
        tokens : numpy.ndarray
            ``uint8`` of shape ``(n, input_bytes)``, see `hwgen.catalogue.payload.pack`.
        progress : callable, optional
            Called with the number of tokens acknowledged so far.

        Returns
        -------
        numpy.ndarray
            ``uint8`` of shape ``(m, output_bytes)``.

        Raises
        ------
        LinkError
            The line is too bad, or the core hangs.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return self._transfer_once(tokens, progress or (lambda done: None))
            except LinkError:
                if attempt == _ATTEMPTS - 1:
                    raise
                self.restarts += 1
                self._restart()
        raise AssertionError("unreachable")

    def _restart(self):
        """Bring board and core into a known state."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._ask(Kind.RESET)
            except LinkError:
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _ask(self, kind):
        """Send a request without payload and return the status with its sequence number."""
        sequence = self._send(kind)
        while True:
            for frame in self._receive():
                if frame.kind == Kind.STATUS_REPLY and frame.sequence == sequence:
                    self.status = Status.parse(frame.payload)
                    return self.status

    def _send(self, kind, payload=b""):
        sequence = self._sequence
        self._sequence = (sequence + 1) % 256
        # the 0x00 in front: a damaged end of the frame before must not damage this one
        self.transport.write(b"\0" + encode_frame(kind, sequence, payload))
        return sequence

    def _receive(self):
        """Return the next frames; at least one byte of the line is behind every call."""
        data = self.transport.read(self.transport.patience)
        if not data:
            raise LinkError(
                f"the board at {self.transport.port} must answer within "
                f"{self.transport.patience:g} s, but is silent; check the port, the baud rate, "
                f"and that the bitstream is loaded"
            )
        return self._splitter.feed(data)

    def _transfer_once(self, tokens, progress):
        status = self.status
        if tokens.shape[1] != status.input_bytes:
            raise UsageError(
                f"tokens must be {status.input_bytes} bytes long, not {tokens.shape[1]}"
            )
        per_frame = status.payload_limit // status.input_bytes
        waiting = deque()
        results, sent, free = [], 0, status.buffer_bytes
        dropped = self._splitter.dropped
        while sent < len(tokens) or waiting:
            payload = tokens[sent : sent + per_frame].tobytes()
            size = len(payload) + RECORD_OVERHEAD
            if payload and size <= free:
                waiting.append(_Request(self._send(Kind.DATA, payload), size))
                sent += per_frame
                free -= size
                continue
            for frame in self._receive():
                if self._accept(frame, waiting[0]):
                    finished = waiting.popleft()
                    free += finished.size
                    results += finished.results
                    progress(min(sent, len(tokens)) - per_frame * len(waiting))
                    if not waiting:
                        break
            if self._splitter.dropped != dropped:
                raise LinkError(f"a frame from the board at {self.transport.port} was damaged")
        joined = np.frombuffer(b"".join(results), np.uint8)
        return joined.reshape(-1, status.output_bytes)

    def _accept(self, frame, request):
        """Take in an answer; return whether it is the request's last one."""
        if (
            frame.kind not in (Kind.RESULTS, Kind.DONE)
            or frame.sequence != request.sequence
            or not frame.payload
            or frame.payload[0] != request.answers % 256
        ):
            raise LinkError(
                f"answer of the board at {self.transport.port} must be number "
                f"{request.answers % 256} to frame {request.sequence}, but a frame is missing"
            )
        request.answers += 1
        request.results.append(frame.payload[1:])
        return frame.kind == Kind.DONE
