"""What a sentence is made of: the work its words do, who speaks, how it is built, and what it counts.

A mark says one such thing. `weights` knows how much each speaks for an event; none decides alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fermata.rules.timeline.lexicon import TAGS

_TOKEN = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_APOSTROPHE = re.compile(r"['\u2019]")
# "we're down" is "we are down" and not "were down"; "don't" is one word.
_CONTRACTED = re.compile(r"(?<=[a-z])['\u2019](re|ve|ll|m|d|s)\b")
_WHOLE = {"re": " are", "ve": " have", "ll": " will", "m": " am", "d": " would", "s": " is"}
_PATTERNS = (
    ("PERCENT", r"\d ?%"),
    (
        "QUANTITY",
        r"\d ?(?:ms|s|sec|secs|seconds|min|mins|minutes|h|hrs|hours|k|m|mb|gb|tb|rps|qps|x|/s|/min|rpm)\b",
    ),
    ("COUNT", r"\b\d+ [a-z]{3,}"),
    ("ARROW", r"->|=>|\u2192|\bfrom \S+ to \S*\d"),
    ("FRACTION", r"\b\d+ ?/ ?\d+\b|\b\d+ (?:of|out of) (?:the )?\d+"),
    ("HTTP", r"\b[45](?:\d\d|xx)(?:'?s)?\b"),
    ("VERSION", r"\bv?\d+\.\d+(?:\.\d+)?\b"),
    ("REFERENCE", r"#\d+|\b[A-Z]{2,}-\d+|\b(?=\w*\d)(?=\w*[a-f])[0-9a-f]{7,40}\b"),
    ("CLOCK", r"\b\d{1,2}(?::|h)\d\d\b|\b\d{1,2} ?[ap]m\b"),
    ("IDENTIFIER", r"`[^`]+`|\b[a-z0-9]+_[a-z0-9_]+\b|\b[a-z]+[A-Z]\w+|\b[A-Z][a-z]+[A-Z]\w+|\b[\w-]+\.[\w-]+\.\w"),
    ("HYPHENATED", r"\b[a-z]+\d*-[a-z0-9]+(?:-[a-z0-9]+)*\b"),
    ("NUMBER", r"\d"),
    ("LINK", r"https?://"),
    ("MENTION", r"(?<!\w)@\w|<@"),
    ("EMOJI", r"(?<!\w):(?:[+-]1|(?=[0-9_+-]*[a-z])[a-z0-9_+-]{2,}):(?!\w)|[\U0001F300-\U0001FAFF\u2600-\u27BF]"),
    ("EXCLAIMS", r"!"),
    ("TRAILS_OFF", r"\.\.\.|\u2026"),
    ("LABELLED", r"^[\w /.-]{2,24}: \S"),
    ("QUOTED", r"[\"\u201c].{4,}[\"\u201d]"),
    ("BRACKETED", r"^\W*\[[^\]]{2,30}\]"),
    ("SHOUTS", r"\b[A-Z]{4,}\b"),
)
_DIGITS = "0123456789"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NEEDS = {
    "PERCENT": "%", "QUANTITY": _DIGITS, "COUNT": _DIGITS, "ARROW": ">" + _DIGITS, "FRACTION": _DIGITS,
    "HTTP": _DIGITS, "VERSION": _DIGITS, "REFERENCE": _DIGITS, "CLOCK": _DIGITS, "IDENTIFIER": "`_." + _CAPITALS,
    "HYPHENATED": "-", "NUMBER": _DIGITS, "LINK": ":", "MENTION": "@", "EMOJI": ":", "EXCLAIMS": "!",
    "TRAILS_OFF": ".", "LABELLED": ":", "QUOTED": '"', "BRACKETED": "[", "SHOUTS": _CAPITALS,
}  # fmt: skip
"""Characters of which a text in ASCII holds one where it has the shape: asking for them costs a tenth of the search."""
_SHAPES = tuple((name, re.compile(pattern), frozenset(_NEEDS[name])) for name, pattern in _PATTERNS)
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


def find_marks(text: str) -> Iterator[str]:
    """Yield what a sentence is made of, some of it more than once."""
    words = _list_words(text)
    tagged = [_look_up(word) for word in words]
    yield next((name for most, name in _LENGTHS if len(words) <= most), "WORDS_MORE")
    counts: dict[str, int] = {}
    for tags in tagged:
        for tag in tags:
            counts[tag] = counts.get(tag, 0) + 1
    yield from counts
    yield from (f"{tag}_MANY" for tag in _MANY if counts.get(tag, 0) > 1)
    if not counts:
        yield "NO_TAG"
    yield from _find_places(words, tagged)
    # Words that `weights` knows by themselves, beside what they have in common with others.
    yield from (f"={word}" for word in words)
    yield from _find_shapes(text)


def _list_words(text: str) -> list[str]:
    plain = text.lower()
    if "'" in plain or "\u2019" in plain:
        plain = _APOSTROPHE.sub("", _CONTRACTED.sub(lambda match: _WHOLE[match[1]], plain))
    return _TOKEN.findall(plain)[:_MOST_READ]


def _find_shapes(text: str) -> Iterator[str]:
    held = set(text)
    is_ascii = text.isascii()
    for name, shape, needed in _SHAPES:
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
