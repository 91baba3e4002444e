"""Secrets that people tell each other in a sentence: `keystore pw is ...`, `... is the db password`, `login is a / b`.

A word that names a secret is looked for first (`telling`), then a word near it that looks like one (`looks`). The less
the sentence joins the two, the more the value itself has to say: behind `the password is` a word with a number will
do, somewhere behind `token` only what chance would write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from fermata.kit.redaction.looks import Look, is_password, is_phrase, judge_look
from fermata.kit.redaction.marks import MARK, Tally, holds_any
from fermata.kit.redaction.pairs import list_pairs
from fermata.kit.redaction.telling import (
    BACK,
    BESIDE,
    LINK,
    MARKERS,
    REACH,
    VERB,
    WIDE_MARKERS,
    Kind,
    ends_clause,
    fold,
    list_names,
)

_REACH_BACK = 72
"""Characters of a sentence between a value and the name behind it, at most."""
_MOST_WORDS = {"tight": 5, "far": 12, "loose": 8}
_DIGIT = re.compile(r"[0-9]")
# A full stop, or a line's end that no colon stands before.
_SENTENCE_END = re.compile(r"[.!?;]+[)\"']?(?=\s)|(?<![:\s])\s*\n|:[ \t]*\n\s*\n")
_VALUE = re.compile(r"[^\s\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb<>()\[\]{}|,;=]+(?:={1,2}(?=\s|$))?")
_TRAILING = ".,:;?*_\u2026"
_PAIR = re.compile(r"([A-Za-z][\w.@-]{0,40})[/:](?=[^/:\s])")
_PAIR_LINK = re.compile(
    r"(?<![\w./-])[A-Za-z][\w.@-]{0,40}[\"'`]?\s{0,2}(?:/|:|\||,|\bund\b|\band\b|\bwith\b)\s{0,2}[\"'`]?\Z"
)
_WORDS = re.compile(r"[^\W_][\w'\u2019.-]*")
_DIGITS = re.compile(r"[0-9]{4,12}#?")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_OTHERS = re.compile(
    r"(?i)(?:account|branch|build|channel|cluster|code|column|commit|container|customer|device|error|field|file|hash|host"
    r"|ids?|image|incident|index|instance|job|line|message|model|node|order|partition|pod|prefix|region|release|request"
    r"|row|run|serial|sha|shard|span|table|tag|task|tenant|ticket|topic|trace|user|version|volume|[a-z]+_?id)[ #]+$"
)
# In quotes, by itself: somebody repeats it.
_SHOWN = re.compile(
    r"(?<!\S)[\"'`\u201c\u201e\u00ab](?P<value>[^\s\"'`\u201c\u201d\u201e\u00ab\u00bb<>]{8,64})[\"'`\u201d\u201c\u00bb]"
)
# `use Tomato-4411 when it asks for the password`
_USED = re.compile(
    r"(?i)\b(?P<used>use|type|try|enter)[ \t]+[\"'`\u201c]?[^\s]{6,64}(?:[ \t]+[^\W\d_]{1,12}){0,8}[ \t]+$"
)
_ACCOUNT_AHEAD = re.compile(r"(?<=\s)[A-Za-z][\w.@-]{0,40}[/:]\Z")
_SLASH = re.compile(r"[A-Za-z_.-]\s{1,2}[/|:]\s{1,2}[\"'`]?\Z")
# `log in as kiosk with ...`
_AS_ACCOUNT = re.compile(
    r"(?i)^\s{1,3}(?:as|using|with)\s{1,3}[a-z][a-z_.-]{1,30}\s{1,3}(?:and|with|und|con|mit)\s{1,3}[\"'`]?\Z"
)
# `pw as always, ...`, `the old pw, ...,`
_USUAL = re.compile(
    r"(?i)\s{1,3}(?:(?:is|are)\s)?(?:(?:the\s)?(?:same\s)?as (?:always|usual|before|ever|last time)"
    r"|(?:the )?(?:usual|same|old)(?: one)?|wie (?:immer|sonst)|comme d.habitude|como siempre)"
    r"\s{0,3}[,:(\u2013\u2014-]{1,2}\s{1,3}[\"'`]?"
)
_ASIDE = re.compile(r",\s{1,3}[\"'`]?")
_ASIDE_END = re.compile(r"[\"'`]?\s{0,3}(?:[,;)!]|\.(?=\s|\Z)|\n|\Z)")
# `"id":"..."`, `trace=...`: what another name has.
_OTHER_NAME = re.compile(r"[\w\]\"')][:=][\"']?\Z")


class _Join(IntEnum):
    """How a sentence joins a name and a value."""

    LOOSE = 0
    NEXT = 1
    FAR = 2
    TIGHT = 3
    SAID = 4
    """Close, and by a verb."""


_LEAST = {
    Kind.PASSWORD: (Look.SIGNED, Look.NAMED, Look.NAMED, Look.WORDY, Look.PLAIN),
    Kind.KEY: (Look.RANDOM, Look.RANDOM, Look.MIXED, Look.MIXED, Look.NAMED),
    Kind.CREDENTIAL: (Look.RANDOM, Look.RANDOM, Look.MIXED, Look.MIXED, Look.PLAIN),
    Kind.LOGIN: (Look.SIGNED, Look.SIGNED, Look.SIGNED, Look.MIXED, Look.NAMED),
    Kind.PIN: (Look.RANDOM, Look.RANDOM, Look.SIGNED, Look.MIXED, Look.NAMED),
}
"""What a value must look like at least, by how it is joined."""


@dataclass(frozen=True, slots=True)
class _Name:
    kind: Kind
    start: int
    end: int


def hide_told(text: str, tally: Tally) -> str:
    """Replace the secrets that sentences tell."""
    # Every value has a digit: what people call by words alone cannot be told from the sentence.
    if _DIGIT.search(MARK.sub("", text) if "redacted" in text else text) is None:
        return text
    folded = fold(text)
    found = dict(list_pairs(text, folded))
    if holds_any(folded, MARKERS) or (not folded.isascii() and holds_any(folded, WIDE_MARKERS)):
        names = [_Name(*name) for name in list_names(text, folded)]
        if names:
            found.update(_list_shown(text))
        for number, name in enumerate(names):
            after = names[number + 1].start if number + 1 < len(names) else len(text)
            before = names[number - 1].end if number else 0
            found.update(_list_behind(text, name, after))
            found.update(_list_before(text, name, before))
    parts, done = [], 0
    for start, end in sorted(found.items()):
        if start >= done:
            parts += [text[done:start], tally.mark("told", text[start:end])]
            done = end
    return "".join([*parts, text[done:]]) if parts else text


def _list_behind(text: str, name: _Name, limit: int) -> Iterator[tuple[int, int]]:
    """Yield where values begin and end that stand behind a name, in its sentence."""
    limit = min(limit, name.end + REACH)
    if _DIGIT.search(text, name.end, limit) is None:
        return
    ending = _SENTENCE_END.search(text, name.end, limit)
    stop = ending.start() if ending is not None else limit
    joined: _Join | None = None
    for start, end in _list_values(text, name.end, stop, has_pairs=name.kind in (Kind.LOGIN, Kind.PASSWORD)):
        gap = text[name.end : start]
        join = _judge_join(_ACCOUNT_AHEAD.sub("", gap) if name.kind is Kind.LOGIN else gap, joined)
        if name.kind is Kind.PASSWORD and (join is None or join is _Join.LOOSE):
            join = _join_aside(gap, text, end) or join
        if join is None or not _is_told(text, name, join, start, end):
            continue
        joined = join
        yield start, end


def _list_values(text: str, start: int, stop: int, *, has_pairs: bool = False) -> Iterator[tuple[int, int]]:
    """Yield where words with a digit begin and end; the last may go on behind the place where reading stops."""
    position = start
    while position < stop and (match := _VALUE.search(text, position, stop)) is not None:
        whole = _VALUE.match(text, match.start(), match.start() + 200)
        begin, end = match.start(), whole.end() if whole else match.end()
        position = end
        end = begin + len(text[begin:end].rstrip(_TRAILING))
        begin = end - len(text[begin:end].lstrip("*_:=~"))
        if _DIGIT.search(text, begin, end):
            pair = _PAIR.match(text, begin, end) if has_pairs else None
            yield (pair.end() if pair else begin), end


def _judge_join(gap: str, joined: _Join | None) -> _Join | None:
    count = len(_WORDS.findall(gap))
    if BESIDE.fullmatch(gap):
        return _Join.NEXT
    if joined is not None and re.search(r"(?i)(?:\bor|\band|\bthen|\boder|\bund|/|,)\s*[\"'`]?$", gap):
        return joined
    if count and _OTHER_NAME.search(gap):
        return None
    if LINK.search(gap):
        if count <= _MOST_WORDS["tight"]:
            return _Join.SAID if VERB.search(gap) else _Join.TIGHT
        return _Join.FAR if count <= _MOST_WORDS["far"] else None
    if _PAIR_LINK.search(gap):
        return _Join.TIGHT if count <= _MOST_WORDS["tight"] else None
    return _Join.LOOSE if count <= _MOST_WORDS["loose"] else None


def _join_aside(gap: str, text: str, end: int) -> _Join | None:
    """Say how a password is joined that is no part of the sentence: `pw as always, ...`, `the old pw, ..., works`."""
    if _USUAL.fullmatch(gap):
        return _Join.TIGHT
    return _Join.NEXT if _ASIDE.fullmatch(gap) and _ASIDE_END.match(text, end) else None


def _is_told(text: str, name: _Name, join: _Join, start: int, end: int) -> bool:
    value = text[start:end]
    if value.startswith("redacted:") or _OTHERS.search(text, max(name.end, start - 16), start):
        return False
    if _DIGITS.fullmatch(value):
        return _is_number(text, name, join, start, end)
    look = judge_look(value)
    if name.kind in (Kind.LOGIN, Kind.PASSWORD) and is_phrase(value):
        look = max(look, Look.NAMED)
    # "The login is deploy2:Moss_Kettle_3": what stands behind an account is its password, whatever it looks like.
    is_behind_account = (
        name.kind is Kind.LOGIN
        and join >= _Join.TIGHT
        and (
            text[max(0, start - 1)] in "/:"
            or _SLASH.search(text, name.end, start)
            or _AS_ACCOUNT.match(text[name.end : start])
        )
    )
    least = Look.WORDY if is_behind_account else _LEAST[name.kind][join]
    return look >= least and look is not Look.NONE


def _is_number(text: str, name: _Name, join: _Join, start: int, end: int) -> bool:
    """Answer whether a number is a PIN or a password of digits: `pin 4411 for the vault`, and not `pin 4411 times`."""
    if name.kind is Kind.PIN:
        if join >= _Join.TIGHT:
            return end - start <= 8
        return join is _Join.NEXT and not _YEAR.fullmatch(text[start:end]) and ends_clause(text, end)
    return name.kind is Kind.PASSWORD and join is _Join.SAID and ends_clause(text, end)


def _list_before(text: str, name: _Name, limit: int) -> Iterator[tuple[int, int]]:
    """Yield where a value begins and ends that stands before its name: `... is the db password`, `... <- token`."""
    limit = max(limit, name.start - _REACH_BACK)
    if _DIGIT.search(text, limit, name.start) is None or not ends_clause(text, name.end):
        return
    values = list(_list_values(text, limit, name.start))
    if not values:
        return
    start, end = values[-1]
    gap = BACK.fullmatch(text, end, name.start) or _USED.search(text, max(0, start - 24), name.start)
    # A value that the window cuts is another word.
    if gap is None or (start == limit and start and not text[start - 1].isspace()):
        return
    join = {"said": _Join.SAID, "next": _Join.NEXT, "used": _Join.FAR}.get(gap.lastgroup or "", _Join.TIGHT)
    if (
        name.kind is not Kind.LOGIN
        and not _DIGITS.fullmatch(text[start:end])
        and _is_told(text, name, join, start, end)
    ):
        yield start, end


def _list_shown(text: str) -> Iterator[tuple[int, int]]:
    for match in _SHOWN.finditer(text):
        if is_password(match["value"]):
            yield match.span("value")
