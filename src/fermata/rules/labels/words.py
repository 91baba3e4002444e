"""Whether other words for a line say nothing that what it cites does not say: no name, number or claim of their own.

Who did what to whom is not understood here: a sentence that turns its source's words around is not caught.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from fermata.rules.timeline import phrases
from fermata.rules.timeline.wording import word_line

_ADDRESS = re.compile(r"https?:|www\.|[<>\[\]{}|]|@\w|\n")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*%?")
_TOKEN = re.compile(r"[^\W_][\w.:/#%+-]*[^\W_]|[^\W_]")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_NEGATED = re.compile(
    r"\b(?:not|no|nope|never|none|nobody|nothing|neither|nor|without|cannot|unable|fail(?:s|ed)? to|isn|wasn|aren|"
    r"weren|don|doesn|didn|won|can|couldn|hasn|haven|hadn|wouldn|shouldn|ain)(?:'t|\u2019t|t)?\b",
    re.IGNORECASE,
)
_ABLE = re.compile(r"\b(?:can|won|don)\b(?!['\u2019]?t)", re.IGNORECASE)
_ENDING = re.compile(r"(?:ing|ed|es|s|ions?|ly)$")
_DOUBLED = re.compile(r"([b-df-hj-np-tv-z])\1$")
_STEM = 6
"""Letters of a word without its ending by which it is the same in another form: restarted, restarting."""
_SHORTEST = 3
_FREE = frozenset(
    """
    a about after also an and any are as at be been before being but by can could did do does during for from had has
    have in into is it its may might now of off on once onto or out over own per said say says so some still than that
    the their them then there these they this those through to told under until was were when where which while who
    will with would not no never cannot team person people somebody someone channel noted report reported reports seen
    possibly perhaps suspected suspect suspects because due
    """.split()  # noqa: SIM905 - as a list, these words would be a page
)
"""What joins words and claims nothing of the world."""


def check_words(text: str, sources: Sequence[str], names: Collection[str]) -> str:
    """Return why words do not stand, or an empty text when they do.

    Args:
        sources: Everything the line cites: texts, and who wrote them.
        names: Handles of people.
    """
    if _ADDRESS.search(text) or phrases.ORDERED.search(text):
        return "they hold markup, an address or an order"
    if not _TOKEN.search(text) or not word_line(text, names):
        return "they blame somebody, or say nothing"
    source = "\n".join(sources)
    strange = _find_strange(text, source)
    if strange:
        return f"what they cite does not hold {strange!r}"
    nearest = _find_nearest(text, source)
    if _is_negated(nearest) != _is_negated(text):
        return "they deny what is said, or say what is denied"
    if phrases.HEDGED.search(nearest) and not phrases.HEDGED.search(text):
        return "they are surer than what they cite"
    if phrases.INTENT.search(nearest) and not phrases.INTENT.search(text):
        return "they tell as done what was only intended"
    return "they tell a question as an answer" if nearest.rstrip().endswith("?") else ""


def _find_strange(text: str, source: str) -> str:
    """Return the first number or word that the source has not; empty when it has all of them."""
    numbers = set(_NUMBER.findall(source))
    for number in _NUMBER.findall(text):
        if number not in numbers:
            return str(number)
    whole = source.lower()
    stems = _list_stems(source)
    for token in _TOKEN.findall(text):
        word = token.lower()
        if any(letter.isdigit() for letter in word):
            # A host or a version is the same letter by letter, or is another one.
            if word not in whole:
                return str(token)
            continue
        for part in re.split(r"[\W_]+", word):
            is_short = len(part) < _SHORTEST
            if part and part not in _FREE and _stem(part) not in stems and (not is_short or part not in whole):
                return str(token)
        if re.search(r"[a-z][./_:-][a-z]", word) and word not in whole:
            return str(token)
    return ""


def _list_stems(text: str) -> frozenset[str]:
    return frozenset(_stem(part) for part in re.split(r"[\W_]+", text.lower()) if part)


def _stem(word: str) -> str:
    bare = _ENDING.sub("", word) if len(word) > _SHORTEST + 1 else word
    return _DOUBLED.sub(r"\1", bare)[:_STEM]


def _find_nearest(text: str, source: str) -> str:
    """Return the sentence of the source that shares most with the words."""
    wanted = _list_stems(text) - _FREE
    return max(_SENTENCE.split(source), key=lambda sentence: len(wanted & _list_stems(sentence)))


def _is_negated(text: str) -> bool:
    return _NEGATED.search(_ABLE.sub(" ", text)) is not None
