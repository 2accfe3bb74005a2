"""The Verilog of every core: no lint, no latch, no loop, no net with two drivers."""

import pytest

from hwgen import catalogue
from hwgen.flow.emit import emit
from hwgen.flow.lint import lint
from hwgen.tools.yosys import run_script

_CHECK = """\
read_verilog {file}
hierarchy -check -top {top}
proc
flatten
opt_clean
check -assert
select -assert-none t:$dlatch t:$adlatch t:$dlatchsr
"""
_CELLS = {
    "ecp5": "+/lattice/cells_sim_ecp5.v +/lattice/cells_bb_ecp5.v",
    "ultrascale_plus": "+/xilinx/cells_sim.v +/xilinx/cells_xtra.v",
}


def _cases():
    for name in catalogue.names():
        yield pytest.param(name, {"freq": 60}, id=f"{name}-ecp5")
        for target in ("generic", "ultrascale_plus"):
            options = {"freq": 60, "target": target}
            yield pytest.param(name, options, id=f"{name}-{target}", marks=pytest.mark.slow)


@pytest.mark.parametrize(("name", "options"), [*_cases()])
def test_emitted_verilog_is_clean(name, options, tmp_path):
    core = catalogue.get(name)
    emitted = emit(core, core.configure(options), tmp_path)
    lint([emitted.verilog], emitted.module)
    script = _CHECK.format(file=emitted.verilog.name, top=emitted.module)
    cells = _CELLS.get(options.get("target", "ecp5"))
    if cells:
        script = f"read_verilog -lib -specify {cells}\n{script}"
    run_script(script, cwd=tmp_path, what=f"checking {name}")
