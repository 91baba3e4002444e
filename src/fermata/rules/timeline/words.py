"""Phrases that are looked for in what people say, as patterns that are quick to search for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[]", re.DOTALL)
"""Of a pattern: what is escaped and a set of characters are one piece, whatever they hold."""


class Words:
    r"""Phrases that are looked for in lower case: three times as fast as a pattern that ignores case.

    Those that begin a text are tried together, and so are those that begin a word: where none can begin, that is asked
    once and not for each of them.

    Args:
        parts: Patterns, any of which will do. What follows a `\b` that one begins with must begin a word.
    """

    def __init__(self, *parts: str) -> None:
        self._pattern = re.compile("|".join(_group(parts)))

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first of them anywhere in a text."""
        return self._pattern.search(text.lower())

    def match(self, text: str) -> re.Match[str] | None:
        """Return the one that a text begins with."""
        return self._pattern.match(text.lower())


_BEGINS = {"^": "^", r"\b": r"\b(?=\w)", "": ""}
"""How alternatives begin, and what is asked once for all that begin so."""


def _group(parts: Iterable[str]) -> Iterator[str]:
    """Return patterns that find the same, one for each way to begin."""
    groups: dict[str, list[str]] = {begin: [] for begin in _BEGINS}
    for part in parts:
        for alternative in _list_alternatives(part):
            begin = next(begin for begin in _BEGINS if alternative.startswith(begin))
            groups[begin].append(alternative.removeprefix(begin))
    return (f"{_BEGINS[begin]}(?:{'|'.join(group)})" for begin, group in groups.items() if group)


def _list_alternatives(pattern: str) -> list[str]:
    """Return the alternatives of a pattern that stand in no group."""
    found, depth = [""], 0
    for piece in _PIECE.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += piece
    return found
