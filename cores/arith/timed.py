"""A signal and the time at which it is stable: what the operations of a pipeline work on."""

from dataclasses import dataclass, field, replace

from amaranth.hdl import Value

__all__ = ["Timed"]


@dataclass(eq=False)
class Timed:
    """A signal with the pipeline stage and the time within it at which it is stable.

    Parameters
    ----------
    signal : Value
        The Amaranth value.
    stage : int
        Number of registers between the pipeline's input and this value.
    arrival : float
        Nanoseconds after the clock edge of that stage, at the place that takes it.
    exit : float
        Nanoseconds of them that a register does not wait for, as it lies beside the carry chain.
    wire : float
        Nanoseconds from this value, or a register behind it, to the places that take it.
    """

    signal: Value
    stage: int
    arrival: float
    exit: float = 0.0
    wire: float = 0.0
    _later: list = field(default_factory=list, repr=False)

    def __len__(self):
        return len(self.signal)

    def without_registers(self):
        """Return the same value with no registers behind it yet."""
        return replace(self, _later=[])
