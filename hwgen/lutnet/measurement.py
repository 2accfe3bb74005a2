"""A network synthesized, and placed and routed where there is a tool: area, frequency, latency."""

import tempfile
from dataclasses import dataclass

__all__ = ["Measurement", "measured"]


@dataclass(frozen=True)
class Measurement:
    """Figures of a network's core alone, from its inputs to the class.

    Parameters
    ----------
    target : str
        Fabric.
    device : str or None
        What was placed for; None where there is only synthesis.
    lut_inputs : int
        Inputs of a look-up table of the fabric.
    lut, ff, bram : int
        Look-up tables (on ECP5 those under carry cells as well), flip-flops and block RAMs.
    fmax_mhz : float or None
    latency_cycles : int
        From the last input of a vector to its class.
    latency_ns : float or None
        The same at Fmax.
    area_delay : float or None
        Look-up tables times nanoseconds of latency.
    """

    target: str
    device: str | None
    lut_inputs: int
    lut: int
    ff: int
    bram: int
    fmax_mhz: float | None
    latency_cycles: int
    latency_ns: float | None
    area_delay: float | None


def measured(path, target, freq=None, progress=None):
    """Return the `Measurement` of a network: what ``hwgen build`` finds, without simulation.

    Parameters
    ----------
    path : path
        File of the network.
    target : str
        Fabric.
    freq : float, optional
        Clock in MHz that the circuit is made for; it has no registers but those of the output
        without.
    progress : callable, optional
        Called with a `hwgen.flow.build.StageEvent` at the start and the end of every stage.

    Raises
    ------
    UsageError
        There is no such fabric, or the file does not hold a network.
    TargetMissedError
        The network does not fit the device.
    """
    from hwgen import catalogue, targets
    from hwgen.errors import TargetMissedError
    from hwgen.flow.build import build
    from hwgen.lutnet.budget import core_options

    core = catalogue.get("lutnet")
    options = {"net": str(path), "target": target, "freq": freq}
    config = core.configure(options | core_options(path))
    with tempfile.TemporaryDirectory(prefix="hwgen-lutnet-") as folder:
        try:
            found = build(core, config, folder=folder, vectors=0, progress=progress)
        except TargetMissedError as error:
            # a clock that was missed is a figure as well
            found = getattr(error, "result", None)
            if found is None:
                raise
    used = {row.resource: row.used for row in found.rows}
    cycles, fmax = found.latency_cycles, found.fmax_mhz
    delay = 1000 * cycles / fmax if fmax else None
    return Measurement(
        target=target,
        device=found.device,
        lut_inputs=targets.get(target).lut_inputs,
        lut=used["LUT"],
        ff=used["FF"],
        bram=used.get("BRAM", 0),
        fmax_mhz=fmax,
        latency_cycles=cycles,
        latency_ns=delay and round(delay, 2),
        area_delay=delay and round(used["LUT"] * delay, 1),
    )
