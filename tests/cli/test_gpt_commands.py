"""``hwgen gpt``: a model compiled, run and measured from the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from hwgen.cli import application

DATA = Path(__file__).parents[1] / "data"
MODEL = DATA / "stories260K" / "stories260K.bin"
STORY = DATA / "stories260K" / "story.txt"
SHAKESPEARE = DATA / "gpt2-shakespeare-char" / "gpt2-shakespeare-char-0.2M.safetensors"


def run(*words, code=0):
    result = CliRunner().invoke(application, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


def fails(*words):
    result = run(*words, code=2)
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    out = tmp_path_factory.mktemp("program") / "story.safetensors"
    found = run("gpt", "compile", MODEL, "--fmt", "int8", "--context", 64, "--out", out, "--json")
    return out, json.loads(found.stdout)


def test_compile_writes_a_program_and_a_map_for_people(program):
    document = program[1]
    assert document["schema"] == "hwgen-gpt-compile/1"
    assert document["instructions"] == 18 and document["layers_in_a_loop"]
    assert document["formats"] == ["group-int8-fp16/32"]
    assert document["cache_bytes"] == 2 * 20 * 64 * 9
    text = Path(document["map"]).read_text()
    assert "    3  loop count=5 constants=" in text
    assert "  layers.4.feed_forward.w2.weight\n" in text
    assert f"group-int8-fp16/32: {document['weight_bytes'] // 36} blocks" in text


def test_the_same_model_compiles_to_the_same_bytes(program, tmp_path):
    out = tmp_path / "again.safetensors"
    run("gpt", "compile", MODEL, "--fmt", "int8", "--context", 64, "--out", out)
    assert out.read_bytes() == program[0].read_bytes()


def test_run_continues_a_prompt_and_says_how_fast(program):
    out, _ = program
    found = run("gpt", "run", out, "--prompt", "Once upon", "--tokens", 12, "--json")
    document = json.loads(found.stdout)
    assert document["text"].startswith("Once upon a time, there was a l")
    assert len(document["tokens"]) == 12
    assert document["tokens_per_second"] > 0
    plain = run("gpt", "run", out, "--prompt", "Once upon", "--tokens", 12)
    assert plain.stdout == document["text"] + "\n"
    assert "12 tokens in" in plain.stderr


@pytest.mark.slow
def test_emit_writes_verilog_and_says_what_its_ports_are(program, tmp_path):
    words = ("emit", "--core", "gpt", "--model", program[0], "-o", tmp_path, "--json")
    found = json.loads(run(*words).stdout)
    interface = json.loads(Path(found["interface"]).read_text())
    assert interface["verilog_sha256"] == found["verilog_sha256"]
    fields = [each["name"] for stream in interface["streams"] for each in stream["fields"]]
    assert fields == ["token", "first", "wanted", "token", "status", "counter"]
    assert "module gpt(clk, rst, " in Path(found["verilog"]).read_text()


def test_estimate_counts_cycles_of_the_first_and_the_last_token(program):
    words = ("gpt", "estimate", program[0], "--freq", 50)
    document = json.loads(run(*words, "--json").stdout)
    first, last = document["first_token_cycles"], document["last_token_cycles"]
    assert document["least_cycles_per_token"] == 8304 < first < last
    # 8 heads of 5 layers pass three stages, each a cycle for a key
    assert last - first < 63 * (8 + 2) * 5
    assert first < document["mean_cycles_per_token"] < last
    rate = 50e6 / document["mean_cycles_per_token"]
    assert document["tokens_per_second"] == pytest.approx(rate, abs=0.1)
    assert "at 50 MHz" in run(*words).stdout
    faster = json.loads(run(*words, "--key-lanes", 4, "--json").stdout)
    assert faster["last_token_cycles"] - faster["first_token_cycles"] < 15 * (8 + 2) * 5


@pytest.mark.slow
def test_a_simulated_board_tells_the_same_story_over_its_serial_line(program):
    words = ("gpt", "run", program[0], "--prompt", "Once upon a time", "--tokens", 20)
    told = run(*words, "--backend", "board", "--port", "sim")
    assert told.stdout == run(*words).stdout


def test_a_board_needs_a_port_and_nothing_else_does(program):
    for words in (("--backend", "board"), ("--port", "sim"), ("--board", "ulx3s")):
        assert "--port must come with --backend board" in fails("gpt", "run", program[0], *words)


def test_what_is_drawn_repeats_with_its_seed(program):
    words = ("gpt", "run", program[0], "--tokens", 10, "--temperature", 1.5, "--top-k", 40)
    texts = [run(*words, "--seed", seed).stdout for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_run_ends_where_the_context_does(program):
    document = json.loads(run("gpt", "run", program[0], "--tokens", 500, "--json").stdout)
    assert len(document["prompt_tokens"]) + len(document["tokens"]) == 64


@pytest.mark.slow
def test_the_circuit_draws_the_same_tokens_and_estimate_counts_their_clock_cycles(program):
    draw = ("--temperature", 0.8, "--top-k", 10)
    words = ("gpt", "run", program[0], "--prompt", "Lily", "--tokens", 20, "--seed", 5, *draw)
    golden, circuit = (
        json.loads(run(*words, "--json", "--backend", backend).stdout)
        for backend in ("golden", "rtl")
    )
    assert circuit["tokens"] == golden["tokens"]
    plain, drawn = (
        json.loads(run("gpt", "estimate", program[0], *each, "--json").stdout)
        for each in ((), draw)
    )
    # eight digits of all 512 scores, and two sums of their powers
    added = drawn["mean_cycles_per_token"] - plain["mean_cycles_per_token"]
    assert 10 * 512 < added < 10 * (512 + 40)


@pytest.mark.slow
def test_the_circuit_prints_the_same_text_and_its_clock_cycles(program):
    words = ("gpt", "run", program[0], "--prompt", "Lily", "--tokens", 20, "--json")
    golden, circuit = (
        json.loads(run(*words, "--backend", backend).stdout) for backend in ("golden", "rtl")
    )
    assert circuit["text"] == golden["text"]
    assert circuit["tokens"] == golden["tokens"]
    # 5 layers and the output layer
    assert circuit["least_cycles_per_token"] == 5 * 1456 + 1024
    assert circuit["cycles_per_token"] > circuit["least_cycles_per_token"]


def test_loss_stands_beside_that_of_the_float_model():
    words = ("gpt", "loss", SHAKESPEARE, "--text", SHAKESPEARE.with_name("text.txt"))
    found = json.loads(run(*words, "--windows", 2, "--fmt", "mxint8", "--json").stdout)
    assert found["tokens"] == 2 * 127
    assert abs(found["loss"] - found["float_loss"]) < 0.05
    assert found["argmax_agreement"] > 0.9
    # tied to the embedding, which has the default format
    assert found["formats"] == ["group-int8-fp16/32", "mxint8/32"]


def test_codes_of_a_container_are_taken_as_they_are(tmp_path):
    codes, out = tmp_path / "codes.safetensors", tmp_path / "program.safetensors"
    run("quantize", MODEL, "--method", "bitmod4", "--group", 32, "--out", codes)
    words = ("gpt", "compile", MODEL, "--codes", codes, "--out", out, "--json")
    document = json.loads(run(*words).stdout)
    assert document["formats"] == ["group-int8-fp16/32", "group-bitmod-fp4-fp16/32"]
    same = tmp_path / "same.safetensors"
    run("gpt", "compile", MODEL, "--fmt", "bitmod4", "--out", same)
    assert program_tensors(same) == program_tensors(out)


def program_tensors(path):
    from safetensors.numpy import load_file

    return {name: array.tobytes() for name, array in load_file(path).items()}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compile", MODEL, "--fmt", "int9"], "method must be one of"),
        (["compile", MODEL, "--fmt", "olive4"], "must not be pairs with outliers"),
        (["compile", MODEL, "--fmt", "int4", "--group", 48], "multiple of 32 columns or divide it"),
        (["compile", MODEL, "--layer-fmt", "w1"], "must have the form REGEX=NAME, not 'w1'"),
        (["compile", MODEL, "--layer-fmt", "(=int4"], "'(' must be a regular expression"),
        (["compile", MODEL, "--context", 513], "context must be 1..512, that of the model"),
        (["compile", STORY], "must be a safetensors file"),
        (["compile", "no.bin"], "cannot read 'no.bin'"),
        (["compile", MODEL, "--codes", MODEL], "must be a safetensors file"),
        (["run", MODEL], "must be a safetensors file"),
        (["estimate", MODEL], "must be a safetensors file"),
        (["run", SHAKESPEARE], "must hold a compiled model, and does not"),
        (["loss", MODEL, "--text", "no.txt"], "cannot read 'no.txt'"),
    ],
)
def test_wrong_requests_are_one_line_and_code_2(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in fails("gpt", *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--prompt", "word " * 100], "must have fewer than 64 tokens, the context, not"),
        (["--top-k", 5], "--top-k must come with a --temperature above 0"),
    ],
)
def test_wrong_requests_to_run_are_one_line_and_code_2(program, options, message):
    assert message in fails("gpt", "run", program[0], *options)


def test_an_unknown_fabric_is_one_line_and_code_2(program):
    message = fails("gpt", "estimate", program[0], "--target", "ecp6")
    assert "'ecp6'" in message and "did you mean 'ecp5'?" in message


def test_a_corrupt_program_is_one_clear_error(program, tmp_path):
    from safetensors.numpy import load_file, save

    tensors = load_file(program[0])
    path = tmp_path / "bad.safetensors"

    def error(metadata, **changes):
        path.write_bytes(save(tensors | changes, {"hwgen": json.dumps(metadata)}))
        return fails("gpt", "run", path)

    import struct

    raw = program[0].read_bytes()
    header = json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]])
    good = json.loads(header["__metadata__"]["hwgen"])
    assert "schema" in error({**good, "schema": "hwgen-gpt-program/2"})
    assert "machine.heads" in error({**good, "machine": {**good["machine"], "heads": "8"}})
    wrong = {**good["machine"], "activation_bits": 9}
    assert "activation_bits must be 8 or 16, not 9" in error({**good, "machine": wrong})
    wrong = {**good["machine"], "formats": ["int9x"]}
    assert "int9x" in error({**good, "machine": wrong})
    assert "must be int32" in error(good, constants=np.zeros(3, np.float32))
    assert "code must be words" in error(good, code=np.zeros(5, np.uint8))
    assert "must be a tokenizer" in error(good, tokenizer=np.zeros(9, np.uint8))
    halting = tensors["code"].copy()
    halting[3] = 255
    path.write_bytes(save(tensors | {"code": halting}, {"hwgen": json.dumps(good)}))
    assert "instruction 3: opcode must be a known one, not 255" in fails("gpt", "run", path)
    path.write_bytes(raw[: len(raw) // 2])
    assert "must be a safetensors file" in fails("gpt", "run", path)
