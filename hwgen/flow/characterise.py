"""Measure a core without its board: cells, and Fmax as the median of several placements.

Cells are counted on the core alone. For Fmax the core gets a register on every input and output
bit, so that every path inside it runs from register to register, and is placed out of context
(without pins; iCE40 has no such mode, so there a chain of registers feeds it from one pin). Those
registers are not among the cells.
"""

import re
import statistics
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hwgen.errors import UsageError
from hwgen.flow.place import Device, place
from hwgen.flow.synthesise import synthesise
from hwgen.flow.wrapper import registered_wrapper

__all__ = ["Characterisation", "characterise"]


@dataclass(frozen=True)
class Characterisation:
    """Figures of one core.

    Parameters
    ----------
    device : str
        Device that was placed for.
    options : tuple of str
        Synthesis options.
    counts : dict
        Cells of the core alone, as `hwgen.flow.cells.Counts` names them.
    fmax : float or None
        Median Fmax in MHz over the seeds; None if no seed was asked for.
    fmax_by_seed : dict
        Fmax in MHz by seed.
    lut6 : int or None
        Look-up tables of up to six inputs that Xilinx UltraScale+ takes, if asked for.
    seconds : float
        Wall-clock time of all tools.
    """

    device: str
    options: tuple
    counts: dict
    fmax: float | None
    fmax_by_seed: dict = field(default_factory=dict)
    lut6: int | None = None
    seconds: float = 0.0

    def as_dict(self):
        """Return the figures as plain JSON-able values."""
        return asdict(self)


def characterise(
    source,
    *,
    top=None,
    device="25k",
    speed="6",
    seeds=(1, 2, 3),
    freq=400.0,
    options=(),
    lut6_source=None,
    folder=None,
):
    """Measure a Verilog design or an Amaranth component.

    Parameters
    ----------
    source : path, str or component
        A Verilog file (path), Verilog text (has a line break), or an Amaranth component.
    top : str, optional
        Top module; by default the first module of the Verilog.
    device : str
        nextpnr's name of the device, of the fabric that the core was made for.
    speed : str
        Speed grade (ECP5).
    seeds : sequence of int
        One placement each; empty for the counts only.
    freq : float
        Frequency in MHz that the placer aims at. High by intention: a placer that has reached
        its target stops improving.
    options : iterable of str
        Synthesis options, as for `hwgen.flow.synthesise.synthesis_script`.
    lut6_source : as ``source``, optional
        The same core for UltraScale+ or the generic fabric; its look-up tables on UltraScale+
        are counted. ``source`` itself will do when it instantiates no cells of another fabric.
    folder : path, optional
        Keeps all files of the tools; a temporary folder otherwise.

    Returns
    -------
    Characterisation
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="hwgen-characterise-") as temporary:
            return characterise(
                source,
                top=top,
                device=device,
                speed=speed,
                seeds=seeds,
                freq=freq,
                options=options,
                lut6_source=lut6_source,
                folder=temporary,
            )
    folder = Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    chip = Device(device, speed=speed if Device(device).target == "ecp5" else None)
    text = _verilog(source)
    top = top or _first_module(text)
    file = folder / f"{top}.v"
    file.write_text(text)
    alone = synthesise([file], top, chip.target, folder / "alone", options=options)
    seconds = alone.seconds
    fmax = {}
    if seeds:
        wrapper = folder / "registered.v"
        serial = chip.target == "ice40"
        wrapper.write_text(registered_wrapper(alone.netlist, top, serial=serial))
        wrapped = synthesise(
            [file, wrapper], "registered", chip.target, folder / "wrapped", options=options
        )
        seconds += wrapped.seconds
    for seed in seeds:
        placed = place(
            wrapped.netlist,
            chip,
            folder / f"seed{seed}",
            freq=freq,
            seed=seed,
            out_of_context=chip.target == "ecp5",
        )
        fmax[seed] = placed.fmax
        seconds += placed.seconds
    lut6 = None
    if lut6_source is not None:
        lut6, more = _count_lut6(lut6_source, folder / "xilinx")
        seconds += more
    median = statistics.median(fmax.values()) if fmax else None
    return Characterisation(
        device, tuple(options), alone.counts.as_dict(), median, fmax, lut6, round(seconds, 2)
    )


def _count_lut6(source, folder):
    """Return the Xilinx look-up tables of a design and the seconds that counting took."""
    text = _verilog(source)
    folder.mkdir(parents=True, exist_ok=True)
    top = _first_module(text)
    (folder / "design.v").write_text(text)
    result = synthesise([folder / "design.v"], top, "ultrascale_plus", folder, options=["nodsp"])
    # a shift register of a look-up table is one
    return result.counts.lut + result.counts.lutram, result.seconds


def _verilog(source):
    """Return Verilog text from a file, from text, or from a component."""
    if isinstance(source, str) and "\n" in source:
        return source
    if isinstance(source, str | Path):
        try:
            return Path(source).read_text()
        except OSError as error:
            raise UsageError(f"cannot read {str(source)!r}: {error.strerror}") from None
    from hwgen.flow.emit import emit_verilog

    return emit_verilog(source, module_name="core")


def _first_module(text):
    match = re.search(r"^\s*module\s+(\w+)", text, flags=re.MULTILINE)
    if match is None:
        raise UsageError("the Verilog must hold a module, and has none")
    return match.group(1)
