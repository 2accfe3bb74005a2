"""Decoders in NumPy against PyTorch, and files under the names of Hugging Face."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from hwgen.errors import UsageError
from hwgen.quant.calibration import calibrate, measure
from hwgen.quant.decoder_file import read_decoder
from hwgen.quant.tokenizer import read_tokenizer

DATA = Path(__file__).parents[1] / "data"
GPT2 = DATA / "gpt2-shakespeare-char" / "gpt2-shakespeare-char-0.2M.safetensors"
CHARACTERS, TEXT = GPT2.with_suffix(".json"), GPT2.with_name("text.txt")
LLAMA = DATA / "stories260K" / "stories260K.bin"
TOKENS = [1, 33, 44, 55, 17, 9, 60]


@pytest.fixture(scope="module")
def gpt2():
    return read_decoder(GPT2)


@pytest.fixture
def hugging_face_gpt2(tmp_path):
    """Write the model as Hugging Face does: other names, matrices transposed; return the path."""
    names = {"attn_qkv": "attn.c_attn", "attn_proj": "attn.c_proj", "fc": "mlp.c_fc"}
    tensors = {}
    for name, values in load_file(GPT2).items():
        *place, layer, part = name.split(".")
        if layer in (*names, "proj"):
            layer = names.get(layer, "mlp.c_proj")
            values = values.T.copy() if part == "weight" else values
        tensors[".".join(["transformer", *place, layer, part])] = values
    path = tmp_path / "model.safetensors"
    save_file(tensors, path)
    facts = {"n_head": 4, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new"}
    (tmp_path / "config.json").write_text(json.dumps(facts))
    return path


@pytest.fixture
def hugging_face_llama(tmp_path):
    """Write the model as Hugging Face does: names, and rotated pairs half a head apart."""
    found = read_decoder(LLAMA)
    parts = {
        **{f"attention.w{each}": f"self_attn.{each}_proj" for each in "qkvo"},
        **{"feed_forward.w1": "mlp.gate_proj", "feed_forward.w2": "mlp.down_proj"},
        **{"feed_forward.w3": "mlp.up_proj", "attention_norm": "input_layernorm"},
        "ffn_norm": "post_attention_layernorm",
    }
    tensors = {
        "model.embed_tokens.weight": found.tensors["tok_embeddings.weight"].copy(),
        "model.norm.weight": found.tensors["norm.weight"].copy(),
    }
    for layer in range(found.layers):
        for old, new in parts.items():
            values = found.tensors[f"layers.{layer}.{old}.weight"]
            if old in ("attention.wq", "attention.wk"):
                # elements 0, 2, 4, ... of a head first, then 1, 3, 5, ...
                heads = values.reshape(-1, 8, values.shape[1])
                values = np.concatenate([heads[:, ::2], heads[:, 1::2]], 1).reshape(values.shape)
            tensors[f"model.layers.{layer}.{new}.weight"] = values.copy()
    path = tmp_path / "model.safetensors"
    save_file(tensors, path)
    facts = {"num_attention_heads": 8, "num_key_value_heads": 4, "rms_norm_eps": 1e-5}
    path.with_name("config.json").write_text(json.dumps(facts | {"rope_scaling": None}))
    return path


def by_pytorch(tensors, tokens, heads):
    """Return the logits of a GPT-2 by PyTorch's own functions."""
    import torch
    from torch.nn import functional

    weights = {name: torch.tensor(each).double() for name, each in tensors.items()}

    def linear(name, values):
        return functional.linear(values, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(name, values):
        parts = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return functional.layer_norm(values, values.shape[-1:], *parts)

    state = weights["wte.weight"][tokens] + weights["wpe.weight"][: len(tokens)]
    for layer in range(4):
        name = f"h.{layer}"
        parts = linear(f"{name}.attn_qkv", norm(f"{name}.ln_1", state)).chunk(3, dim=1)
        queries, keys, values = (
            each.reshape(len(tokens), heads, -1).transpose(0, 1) for each in parts
        )
        mixed = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        state = state + linear(f"{name}.attn_proj", mixed.transpose(0, 1).reshape(state.shape))
        inner = functional.gelu(
            linear(f"{name}.fc", norm(f"{name}.ln_2", state)), approximate="tanh"
        )
        state = state + linear(f"{name}.proj", inner)
    return (norm("ln_f", state) @ weights["wte.weight"].T).numpy()


def test_a_gpt2_scores_as_pytorch_does(gpt2):
    wanted = by_pytorch(load_file(GPT2), TOKENS, heads=4)
    np.testing.assert_allclose(gpt2.logits(TOKENS), wanted, rtol=1e-9, atol=1e-9)


def test_a_gpt2_knows_the_plays(gpt2):
    text = TEXT.read_text()
    tokenizer = read_tokenizer(CHARACTERS)
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens).decode() == text
    windows = [tokens[start : start + 128] for start in range(0, len(tokens) - 128, 128)]
    shares = np.bincount(tokens) / len(tokens)
    frequencies = -sum(each * np.log(each) for each in shares if each)
    # 1.70 nats a character on average over what training did not see; this is the hardest part
    assert np.mean(gpt2.losses(windows)) < 1.9 < frequencies / 1.7


def test_the_exact_gelu_is_that_of_pytorch(gpt2, tmp_path):
    import torch

    from hwgen.quant.gpt2 import Gpt2, _Layer

    layer = _Layer.__new__(_Layer)
    layer.model = Gpt2(1, 1, 1, 1, 1, 1, {}, gelu="erf")
    values = np.linspace(-6, 6, 1001)
    wanted = torch.nn.functional.gelu(torch.tensor(values)).numpy()
    np.testing.assert_allclose(layer._activated(values), wanted, rtol=1e-12, atol=1e-15)


def test_names_of_hugging_face_hold_the_same_gpt2(gpt2, hugging_face_gpt2):
    found = read_decoder(hugging_face_gpt2)
    np.testing.assert_allclose(found.logits(TOKENS), gpt2.logits(TOKENS), rtol=1e-12)


def test_names_of_hugging_face_hold_the_same_llama(hugging_face_llama):
    found, wanted = read_decoder(hugging_face_llama), read_decoder(LLAMA)
    assert (found.dim, found.hidden, found.layers, found.kv_heads) == (64, 172, 5, 4)
    np.testing.assert_allclose(found.logits(TOKENS), wanted.logits(TOKENS), rtol=1e-9)


def test_a_head_of_its_own_is_taken(hugging_face_llama):
    tensors = load_file(hugging_face_llama)
    before = read_decoder(hugging_face_llama).logits(TOKENS)
    tensors["lm_head.weight"] = 2 * tensors["model.embed_tokens.weight"]
    save_file(tensors, hugging_face_llama)
    np.testing.assert_allclose(read_decoder(hugging_face_llama).logits(TOKENS), 2 * before)


def test_a_gpt2_is_calibrated_on_a_text(gpt2, tmp_path):
    found, windows = calibrate(GPT2, TEXT, CHARACTERS, tmp_path / "s.safetensors")
    assert {len(each) for each in windows.calibration} == {128}
    inputs = [tokens[:-1] for tokens in windows.calibration]
    seen = []
    gpt2.states(inputs, lambda name, x: seen.append(x) if name == "h.2.fc.weight" else None)
    vectors = np.concatenate(seen)
    moment = found.statistics("h.2.fc.weight", 64).second_moment
    np.testing.assert_allclose(moment, vectors.T @ vectors / len(vectors), rtol=1e-9, atol=1e-12)


def test_transposed_layers_are_not_calibrated(hugging_face_gpt2, tmp_path):
    with pytest.raises(UsageError, match="save them transposed"):
        calibrate(hugging_face_gpt2, TEXT, CHARACTERS, tmp_path / "s")


def test_the_same_inputs_are_stored_once(gpt2, hugging_face_llama, tmp_path):
    measure(gpt2, [TOKENS], tmp_path / "g.safetensors")
    measure(read_decoder(hugging_face_llama), [TOKENS], tmp_path / "l.safetensors")
    assert len(load_file(tmp_path / "g.safetensors")) == 2 * 4 * 4
    assert len(load_file(tmp_path / "l.safetensors")) == 2 * 4 * 5


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"num_attention_heads": 7}, "heads of an even width"),
        ({"num_attention_heads": 0}, "num_attention_heads in .* must be 1 or more, not 0"),
        ({"num_key_value_heads": 3}, "heads of an even width"),
        ({"head_dim": 16}, "heads of an even width"),
        ({"rope_scaling": {"factor": 2}}, "rope_scaling in .* must not be set"),
        ({"rope_theta": -1}, "rope_theta in .* must be positive"),
        ({"hidden_act": "relu"}, "hidden_act in .* must be one of silu, not 'relu'"),
    ],
)
def test_other_architectures_are_refused(facts, message, hugging_face_llama):
    config = hugging_face_llama.with_name("config.json")
    config.write_text(json.dumps(json.loads(config.read_text()) | facts))
    with pytest.raises(UsageError, match=message):
        read_decoder(hugging_face_llama)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("h.1.fc.weight", (64, 256), r"'h.1.fc.weight' of shape \(256, 64\), not \(64, 256\)"),
        ("h.1.fc.bias", None, "'h.1.fc.bias' of shape .* it is missing"),
        ("wpe.weight", (128,), "'wpe.weight' of 2 dimensions"),
    ],
)
def test_tensors_of_other_shapes_are_refused(name, shape, message, tmp_path):
    tensors = load_file(GPT2)
    del tensors[name]
    if shape:
        tensors[name] = np.zeros(shape, np.float32)
    save_file(tensors, tmp_path / "m.safetensors")
    (tmp_path / "m.json").write_text('{"n_head": 4}')
    with pytest.raises(UsageError, match=message):
        read_decoder(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "must have its configuration beside it"), ("[]", "JSON object"), ("{", "cannot read")],
)
def test_a_configuration_must_stand_beside_the_model(content, message, tmp_path):
    save_file(load_file(GPT2), tmp_path / "m.safetensors")
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(UsageError, match=message):
        read_decoder(tmp_path / "m.safetensors")


def test_a_file_of_no_decoder_is_refused(tmp_path):
    save_file({"a": np.ones((2, 2), np.float32)}, tmp_path / "m.safetensors")
    with pytest.raises(UsageError, match="must hold a GPT-2 or a Llama"):
        read_decoder(tmp_path / "m.safetensors")


def test_a_tokenizer_of_hugging_face_is_read(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=300, show_progress=False)
    made.train_from_iterator([TEXT.read_text()], trainer)
    made.save(str(tmp_path / "tokenizer.json"))
    found = read_tokenizer(tmp_path / "tokenizer.json")
    text = TEXT.read_text()[:200]
    assert found.encode(text) == made.encode(text).ids
    assert found.decode(found.encode(text)).decode() == text
    assert found.ends == ()


def test_a_text_ends_with_tokens_of_usual_names(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.BPE({"a": 0}, []))
    made.add_special_tokens(["<|im_start|>", "<|im_end|>", "<|endoftext|>"])
    made.save(str(tmp_path / "tokenizer.json"))
    found = read_tokenizer(tmp_path / "tokenizer.json")
    assert found.ends == (2, 3)
    assert found.encode("<|im_start|>a<|im_end|>") == [1, 0, 2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"vocab": ["a", "bc"]}', "different single characters"),
        ('{"vocab": ["a", "a"]}', "different single characters"),
        ("[1]", "must be a tokenizer in JSON"),
        ('{"model": 3}', "must be a tokenizer in JSON"),
    ],
)
def test_other_json_is_no_tokenizer(content, message, tmp_path):
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(UsageError, match=message):
        read_tokenizer(tmp_path / "t.json")


def test_a_character_without_a_token_is_named():
    with pytest.raises(UsageError, match="'é'"):
        read_tokenizer(CHARACTERS).encode("café")
