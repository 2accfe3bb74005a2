"""What units of the GPT machine have in common: a circuit that is built at once, and pipelines."""

from amaranth.hdl import Const
from amaranth.lib import wiring
from hwgen.cores.arith.pipeline import Pipeline

from hwgen import targets
from hwgen.collector import no_garbage_collection

__all__ = ["Unit"]


class Unit(wiring.Component):
    """A component that is built when it is made: its latency follows from its registers.

    A subclass defines ``_build``, which returns the module and sets ``latency``.

    Parameters
    ----------
    config : MachineConfig
    members : dict
        Of the signature.
    """

    def __init__(self, config, members):
        self._config = config
        super().__init__(members)
        with no_garbage_collection():
            self._built = self._build()

    def elaborate(self, platform):
        return self._built

    def _pipeline(self, m):
        """Return a pipeline that always moves."""
        config = self._config
        return Pipeline(m, targets.get(config.target), config.freq, Const(1), config.size)
