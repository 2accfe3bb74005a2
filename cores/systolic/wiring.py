"""Wires between the elements of an array: instances by name, and delays."""

from pathlib import Path

from amaranth.hdl import ClockSignal, Const, Instance, Signal
from amaranth.lib.wiring import In

__all__ = ["ENABLE_LIBRARY", "delayed", "instance", "own_enable"]

ENABLE_LIBRARY = Path(__file__).with_name("enable.v")


def instance(module, component, reset=None, **ports):
    """Return an instance of ``component``, which is emitted once as ``module``.

    Parameters
    ----------
    module : str
        Name of the Verilog module.
    component : wiring.Component
        Tells the directions of the ports.
    reset : Value or None
        What resets it; ``None`` for an element without state that would need it.
    ports : Value
        What every member of its signature is connected to.
    """
    directions = {
        name: "i" if member.flow == In else "o"
        for name, member in component.signature.members.items()
    }
    if set(directions) != set(ports):
        raise ValueError(f"ports must be {sorted(directions)}, not {sorted(ports)}")
    wires = {f"{directions[name]}_{name}": value for name, value in ports.items()}
    return Instance(
        module,
        i_clk=ClockSignal("sync"),
        i_rst=Const(0, 1) if reset is None else reset,
        **wires,
    )


def own_enable(m, go):
    """Return ``go`` a clock later, from a register that this part of the array has for itself."""
    enable = Signal(name="enable")
    m.submodules.own_enable = Instance(
        "hwgen_enable", i_clk=ClockSignal("sync"), i_d=go, o_q=enable
    )
    return enable


def delayed(m, value, count, enable, name, *, cleared=False):
    """Return ``value`` behind ``count`` registers that load while ``enable`` is 1.

    ``cleared``: reset clears them.
    """
    for position in range(count):
        register = Signal(len(value), reset_less=not cleared, name=f"{name}_after_{position + 1}")
        with m.If(enable):
            m.d.sync += register.eq(value)
        value = register
    return value
