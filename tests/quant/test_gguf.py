"""GGUF files, written here by the library of the format's authors from models of other files."""

from pathlib import Path

import gguf
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from hwgen.cli import application
from hwgen.errors import UsageError
from hwgen.quant.decoder_file import read_decoder
from hwgen.quant.tokenizer import find_tokenizer, read_tokenizer

DATA = Path(__file__).parents[1] / "data"
STORIES = DATA / "stories260K"
GPT2 = DATA / "gpt2-shakespeare-char" / "gpt2-shakespeare-char-0.2M.safetensors"
TEXT = "Once upon a time, Lily saw 12 é."
LLAMA_NAMES = {
    "tok_embeddings": "token_embd",
    "attention_norm": "attn_norm",
    "attention.wq": "attn_q",
    "attention.wk": "attn_k",
    "attention.wv": "attn_v",
    "attention.wo": "attn_output",
    "ffn_norm": "ffn_norm",
    "feed_forward.w1": "ffn_gate",
    "feed_forward.w2": "ffn_down",
    "feed_forward.w3": "ffn_up",
    "norm": "output_norm",
}
GPT2_NAMES = {
    "wte": "token_embd",
    "wpe": "position_embd",
    "ln_f": "output_norm",
    "ln_1": "attn_norm",
    "ln_2": "ffn_norm",
    "attn_qkv": "attn_qkv",
    "attn_proj": "attn_output",
    "fc": "ffn_up",
    "proj": "ffn_down",
}


def renamed(name, names):
    """Return a tensor's name in the words of GGUF."""
    *words, part = name.split(".")
    if words[0] in ("layers", "h"):
        return f"blk.{words[1]}.{names['.'.join(words[2:])]}.{part}"
    return f"{names['.'.join(words)]}.{part}"


def write(path, decoder, kind, names, facts=(), kinds=None):
    """Write a decoder; ``kinds`` is the type of tensors of two dimensions."""
    writer = gguf.GGUFWriter(path, kind)
    writer.add_block_count(decoder.layers)
    writer.add_context_length(decoder.context)
    writer.add_embedding_length(decoder.dim)
    writer.add_feed_forward_length(decoder.hidden)
    writer.add_head_count(decoder.heads)
    for fact, value in facts:
        getattr(writer, f"add_{fact}")(value)
    for name, tensor in decoder.tensors.items():
        tensor = np.ascontiguousarray(tensor, np.float32)
        if kinds is not None and tensor.ndim == 2 and tensor.shape[1] % 32 == 0:
            stored = gguf.quants.quantize(tensor, kinds)
            writer.add_tensor(renamed(name, names), stored, raw_dtype=kinds)
        else:
            writer.add_tensor(renamed(name, names), tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def pieces():
    """Return the facts of the tokenizer of stories260K, as SentencePiece has them."""
    found = read_tokenizer(STORIES / "tok512.bin")
    texts = [each.decode("utf-8", "replace").replace(" ", "▁") for each in found.pieces]
    texts[3:259] = [f"<0x{number:02X}>" for number in range(256)]
    return (
        ("tokenizer_model", "llama"),
        ("token_list", texts),
        ("token_scores", list(found.scores)),
        ("bos_token_id", 1),
    )


def write_stories(path, facts=None, **options):
    decoder = read_decoder(STORIES / "stories260K.bin")
    facts = pieces() if facts is None else facts
    facts = (("head_count_kv", decoder.kv_heads), ("layer_norm_rms_eps", 1e-5), *facts)
    return write(path, decoder, "llama", LLAMA_NAMES, facts, **options)


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    return write_stories(tmp_path_factory.mktemp("gguf") / "stories.gguf")


def test_a_llama_gives_the_scores_of_its_checkpoint(stories):
    tokens = [1, 403, 407, 261, 378]
    expected = read_decoder(STORIES / "stories260K.bin").logits(tokens)
    # the file has a float32 for what is added to mean squares
    assert np.allclose(read_decoder(stories).logits(tokens), expected, rtol=0, atol=1e-6)


def test_its_tokenizer_is_found_in_it_and_makes_the_same_tokens(stories):
    assert find_tokenizer(stories) == stories
    found, known = read_tokenizer(stories), read_tokenizer(STORIES / "tok512.bin")
    tokens = known.encode(TEXT)
    assert found.encode(TEXT) == tokens
    assert found.decode(tokens) == known.decode(tokens) == TEXT.encode()
    assert found.begin == known.begin


def test_a_gpt2_gives_the_scores_of_its_safetensors_file(tmp_path):
    decoder = read_decoder(GPT2)
    facts = (("layer_norm_eps", decoder.epsilon),)
    path = write(tmp_path / "gpt2.gguf", decoder, "gpt2", GPT2_NAMES, facts)
    tokens = [3, 14, 15, 9, 26, 5]
    assert np.allclose(read_decoder(path).logits(tokens), decoder.logits(tokens), atol=1e-6)


def test_a_llama_compiles_to_the_program_of_its_checkpoint(stories, tmp_path):
    paths = []
    for model in (stories, STORIES / "stories260K.bin"):
        paths.append(tmp_path / f"{model.suffix[1:]}.safetensors")
        words = ["gpt", "compile", model, "--fmt", "int4", "--context", 64, "--out", paths[-1]]
        result = CliRunner().invoke(application, [str(word) for word in words])
        assert result.exit_code == 0, result.output
    found, expected = (load_file(each) for each in paths)
    assert found.keys() == expected.keys()
    for name in expected.keys() - {"tokenizer"}:
        assert np.array_equal(found[name], expected[name]), name


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_0", "F16"])
def test_quantized_tensors_have_the_values_that_the_library_gives_them(kind, tmp_path):
    kind = gguf.GGMLQuantizationType[kind]
    path = write_stories(tmp_path / "small.gguf", kinds=kind)
    exact = read_decoder(STORIES / "stories260K.bin").tensors["layers.2.feed_forward.w1.weight"]
    expected = gguf.quants.dequantize(gguf.quants.quantize(exact, kind), kind)
    assert np.array_equal(read_decoder(path).tensors["blk.2.ffn_gate.weight"], expected)


def test_byte_pairs_make_the_tokens_of_the_same_file_of_hugging_face(tmp_path):
    from tokenizers import ByteLevelBPETokenizer

    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator([TEXT * 3, (STORIES / "story.txt").read_text()], vocab_size=330)
    trained.save_model(str(tmp_path))
    merges = (tmp_path / "merges.txt").read_text().splitlines()[1:]
    vocabulary = sorted(trained.get_vocab().items(), key=lambda each: each[1])
    facts = (
        ("tokenizer_model", "gpt2"),
        ("token_list", [token for token, _ in vocabulary]),
        ("token_merges", merges),
    )
    found = read_tokenizer(write_stories(tmp_path / "pairs.gguf", facts))
    tokens = trained.encode(TEXT).ids
    assert found.encode(TEXT) == tokens
    assert found.decode(tokens) == TEXT.encode()


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            (("rope_scaling_type", gguf.RopeScalingType.YARN),),
            "scaling.type .* must be one of none",
        ),
        ((("rope_dimension_count", 4),), "must have heads of an even width that are 64 wide"),
        ((("head_count_kv", 3),), "key heads that divide them"),
    ],
)
def test_what_the_machine_does_not_do_is_refused(facts, message, tmp_path):
    decoder = read_decoder(STORIES / "stories260K.bin")
    if "head_count_kv" not in dict(facts):
        facts = (("head_count_kv", decoder.kv_heads), *facts)
    path = write(tmp_path / "other.gguf", decoder, "llama", LLAMA_NAMES, facts)
    with pytest.raises(UsageError, match=message):
        read_decoder(path)


def test_another_architecture_or_no_tokenizer_is_refused(tmp_path):
    decoder = read_decoder(STORIES / "stories260K.bin")
    path = write(tmp_path / "other.gguf", decoder, "mamba", LLAMA_NAMES)
    with pytest.raises(UsageError, match="must be one of llama, gpt2, not 'mamba'"):
        read_decoder(path)
    with pytest.raises(UsageError, match="must hold a tokenizer"):
        read_tokenizer(path)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_file_is_one_clear_error_or_a_model(stories, tmp_path, data):
    raw = bytearray(stories.read_bytes())
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(5, 40_000))]
    for _ in range(data.draw(st.integers(0, 3))):
        raw[data.draw(st.integers(4, min(len(raw), 20_000) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(raw)
    for read in (read_decoder, read_tokenizer):
        try:
            read(path)
        except UsageError as error:
            assert str(path) in str(error)
