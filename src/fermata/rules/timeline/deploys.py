"""Which deploys belong to the story: those that people point at with more than a guess. A deploy nearby is no cause."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.trail import Deploy, MessageKind
from fermata.rules.timeline import phrases
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms

_CHANGE = re.compile(
    r"\b(?:deploy\w*|release\w*|roll(?:ed|ing)? ?(?:out|back)|rollback|pr|pull request|merge\w*|migration|flag|config\w*|"
    r"change\w*|commit|revert\w*|ship\w*|push\w*|version|hot-?fix|patch|upgrade\w*|went (?:out|live))\b|#\d+",
    re.IGNORECASE,
)
_REACH = timedelta(hours=3)
"""Between a deploy and talk of it, when one word ties them; two tie them over a night, a number over any time."""
_LONG_REACH = timedelta(hours=12)
_VERSION = re.compile(r"\b\d+\.\d+(?:\.\d+)*\b")
_UNDONE = re.compile(r"\b(?:revert\w*|roll\w* (?:\w+ ){0,4}back|rollback|back(?:ed|ing) out|undo\w*)\b", re.IGNORECASE)
_FUTILE = timedelta(minutes=45)
_SHORTEST_SHA = 7
_TELLS = frozenset({MessageKind.ACTION, MessageKind.MILESTONE, MessageKind.DECISION, MessageKind.COMMUNICATION})


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


def match_deploys(
    deploys: Sequence[Deploy], heard: Sequence[Heard], withdrawn: Collection[str]
) -> tuple[NamedDeploy, ...]:
    """Return the deploys that talk names, in the order of their time.

    Args:
        heard: The incident's own messages.
        withdrawn: Ids of the messages that were taken back, and of those that did so.
    """
    talk = [item for item in heard if item.reading.clauses and not item.message.is_bot]
    named: dict[str, list[Heard]] = {}
    for item in talk:
        for deploy in _find_named(item, deploys):
            named.setdefault(deploy.id, []).append(item)
    found = []
    for deploy in deploys:
        told = named.get(deploy.id, [])
        if told:
            kept = [item for item in told if item.message.id not in withdrawn]
            facts = tuple(item for item in kept if _tells(item) and not _is_futile(item, heard))
            guesses = tuple(item for item in kept if item not in facts)
            found.append(NamedDeploy(deploy, facts, guesses, is_withdrawn=len(kept) < len(told)))
    return tuple(found)


def _is_futile(item: Heard, heard: Sequence[Heard]) -> bool:
    """Answer whether a message only undoes a deploy, and its author says soon after that this changed nothing."""
    if not _UNDONE.search(item.message.text) or any(clause.is_found for clause in item.reading.clauses):
        return False
    return any(
        phrases.OBSTACLE.search(other.message.text) or other.list_clauses(MessageKind.RETRACTION)
        for other in heard
        if other.message.user == item.message.user and timedelta(0) <= other.message.at - item.message.at <= _FUTILE
    )


def _tells(item: Heard) -> bool:
    return any(clause.kind in _TELLS or clause.is_found for clause in item.reading.clauses) or bool(
        item.list_clauses(MessageKind.OBSERVATION)
    )


def _find_named(item: Heard, deploys: Sequence[Deploy]) -> list[Deploy]:
    """Return the deploys that a message means: by number or commit, else the one its words fit best."""
    exact = [deploy for deploy in deploys if _has_number(item, deploy)]
    if exact:
        return exact
    fewest = 1 if _CHANGE.search(item.message.text) else 2
    best: tuple[int, datetime] | None = None
    chosen: Deploy | None = None
    for deploy in deploys:
        gap = item.message.at - deploy.at
        shared = len(item.terms & find_terms(f"{deploy.service} {deploy.title}"))
        is_near = -timedelta(minutes=5) <= gap <= (_REACH if shared < 2 else _LONG_REACH)
        if shared >= fewest and is_near and (best is None or (shared, deploy.at) > best):
            best, chosen = (shared, deploy.at), deploy
    return [chosen] if chosen is not None else []


def _has_number(item: Heard, deploy: Deploy) -> bool:
    text = item.message.text.lower()
    number = re.sub(r"\D", "", deploy.ref)
    if len(number) >= 3 and re.search(rf"(?<![\d.]){number}(?![\d.]\d|\d)", text):
        return True
    if deploy.ref and len(deploy.ref) >= 4 and "." in deploy.ref and deploy.ref.lower() in text:
        return True
    if any(version in text for version in _VERSION.findall(deploy.title.lower())):
        return True
    return len(deploy.sha) >= _SHORTEST_SHA and deploy.sha[:_SHORTEST_SHA].lower() in text
