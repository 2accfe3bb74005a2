"""Networks of look-up tables as circuits: a whole data set through the emitted Verilog."""

import json
import tempfile
from pathlib import Path

import numpy as np

__all__ = ["classes_by_circuit"]


def classes_by_circuit(path, vectors, target="ecp5", netlist=False, progress=None):
    """Return the classes that the compiled circuit gives.

    Parameters
    ----------
    path : path
        File of the network.
    vectors : array of int, [vectors, features]
    target : str
        Fabric.
    netlist : bool
        Take what synthesis makes of the Verilog.
    progress : callable, optional
        Called with a line of text before each step.

    Raises
    ------
    UsageError
        The file does not hold a network, or there is no such fabric.
    """
    from hwgen import catalogue
    from hwgen.flow.emit import emit
    from hwgen.flow.verify import synthesised
    from hwgen.sim.model import CompiledModel

    say = progress or (lambda text: None)
    core = catalogue.get("lutnet")
    config = core.configure({"net": str(path), "target": target})
    codes = (np.asarray(vectors, np.int64) & config.network.inputs.most).astype(np.uint64)
    with tempfile.TemporaryDirectory(prefix="hwgen-lutnet-") as folder:
        say("emitting Verilog")
        emitted = emit(core, config, folder)
        verilog = emitted.verilog
        if netlist:
            say("synthesis")
            verilog = synthesised(emitted, config, Path(folder))
        say("compiling the simulation")
        interface = json.loads(emitted.interface.read_text())
        model = CompiledModel(verilog, interface, Path(folder, "simulation"), optimize=0)
        say(f"{len(codes):,} vectors through the circuit")
        x = codes if codes.shape[1] > 1 else codes[:, 0]
        return model({"i": {"x": x}})["o"]["y"].astype(np.int64)
