"""Place and route by nextpnr, and pack the result into a bitstream."""

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hwgen.errors import HwgenError, TargetMissedError, UsageError, nearest
from hwgen.flow.outputs import prepare_folder, write_file
from hwgen.tools import find
from hwgen.tools.process import run, run_checked

__all__ = ["Clock", "Device", "PlaceResult", "pack", "place", "place_arguments"]

_ECP5 = ("12k", "25k", "45k", "85k", "um-25k", "um-45k", "um-85k", "um5g-25k", "um5g-45k")
_ICE40 = ("up5k", "up3k", "hx1k", "hx4k", "hx8k", "lp1k", "lp4k", "lp8k")
_DEVICES = {**dict.fromkeys(_ECP5, "ecp5"), **dict.fromkeys(_ICE40, "ice40")}
_FILES = {"ecp5": ("--lpf", "--textcfg"), "ice40": ("--pcf", "--asc")}
_CONFIGURATION = "placed.config"


@dataclass(frozen=True)
class Device:
    """One FPGA as nextpnr names it.

    Parameters
    ----------
    name : str
        ``"25k"``, ``"85k"``, ``"up5k"``, ...: the option without its dashes.
    package : str
        ``"CABGA381"``, ``"sg48"``, ...
    speed : str or None
        Speed grade where the family has them.

    Raises
    ------
    UsageError
        There is no such device.
    """

    name: str
    package: str | None = None
    speed: str | None = None

    def __post_init__(self):
        if self.name not in _DEVICES:
            raise UsageError(
                f"device must be one of {', '.join(_DEVICES)}, not {self.name!r}"
                f"{nearest(self.name, _DEVICES)}"
            )

    @classmethod
    def from_arguments(cls, arguments):
        """Return the device that nextpnr's arguments choose: ``--85k --package X --speed 6``."""
        name, *rest = arguments
        given = dict(zip(rest[::2], rest[1::2], strict=True))
        return cls(name.removeprefix("--"), given.get("--package"), given.get("--speed"))

    @property
    def target(self):
        """Fabric: ``"ecp5"`` or ``"ice40"``."""
        return _DEVICES[self.name]


@dataclass(frozen=True)
class Clock:
    """Achieved frequency of one clock and the target it was given, both in MHz."""

    achieved: float
    target: float


@dataclass(frozen=True)
class PlaceResult:
    """A placed and routed design.

    Parameters
    ----------
    device : Device
    clocks : dict of str to Clock
        By name of the clock's net; empty where no path runs from register to register.
    utilization : dict of str to (int, int)
        Used and available, by nextpnr's name of the resource.
    configuration : pathlib.Path
        The text that `pack` turns into a bitstream.
    report : pathlib.Path
        nextpnr's own report.
    seconds : float
        Wall-clock time.
    """

    device: Device
    clocks: dict
    utilization: dict
    configuration: Path
    report: Path
    seconds: float

    @property
    def fmax(self):
        """Fmax in MHz of the slowest clock, or None where nothing is clocked."""
        return min((clock.achieved for clock in self.clocks.values()), default=None)

    def as_dict(self):
        """Return the result as plain JSON-able values."""
        return {
            "device": self.device.name,
            "package": self.device.package,
            "speed": self.device.speed,
            "clocks": {
                name: {"fmax_mhz": clock.achieved, "target_mhz": clock.target}
                for name, clock in self.clocks.items()
            },
            "utilization": {
                name: {"used": used, "available": available}
                for name, (used, available) in self.utilization.items()
            },
            "seconds": round(self.seconds, 3),
        }


def place_arguments(
    device, *, constraints, freq, seed, out_of_context, router, detailed_timing=False
):
    """Return nextpnr's arguments, with the file names that `place` uses in its folder."""
    constraint_option, output_option = _FILES[device.target]
    arguments = [f"--{device.name}", "--json", "netlist.json", "--report", "report.json"]
    if device.package:
        arguments += ["--package", device.package]
    if device.speed:
        arguments += ["--speed", str(device.speed)]
    if constraints:
        arguments += [constraint_option, f"pins.{constraint_option[2:]}"]
    if out_of_context:
        arguments.append("--out-of-context")
    else:
        arguments += [output_option, _CONFIGURATION]
    if freq:
        arguments += ["--freq", f"{freq:g}"]
    if router:
        arguments += ["--router", router]
    if detailed_timing:
        arguments.append("--detailed-timing-report")
    return [*arguments, "--seed", str(seed), "--timing-allow-fail"]


def place(
    netlist,
    device,
    folder,
    *,
    constraints=None,
    freq=None,
    seed=1,
    out_of_context=False,
    router=None,
    detailed_timing=False,
):
    """Place and route a netlist.

    Parameters
    ----------
    netlist : path
        Yosys JSON.
    device : Device
    folder : path
        Gets the report, the configuration and the log.
    constraints : path, optional
        Pin and clock constraints (LPF for ECP5, PCF for iCE40).
    freq : float, optional
        Target frequency in MHz of every clock that the constraints leave open.
    seed : int
        Seed of the placer.
    out_of_context : bool
        ECP5: place a core without pins, to know its speed; there is nothing to pack then.
    router : str, optional
        ``"router1"`` or ``"router2"``; nextpnr's default otherwise.
    detailed_timing : bool
        Whether the report holds the delay to every register, not only the slowest path.

    Returns
    -------
    PlaceResult

    Raises
    ------
    TargetMissedError
        The design does not fit the device.
    HwgenError
        nextpnr failed otherwise.
    MissingToolError
        nextpnr is missing.
    """
    folder = prepare_folder(folder)
    if Path(netlist).absolute() != folder / "netlist.json":
        shutil.copyfile(netlist, folder / "netlist.json")
    if constraints:
        shutil.copyfile(constraints, folder / f"pins.{_FILES[device.target][0][2:]}")
    arguments = place_arguments(
        device,
        constraints=constraints,
        freq=freq,
        seed=seed,
        out_of_context=out_of_context,
        router=router,
        detailed_timing=detailed_timing,
    )
    log = folder / "place.log"
    finished = run([*find(f"nextpnr-{device.target}").command, *arguments], cwd=folder, log=log)
    if finished.returncode:
        _fail(finished, device, log)
    report = json.loads((folder / "report.json").read_text())
    return PlaceResult(
        device,
        {
            _clock_name(name): Clock(round(clock["achieved"], 2), round(clock["constraint"], 2))
            for name, clock in report["fmax"].items()
        },
        {name: (each["used"], each["available"]) for name, each in report["utilization"].items()},
        folder / _CONFIGURATION,
        folder / "report.json",
        finished.seconds,
    )


def pack(folder, bitstream, command):
    """Pack a placed design into a bitstream.

    Parameters
    ----------
    folder : path
        Folder that `place` filled.
    bitstream : path
        File to write.
    command : sequence of str
        Tool and its options: ``("ecppack", "--compress")``, ``("icepack",)``.

    Raises
    ------
    HwgenError
        The tool failed.
    MissingToolError
        The tool is missing.
    """
    tool, *options = command
    arguments = [*find(tool).command, *options, _CONFIGURATION, "packed.bit"]
    with tempfile.TemporaryDirectory(prefix="hwgen-pack-") as work:
        shutil.copyfile(Path(folder, _CONFIGURATION), Path(work, _CONFIGURATION))
        run_checked(arguments, cwd=work, what="packing the bitstream")
        write_file(bitstream, Path(work, "packed.bit").read_bytes())


def _fail(finished, device, log):
    """Raise the error that fits what nextpnr wrote."""
    errors = re.findall(r"^ERROR: (.*)$", finished.output, flags=re.MULTILINE)
    reason = errors[0] if errors else f"exit status {finished.returncode}"
    if re.search(r"no (more )?Bels remaining|too many|Unable to (find|place)", finished.output):
        raise TargetMissedError(
            f"the design does not fit the {device.name}: {reason}; use fewer lanes or a larger "
            f"device; see {log}"
        )
    raise HwgenError(f"place and route failed: {reason}; see {log}")


def _clock_name(net):
    """Return a clock's name without what nextpnr adds when it promotes the net."""
    return re.sub(r"^\$glbnet\$|\$[\w$]*$", "", net) or net
