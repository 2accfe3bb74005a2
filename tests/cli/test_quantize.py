"""``hwgen quantize`` and ``hwgen list methods``."""

import json
import pickle
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from safetensors.numpy import save_file

from hwgen.quant.container import QuantizedModel

STORIES = Path(__file__).parents[1] / "data" / "stories260K"


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(1).normal(size=(4, 64)).astype(np.float32)
    save_file({"layer.weight": values, "norm.weight": np.ones(64, np.float32)}, "tiny.safetensors")
    Path("torch.bin").write_bytes(pickle.dumps([1]))


def test_a_model_becomes_codes_and_a_table(model, hwgen):
    result = hwgen("quantize tiny.safetensors --method bitmod4 --group 32")
    assert result.stdout.splitlines()[-1] == "tiny-bitmod4.safetensors"
    assert "layer.weight" in result.stdout
    assert QuantizedModel("tiny-bitmod4.safetensors").matrices == ("layer.weight",)


def test_the_document_has_every_layer(model, hwgen):
    result = hwgen("quantize tiny.safetensors --method mxfp4 --out q.safetensors --json")
    document = json.loads(result.stdout)
    assert (document["schema"], document["file"]) == ("hwgen-quantize/1", "q.safetensors")
    assert document["bits_per_weight"] == 4.25
    [layer] = document["layers"]
    assert (layer["name"], layer["format"]) == ("layer.weight", "mxfp4-e2m1/32")
    assert 0 < layer["relative_error"] < 0.05


def test_a_text_gives_output_errors_and_statistics_that_can_be_used_again(
    model, hwgen, monkeypatch
):
    monkeypatch.setattr("hwgen.quant.calibration.WINDOW", 40)
    line = f"quantize {STORIES}/stories260K.bin --method int4 --group 32 --include layers.0 --json"
    text = f"--calib {STORIES}/story.txt --tokenizer {STORIES}/tok512.bin"
    first = json.loads(hwgen(f"{line} {text}").stdout)
    assert sorted(each.name for each in Path().iterdir()) == [
        *("stories260K-int4.safetensors", "tiny.safetensors", "torch.bin")
    ]
    assert len(first["layers"]) == 7
    assert all(0 < each["output_error"] < 0.1 for each in first["layers"])
    hwgen(f"{line} {text} --save-statistics s.safetensors")
    again = json.loads(hwgen(f"{line} --calib s.safetensors").stdout)
    assert again == {**first, "loss": None}
    assert 0 < first["loss"]["before"] < first["loss"]["after"] < first["loss"]["before"] + 0.2
    assert first["loss"]["tokens"] % 40 == 0
    plain = hwgen(f"{line} --calib s.safetensors".removesuffix("--json"))
    assert "output error" in plain.stderr + plain.stdout


def test_a_report_is_one_file_with_a_row_and_bars_for_every_layer(model, hwgen, monkeypatch):
    monkeypatch.setattr("hwgen.quant.calibration.WINDOW", 40)
    line = f"quantize {STORIES}/stories260K.bin --method bitmod3 --group 32 --report r.html"
    text = f"--calib {STORIES}/story.txt --tokenizer {STORIES}/tok512.bin"
    document = json.loads(hwgen(f"{line} {text} --correct qera-exact --rank 4 --json").stdout)
    page = Path("r.html").read_text()
    assert page.count("<rect") == 3 * 35
    plots = [ElementTree.fromstring(each) for each in re.findall(r"<svg.*?</svg>", page, re.S)]
    widths = [[float(bar.get("width")) for bar in plot.iter("rect")] for plot in plots]
    assert len(widths) == 3 and all(0 <= each <= 480 for row in widths for each in row)
    for layer in document["layers"]:
        assert page.count(f"<td>{layer['name']}</td>") == 1
        for column in ("bits_per_weight", "relative_error", "output_error"):
            assert f"{layer[column]:.4g}" in page
    for fact in ("qera-exact, rank 4, mxint8", f"{document['loss']['after']:.4g}", "bitmod3"):
        assert fact in page
    assert "http" not in page and "src=" not in page
    assert "nats a token" in hwgen(f"{line} {text}").stdout


def test_a_report_without_calibration_has_no_output_errors_and_trusts_no_name(model, hwgen):
    long = "layers.0." + 60 * "x" + ".weight"
    names = ("<script>alert(1)</script>", long, "a&b\"'", "esc\x1b[31m\u202e")
    save_file({name: np.eye(64, dtype=np.float32) for name in names}, "evil.safetensors")
    shown = hwgen("quantize evil.safetensors --method int4 --report r.html").stdout
    page = Path("r.html").read_text()
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<rect") == 2 * len(names)
    assert "outputs" not in page
    # what would act on a terminal or turn text around is spelled out
    for text in (page, shown):
        assert "\x1b" not in text and "\u202e" not in text
        assert r"esc\x1b[31m\u202e" in text
    plot = ElementTree.fromstring(re.search(r"<svg.*?</svg>", page, re.DOTALL)[0])
    labels = [each for each in plot.iter("text") if each.get("text-anchor") == "end"]
    # what is too long to show beside a bar is there for the pointer
    assert [each.find("title").text for each in labels].count(long) == 1
    assert max(len(each.find("title").tail) for each in labels) <= 44


class _Elements(HTMLParser):
    """Checks that elements are closed in their order; collects what they name."""

    def __init__(self):
        super().__init__()
        self.open, self.links = [], []

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_elements_of_a_report_are_closed_and_name_no_other_file(model, hwgen):
    save_file({"</svg></table>": np.eye(64, dtype=np.float32)}, "evil.safetensors")
    hwgen("quantize evil.safetensors --method int4 --report r.html")
    elements = _Elements()
    elements.feed(Path("r.html").read_text())
    assert elements.open == elements.links == []


def test_marks_of_a_plot_are_round_numbers(model, hwgen):
    random = np.random.default_rng(1)
    layers = {"a": random.normal(size=(8, 64)), "b": np.zeros((8, 64))}
    save_file({name: each.astype(np.float32) for name, each in layers.items()}, "m.safetensors")
    hwgen("quantize m.safetensors --method int4 --report r.html")
    bits, errors = re.findall(r"<svg.*?</svg>", Path("r.html").read_text(), re.DOTALL)
    marks = re.compile(r'text-anchor="middle">(.*?)<')
    assert marks.findall(errors) == ["1e-2", "1e-1"]
    assert marks.findall(bits) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            f"quantize tiny.safetensors --method int4 --calib {STORIES}/story.txt",
            "must come with --tokenizer",
        ),
        ("quantize tiny.safetensors --method int4 --tokenizer t", "must come with a text"),
        ("quantize tiny.safetensors --method int4 --calib tiny.safetensors", "and has none"),
        (
            "quantize tiny.safetensors --method gptq-int4",
            "must have calibration data; give --calib",
        ),
        ("quantize tiny.safetensors --method int4 --correct lqer", "must have calibration data"),
        ("quantize tiny.safetensors --method int4 --correct qera", "correction must be one of"),
        ("quantize tiny.safetensors --method int4 --correct svd --rank 0", "rank must be at least"),
        ("quantize tiny.safetensors --method int4 --compress zip", "compression must be one of"),
        (
            "quantize tiny.safetensors --method int4 --compress dictionary",
            "ternary codes, not with",
        ),
        ("quantize tiny.safetensors --method quest4 --channel input", "channel must be 'output'"),
        ("quantize tiny.safetensors --method int4 --channel both", "'both' is not one of"),
        ("quantize tiny.safetensors --method int4 --report /proc/r.html", "cannot write"),
        ("quantize torch.bin --method int4", "is a pickle, which is never loaded"),
        ("quantize no.bin --method int4", "cannot read 'no.bin'"),
        ("quantize no.safetensors --method int4", "'no.safetensors': there is no such file"),
        ("quantize tiny.safetensors --method itn4", "not 'itn4'; did you mean 'int4'?"),
        ("quantize tiny.safetensors --method int4 --group 0", "must be 1..65536"),
        ("quantize tiny.safetensors --method int4 --exclude (", "must be regular expressions"),
        ("quantize tiny.safetensors --method int4 --include x", "is left to quantize"),
        ("quantize tiny.safetensors --method int4 --out /proc/q.safetensors", "must be writable"),
        ("quantize tiny.safetensors --method int4 --scale e9m9", "must be an integer in 1..8"),
    ],
)
def test_wrong_requests_are_one_line_and_code_2(model, fails, line, message):
    assert message in fails(line, 2)


def test_methods_are_listed(hwgen):
    document = json.loads(hwgen("list methods --json").stdout)
    assert "bitmod3, bitmod4" in [each["name"] for each in document["items"]]
    assert sorted(document["options"]["channel"]) == ["adadim", "input", "output"]
    assert "qera-exact" in document["options"]["correct"]
    assert "--compress" in hwgen("list methods").stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--out m.safetensors", "--out must be another file than MODEL"),
        ("--out ./here/../m.safetensors", "--out must be another file than MODEL"),
        ("--out link", "--out must be another file than MODEL"),
        ("--report m.safetensors", "--report must be another file than MODEL"),
        ("--out x --report x", "--report must be another file than --out"),
        ("--out here", "--out must be a file, and 'here' is a folder"),
        ("--report here", "--report must be a file, and 'here' is a folder"),
        ("--report no/r.html", "cannot write 'no/r.html': its folder does not exist"),
    ],
)
def test_no_output_takes_the_place_of_an_input_or_is_found_wrong_late(line, message, model, hwgen):
    save_file({"a": np.eye(8, dtype=np.float32)}, "m.safetensors")
    Path("here").mkdir()
    Path("link").symlink_to("m.safetensors")
    before, content = set(Path().iterdir()), Path("m.safetensors").read_bytes()
    result = hwgen(f"quantize m.safetensors --method int4 {line}", expect=2)
    assert message in result.stderr
    assert set(Path().iterdir()) == before
    assert Path("m.safetensors").read_bytes() == content


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"a": np.full((4, 8), np.nan, np.float32)}, "'a': matrix must hold finite float32"),
        ({"a": np.full((4, 8), 1e300)}, "'a': matrix must hold finite float32"),
        ({"a": np.zeros((0, 8), np.float32)}, "not shape (0, 8) of float32"),
    ],
)
def test_matrices_that_cannot_be_quantized_leave_one_line_and_no_file(
    tensors, message, model, hwgen
):
    save_file(tensors, "m.safetensors")
    before = set(Path().iterdir())
    result = hwgen("quantize m.safetensors --method int4", expect=2)
    assert message in result.stderr and result.stderr.count("\n") <= 1
    assert set(Path().iterdir()) == before


def test_a_tensor_with_the_name_of_codes_is_not_lost(model, hwgen):
    save_file({"a": np.eye(8, dtype=np.float32), "a.codes": np.ones(3)}, "m.safetensors")
    result = hwgen("quantize m.safetensors --method int4", expect=2)
    assert "have the name of another tensor, 'a.codes'; rename it" in result.stderr
    assert not Path("m-int4.safetensors").exists()


def test_a_folder_is_no_model(model, hwgen):
    result = hwgen("quantize / --method int4", expect=2)
    assert "'/' must be a safetensors file, and is no file" in result.stderr
