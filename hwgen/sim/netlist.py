"""Make a synthesised netlist simulable: the fabric's primitives replaced by what they do."""

import shutil
import tempfile
from pathlib import Path

from hwgen import targets
from hwgen.errors import UsageError
from hwgen.sim.toolchain import run_yosys, yosys_share

__all__ = ["FOLDER", "behavioral_netlist"]

# holds our own models of primitives
FOLDER = Path(__file__).parent

_DEFINES = "-DNO_INCLUDES -DNO_ICE40_DEFAULT_ASSIGNMENTS"


def behavioral_netlist(netlist, module, target, path):
    """Write a netlist as one flat module of plain Verilog without primitives.

    Parameters
    ----------
    netlist : path
        Verilog that instantiates the fabric's primitives.
    module : str
        Top module.
    target : str
        Name of a fabric.
    path : path
        File to write.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    UsageError
        There are no models of this fabric's primitives.
    HwgenError
        The netlist holds a primitive without a model.
    """
    synthesis = targets.get(target).synthesis
    if synthesis.models is None:
        able = [each for each in targets.names() if targets.get(each).synthesis.models]
        raise UsageError(
            f"target of a netlist to simulate must be one of {', '.join(able)}, not {target!r}"
        )
    own = synthesis.own_models
    path = Path(path)
    share = yosys_share() / synthesis.models
    with tempfile.TemporaryDirectory(prefix=".netlist-", dir=path.parent) as folder:
        shutil.copyfile(netlist, Path(folder, "netlist.v"))
        script = [f"read_verilog -I{share} {_DEFINES} {share}/cells_sim.v"]
        if own:
            script += [f"read_verilog {FOLDER / own}"]
        script += [
            "read_verilog netlist.v",
            f"hierarchy -check -top {module}",
            "proc",
            # an unused port of a block RAM has no address, and Verilator no unknown ones
            f"setundef -zero {module}",
            "flatten",
            "select -assert-none t:* t:$* %d",
            "opt -full",
            "opt_clean -purge",
            "write_verilog -noattr flat.v",
        ]
        run_yosys(script, cwd=folder, what="reading the synthesised netlist")
        Path(folder, "flat.v").replace(path)
    return path
