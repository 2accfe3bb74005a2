"""What a package for each tool holds besides the files that all packages share."""

from dataclasses import dataclass

from hwgen.errors import UsageError, nearest

__all__ = ["BUSES", "KINDS", "File", "Kind", "find_bus", "find_kind"]

BUSES = ("axis", "raw")


@dataclass(frozen=True)
class File:
    """A file made from a template.

    Parameters
    ----------
    template : str
        Name of the template, here or in ``constraints/``.
    name : str
        File name; ``{top}`` stands for the top module.
    meaning : str
        What it is for, in one line.
    constrains : bool
        Whether it states a clock, and so exists with ``--freq`` only.
    """

    template: str
    name: str
    meaning: str
    constrains: bool = False


@dataclass(frozen=True)
class Kind:
    """A package for one tool.

    Parameters
    ----------
    name : str
        As typed on the command line.
    tool : str
        The tool, for people.
    targets : tuple of str
        Fabrics whose primitives the tool knows; the first one is the default.
    files : tuple of File
    """

    name: str
    tool: str
    targets: tuple[str, ...]
    files: tuple[File, ...]

    def check_target(self, target):
        """Raise `UsageError` where the tool does not know the primitives of fabric ``target``."""
        if target not in self.targets:
            raise UsageError(
                f"target must be one of {', '.join(self.targets)} in a package for {self.name}, "
                f"not {target!r}: {self.tool} does not know its primitives"
            )


KINDS = {
    each.name: each
    for each in (
        Kind(
            "vivado",
            "AMD Vivado",
            ("generic", "xilinx7", "ultrascale_plus"),
            (
                File("component.xml.j2", "component.xml", "IP-XACT description (IEEE 1685-2009)"),
                File("package_ip.tcl.j2", "package_ip.tcl", "packs the core with Vivado itself"),
                File("clock.xdc.j2", "{top}_ooc.xdc", "clock of the core out of context", True),
            ),
        ),
        Kind(
            "quartus",
            "Intel Quartus Prime",
            ("generic",),
            (
                File("hw.tcl.j2", "{top}_hw.tcl", "Platform Designer component"),
                File("quartus.qip.j2", "{top}.qip", "list of sources"),
                File("clock.sdc.j2", "{top}.sdc", "clock of the core as top", True),
            ),
        ),
        Kind(
            "radiant",
            "Lattice Radiant and Diamond",
            ("generic", "ecp5"),
            (
                File("radiant.tcl.j2", "add_to_project.tcl", "adds the sources to a project"),
                File("clock.sdc.j2", "{top}.sdc", "Radiant: clock, before synthesis", True),
                File("core.pdc.j2", "{top}.pdc", "Radiant: clock and pins, after synthesis", True),
                File("clock.lpf.j2", "{top}.lpf", "Diamond and nextpnr-ecp5: clock", True),
            ),
        ),
        Kind(
            "fusesoc",
            "FuseSoC",
            ("generic", "ecp5", "ice40", "xilinx7", "ultrascale_plus"),
            (File("fusesoc.core.j2", "{top}.core", "FuseSoC core description (CAPI2)"),),
        ),
    )
}


def find_kind(name):
    """Return the `Kind` called ``name``, or raise `UsageError`."""
    if name not in KINDS:
        raise UsageError(
            f"package must be one of {', '.join(KINDS)}, not {name!r}{nearest(name, KINDS)}"
        )
    return KINDS[name]


def find_bus(name):
    """Return ``name`` where it is a bus, or raise `UsageError`."""
    if name not in BUSES:
        raise UsageError(
            f"bus must be one of {', '.join(BUSES)}, not {name!r}{nearest(name, BUSES)}"
        )
    return name
