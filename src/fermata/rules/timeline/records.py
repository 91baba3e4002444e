"""The lines of deploys: those that people point at, and those of the incident's own service while it lasted."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from fermata.domain.trail import Deploy, Entry, MessageKind, Status
from fermata.rules.timeline.deploys import ANNOUNCED, NamedDeploy
from fermata.rules.timeline.merging import Line
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.wording import word_line

_SAME = timedelta(seconds=75)
"""Between a record and the message of the same: further apart, they tell two things."""
_UNDOES = re.compile(
    r"\b(?:revert\w*|roll(?:ed|ing|s)? ?back|rollback|back(?:ed)? (?:to|out|on)|undo\w*|undid|restor\w+)\b",
    re.IGNORECASE,
)
_UNDONE_WITHIN = timedelta(hours=12)
_HARMLESS = re.compile(
    r"\b(?:copy|typos?|banners?|tooltips?|icons?|logos?|buttons?|changelog|css|colou?rs?|dark mode|wording|a11y|fonts?|"
    r"translations?|styl(?:e|es|ing)|themes?|thumbnails?|texts?|lint\w*|docs? only|broken links?|metric names?|"
    r"log(?:ging)? (?:lines?|levels?|messages?))\b|"
    r"^(?:\S+: )?(?:docs?\b|bump [\w./@-]+(?: (?:from|to) \S+)*$|rename\b|ref(?:actor)?(?:\(\w+\))?:)",
    re.IGNORECASE,
)
"""How a change is named that nobody makes to mend anything: what people read, and what only code or logs show."""
_ABOUT_THEN = timedelta(hours=1)
"""Before and after a deploy, in which who mends an incident speaks in its channel."""
_CLOSEST = 5
"""Of what people tell, that is said nearest to a deploy: by its author, or of what it changes."""
_ROUTINE = ("deployment", "release", "")
_MANY = 3
"""People who name a service, from whom on the incident is about it."""
_FEW = 2
"""People who must name the service of a deploy whose author says nothing."""
_TELLING = (MessageKind.ACTION, MessageKind.OBSERVATION)
_REACH = 3
"""Minutes in which a bot's message is of a deploy that a record tells."""


def list_deploys(deploys: Sequence[Deploy], told: Sequence[Heard]) -> list[Deploy]:
    """Return the records, and what bots tell of deploys that no record tells of, in the order of their time."""
    found = list(deploys)
    known = {int(deploy.at.timestamp()) // 60 + shift for deploy in deploys for shift in range(-_REACH, _REACH + 1)}
    for item in told:
        message = item.message
        is_told = int(message.at.timestamp()) // 60 in known
        if message.is_bot and not is_told and item.reading.clauses[0].kind is MessageKind.ACTION:
            found.append(Deploy(message.id, message.at, title=message.text, author=message.user))
    return sorted(found, key=lambda deploy: deploy.at)


def list_remedies(
    deploys: Sequence[Deploy], told: Sequence[Heard], words: Collection[str], *, talk: Sequence[Heard] = ()
) -> list[Deploy]:
    """Return the deploys during the incident of what it is about, by those who speak of it: they mend it.

    Args:
        words: The incident's telling words.
        talk: What is said of the incident, where that is more than what is told.
    """
    if not told:
        return []
    first, last = told[0].message.at, told[-1].message.at
    people = [item for item in told if not item.message.is_bot]
    return [
        deploy
        for deploy in deploys
        if first <= deploy.at <= last
        and find_terms(deploy.service).intersection(words)
        and (
            _UNDOES.search(deploy.title) is not None
            or (
                _HARMLESS.search(deploy.title) is None
                and _is_close(deploy, people)
                and _is_spoken_of(deploy, talk or told)
            )
        )
    ]


def _is_close(deploy: Deploy, people: Sequence[Heard]) -> bool:
    """Answer whether its author tells something else right before or after it, or somebody else what it changes.

    Where many name its service at any time, nobody has to.
    """
    names = find_terms(deploy.service)
    if len({item.message.user for item in people if names <= item.terms}) >= _MANY:
        return True
    terms = names | find_terms(deploy.title)
    nearest = sorted(people, key=lambda item: abs(item.message.at - deploy.at))[:_CLOSEST]
    return any(_ties(item, deploy, terms) for item in nearest)


def _ties(item: Heard, deploy: Deploy, terms: Collection[str]) -> bool:
    is_of_it = not item.terms.isdisjoint(terms)
    if item.message.user != deploy.author:
        return is_of_it
    # Who changes a setting for the incident says so; that a release of theirs is out, all say.
    is_news = is_of_it and abs(item.message.at - deploy.at) <= ANNOUNCED
    return not is_news or deploy.kind not in _ROUTINE


def _is_spoken_of(deploy: Deploy, talk: Sequence[Heard]) -> bool:
    """Answer whether its author tells something of the incident about then, or else people speak of its service."""
    near = [item for item in talk if abs(item.message.at - deploy.at) <= _ABOUT_THEN and not item.message.is_bot]
    if any(item.message.user == deploy.author for item in near):
        return True
    names = find_terms(deploy.service)
    return len({item.message.user for item in near if names <= item.terms}) >= _FEW


def list_undone(deploys: Sequence[Deploy], remedies: Sequence[Deploy], lines: Sequence[Line]) -> list[Deploy]:
    """Return the deploys that were undone: of each service the last one before it was taken back.

    Args:
        remedies: Deploys during the incident that mend it.
        lines: What is told; a rollback in words names the service.
    """
    undone: dict[str, Deploy] = {}
    back = [deploy for deploy in remedies if _UNDOES.search(f"{deploy.title} {deploy.ref}")]
    told = [line for line in lines if line.entry.status is Status.CONFIRMED and _UNDOES.search(line.entry.text)]
    for deploy in deploys:
        names = find_terms(deploy.service)
        if not names or _UNDOES.search(deploy.title):
            continue
        by = [other.at for other in back if other.service == deploy.service]
        by += [line.entry.at for line in told if names <= line.terms]
        if any(timedelta(0) < at - deploy.at <= _UNDONE_WITHIN for at in by):
            undone[deploy.service] = deploy
    return list(undone.values())


def tie_deploys(
    lines: Sequence[Line], deploys: Sequence[NamedDeploy], remedies: Sequence[Deploy], names: Collection[str]
) -> list[Line]:
    """Add the deploys that are told as facts: to the line that tells the same, else as a line of their own.

    Args:
        names: Handles of people, of whom nothing blaming is told.
    """
    tied = list(lines)
    facts = {named.deploy.id: named for named in deploys if named.facts and not named.is_withdrawn}
    for deploy in remedies:
        facts.setdefault(deploy.id, NamedDeploy(deploy, (), (), is_withdrawn=False))
    for named in facts.values():
        deploy = named.deploy
        text = name_deploy(deploy, names)
        actors = (deploy.author,) if deploy.author else ()
        alone = Line(Entry(deploy.at, text, actors, (deploy.id,), MessageKind.ACTION), find_terms(text))
        position = _find_teller(tied, named)
        tied.append(alone if position is None else _join_teller(alone, tied.pop(position)))
    return tied


def undoes(deploy: Deploy) -> bool:
    """Answer whether a deploy by its title takes another one back."""
    return _UNDOES.search(deploy.title) is not None


def name_deploy(deploy: Deploy, names: Collection[str]) -> str:
    """Return a deploy in words: its service and title, else its id."""
    return word_line(f"{deploy.service}: {deploy.title}".strip(": "), names) or deploy.id


def _find_teller(lines: Sequence[Line], named: NamedDeploy) -> int | None:
    ids = {item.message.id for item in named.facts}
    terms = find_terms(f"{named.deploy.service} {named.deploy.title} {named.deploy.ref}")
    for index, line in enumerate(lines):
        entry = line.entry
        is_near = abs(entry.at - named.deploy.at) <= _SAME and not line.is_recalled
        is_fact = entry.status is Status.CONFIRMED and entry.kind in _TELLING
        if is_near and is_fact and (ids.intersection(entry.citations) or terms & line.terms):
            return index
    return None


def _join_teller(alone: Line, teller: Line) -> Line:
    """Return a deploy in the words of who tells it; the record gives time and actor."""
    citations = tuple(dict.fromkeys((*alone.entry.citations, *teller.entry.citations)))
    actors = alone.entry.actors or teller.entry.actors
    entry = replace(alone.entry, text=teller.entry.text, actors=actors, citations=citations)
    return Line(entry, alone.terms | teller.terms)
