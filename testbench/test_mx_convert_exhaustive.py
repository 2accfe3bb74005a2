"""Every element in every lane of small blocks, on the compiled model; and the netlists."""

import pytest
from mx_block_regression import check_every_input
from mx_convert_grid import EXHAUSTIVE, NETLISTS, label

from hwgen import catalogue
from hwgen.flow.verify import verify


@pytest.mark.parametrize(("core", "options"), EXHAUSTIVE, ids=label)
def test_every_beat_equals_the_golden_model(core, options, tmp_path):
    check_every_input(core, options, tmp_path, tried=1 if core == "mx-quantise" else 2)


@pytest.mark.slow
@pytest.mark.parametrize(("core", "options"), EXHAUSTIVE, ids=label)
def test_every_beat_with_many_scales_equals_the_golden_model(core, options, tmp_path):
    check_every_input(core, options, tmp_path, tried=30)


@pytest.mark.parametrize(("core", "options"), NETLISTS, ids=label)
def test_synthesised_netlist_equals_the_golden_model(core, options, tmp_path):
    entry = catalogue.get(core)
    config = entry.configure(options)
    result = verify(
        entry, config, folder=tmp_path, vectors=300, seed=3, tier="compiled", post_synth=True
    )
    assert [each.netlist for each in result.findings] == ["rtl", "netlist"]
