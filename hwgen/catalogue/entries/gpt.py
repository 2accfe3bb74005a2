"""Catalogue entry of ``gpt``: golden model and test vectors of its configurations."""

from hwgen.catalogue.core import Core
from hwgen.catalogue.vectors import gpt as test_vectors
from hwgen.cores.gpt.config import GptConfig
from hwgen.formats.gpt_sampling import Draw

__all__ = ["CORE"]


def _component(config):
    from hwgen.cores.gpt.machine import GptMachine

    return GptMachine(config.machine)


def _golden(config, inputs):
    """Return the outputs for a sequence of tokens; see ``hwgen/golden/gpt``."""
    from hwgen.golden.gpt.conversation import answers

    given, draws = inputs["i"], None
    if config.sampling:
        fields = (given[name] for name in ("inverse_temperature", "count", "seed"))
        draws = [Draw(*map(int, each)) for each in zip(*fields, strict=True)]
    texts = (given[name] for name in ("token", "first", "wanted"))
    return {"o": answers(config.program, *texts, draws)}


_SEMANTICS = """\
A language model of the GPT-2 or Llama architecture, all of it in memories on the chip: program,
weights, keys and values. A token that comes with `first` begins a text, others go on with it. With
`wanted` 0 a token is only taken in; with N, N tokens are told: the most likely one behind it, then
the one behind that, and so on. So a prompt is its tokens with `wanted` 0, but for the last one.

A result has `status` 0 and a `token`. Otherwise the text ends there: 3, the context is full; 4, the
token is not of the vocabulary; others, the program stopped at instruction `counter` (the
[statuses](gpt-instructions.md#statuses) say why). The next text is told right. Weights in external
memory, behind an AXI4 port, are
[for the library only](../explanation-gpt-machine.md#weights-in-external-memory).

What every token is, bit for bit, is [the machine's arithmetic](../explanation-gpt-machine.md): all
of it in integers, with one rounding rule. `model` is a file of weights (llama2.c, or safetensors of
Hugging Face with its config), which is quantized as `hwgen gpt compile` does with the same options,
or a file that [hwgen gpt compile](../how-to-run-a-language-model.md) made; `random/DIMxLAYERS/SEED`
stands for random weights. `digest` is the SHA-256 of the program; it is filled in, is written to
`interface.json`, and a config that names it refuses another program.

With `sampling`, a token that begins a text also says how tokens of it are told: with
`inverse_temperature` 0 the most likely one, else each is drawn with probabilities proportional to
e to the power of its score times `inverse_temperature` / 65536, among the `count` greatest scores
(of equal ones the first) or all (0). Powers are those of the machine's arithmetic; the number below
their sum is its product with 32 random bits, without the lowest 32. The bits are the next state of
a generator (G. Marsaglia, Xorshift RNGs, 2003: 13, 17, 5), which `seed` (not 0) begins, and which
moves with every token that is told. A draw takes about two clock cycles a score, ten among some.

The latency is that of the first token of a text. Later ones take longer, since they attend to those
before; how much, `hwgen gpt estimate` tells. Formats whose groups have fewer than 32 columns
(NVFP4) are refused."""

CORE = Core(
    name="gpt",
    summary="language models, GPT-2 and Llama: tokens in, tokens out, all on the chip",
    source="A. Radford et al., Language Models are Unsupervised Multitask Learners, 2019; "
    "H. Touvron et al., Llama 2, arXiv:2307.09288",
    config=GptConfig,
    component=_component,
    golden=_golden,
    vectors=test_vectors.vectors,
    semantics=_SEMANTICS,
    examples=(
        "hwgen verify --core gpt --freq 50",
        "hwgen emit --core gpt --model random/32x2/1 --fmt mxfp4",
        "hwgen show core gpt",
    ),
)
