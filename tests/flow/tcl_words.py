"""Tcl's word rules (Tcl(n), rules 1 to 10) without an interpreter: scripts to lists of words."""

import re

_ESCAPES = {"n": "\n", "t": "\t"}


def commands(script):
    """Return every command of a script as a list of words.

    ``$name`` and ``[command]`` stay as they are in words; nested commands are not listed. A brace,
    bracket or quote that is not closed, or text right behind one that is, is a `ValueError`.
    """
    return [words for words, _ in _script(script, 0, None)]


def _script(text, position, end):
    """Yield ``(words, position after the command)`` until ``end`` or the end of the text."""
    words = []
    while True:
        position = re.compile(r"(?:[ \t]|\\\n)*").match(text, position).end()
        if position == len(text) or text[position] in "\n;" or text[position] == end:
            closed = position < len(text) and text[position] == end
            if position == len(text) and end:
                raise ValueError(f"{end} is missing")
            if words or closed:
                yield words, position + 1
            if position == len(text) or closed:
                return
            words, position = [], position + 1
        elif text[position] == "#" and not words:
            position = re.compile(r"[^\n]*").match(text, position).end()
        else:
            word, position = _word(text, position, end)
            words.append(word)


def _word(text, position, end):
    if text[position] == "{":
        stop = _closing_brace(text, position)
        word = text[position + 1 : stop - 1]
    elif text[position] == '"':
        word, stop = _substituted(text, position + 1, '"')
        stop += 1
    else:
        return _substituted(text, position, f"[ \t\n;{re.escape(end or '')}]|\\\\\n")
    if stop < len(text) and text[stop] not in f" \t\n;\\{end or ''}":
        raise ValueError(f"text behind a closed word: {text[position : stop + 9]!r}")
    return word, stop


def _closing_brace(text, position):
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, position):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    raise ValueError("} is missing")


def _substituted(text, position, stops):
    """Return a word with its escapes resolved, and where it ends."""
    word = ""
    while position < len(text) and not re.match(stops, text[position : position + 2]):
        if text[position] == "\\":
            word += _ESCAPES.get(text[position + 1], text[position + 1])
            position += 2
        elif text[position] == "[":
            for _, stop in _script(text, position + 1, "]"):
                after = stop
            word, position = word + text[position:after], after
        elif text.startswith("${", position):
            after = text.index("}", position) + 1
            word, position = word + text[position:after], after
        else:
            word, position = word + text[position], position + 1
    if stops == '"' and position == len(text):
        raise ValueError('" is missing')
    return word, position
