"""Several names in one sentence, of which a few are enough, texts of which the beginning is, and joined texts."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice


def write_some(names: Collection[str], most: int) -> str:
    """Return the first names with commas between them, and how many more there are: `a, b and 3 more`."""
    shown = ", ".join(islice(names, most))
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def begin_small(sentence: str) -> str:
    """Return a sentence as it goes on within another; `OOM` and `IPv6` are no ordinary words, and stay as they are."""
    word = sentence.partition(" ")[0]
    return sentence if word[1:] != word[1:].lower() else sentence[:1].lower() + sentence[1:]


def cut_words(text: str, longest: int) -> str:
    """Return a text of at most so many characters; one that was longer ends in an ellipsis behind a whole word."""
    if len(text) <= longest:
        return text
    whole = text[: longest - 1].rpartition(" ")[0].rstrip(" ,;:(")
    return f"{whole} …" if whole else cut_short(text, longest)


def cut_short(text: str, longest: int) -> str:
    """Return a text of at most so many characters; one that was longer ends in an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def join_cuts(*cuts: str) -> str:
    """Return what was left out, each in words, as one text; empty when nothing was."""
    return "; ".join(filter(None, cuts))
