"""Texts from a compiled model, token by token."""

import codecs
from dataclasses import asdict

import numpy as np

from hwgen.errors import UsageError

__all__ = ["decoded_pieces", "generate", "prompt_tokens", "token_fields"]


def prompt_tokens(prompt, tokenizer, context):
    """Return the tokens of a prompt, with those that begin a text.

    Raises ``UsageError`` where there are none, or as many as the context has places.
    """
    tokens = [*tokenizer.begin, *(tokenizer.encode(prompt) if prompt else [])]
    if not tokens:
        raise UsageError("prompt must not be empty: no token of this model begins a text")
    if len(tokens) >= context:
        raise UsageError(
            f"prompt must have fewer than {context} tokens, the context, not {len(tokens)}"
        )
    return tokens


def generate(machine, tokens, count, context, ends=()):
    """Yield tokens behind those of a prompt.

    Parameters
    ----------
    machine : object
        Has ``step(tokens)``, which returns scores and the next token.
    tokens : list of int
        Prompt.
    count : int
        Most tokens to yield; fewer where the context ends.
    context : int
    ends : collection of int
        Tokens that end a text; the one that is found is not yielded.
    """
    given = list(tokens)
    for _ in range(min(count, context - len(tokens))):
        _, chosen = machine.step(given)
        if chosen in ends:
            return
        yield chosen
        given = [chosen]


def token_fields(tokens, begins, wanted, draw=None):
    """Return the fields of a machine's input stream for the next tokens of a text.

    Parameters
    ----------
    tokens : sequence of int
    begins : bool
        Whether the text begins with them.
    wanted : int
        How many tokens are to be told behind the last one.
    draw : Draw or None
        How tokens of the text are drawn; None for a machine that draws none.
    """
    count = len(tokens)
    fields = {
        "token": np.array(tokens, np.uint64),
        "first": np.zeros(count, np.uint64),
        "wanted": np.zeros(count, np.uint64),
    }
    fields["first"][0], fields["wanted"][-1] = begins, wanted
    if draw is not None:
        fields |= {name: np.full(count, each, np.uint64) for name, each in asdict(draw).items()}
    return fields


def decoded_pieces(tokenizer, prompt, chosen):
    """Yield the text of every chosen token, as soon as its characters are complete.

    Parameters
    ----------
    tokenizer : object
    prompt : list of int
        Tokens before; some tokenizers write the first one differently.
    chosen : iterable of int
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    tokens = [token for token in prompt if token not in tokenizer.begin]
    written = len(tokenizer.decode(tokens)) if tokens else 0
    for token in chosen:
        tokens.append(token)
        text = tokenizer.decode(tokens)
        yield decoder.decode(text[written:])
        written = len(text)
