"""The result of a build: as values, as ``report.json`` and as ``report.md``."""

import json
from dataclasses import asdict, dataclass, field

__all__ = ["BuildResult", "Row", "figures", "json_text", "markdown", "resource_rows"]

SCHEMA = "hwgen-report/1"


@dataclass(frozen=True)
class Row:
    """How much of one resource the design takes; ``available`` is None for no device."""

    resource: str
    used: int
    available: int | None


@dataclass(frozen=True)
class BuildResult:
    """What a build made and measured.

    Parameters
    ----------
    core, board : str
        Names; ``board`` is None for a core alone.
    target, device : str
        Fabric and device; ``device`` is None where nothing was placed.
    config : dict
        Full configuration of the core.
    folder : str
        Output folder.
    files : dict of str to str
        Kind of file to its path: ``"verilog"``, ``"interface"``, ``"bitstream"``, ...
    rows : tuple of Row
        Resources of the whole design; of a core alone, without the registers around it.
    fmax_mhz : float or None
        Fmax of the core's clock.
    target_mhz : float or None
        What was asked for.
    clocks : dict
        Fmax and target of every clock.
    latency_cycles : int
        Clock cycles from the last beat of an operation to its result.
    latency_ns : float or None
        The same at the clock that the design runs with: the target, else Fmax.
    macs_per_cycle : int or None
    macs_per_second : float or None
        Multiply-accumulates a second at Fmax.
    verification : dict or None
        What was compared with the golden model; None when that was left out.
    seconds : dict of str to float
        Wall-clock time by stage, of the run that made it.
    tools : dict of str to str
        Versions.
    missed : tuple of str
        What is short of its target, in words; empty when all is met.
    cached : bool
        Whether the whole build was found finished.
    """

    core: str
    board: str | None
    target: str
    device: str | None
    config: dict
    folder: str
    files: dict
    rows: tuple[Row, ...]
    fmax_mhz: float | None
    target_mhz: float | None
    clocks: dict
    latency_cycles: int
    latency_ns: float | None
    macs_per_cycle: int | None
    macs_per_second: float | None
    verification: dict | None
    seconds: dict
    tools: dict
    missed: tuple[str, ...] = ()
    cached: bool = field(default=False)

    @property
    def bitstream(self):
        """Path of the bitstream, or None."""
        return self.files.get("bitstream")

    def as_dict(self):
        """Return the result as plain JSON-able values."""
        values = asdict(self)
        values["rows"] = [asdict(row) for row in self.rows]
        values["missed"] = list(self.missed)
        return {"schema": SCHEMA, **values, "bitstream": self.bitstream}

    @classmethod
    def from_dict(cls, values):
        """Return the result that `as_dict` described."""
        fields = {name: values[name] for name in cls.__dataclass_fields__}
        fields["rows"] = tuple(Row(**row) for row in values["rows"])
        fields["missed"] = tuple(values["missed"])
        return cls(**fields)


_ROWS = {
    "LUT": ("lut_equivalents", "lut"),
    "FF": ("ff", "ff"),
    "carry": ("carry", "carry"),
    "DSP": ("dsp", "dsp"),
    "BRAM": ("bram", "bram"),
}
# what nextpnr calls them, and how many of those one takes
_RESOURCES = {
    "ecp5": {
        "lut": ("TRELLIS_COMB", 1),
        "ff": ("TRELLIS_FF", 1),
        "carry": ("TRELLIS_COMB", 2),
        "dsp": ("MULT18X18D", 1),
        "bram": ("DP16KD", 1),
    },
    "ice40": {
        "lut": ("ICESTORM_LC", 1),
        "ff": ("ICESTORM_LC", 1),
        "carry": ("ICESTORM_LC", 1),
        "dsp": ("ICESTORM_DSP", 1),
        "bram": ("ICESTORM_RAM", 1),
    },
}


def resource_rows(counts, target, *, capacity=None, utilization=None):
    """Return the resource table: what a netlist takes of what its device has.

    Parameters
    ----------
    counts : dict
        Cells, as `hwgen.flow.cells.Counts` names them.
    target : str
        Fabric.
    capacity : dict, optional
        Resources of the device by ``lut``, ``ff``, ``carry``, ``dsp``, ``bram``.
    utilization : dict, optional
        nextpnr's table, from which the capacity is taken otherwise.

    Returns
    -------
    tuple of Row
    """
    if capacity is None:
        capacity = {
            name: utilization[cell]["available"] // cells
            for name, (cell, cells) in _RESOURCES.get(target, {}).items()
            if utilization and cell in utilization
        }
    return tuple(
        Row(name, counts[count], capacity.get(resource))
        for name, (count, resource) in _ROWS.items()
    )


def json_text(result):
    """Return a build's report for programs."""
    return json.dumps(result.as_dict(), indent=2) + "\n"


def markdown(result):
    """Return a build's report for people."""
    place = result.board or result.device or f"{result.target}, not placed"
    lines = [f"# {result.core} on {place}", ""]
    if result.bitstream:
        lines += [f"Bitstream: `{result.bitstream}`", ""]
    lines += ["| resource | used | available | |", "|---|---:|---:|---:|"]
    for row in result.rows:
        available = "" if row.available is None else f"{row.available:,}"
        share = f"{100 * row.used / row.available:.1f} %" if row.available else ""
        lines.append(f"| {row.resource} | {row.used:,} | {available} | {share} |")
    lines += ["", "| figure | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in figures(result)]
    lines += ["", "## Configuration", "", "| field | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in result.config.items()]
    lines += ["", "## Tools", "", "| tool | version |", "|---|---|"]
    lines += [f"| {name} | {version} |" for name, version in result.tools.items()]
    lines += ["", "## Time", "", "| stage | seconds |", "|---|---:|"]
    lines += [f"| {name} | {seconds:.1f} |" for name, seconds in result.seconds.items()]
    return "\n".join(lines) + "\n"


def figures(result):
    """Return a build's speed and correctness as pairs of name and text, for tables."""
    pairs = []
    if result.fmax_mhz is not None:
        goal = "" if result.target_mhz is None else f" (target {result.target_mhz:g} MHz)"
        pairs.append(("Fmax", f"{result.fmax_mhz:g} MHz{goal}"))
    nanoseconds = "" if result.latency_ns is None else f" ({result.latency_ns:g} ns)"
    pairs.append(("latency", f"{result.latency_cycles} cycles{nanoseconds}"))
    if result.macs_per_second is not None:
        pairs.append(("throughput at Fmax", f"{result.macs_per_second / 1e9:.3g} GMAC/s"))
    if result.verification is None:
        pairs.append(("verification", "left out"))
    else:
        matched = result.verification.get("matched")
        pairs.append(("verification", f"{matched:,} vectors match the golden model"))
    pairs += [("missed", each) for each in result.missed]
    return pairs
