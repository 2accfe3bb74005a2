"""Both forms of the output deliver every token once, in order, whoever waits."""

import numpy as np
import pytest
from datapath import Datapath, every
from hwgen.cores.arith.pipeline import Pipeline


@pytest.mark.parametrize("skid", [False, True], ids=["one register", "skid buffer"])
@pytest.mark.parametrize("stages", [0, 1, 4])
def test_every_token_emerges_once_and_in_order(skid, stages, tmp_path, monkeypatch):
    monkeypatch.setattr(Pipeline, "fits_broadcast", lambda self: not skid)

    def build(pipeline, values):
        value = values["x"]
        for _ in range(stages):
            value = pipeline.register(value)
        return {"x": value}

    core = Datapath(build, {"x": (9, False)}, {"x": 9}, frequency=100)
    codes = np.tile(every(9)[0], 4)
    np.testing.assert_array_equal(core.run(tmp_path, {"x": codes})["x"], codes)
    assert core.latency == stages + 1
    assert ("skid_valid" in (tmp_path / "datapath.v").read_text()) == skid
