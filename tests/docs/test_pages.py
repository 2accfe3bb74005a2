"""Pages say what the program does: links, commands and reference pages are current."""

import re

import pytest
from documents import PAGES, ROOT, command_lines

from hwgen.cli import application, reference

GENERATED = reference.pages(ROOT / "docs" / "reference")


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", sorted(GENERATED))
def test_reference_page_is_current(page):
    committed = (ROOT / "docs" / "reference" / page).read_text()
    assert committed == GENERATED[page], "run `make docs` and commit the result"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text())
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", [each for each in PAGES if each.name not in GENERATED], ids=name)
def test_text_has_at_most_100_columns(page):
    lines = page.read_text().splitlines()
    assert [line for line in lines if len(line) > 100 and not line.startswith("|")] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_command_lines_of_the_page_are_accepted(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    for words in command_lines(page):
        command = application.get_command(None, words[0])
        assert command is not None, words
        if "--help" not in words:
            context = command.make_context(words[0], list(words[1:]))
            if "hwgen.core" in context.meta:
                context.meta["hwgen.core"].configure(given_fields(context))


def given_fields(context):
    """Return the config fields that a parsed command line gives."""
    from hwgen.cli.config_options import PREFIX, typed_values

    core, file = context.meta["hwgen.core"], context.meta["hwgen.given"]
    given = {
        key.removeprefix(PREFIX): value
        for key, value in context.params.items()
        if key.startswith(PREFIX) and value is not None
    }
    # the network that a page trains first is not there
    if given.get("net") == "digits.safetensors":
        given["net"] = "random/64x2/20,10/3"
    if not given.get("model", "random/").startswith("random/"):
        given["model"] = str(ROOT / "tests" / "data" / "stories260K" / "stories260K.bin")
    return (file.values_for(core) if file else {}) | typed_values(core, given)


def test_readme_holds_the_markers_that_the_benchmark_rewrites():
    for page in (ROOT / "README.md", ROOT / "docs" / "benchmarks" / "mx-dot.md"):
        text = page.read_text()
        assert text.count("<!-- benchmark:mx-dot -->") == 1
        assert text.count("<!-- /benchmark:mx-dot -->") == 1


def test_protocol_page_has_the_numbers_of_the_protocol():
    from hwgen.cores.bridge.protocol import BIST_TOKENS, STATUS_FIELDS, Kind

    text = (ROOT / "docs" / "reference" / "serial-protocol.md").read_text()
    for kind in Kind:
        assert f"| `{kind.name}` | 0x{kind:02x} |" in text
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", text, flags=re.MULTILINE)
    assert rows == [(str(width), field) for field, width in STATUS_FIELDS]
    assert f"{BIST_TOKENS:,} tokens" in text
