"""A serial port as a transport."""

from hwgen.errors import HwgenError, MissingToolError, UsageError, nearest

__all__ = ["SerialTransport"]


class SerialTransport:
    """Bytes to and from a serial port: 8 data bits, no parity, one stop bit, no flow control.

    Parameters
    ----------
    port : str
        Name of the port, such as ``/dev/ttyUSB0`` or ``COM3``.
    baud : int
        Bits per second.

    Attributes
    ----------
    patience : float
        Seconds after which a silent board is given up.

    Raises
    ------
    UsageError
        There is no such port, or it cannot be opened or set to ``baud``.
    MissingToolError
        pyserial is not installed.
    """

    patience = 1.0

    def __init__(self, port, baud):
        try:
            import serial
        except ImportError:
            raise MissingToolError("pyserial is missing; pip install pyserial") from None

        self.port = port
        self._error = serial.SerialException
        try:
            self._serial = serial.Serial(port, baud, timeout=self.patience)
        except (OSError, ValueError) as error:
            raise UsageError(_explain(port, baud, error)) from None
        self._serial.reset_input_buffer()

    def close(self):
        """Close the port."""
        self._serial.close()

    def write(self, data):
        """Send bytes."""
        try:
            self._serial.write(data)
        except self._error as error:
            raise HwgenError(f"port {self.port} stopped working: {error}") from None

    def read(self, seconds):
        """Return the bytes that arrived, waiting at most so many seconds for the first one."""
        try:
            self._serial.timeout = seconds
            first = self._serial.read(1)
            return first + self._serial.read(self._serial.in_waiting) if first else b""
        except self._error as error:
            raise HwgenError(f"port {self.port} stopped working: {error}") from None


def _explain(port, baud, error):
    """Return why a port cannot be opened and what the ports of this machine are."""
    import errno

    from serial.tools.list_ports import comports

    ports = sorted(each.device for each in comports())
    known = f"ports here: {', '.join(ports)}" if ports else "this machine has no serial port"
    if port in ports and getattr(error, "errno", None) in (errno.EACCES, errno.EPERM):
        return f"port {port} must be readable and writable for you; join the group that owns it"
    if port in ports:
        return f"port {port} must be free and able to run at {baud} baud: {error}"
    return f"port must be 'sim' or a serial port, not {port!r}{nearest(port, ports)}; {known}"
