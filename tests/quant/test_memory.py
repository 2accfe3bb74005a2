"""Memory that quantization takes beside a layer, measured in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from hwgen.errors import HwgenError
from hwgen.quant.calibration import SCHEMA
from hwgen.quant.low_rank import KINDS, parse_correction
from hwgen.quant.memory import bytes_needed, machine_memory
from hwgen.quant.methods import parse_method
from hwgen.quant.model import quantize_model

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peaks of processes are read from /proc"
)
INPUTS, OUTPUTS = 2048, 256
MOMENT = 8 * INPUTS**2
LAYER = 4 * INPUTS * OUTPUTS
# buffers of BLAS and of bands of rows
FIXED = 24 << 20
PEAK = """
import json
import numpy as np
{prepare}
def peak():
    # not getrusage: its peak begins with that of the process that started this one
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * next(int(each.split()[1]) for each in lines if each.startswith("VmHWM"))
np.ones((512, 512)) @ np.ones((512, 512)) * np.linalg.eigh(np.eye(128))[1].sum()
before = peak()
{work}
print(json.dumps(peak() - before))
"""


def peak_of(prepare, work):
    """Return the bytes by which the peak of a process grows while it does ``work``."""
    text = PEAK.format(prepare=prepare, work=work)
    done = subprocess.run(
        [sys.executable, "-c", text], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a model of one layer and statistics of its inputs, neighbors correlated."""
    folder = tmp_path_factory.mktemp("model")
    weights = np.random.default_rng(1).normal(size=(OUTPUTS, INPUTS)).astype(np.float32)
    save_file({"layer": weights}, folder / "model.safetensors")
    apart = np.abs(np.arange(INPUTS)[:, None] - np.arange(INPUTS))
    document = {"schema": SCHEMA, "origin": "", "tokens": 1, "groups": {"layer": "g"}}
    tensors = {"g.second_moment": 0.9**apart, "g.mean_magnitude": np.ones(INPUTS)}
    metadata = {"hwgen-calibration": json.dumps(document)}
    save_file(tensors, folder / "statistics.safetensors", metadata)
    return folder


PREPARE = """
from hwgen.quant.calibration import Calibration
from hwgen.quant.low_rank import parse_correction
from hwgen.quant.methods import parse_method
from hwgen.quant.model import quantize_model
import safetensors.numpy, ml_dtypes
folder = {folder!r}
"""
QUANTIZE = """
quantize_model(folder + "/model.safetensors", folder + "/" + {target!r},
    parse_method({method!r}, channel={channel!r}),
    calibration=Calibration(folder + "/statistics.safetensors"), correction={correction})
"""


@pytest.mark.parametrize(
    ("method", "channel", "correction"),
    [
        ("int4", "output", None),
        ("gptq-int4", "output", None),
        ("gptq-quest4", "output", None),
        ("gptq-int4", "adadim", None),
        ("int4", "output", "qera-exact"),
        ("gptq-int4", "output", "lqer"),
    ],
)
def test_a_layer_needs_one_matrix_of_its_inputs_beside_it(files, method, channel, correction):
    made = "None" if correction is None else f"parse_correction({correction!r}, 8)"
    work = QUANTIZE.format(
        target=f"{method}-{channel}-{correction}", method=method, channel=channel, correction=made
    )
    found = peak_of(PREPARE.format(folder=str(files)), work)
    assert found <= LAYER + MOMENT + FIXED


@pytest.mark.parametrize("shape", [(4096, 4096), (4096, 11008), (11008, 4096)])
@pytest.mark.parametrize("method", ["int4", "gptq-int4", "gptq-quest4", "gptq-ternary"])
@pytest.mark.parametrize("kind", [None, *KINDS])
def test_layers_of_seven_billion_weights_take_themselves_and_one_gigabyte(shape, method, kind):
    correction = kind and parse_correction(kind)
    needed = bytes_needed(shape, parse_method(method), correction, calibrated=True)
    assert 4 * shape[0] * shape[1] < needed <= 4 * shape[0] * shape[1] + (1 << 30)


def test_what_the_machine_cannot_hold_is_refused_before_the_work_begins(files, monkeypatch):
    monkeypatch.setattr("hwgen.quant.memory.machine_memory", lambda: 10**8)
    source, target = files / "model.safetensors", files / "none.safetensors"
    with pytest.raises(HwgenError, match=r"about 0\.2 GB for 'layer' \(256x2048\), not 0\.1 GB"):
        quantize_model(source, target, parse_method("int4"))
    assert not list(files.glob("none*"))
    monkeypatch.setattr("hwgen.quant.memory.machine_memory", lambda: None)
    quantize_model(source, target, parse_method("int4"))


def test_the_limit_of_a_control_group_counts(tmp_path, monkeypatch):
    monkeypatch.setattr("hwgen.quant.memory._CONTROL_GROUP", tmp_path / "memory.max")
    (tmp_path / "memory.max").write_text("max")
    whole = machine_memory()
    (tmp_path / "memory.max").write_text("1048576")
    assert machine_memory() == 1 << 20 < whole


MODEL = """
from pathlib import Path
from hwgen.quant.calibration import measure
from hwgen.quant.llama import Llama
import safetensors.numpy
random = np.random.default_rng(1)
dim, hidden = 64, {inputs}
shapes = {{"attention_norm": (dim,), "ffn_norm": (dim,), "feed_forward.w1": (hidden, dim),
    "feed_forward.w2": (dim, hidden), "feed_forward.w3": (hidden, dim)}}
shapes |= {{f"attention.{{name}}": (dim, dim) for name in ("wq", "wk", "wv", "wo")}}
tensors = {{f"layers.0.{{name}}.weight": random.normal(size=shape).astype(np.float32)
    for name, shape in shapes.items()}}
tensors["tok_embeddings.weight"] = random.normal(size=(300, dim)).astype(np.float32)
tensors["norm.weight"] = np.ones(dim, np.float32)
model = Llama(dim, hidden, 1, 4, 4, 512, tensors)
windows = [random.integers(0, 300, 65).tolist() for _ in range(4)]
"""


def test_moments_of_a_layer_are_measured_in_one_matrix_of_its_inputs(tmp_path):
    work = f"measure(model, windows, Path({str(tmp_path)!r}) / 's.safetensors')"
    found = peak_of(MODEL.format(inputs=INPUTS), work)
    assert found <= LAYER + MOMENT + FIXED
