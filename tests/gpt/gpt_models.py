"""Small models for tests: real ones of the repository, and random ones of other shapes."""

from functools import lru_cache
from pathlib import Path

from hwgen.gpt.compile import compile_decoder
from hwgen.gpt.matrices import Matrices, method_of
from hwgen.quant.decoder_file import read_decoder
from hwgen.quant.tokenizer import read_tokenizer

DATA = Path(__file__).parents[1] / "data"
STORIES = DATA / "stories260K"
SHAKESPEARE = DATA / "gpt2-shakespeare-char"


@lru_cache
def stories():
    """Return (decoder, tokens of the story that its author published)."""
    tokenizer = read_tokenizer(STORIES / "tok512.bin")
    text = (STORIES / "story.txt").read_text().removesuffix("\n")
    return read_decoder(STORIES / "stories260K.bin"), (*tokenizer.begin, *tokenizer.encode(text))


@lru_cache
def shakespeare():
    """Return (decoder, tokens of a text)."""
    model = SHAKESPEARE / "gpt2-shakespeare-char-0.2M.safetensors"
    tokenizer = read_tokenizer(model.with_suffix(".json"))
    text = (SHAKESPEARE / "text.txt").read_text()
    return read_decoder(model), tuple(tokenizer.encode(text)[:100])


def program(decoder, fmt="int8", bits=8, rules=(), **options):
    """Return the `Compiled` program of a decoder."""
    rules = tuple((pattern, method_of(name)) for pattern, name in rules)
    matrices = Matrices(decoder, method_of(fmt), rules)
    return compile_decoder(decoder, matrices, activation_bits=bits, **options)


def followed(machine, prompt, count):
    """Return the tokens that a machine makes of a prompt."""
    found, given = [], list(prompt)
    for _ in range(count):
        found.append(machine.step(given)[1])
        given = found[-1:]
    return found
