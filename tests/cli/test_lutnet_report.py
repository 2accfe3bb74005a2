"""``hwgen lutnet report`` with measurement, other networks and a file of pictures."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from hwgen.formats.lut_network import Elements, LutNetwork, SumLayer, TableLayer, ThresholdLayer
from hwgen.formats.lut_network_file import network_bytes
from hwgen.lutnet.pareto import published


def write(name, seed=1, data="mnist", test=91.5, side=4):
    random = np.random.default_rng(seed)
    count = side * side
    layers = (
        ThresholdLayer(np.full((count, 1), 8), "thermometer"),
        TableLayer(random.integers(0, count, (20, 6)), random.integers(0, 2, (20, 64)), 1),
        SumLayer(range(20), range(0, 21, 2)),
    )
    facts = {"data": {"name": data}, "accuracy": {"train": 93.0, "test": test}}
    network = LutNetwork(Elements(count, 4), layers)
    Path(name).write_bytes(network_bytes(network, facts))


class Closed(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.links = [], []

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def drawings(page):
    return [ElementTree.fromstring(each) for each in re.findall(r"<svg.*?</svg>", page, re.S)]


def test_the_page_has_a_picture_of_inputs_and_layers_and_one_of_sizes(hwgen):
    write("a.safetensors")
    write("b.safetensors", seed=2, test=90.25)
    hwgen("lutnet report a.safetensors --beside b.safetensors --report r.html")
    page = Path("r.html").read_text()
    parser = Closed()
    parser.feed(page)
    assert parser.open == parser.links == [] and "http" not in page
    inputs, *layers, sizes = drawings(page)
    assert len(layers) == 3
    assert inputs.get("width") == inputs.get("height")
    # the sums: every one has two elements, and every element is a field of its own
    fields = "".join(each.get("d") for each in layers[2].iter("path"))
    assert sorted(re.findall(r"M(\d+) (\d+)", fields)) == sorted(
        (str(each), str(each // 2)) for each in range(20)
    )
    places = [(float(each.get("cx")), float(each.get("cy"))) for each in sizes.iter("circle")]
    assert len(places) == 2 + len(published("mnist"))
    assert all(0 <= x <= 640 and 0 <= y <= 320 for x, y in places)
    # better is higher
    assert places[0][1] < places[1][1]
    assert "<td" in page and "91.50" in page and "NeuraLUT HDR-5L" in page and "FPL 2024" in page


def test_features_that_are_no_image_are_a_row(hwgen):
    network = LutNetwork(Elements(5, 1), (TableLayer([[0, 4]], [[0, 1, 1, 0]], 1),), "none")
    Path("row.safetensors").write_bytes(network_bytes(network))
    hwgen("lutnet report row.safetensors --report r.html")
    # without accuracy there is nothing to compare
    inputs, layer = drawings(Path("r.html").read_text())
    fields = "".join(each.get("d") for each in inputs.iter("path"))
    assert sorted(re.findall(r"M(\d+) 0", fields)) == ["0", "4"]
    assert layer.get("aria-label").startswith("Layer 0, tables")


def test_names_cannot_change_the_page(hwgen):
    write("<script>&\x1b.safetensors", data="<b>")
    hwgen("lutnet report <script>&\x1b.safetensors --report r.html")
    page = Path("r.html").read_text()
    assert "<script" not in page and "<b>" not in page and "\x1b" not in page
    assert "&lt;script&gt;&amp;" in page


def test_measuring_gives_what_build_gives(hwgen):
    """On a fabric without place and route; see below for one with it."""
    write("a.safetensors")
    line = "lutnet report a.safetensors --measure ultrascale_plus"
    (found,) = json.loads(hwgen(f"{line} --json").stdout)["measured"]
    build = "build --core lutnet --net a.safetensors --target ultrascale_plus --vectors 0 -o out"
    built = json.loads(hwgen(f"{build} --json").stdout)
    rows = {each["resource"]: each["used"] for each in built["rows"]}
    assert (found["lut"], found["ff"]) == (rows["LUT"], rows["FF"])
    assert found["lut"] > 0 and found["lut_inputs"] == 6
    assert (found["fmax_mhz"], found["latency_ns"], found["area_delay"]) == (None, None, None)
    assert "not placed" in hwgen(line).stdout
    assert sorted(each.name for each in Path().iterdir()) == ["a.safetensors", "out"]
    # and the picture takes the measured size in place of the estimate
    hwgen(f"{line} --report r.html")
    assert f'<td class="number">{found["lut"]:,}</td>' in Path("r.html").read_text()
    assert ">measured</td>" in Path("r.html").read_text()


@pytest.mark.slow
def test_place_and_route_give_frequency_latency_and_their_product(hwgen):
    write("a.safetensors")
    line = "lutnet report a.safetensors --measure ecp5 --freq 150 --json"
    (placed,) = json.loads(hwgen(line).stdout)["measured"]
    assert placed["lut_inputs"] == 4 and placed["fmax_mhz"] > 50
    delay = placed["latency_cycles"] * 1000 / placed["fmax_mhz"]
    assert placed["latency_ns"] == pytest.approx(delay, abs=0.006)
    assert placed["area_delay"] == pytest.approx(placed["lut"] * delay, abs=0.06)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--freq 100", "--freq must come with --measure"),
        ("--measure ecp6", "ecp5"),
        ("--report a.safetensors", "--report must be another file than NET"),
        ("--beside b.safetensors --report b.safetensors", "another file than --beside"),
        ("--report no/r.html", "cannot write 'no/r.html': its folder does not exist"),
        ("--beside other.safetensors", "--beside must be a network for mnist, as 'a.safetensors'"),
        ("--beside no.safetensors", "cannot read network 'no.safetensors'"),
    ],
)
def test_what_cannot_be_reported_is_refused_in_one_line(hwgen, fails, line, message):
    write("a.safetensors")
    write("b.safetensors")
    write("other.safetensors", data="digits")
    assert message in fails(f"lutnet report a.safetensors {line}", 2)
    assert not Path("r.html").exists()
