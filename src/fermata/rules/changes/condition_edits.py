"""Edits of conditions and sums: operators that turn, bounds that move by one, brackets and parts that go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from fermata.rules.changes.diffs import DiffLine, FileKind
from fermata.rules.changes.edit_tables import Edit, make_edit
from fermata.rules.changes.sides import Sides

_KINDS = (FileKind.CODE, FileKind.MIGRATION)
_OPERATOR = re.compile(
    r"[<>]=?|[!=]==?|&&|\|\||\band\b|\bor\b|\bnot\b|!(?=[\w(])|(?<=[\w)\]])\s?[-+]\s?(?=[\w(])|\bunless\b|\bif\b"
)
_SHORTEST = 5  # Characters of a line that does something.
_TURNED = "data empty auth duplicate notfound constraint null backlog stale foreign | retry concurrency parse time"


def find_turned(sides: Sides) -> Iterator[Edit]:
    """Find a condition or a sum in which the operators alone differ."""
    stayed = {line.text.strip() for line in sides.removed} & {line.text.strip() for line in sides.added}
    if not any(len(text) > _SHORTEST for text in stayed):  # Else its two branches have changed places with it.
        yield from _find_operators(sides)


def is_turned(sides: Sides) -> bool:
    """Answer whether some condition has other operators and nothing else, whatever happened to its branches."""
    return any(_find_operators(sides))


def _find_operators(sides: Sides) -> Iterator[Edit]:
    return _pair(sides, _without_operators, _OPERATOR, ("a condition or a sum is turned", 0.9))


_ONE = re.compile(r"(?<=[\w)\]])\s?[-+]\s?1\b(?!\.)")
_FIRST = re.compile(r"(?<![\w.])[01](?![\w.])")
_COUNTS = re.compile(r"range|page|index|offset|slice|\[|\bfor\b|start|skip|month", re.IGNORECASE)


def find_bounds(sides: Sides) -> Iterator[Edit]:
    """Find a place, a page or a month that is counted from another end: one more, or one less."""
    yield from _pair(sides, _without_ones, _ONE, ("something is counted by one more or less", 0.9))
    yield from _pair(sides, _without_first, _FIRST, ("something is counted from another one", 0.9))


_BRACKET = re.compile(r"[()]")
_MIXED = re.compile(r"\band\b.*\bor\b|\bor\b.*\band\b|&&.*\|\||\|\|.*&&|[-+].*[*/%]|[*/%].*[-+]", re.IGNORECASE)


def find_grouped(sides: Sides) -> Iterator[Edit]:
    """Find a condition or a sum of several operators whose brackets alone differ."""
    yield from _pair(sides, _without_brackets, _BRACKET, ("a condition or a sum is grouped otherwise", 1.0))


def _pair(
    sides: Sides, plain: Callable[[str], str], differing: re.Pattern[str], said: tuple[str, float]
) -> Iterator[Edit]:
    """Find a line that is the same as one that went, but for what differs."""
    if sides.kind not in _KINDS:
        return
    old = {key: line.text for line in sides.removed if (key := plain(line.text))}
    for line in sides.added:
        partner = old.get(plain(line.text))
        if partner is not None and differing.findall(partner) != differing.findall(line.text):
            yield make_edit(said[0], line, _TURNED, said[1])
            return


def _without_operators(text: str) -> str:
    return "".join(_OPERATOR.sub("", text).split())


def _without_ones(text: str) -> str:
    return "".join(_ONE.sub("", text).split())


def _without_first(text: str) -> str:
    return "".join(_FIRST.sub("", text).split()) if _COUNTS.search(text) else ""


# What is taken is not given back: the places of a row of brackets and arrows are too many to try each.
_COMPARED = r"[\w.$>\[\]()'\"-]++(?:\s*+[=!<>]=*+\s*+[\w.$>\[\]()'\"-]++)?"
_PART = re.compile(rf"^[^\w]*+(?:not\s+)?{_COMPARED}\s*(?:\|\||&&|\bor\b|\band\b)\s*$")
_JOINED = re.compile(rf"^\s*(?:\|\||&&|\bor\b|\band\b)\s*(?:!|not\s+)?{_COMPARED}[^\w]*$")
_DECIDES = re.compile(r"\bif\b|\breturn\b|\bunless\b|\bwhile\b|\bwhen\b|\?|=>|\|\||&&")


def find_widened(sides: Sides) -> Iterator[Edit]:
    """Find a condition that has a part more than before, or a part less, and is the same otherwise."""
    if sides.kind is not FileKind.CODE:
        return
    old, new = ([line for line in lines if _DECIDES.search(line.text)] for lines in (sides.removed, sides.added))
    for line in new[:_MOST]:
        for partner in old[:_MOST]:
            rest = _find_surplus(line.text, partner.text) or _find_surplus(partner.text, line.text)
            if _PART.match(rest) or _JOINED.match(rest):
                kinds = "data auth empty notfound foreign | null duplicate constraint"
                yield make_edit("a condition has a part more or less", line, kinds, 0.7)
                return


def _without_brackets(text: str) -> str:
    return "".join(_BRACKET.sub("", text).split()) if _MIXED.search(text) else ""


_CLAUSE = re.compile(
    r"^[\s,]*(?:and\b|&&|or\b|\|\|)?[\s,(]*[\w.\"'>-]+\s*(?:=|==|===|!=|<|>|<=|>=|=>|:|\bin\b|\bis\b|\blike\b)\s*[^,;&|]{1,60}"
    r"[\s,)]*(?:and\b|&&|\|\|)?[\s,]*$",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\.filter\w*\(|\bwhere\w*\b|\bexclude\(|find\w*\(|\bjoin\b|\bquery\w*\(|select\b|delete\b|update\b", re.IGNORECASE
)


_MOST = 50  # Questions of a file that are compared with each other.


def find_conditions(sides: Sides) -> Iterator[Edit]:
    """Find a question to a store that has a condition less than before, or one more."""
    if sides.kind not in _KINDS:
        return
    old, new = ([line for line in lines if _ASKS.search(line.text)] for lines in (sides.removed, sides.added))
    for line in new[:_MOST]:
        for partner in old[:_MOST]:
            found = _judge_clause(partner, line)
            if found is not None:
                yield found
                return


def _judge_clause(old: DiffLine, new: DiffLine) -> Edit | None:
    if _CLAUSE.match(_find_surplus(old.text, new.text)):
        kinds = "data foreign duplicate notfound auth constraint query stale | slow memory null"
        return make_edit("more is found than before", new, kinds, 1.0)
    if _CLAUSE.match(_find_surplus(new.text, old.text)):
        kinds = "notfound empty data stale | null constraint query slow"
        return make_edit("less is found than before", new, kinds, 0.8)
    return None


def _find_surplus(longer: str, shorter: str) -> str:
    """Return the one stretch that a text has and another lacks; empty where they differ otherwise."""
    if len(longer) <= len(shorter):
        return ""
    front = _count_same(longer, shorter)
    back = _count_same(longer[::-1], shorter[::-1])
    if front + back < len(shorter):
        return ""
    return longer[front : front + len(longer) - len(shorter)]


def _count_same(one: Sequence[str], other: Sequence[str]) -> int:
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(other))


CONDITION_FINDERS: tuple[Callable[[Sides], Iterator[Edit]], ...] = (
    find_turned, find_bounds, find_grouped, find_widened, find_conditions,
)  # fmt: skip
"""All of them."""
