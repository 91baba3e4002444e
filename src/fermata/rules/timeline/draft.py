"""The draft of a post-mortem by rules alone: every line cites, and takes its time and its actor from what it cites."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from fermata.domain.trail import Deploy, Dropped, Entry, Message, MessageKind, PostmortemDraft, Status, Trail
from fermata.rules.timeline.curves import Shift, find_shift
from fermata.rules.timeline.deploys import NamedDeploy, match_deploys
from fermata.rules.timeline.guesses import Guesses, RuledOut, settle_guesses
from fermata.rules.timeline.merging import Line, merge_lines
from fermata.rules.timeline.milestones import find_key_times
from fermata.rules.timeline.reading import Clause, Stage
from fermata.rules.timeline.stated import find_stated_times
from fermata.rules.timeline.talk import Heard, hear
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.topics import Topics, sort_topics
from fermata.rules.timeline.wording import word_line

_TOLD = (
    MessageKind.MILESTONE,
    MessageKind.ACTION,
    MessageKind.DECISION,
    MessageKind.COMMUNICATION,
    MessageKind.OBSERVATION,
)
_APART = timedelta(seconds=60)
_ONSET_REACH = timedelta(minutes=90)
_MOST_TIMES = 8
"""Lines that one message can give, each with a time of its own: a recap of the whole incident."""
_DEPLOY_REACH = timedelta(minutes=10)
"""From a record to the message that tells the same deploy."""


def draft_postmortem(trail: Trail) -> PostmortemDraft:
    """Return the draft of one incident.

    Nothing is invented: what no message, deploy or metric tells is absent, and an empty trail gives an empty draft.
    """
    heard = hear(trail.messages)
    related = [f"{deploy.service} {deploy.title}" for deploy in trail.deploys] + [curve.name for curve in trail.curves]
    moved = [shift for curve in trail.curves if (shift := find_shift(curve)) is not None]
    # What moved is what the incident is about, even where its title has other words for it.
    title = " ".join((trail.title, *(shift.curve.name for shift in moved)))
    topics = sort_topics(heard, title, trail.channels, related)
    own = [item for item in heard if item.reading.clauses and item.message.id not in topics.foreign]
    guesses = settle_guesses(own)
    told = [item for item in map(partial(_anchor, topics), own) if item.message.id not in guesses.withdrawn]
    told = [item for item in told if item.reading.clauses]
    names = _list_names(trail)
    deploys = match_deploys(_list_deploys(trail, told), own, guesses.withdrawn)
    shifts = _choose_shifts(trail, moved, own)
    lines = [line for item in told for line in _write_lines(trail, item, names)]
    lines += [line for found in guesses.ruled_out if (line := _rule_out(found, names)) is not None]
    lines = [*_tie_deploys(lines, deploys, names), *_write_onset(shifts, told)]
    lines = merge_lines(lines)
    entries = tuple(line.entry for line in lines)
    return PostmortemDraft(
        entries=entries,
        key_times=find_key_times(trail, told, shifts),
        impact=_list_impact(told, shifts, names),
        factors=_list_factors(told, deploys, names),
        dropped=_list_dropped(heard, topics.foreign, guesses, entries),
    )


def _anchor(topics: Topics, item: Heard) -> Heard:
    """Return a message without the sentences that would tell an event only if they were about this incident."""
    clauses = tuple(
        clause for clause in item.reading.clauses if not clause.is_weak or find_terms(clause.text) & topics.words
    )
    return item if clauses == item.reading.clauses else replace(item, reading=replace(item.reading, clauses=clauses))


def _list_names(trail: Trail) -> frozenset[str]:
    handles = {message.user for message in trail.messages if not message.is_bot} | set(trail.people)
    return frozenset(name for handle in handles if len(name := handle.lstrip("@")) > 1)


def _choose_shifts(trail: Trail, found: list[Shift], own: Sequence[Heard]) -> list[Shift]:
    """Return the moves of the metrics that are about this incident: by its title's words, else by its talk's."""
    words = find_terms(trail.title)
    talk = frozenset(term for item in own for term in item.terms)
    titled = [shift for shift in found if find_terms(shift.curve.name) & words]
    return titled or [shift for shift in found if find_terms(shift.curve.name) & talk] or found


def _list_deploys(trail: Trail, told: Sequence[Heard]) -> list[Deploy]:
    """Return the records, and what bots tell of deploys that no record tells of."""
    deploys = list(trail.deploys)
    known = {int(deploy.at.timestamp()) // 60 + shift for deploy in trail.deploys for shift in range(-3, 4)}
    for item in told:
        message = item.message
        is_told = int(message.at.timestamp()) // 60 in known
        if message.is_bot and not is_told and item.reading.clauses[0].kind is MessageKind.ACTION:
            deploys.append(Deploy(message.id, message.at, title=message.text, author=message.user))
    return sorted(deploys, key=lambda deploy: deploy.at)


def _write_lines(trail: Trail, item: Heard, names: Collection[str]) -> Iterator[Line]:
    """Yield the lines of one message: one for each time it names, and one for the rest of it."""
    message = item.message
    if message.is_bot and item.reading.clauses[0].kind is MessageKind.ACTION:
        return  # A bot tells every deploy; those that matter come in by the talk about them.
    person = trail.people.get(message.user)
    rest: list[Clause] = []
    given = 0
    for clause in item.list_clauses(*_TOLD):
        stated = () if message.is_bot else find_stated_times(clause.text, message.at, person.zone if person else None)
        if (
            len(stated) == 1
            and not stated[0].is_name
            and not clause.is_impact
            and message.at - stated[0].at > _APART
            and given < _MOST_TIMES
        ):
            text = word_line(clause.text, names)
            if text:
                given += 1
                entry = Entry(stated[0].at, text, (message.user,), (message.id,), clause.kind)
                yield Line(entry, find_terms(clause.text), clause.stage)
        else:
            rest.append(clause)
    if rest:
        yield from _write_rest(message, item, rest, names)


def _write_rest(message: Message, item: Heard, clauses: Sequence[Clause], names: Collection[str]) -> Iterator[Line]:
    worded = [(clause, text) for clause in clauses if (text := word_line(clause.text, names))]
    if not worded:
        return
    main, text = min(worded, key=lambda pair: _TOLD.index(pair[0].kind))
    entry = Entry(message.at, text, (message.user,), (message.id,), main.kind)
    yield Line(entry, item.terms, main.stage, is_new=any(clause.is_new for clause, _ in worded))


def _write_onset(shifts: Sequence[Shift], told: Sequence[Heard]) -> Iterator[Line]:
    """Yield a line for the first metric that moved, when people speak of trouble about then."""
    first = min(shifts, key=lambda shift: shift.onset, default=None)
    if first is not None and (not told or abs(told[0].message.at - first.onset) <= _ONSET_REACH):
        text = f"{first.curve.name} leaves its normal range ({first.normal:.3g} to {first.extreme:.3g})"
        yield Line(Entry(first.onset, text, (), (first.curve.id,), MessageKind.OBSERVATION), find_terms(text))


def _rule_out(found: RuledOut, names: Collection[str]) -> Line | None:
    message = found.by.message
    clause = found.by.list_clauses(MessageKind.RETRACTION)[0]
    text = word_line(clause.text, names)
    if found.guess is not None and len(find_terms(text)) < 2:
        guessed = word_line(found.guess.reading.clauses[0].text, names)
        text = f"Ruled out: {guessed}" if guessed else text
    if not text:
        return None
    cited = (message.id,) if found.guess is None else (message.id, found.guess.message.id)
    entry = Entry(message.at, text, (message.user,), cited, MessageKind.RETRACTION, Status.RULED_OUT)
    return Line(entry, found.by.terms)


def _tie_deploys(lines: Sequence[Line], deploys: Sequence[NamedDeploy], names: Collection[str]) -> list[Line]:
    """Add the deploys that are told as facts: to the line that tells the same, else as a line of their own."""
    tied = list(lines)
    for named in deploys:
        if named.is_withdrawn or not named.facts:
            continue
        deploy = named.deploy
        text = _name_deploy(deploy, names)
        actors = (deploy.author,) if deploy.author else ()
        alone = Line(Entry(deploy.at, text, actors, (deploy.id,), MessageKind.ACTION), find_terms(text))
        position = _find_teller(tied, named)
        tied.append(alone if position is None else _join_teller(alone, tied.pop(position)))
    return tied


def _name_deploy(deploy: Deploy, names: Collection[str]) -> str:
    return word_line(f"{deploy.service}: {deploy.title}".strip(": "), names) or deploy.id


def _find_teller(lines: Sequence[Line], named: NamedDeploy) -> int | None:
    ids = {item.message.id for item in named.facts}
    for index, line in enumerate(lines):
        is_near = abs(line.entry.at - named.deploy.at) <= _DEPLOY_REACH
        if is_near and line.entry.kind is MessageKind.ACTION and ids.intersection(line.entry.citations):
            return index
    return None


def _join_teller(alone: Line, teller: Line) -> Line:
    """Return a deploy in the words of who tells it; the record gives time and actor, since a forge's clock is right."""
    citations = (*alone.entry.citations, *teller.entry.citations)
    actors = alone.entry.actors or teller.entry.actors
    entry = replace(alone.entry, text=teller.entry.text, actors=actors, citations=citations)
    return Line(entry, alone.terms | teller.terms)


def _list_impact(told: Sequence[Heard], shifts: Sequence[Shift], names: Collection[str]) -> tuple[Entry, ...]:
    said = [
        Entry(item.message.at, text, (item.message.user,), (item.message.id,), MessageKind.OBSERVATION)
        for item in told
        for clause in item.reading.clauses
        if clause.is_impact and (text := word_line(clause.text, names))
    ]
    measured = [
        Entry(
            shift.onset,
            f"{shift.curve.name} went from {shift.normal:g} to {shift.extreme:g} {shift.curve.unit}".rstrip(),
            (),
            (shift.curve.id,),
            MessageKind.OBSERVATION,
        )
        for shift in shifts
    ]
    return tuple(measured + said)


def _list_factors(told: Sequence[Heard], deploys: Sequence[NamedDeploy], names: Collection[str]) -> tuple[Entry, ...]:
    """Return what somebody found to be a cause, and the deploys that were told or suspected and not ruled out."""
    found = [
        Entry(item.message.at, text, (item.message.user,), (item.message.id,), clause.kind)
        for item in told
        for clause in item.reading.clauses
        if clause.is_found and (text := word_line(clause.text, names))
    ]
    for named in deploys:
        if not named.is_withdrawn:
            talk = tuple(item.message.id for item in (*named.facts, *named.guesses))
            text = _name_deploy(named.deploy, names)
            found.append(Entry(named.deploy.at, text, (), (named.deploy.id, *talk), MessageKind.HYPOTHESIS))
    return tuple(sorted(found, key=lambda entry: entry.at))


def _list_dropped(
    heard: Sequence[Heard], foreign: Collection[str], guesses: Guesses, entries: Sequence[Entry]
) -> tuple[Dropped, ...]:
    cited = {citation for entry in entries for citation in entry.citations}
    return tuple(
        Dropped(item.message.id, _explain(item, foreign, guesses)) for item in heard if item.message.id not in cited
    )


def _explain(item: Heard, foreign: Collection[str], guesses: Guesses) -> str:
    if item.reading.why_noise:
        return item.reading.why_noise
    if item.message.id in foreign:
        return "another incident"
    if item.message.id in guesses.withdrawn:
        return "taken back later, or takes something back that nobody said"
    if item.reading.kind is MessageKind.HYPOTHESIS:
        return "a guess that nobody confirmed"
    if any(clause.stage is Stage.ALERTED for clause in item.reading.clauses):
        return "the same alert again"
    return "part of another line, a deploy nobody speaks of, or without blameless words"
