"""The model in NumPy: the published story, and files that are no checkpoints."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.quant.llama import read_checkpoint
from hwgen.quant.methods import parse_method
from hwgen.quant.tokenizer import read_tokenizer

DATA = Path(__file__).parents[1] / "data" / "stories260K"


@pytest.fixture(scope="module")
def llama():
    return read_checkpoint(DATA / "stories260K.bin")


@pytest.fixture(scope="module")
def tokenizer():
    return read_tokenizer(DATA / "tok512.bin")


@pytest.mark.parametrize("name", ["stories260K.bin", "tok512.bin"])
def test_the_files_are_those_of_the_readme(name):
    digest = hashlib.sha256((DATA / name).read_bytes()).hexdigest()
    assert f"{digest}  {name}" in (DATA / "README.md").read_text()


def test_greedy_decoding_tells_the_published_story(llama, tokenizer):
    story = (DATA / "story.txt").read_bytes().strip()[:360]
    tokens = [1]
    while len(told := tokenizer.decode(tokens[1:])) < len(story):
        tokens.append(int(llama.logits(tokens)[-1].argmax()))
    assert told.startswith(story)


def test_a_text_is_its_pieces_put_together(tokenizer):
    text = "Once upon a time, Zoë ate 3 cakes.\nThe end  ."
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens).decode() == text
    assert len(tokens) < len(text)


def test_a_layer_shows_what_it_multiplies(llama):
    seen = {}
    llama.logits([1, 5, 9], lambda name, inputs: seen.update({name: inputs.shape}))
    assert len(seen) == 7 * llama.layers
    for name, shape in seen.items():
        assert shape == (3, llama.tensors[name].shape[1])


def test_coarser_codes_cost_more(llama, tokenizer):
    from dataclasses import replace

    tokens = [1, *tokenizer.encode((DATA / "story.txt").read_text())][:200]
    losses = [llama.loss(tokens)]
    for name in ("int8", "int4", "int2"):
        method = parse_method(name, 32)
        tensors = {
            each: method.quantize(values).weights() if "feed_forward" in each else values
            for each, values in llama.tensors.items()
        }
        losses.append(replace(llama, tensors=tensors).loss(tokens))
    assert losses[0] < 0.6
    assert abs(losses[1] - losses[0]) < 0.02
    assert losses[1] < losses[2] < losses[3]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "too short"),
        (b"\xff" * 64, "version 0, and is not"),
        (np.array([64, 172, 5, 8, 3, 512, 512], "<i4").tobytes(), "version 0, and is not"),
        (np.array([64, 172, 5, 8, 4, 512, 512], "<i4").tobytes(), "ends in the middle of tok_emb"),
    ],
)
def test_files_that_are_no_checkpoints_are_refused(content, message, tmp_path):
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_checkpoint(tmp_path / "model.bin")


@pytest.mark.parametrize("content", [b"\1\0\0\0abc", b"\1\0\0\0" + b"\0" * 4 + b"\xff" * 4])
def test_files_that_are_no_tokenizers_are_refused(content, tmp_path):
    (tmp_path / "tok.bin").write_bytes(content)
    with pytest.raises(UsageError, match="must be a tokenizer"):
        read_tokenizer(tmp_path / "tok.bin")
    with pytest.raises(UsageError, match="cannot read"):
        read_tokenizer(tmp_path / "none.bin")


def test_too_many_tokens_are_refused(llama):
    with pytest.raises(UsageError, match=r"1\.\.512 in number, not 513"):
        llama.logits([1] * 513)
