"""A component that is emitted once, as a module, and instantiated by its name."""

from amaranth.hdl import ClockSignal, Instance, ResetSignal, Signal, Value
from amaranth.lib import wiring

__all__ = ["Element"]


class Element:
    """One instance of a module that stands for a component (see ``emit_verilog``'s ``modules``).

    Parameters
    ----------
    m : Module
    module, name : str
        Of the module, and of the instance.
    component : Component
        Whose signature the module's ports are.

    Attributes
    ----------
    ports : dict of str to Signal
        By their names in Verilog, as ``axi__araddr``. Inputs are to be driven.
    """

    def __init__(self, m, module, name, component):
        self.ports, connected = {}, {}
        for path, member, value in component.signature.flatten(component):
            port = "__".join(map(str, path))
            width = len(Value.cast(value))
            self.ports[port] = signal = Signal(width, name=f"{name}__{port}")
            connected[f"{'i' if member.flow == wiring.In else 'o'}_{port}"] = signal
        clock = {"i_clk": ClockSignal("sync"), "i_rst": ResetSignal("sync")}
        m.submodules[name] = Instance(module, **clock, **connected)

    def __getitem__(self, port):
        return self.ports[port]
