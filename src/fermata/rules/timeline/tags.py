"""What a sentence is made of: the work its words do, who speaks, how it is built, and what it counts.

A mark says one such thing. `weights` knows how much each speaks for an event; none decides alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from fermata.rules.timeline.lexicon import TAGS

_TOKEN = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_APOSTROPHE = re.compile(r"['\u2019]")
# "we're down" is "we are down" and not "were down"; "don't" is one word.
_CONTRACTED = re.compile(r"(?<=[a-z])['\u2019](re|ve|ll|m|d|s)\b")
_WHOLE = {"re": " are", "ve": " have", "ll": " will", "m": " am", "d": " would", "s": " is"}
_DIGITS = "0123456789"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Said so, a search goes from digit to digit, and not from letter to letter: it is "\b\d".
_FIRST = r"\d(?<=\b\d)"
_SHAPES = tuple(
    (name, frozenset(needed), re.compile(pattern))
    for name, needed, pattern in (
        ("PERCENT", "%", r"\d ?%"),
        (
            "QUANTITY",
            _DIGITS,
            r"\d ?(?:ms|s|sec|secs|seconds|min|mins|minutes|h|hrs|hours|k|m|mb|gb|tb|rps|qps|x|/s|/min|rpm)\b",
        ),
        ("COUNT", _DIGITS, rf"{_FIRST}\d* [a-z]{{3,}}"),
        ("ARROW", ">" + _DIGITS, r"->|=>|\u2192|from (?<=\bfrom )\S+ to \S*\d"),
        ("FRACTION", _DIGITS, rf"{_FIRST}\d*(?: ?/ ?\d+\b| (?:of|out of) (?:the )?\d)"),
        ("HTTP", "45", r"[45](?<=\b[45])(?:\d\d|xx)(?:'?s)?\b"),
        ("VERSION", ".", r"\bv?\d+\.\d+(?:\.\d+)?\b"),
        ("REFERENCE", _DIGITS, r"#\d|\b(?:[A-Z]{2,}-\d|(?=[0-9a-f]{7,40}\b)(?=\w*\d)\w*[a-f])"),
        ("CLOCK", _DIGITS, rf"{_FIRST}(?:\d?[:h]\d\d| ?[ap]m)\b|{_FIRST}\d ?[ap]m\b"),
        (
            "IDENTIFIER",
            "`_." + _CAPITALS,
            r"`[^`]+`|\b[a-z0-9]+_[a-z0-9_]+\b|\b[a-z]+[A-Z]\w+|\b[A-Z][a-z]+[A-Z]\w+|\b[\w-]+\.[\w-]+\.\w",
        ),
        ("HYPHENATED", "-", r"\b[a-z]+\d*-[a-z0-9]+(?:-[a-z0-9]+)*\b"),
        ("NUMBER", _DIGITS, r"\d"),
        ("LINK", ":", r"https?://"),
        ("MENTION", "@", r"(?<!\w)@\w|<@"),
        (
            "EMOJI",
            ":",
            r"(?<!\w):(?:[+-]1|(?=[0-9_+-]*[a-z])[a-z0-9_+-]{2,}):(?!\w)|[\U0001F300-\U0001FAFF\u2600-\u27BF]",
        ),
        ("EXCLAIMS", "!", r"!"),
        ("TRAILS_OFF", ".", r"\.\.\.|\u2026"),
        ("LABELLED", ":", r"^[\w /.-]{2,24}: \S"),
        ("QUOTED", '"', r"[\"\u201c].{4,}[\"\u201d]"),
        ("BRACKETED", "[", r"^\W*\[[^\]]{2,30}\]"),
        ("SHOUTS", _CAPITALS, r"\b[A-Z]{4,}\b"),
    )
)
"""Shapes by name, with characters of which a text in ASCII holds one where it has the shape: to ask is much cheaper."""
_PAIRED_FIRST = frozenset({
    "FIRST", "SECOND", "WAS", "IS", "HAS", "NEG", "INTENT", "NEWS", "STILL", "SYSTEM", "USER", "ASK", "HEDGE",
    "BEGAN", "ONLY", "ACK", "LOOK", "DECISION",
})  # fmt: skip
_PAIRED_SECOND = frozenset({
    "ACT_ED", "ACT_ING", "ACT_DO", "MEND_ED", "MEND_ING", "MEND_DO", "REPORT_ED", "FIND_ED", "MOVE_ED", "MOVE_ING",
    "BAD", "GOOD", "LOOK", "SOCIAL", "DECLARE", "DECISION", "FINDING", "USER", "SYSTEM", "IS", "WAS", "HAS",
})  # fmt: skip
_LENGTHS = ((2, "WORDS_1_2"), (4, "WORDS_3_4"), (7, "WORDS_5_7"), (12, "WORDS_8_12"), (20, "WORDS_13_20"))
_SKIPPED = frozenset({
    "ok", "okay", "so", "and", "but", "well", "yeah", "yep", "then", "also", "right", "the", "a", "an", "alright",
    "ah", "oh", "hm", "hmm", "just",
})  # fmt: skip
_MANY = ("BAD", "SYSTEM", "GOOD", "SOCIAL", "LOOK", "HEDGE", "INTENT", "USER", "FINDING")
_MOST_READ = 80
"""Words of a sentence that are looked up: the rest of a longer one says no more."""


def find_tags(text: str) -> frozenset[str]:
    """Return what the words of a text are by themselves: a part of its marks, much cheaper."""
    return frozenset(tag for word in _list_words(text) for tag in _look_up(word))


def find_marks(text: str) -> list[str]:
    """Return what a sentence is made of, some of it more than once."""
    words = _list_words(text)
    tagged = [_look_up(word) for word in words]
    counts: dict[str, int] = {}
    for tag in chain.from_iterable(tagged):
        counts[tag] = counts.get(tag, 0) + 1
    return [
        next((name for most, name in _LENGTHS if len(words) <= most), "WORDS_MORE"),
        *(counts or ("NO_TAG",)),
        *(f"{tag}_MANY" for tag in _MANY if counts.get(tag, 0) > 1),
        *_find_places(words, tagged),
        # Words that `weights` knows by themselves, beside what they have in common with others.
        *(f"={word}" for word in words),
        *_find_shapes(text),
    ]


def _list_words(text: str) -> list[str]:
    plain = text.lower()
    if "'" in plain or "\u2019" in plain:
        plain = _APOSTROPHE.sub("", _CONTRACTED.sub(lambda match: _WHOLE[match[1]], plain))
    return _TOKEN.findall(plain)[:_MOST_READ]


def _find_shapes(text: str) -> Iterator[str]:
    held = set(text)
    is_ascii = text.isascii()
    for name, needed, shape in _SHAPES:
        if not (is_ascii and needed.isdisjoint(held)) and shape.search(text):
            yield name


def _look_up(word: str) -> tuple[str, ...]:
    tags = TAGS.get(word)
    if tags is None and "-" in word:
        # "re-deployed" is one word, "client-side" is two.
        tags = TAGS.get(word.replace("-", "")) or tuple(tag for part in word.split("-") for tag in TAGS.get(part, ()))
    return tags or ()


def _find_places(words: Sequence[str], tagged: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield with what a sentence begins and ends, and which tags stand next to each other."""
    start = next((index for index, word in enumerate(words) if word not in _SKIPPED), None)
    if start is not None:
        yield from (f"{tag}_FIRST" for tag in tagged[start])
        yield from (f"{tag}_LAST" for tag in tagged[-1])
    for index, tags in enumerate(tagged):
        firsts = _PAIRED_FIRST.intersection(tags)
        if firsts:
            # An adverb may stand between: "was just restarted".
            after = {tag for other in tagged[index + 1 : index + 3] for tag in other}
            yield from (f"{first}+{tag}" for first in firsts for tag in after & _PAIRED_SECOND)
