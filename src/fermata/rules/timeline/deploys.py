"""Which deploys belong to the story: those that people point at with more than a guess. A deploy nearby is no cause."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fermata.domain.trail import Deploy, MessageKind
from fermata.rules.timeline import phrases
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.words import Words

_CHANGE = Words(
    r"\b(?:deploy\w*|release\w*|roll(?:ed|ing)? ?(?:out|back)|rollback|pr|pull request|merge\w*|migration|flag|"
    r"config\w*|"
    r"change\w*|commit|revert\w*|ship\w*|push\w*|version|hot-?fix|patch|upgrade\w*|went (?:out|live))\b"
)
"""A number of its own says which: of another thing, as a ticket's, it names none."""
_HELD = re.compile(
    r"\b(?:hold(?:ing)?|held|keep(?:ing)?|wait(?:ing)?|postpon\w+|paus\w+|skip\w*|mov(?:e|ing)|park(?:ed|ing)?) "
    r"(?:\w+ ){0,2}my\b",
    re.IGNORECASE,
)
"""Who keeps back a change of theirs owns none that was made."""
_OUT = re.compile(
    r"^(?!.*\b(?:my|mine|i)\b).*\b(?:went (?:out|live)|(?:is|are) (?:out|live)|shipping|deploying|rolling out)\b",
    re.IGNORECASE,
)
"""How an author tells of a deploy later, and claims nothing."""
ANNOUNCED = timedelta(minutes=5)
"""Around a deploy, in which its author only says that it is made."""
_REACH = timedelta(hours=3)
"""Between a deploy and talk of it, when one word ties them; two tie them over a night, a number over any time."""
_LONG_REACH = timedelta(hours=12)
_VERSION = re.compile(r"(?<![\d.])\d+(?:\.\d+)+(?:-\d+(?![\d.-]))?")
"""Of `2026.03.11-7` the last number says which of that day: without it, all of them would be meant."""
_UNDONE = Words(r"\b(?:revert\w*|roll\w* (?:\w+ ){0,4}back|rollback|back(?:ed|ing) out|undo\w*)\b")
_DISCLAIMS = Words(
    r"\bnot (?:in |by )?(?:me|mine|my|from me)\b(?! (?:fault|mistake))|"
    r"\b(?:only|just) (?:adds?|touches)\b|[,;(] ?harmless\W*$|\bno(?:body|[ -]?one) (?:should|will|would) notice\b|"
    r"\b(?:only|just) (?:a |an |the |some )?(?:\w+ )?(?:copy|css|text|docs?|logs?|logging|table|banner|strings?|typos?|"
    r"wording|colou?rs?|labels?|icons?|images?|tests?)\b|"
    r"\b(?:my|mine|i|shipped|deployed|released|merged|live|out)\b[^.]{0,60}"
    r"\bbut (?:it(?:'s| is)|that(?:'s| is)|only|just)\b|"
    r"\b(?:maybe|might|perhaps|prob(?:ably)?)\b[^.!]{0,40}\b(?:my|mine|deploy\w*|release\w*|shipped|went out)\b|"
    r"\b(?:went out|shipped|deployed|released|went live|my \w+)\b[^.!?]{0,50}\b(?:maybe|might|perhaps|though)\b"
)
"""Who points at a deploy only to say that it is harmless, or may be to blame, tells nothing of it."""
_FUTILE = timedelta(minutes=45)
_TOKEN = re.compile(r"\d+(?:\.\d+)+(?:-\d+(?![\d.-]))?|[0-9a-f]{7,40}\b|(?<![\d.])\d{2,}(?![\d.]\d|\d)")
_COMMIT = re.compile(r"(?=.*[a-f])[0-9a-f]{7,40}")
_MOST_ALIKE = 50
_SKEW = -timedelta(minutes=5)
_SHORTEST_NUMBER = 3
_SHORTEST_SHA = 7
_JOINT = re.compile(r"[-_./]")
_RUNS = re.compile(r"\b(?:restart|reboot|bounc|recycl|reload|kill|drain|cordon|cycl)\w*", re.IGNORECASE)
"""What is done to what runs, whatever was deployed to it last."""
_OWNING = (MessageKind.OBSERVATION, MessageKind.ACTION, MessageKind.MILESTONE)
_TELLS = frozenset(
    {
        MessageKind.ACTION,
        MessageKind.MILESTONE,
        MessageKind.DECISION,
        MessageKind.COMMUNICATION,
    }
)


@dataclass(frozen=True, slots=True)
class NamedDeploy:
    """A deploy and the talk that names it."""

    deploy: Deploy
    facts: tuple[Heard, ...]
    """Messages that tell it, or act on it."""
    guesses: tuple[Heard, ...]
    """Messages that only suspect it."""
    is_withdrawn: bool
    """Somebody suspected it, and it was ruled out."""


def disclaims(text: str) -> bool:
    """Answer whether a message points at a deploy only to say that it is harmless, or may be to blame."""
    return _DISCLAIMS.search(text) is not None


def match_deploys(
    deploys: Sequence[Deploy], heard: Sequence[Heard], withdrawn: Collection[str]
) -> tuple[NamedDeploy, ...]:
    """Return the deploys that talk names, in the order of their time.

    Args:
        heard: The incident's own messages.
        withdrawn: Ids of the messages that were taken back, and of those that did so.
    """
    talk = [item for item in heard if item.reading.clauses and not item.message.is_bot]
    index = _index(deploys)
    named: dict[str, list[Heard]] = {}
    faint: set[tuple[str, str]] = set()
    for item in talk:
        deploys_named, is_faint = _find_named(item, index)
        for deploy in deploys_named:
            named.setdefault(deploy.id, []).append(item)
            if is_faint:
                faint.add((deploy.id, item.message.id))
    for deploy, item in _list_owned(deploys, talk):
        if item not in named.setdefault(deploy.id, []):
            named[deploy.id].append(item)
        faint.discard((deploy.id, item.message.id))
    found = []
    for deploy in deploys:
        told = named.get(deploy.id, [])
        if told:
            kept = [item for item in told if item.message.id not in withdrawn]
            facts = tuple(
                item
                for item in kept
                if _tells(item, deploy, is_faint=(deploy.id, item.message.id) in faint) and not _is_futile(item, talk)
            )
            if all(_announces(item, deploy) for item in facts):
                facts = ()
            guesses = tuple(item for item in kept if item not in facts)
            found.append(NamedDeploy(deploy, facts, guesses, is_withdrawn=len(kept) < len(told)))
    return tuple(found)


def _list_owned(deploys: Sequence[Deploy], talk: Sequence[Heard]) -> list[tuple[Deploy, Heard]]:
    """Return the deploys whose author says "that's my change": the last one they made before that."""
    owned = []
    for item in talk:
        if any(_is_owned(clause.text) for clause in item.reading.clauses if clause.kind in _OWNING):
            made = [
                deploy
                for deploy in deploys
                if deploy.author == item.message.user and timedelta(0) <= item.message.at - deploy.at <= _LONG_REACH
            ]
            fitting = [d for d in made if find_terms(f"{d.service} {d.title} {d.ref}") & item.terms]
            if not fitting and _CHANGE.search(item.message.text):
                fitting = made
            owned += [(deploy, item) for deploy in fitting[-1:]]
    return owned


def _is_owned(text: str) -> bool:
    return phrases.OWNED.search(text) is not None and _HELD.search(text) is None


@dataclass(frozen=True, slots=True)
class _Index:
    """Deploys by what names them, so that each message is looked up and not compared with all."""

    by_token: dict[str, list[Deploy]]
    by_term: dict[str, list[Deploy]]


def _index(deploys: Sequence[Deploy]) -> _Index:
    by_token: dict[str, list[Deploy]] = defaultdict(list)
    by_term: dict[str, list[Deploy]] = defaultdict(list)
    for deploy in deploys:
        for token in _list_tokens(deploy):
            by_token[token].append(deploy)
        for term in find_terms(f"{deploy.service} {deploy.title}"):
            by_term[term].append(deploy)
    # A word that so many deploys share means none of them.
    return _Index(by_token, {term: found for term, found in by_term.items() if len(found) <= _MOST_ALIKE})


def _list_tokens(deploy: Deploy) -> set[str]:
    """Return the numbers, versions and commits that mean this deploy and hardly anything else."""
    number = re.sub(r"\D", "", deploy.ref) or re.sub(r"\D", "", deploy.id)
    tokens = set(_VERSION.findall(f"{deploy.ref} {deploy.title}".lower()))
    if len(number) >= _SHORTEST_NUMBER and "." not in deploy.ref:
        tokens.add(number)
    if len(deploy.sha) >= _SHORTEST_SHA:
        tokens.add(deploy.sha[:_SHORTEST_SHA].lower())
    return tokens


def _is_futile(item: Heard, talk: Sequence[Heard]) -> bool:
    """Answer whether a message only undoes a deploy, and its author says soon after that this changed nothing."""
    if not _UNDONE.search(item.message.text) or any(clause.is_found for clause in item.reading.clauses):
        return False
    at = item.message.at
    first = bisect_left(talk, at, key=lambda other: other.message.at)
    last = bisect_right(talk, at + _FUTILE, key=lambda other: other.message.at)
    return any(
        other.message.user == item.message.user
        and (phrases.OBSTACLE.search(other.message.text) or other.list_clauses(MessageKind.RETRACTION))
        for other in talk[first:last]
    )


def _announces(item: Heard, deploy: Deploy) -> bool:
    """Answer whether who made a deploy only says so as it happens: that points at nothing."""
    is_news = abs(item.message.at - deploy.at) <= ANNOUNCED or _OUT.search(item.message.text) is not None
    return item.message.user == deploy.author and is_news


def _tells(item: Heard, deploy: Deploy, *, is_faint: bool) -> bool:
    # One shared word is enough for who has found the cause; who does something may mean another deploy; who only sees
    # something beside it points at nothing.
    if disclaims(item.message.text):
        return False
    terms = find_terms(f"{deploy.service} {deploy.title}") | _list_tokens(deploy)
    return any(
        _is_owned(clause.text)
        or ((clause.is_found or phrases.CLAIMED.search(clause.text)) and terms & _list_mentions(clause.text))
        or (clause.kind in _TELLS and not is_faint)
        for clause in item.reading.clauses
        if clause.kind not in (MessageKind.RETRACTION, MessageKind.HYPOTHESIS)
    )


def _find_tokens(text: str) -> set[str]:
    return {token[: _SHORTEST_SHA if _COMMIT.fullmatch(token) else None] for token in _TOKEN.findall(text.lower())}


def _list_mentions(text: str) -> set[str]:
    return _find_tokens(text) | find_terms(text)


def _list_parts(term: str) -> list[str]:
    parts = _JOINT.split(term)
    return parts if len(parts) > 1 else []


def _find_named(item: Heard, index: _Index) -> tuple[list[Deploy], bool]:
    """Return the deploys that a message means: by number, version or commit, else the one its words fit best.

    The second value says that only one word ties them.
    """
    tokens = _find_tokens(item.message.text)
    if exact := {deploy.id: deploy for token in tokens for deploy in index.by_token.get(token, ())}:
        return list(exact.values()), False
    if item.terms.isdisjoint(index.by_term):
        return [], False
    parts: set[str] = set()
    if _RUNS.search(item.message.text) and not _CHANGE.search(item.message.text):
        # Who restarts `edge-gw` names what runs, in one word, although its parts are words, too.
        parts = {part for term in item.terms if term in index.by_term for part in _list_parts(term)}
    shared = Counter(deploy.id for term in item.terms - parts for deploy in index.by_term.get(term, ()))
    known = {deploy.id: deploy for term in item.terms for deploy in index.by_term.get(term, ())}
    fewest = 1 if _CHANGE.search(item.message.text) else 2
    near = [
        (count, known[name].at, name)
        for name, count in shared.items()
        if count >= fewest and _SKEW <= item.message.at - known[name].at <= (_REACH if count < 2 else _LONG_REACH)
    ]
    count, _, name = max(near, default=(0, None, ""))
    return ([known[name]], count == 1) if near else ([], False)
