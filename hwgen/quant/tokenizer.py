"""Tokenizers: of llama2.c, of Hugging Face, and of single characters."""

import json
import re
import struct
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from hwgen.errors import UsageError
from hwgen.requirement import need

from .gguf_file import gguf_tokenizer, is_gguf

__all__ = [
    "BytePairs",
    "Characters",
    "find_tokenizer",
    "read_tokenizer",
    "tokenizer_file",
    "tokenizer_of",
]

# files of Hugging Face do not say which token ends a text: usual names of it, in turns of a
# conversation as well
_ENDS = (
    *("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"),
    *("<|im_end|>", "<|eot_id|>", "<end_of_turn>"),
)


@dataclass(frozen=True)
class BytePairs:
    """Byte-pair encoding as llama2.c does it.

    Parameters
    ----------
    pieces : tuple of bytes
        What every token stands for; token 1 begins a text, tokens 3 to 258 are single bytes.
    scores : tuple of float
        Of two pairs that could be merged, the one with the higher score of its piece is.
    """

    pieces: tuple[bytes, ...]
    scores: tuple[float, ...]

    begin, ends = (1,), (1, 2)

    def encode(self, text):
        """Return the tokens of a text: a space, and its pieces."""
        index = {piece: token for token, piece in reversed(list(enumerate(self.pieces)))}
        # no piece reaches beyond a space that follows something, so words can be merged alone
        inner = any(b" " in piece[1:] for piece in self.pieces[3:])
        words = [f" {text}"] if inner else re.split(r"(?= )", f" {text}")
        merged = {word: self._merged(word, index) for word in dict.fromkeys(words)}
        return list(chain.from_iterable(merged[word] for word in words))

    def decode(self, tokens):
        """Return the bytes that tokens stand for, without the space in front of a text."""
        raw = b"".join(
            bytes([token - 3]) if 3 <= token <= 258 else self.pieces[token] for token in tokens
        )
        return raw.removeprefix(b" ")

    def _merged(self, word, index):
        tokens = []
        for character in word:
            piece = character.encode()
            tokens += [index[piece]] if piece in index else [byte + 3 for byte in piece]
        while True:
            best = None
            for place in range(len(tokens) - 1):
                pair = index.get(self.pieces[tokens[place]] + self.pieces[tokens[place + 1]])
                if pair is not None and (best is None or self.scores[pair] > best[0]):
                    best = (self.scores[pair], place, pair)
            if best is None:
                return tokens
            tokens[best[1] : best[1] + 2] = [best[2]]


@dataclass(frozen=True)
class Characters:
    """Every character is a token; no token begins a text.

    Parameters
    ----------
    vocabulary : tuple of str
    """

    vocabulary: tuple[str, ...]

    begin = ends = ()

    @cached_property
    def _tokens(self):
        return {character: token for token, character in enumerate(self.vocabulary)}

    def encode(self, text):
        """Return the tokens of a text; raises ``UsageError`` for a character without one."""
        try:
            return [self._tokens[each] for each in text]
        except KeyError as error:
            raise UsageError(
                f"text must have only characters that the model knows, and has {error.args[0]!r}"
            ) from None

    def decode(self, tokens):
        """Return the bytes that tokens stand for."""
        return "".join(self.vocabulary[token] for token in tokens).encode()


class _HuggingFace:
    """A tokenizer of the ``tokenizers`` library; no token begins a text."""

    begin = ()

    def __init__(self, tokenizer):
        self._tokenizer = tokenizer
        added = tokenizer.get_added_tokens_decoder().items()
        self.ends = tuple(number for number, each in added if each.content in _ENDS)

    def encode(self, text):
        """Return the tokens of a text."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, tokens):
        """Return the bytes that tokens stand for."""
        return self._tokenizer.decode(list(tokens), skip_special_tokens=False).encode()


def read_tokenizer(path):
    """Return the tokenizer in a file.

    It has ``encode(text)``, ``decode(tokens)``, ``begin``, the tokens in front of a text, and
    ``ends``, those that end one.

    Parameters
    ----------
    path : path-like
        Of llama2.c; or JSON, where the name ends so: Hugging Face's ``tokenizer.json``, or an
        object whose ``vocab`` is the list of single characters; or a GGUF file with its own.

    Raises
    ------
    UsageError
        The file cannot be read or is something else.
    MissingToolError
        The ``tokenizers`` or the ``gguf`` library is missing.
    """
    return tokenizer_of(*tokenizer_file(path))


def tokenizer_file(path):
    """Return (name, contents) of a tokenizer, from a file that `read_tokenizer` takes.

    That of a GGUF file is written as llama2.c or Hugging Face would.
    """
    if is_gguf(path):
        return gguf_tokenizer(path)
    return Path(path).name, _read(path)


def tokenizer_of(path, data):
    """Return the tokenizer that a file of a name has, by its contents; see `read_tokenizer`.

    Parameters
    ----------
    path : path-like
        For its suffix and messages.
    data : bytes
    """
    return _of_json(path, data) if Path(path).suffix == ".json" else _of_llama2c(path, data)


def find_tokenizer(model):
    """Return the path of the tokenizer in or beside a model, or ``None``.

    That is the model itself if it is a GGUF file; ``tokenizer.json``, ``tokenizer.bin``, the one
    file ``tok*.bin``, or the model's own JSON file where that has a list of characters.

    Parameters
    ----------
    model : path-like
    """
    if is_gguf(model):
        return Path(model)
    folder = Path(model).absolute().parent
    found = [folder / each for each in ("tokenizer.json", "tokenizer.bin")]
    found = [each for each in found if each.is_file()] or sorted(folder.glob("tok*.bin"))
    if len(found) == 1 or (found and found[0].stem == "tokenizer"):
        return found[0]
    facts = Path(model).with_suffix(".json")
    try:
        return facts if isinstance(json.loads(facts.read_bytes())["vocab"], list) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _of_json(path, data):
    try:
        values = json.loads(data)
        vocabulary = values.get("vocab")
    except (ValueError, AttributeError) as error:
        raise UsageError(f"{str(path)!r} must be a tokenizer in JSON: {error}") from None
    if isinstance(vocabulary, list):
        if len(set(map(str, vocabulary))) < len(vocabulary) or any(
            not isinstance(each, str) or len(each) != 1 for each in vocabulary
        ):
            raise UsageError(f"vocab in {str(path)!r} must be different single characters")
        return Characters(tuple(vocabulary))
    need("tokenizers", f"{str(path)!r}")
    from tokenizers import Tokenizer

    try:
        return _HuggingFace(Tokenizer.from_str(data.decode()))
    except Exception as error:  # the library raises nothing narrower
        raise UsageError(f"{str(path)!r} must be a tokenizer in JSON: {error}") from None


def _of_llama2c(path, data):
    pieces, scores, position = [], [], 4
    try:
        while position < len(data):
            score, length = struct.unpack_from("<fi", data, position)
            position += 8
            if length < 0 or position + length > len(data):
                raise struct.error
            pieces.append(data[position : position + length])
            scores.append(score)
            position += length
    except struct.error:
        raise UsageError(f"{str(path)!r} must be a tokenizer of llama2.c, and is not") from None
    if len(pieces) < 259:
        raise UsageError(f"{str(path)!r} must have the 256 single bytes as tokens, and has not")
    return BytePairs(tuple(pieces), tuple(scores))


def _read(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
