"""Options and request files: what a person gives is what the core is configured with."""

import pytest


@pytest.fixture
def configured(toy, hwgen, monkeypatch):
    """Run `hwgen emit` and return the values that reach the core."""
    # imported before the patch, builds of other tests keep the true function
    from hwgen.flow import build, emit  # noqa: F401

    class Emitted:
        def as_dict(self):
            return {"verilog": "toy.v", "interface": "interface.json", "bench": []}

    folders, seen = [], []

    def record(core, config, folder, **options):
        folders.append(folder)
        seen.append(config.as_dict())
        return Emitted()

    monkeypatch.setattr(emit, "emit", record)

    def run(line):
        hwgen(f"emit {line}")
        return seen[-1], folders[-1]

    return run


def test_no_option_gives_the_defaults(configured, toy):
    assert configured("--core toy")[0] == toy.config().as_dict()


def test_options_reach_the_config_with_their_types(configured):
    values, _ = configured("--core toy --k 16 --lanes 4 --dsp 3 --no-registered --freq 62.5")
    expected = {"k": 16, "lanes": 4, "dsp": 3, "registered": False, "freq": 62.5}
    assert expected.items() <= values.items()


def test_word_is_taken_where_a_field_admits_words_and_numbers(configured):
    assert configured("--core toy --dsp none")[0]["dsp"] == "none"


def test_shorthand_sets_both_fields(configured):
    values, _ = configured("--core toy --fmt mxfp4/16")
    assert values["fmt_a"] == values["fmt_b"] == "mxfp4/16"


def test_other_options_go_to_another_folder(configured):
    folders = {configured(f"--core toy {options}")[1] for options in ("", "--k 8", "--k 16")}
    assert len(folders) == 3


def test_core_option_may_stand_anywhere(configured):
    assert configured("--k 8 --core=toy --lanes=2")[0]["lanes"] == 2


def test_request_file_sets_core_and_fields(configured, tmp_path):
    (tmp_path / "dot.yaml").write_text("core: toy\nfmt: fp4\nk: 8\nfreq: 1e2\nregistered: false\n")
    values, _ = configured("dot.yaml")
    expected = {"fmt_a": "fp4", "fmt_b": "fp4", "k": 8, "freq": 100.0, "registered": False}
    assert expected.items() <= values.items()


def test_flags_override_the_request_file(configured, tmp_path):
    (tmp_path / "dot.yaml").write_text("core: toy\nk: 8\nlanes: 2\n")
    values, _ = configured("dot.yaml --k 16")
    assert (values["k"], values["lanes"]) == (16, 2)


def test_shorthand_flag_overrides_the_fields_that_it_covers(configured, tmp_path):
    (tmp_path / "dot.yaml").write_text("core: toy\nfmt_a: fp8\n")
    assert configured("dot.yaml --fmt fp4")[0]["fmt_a"] == "fp4"


def test_one_field_flag_overrides_the_shorthand_of_the_file(configured, tmp_path):
    (tmp_path / "dot.yaml").write_text("core: toy\nfmt: fp8\n")
    values, _ = configured("dot.yaml --fmt-b fp4")
    assert (values["fmt_a"], values["fmt_b"]) == ("fp8", "fp4")


def test_output_option_names_the_folder(configured):
    assert configured("--core toy -o here")[1] == "here"


def test_help_of_a_core_shows_fields_descriptions_and_defaults(toy, hwgen):
    text = " ".join(hwgen("emit --core toy --help").stdout.split())
    assert "--fmt NAME Short for --fmt-a and --fmt-b" in text
    assert "--k N Elements of a block (default: 32)" in text
    assert "--dsp auto|none|N Multipliers (default: auto)" in text
    assert "--registered / --no-registered Registers at the output (default: on)" in text


def test_help_without_a_core_tells_how_to_see_its_options(toy, hwgen):
    text = hwgen("emit --help").stdout
    assert "hwgen emit --core NAME --help" in text
    assert "--fmt-a" not in text
