"""What our own journal tells of an incident: alerts, plans, people's decisions, what was executed and what it achieved.

Only what happened is told, each fact with the entry that says so. A diagnosis is a candidate, never a fact; the steps
in between (evidence, cards, runs) are in the journal and in no post-mortem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fermata.domain.alert import Alert
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.execution import HealthReading
from fermata.domain.facts import StateFacts, WorkloadPhase
from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.ids import AlertId, ExecutionId, IncidentId, PersonId, PlanId
from fermata.domain.journal import JournalEntry
from fermata.domain.own_fact import FactPlace, OwnFact
from fermata.domain.person import Person
from fermata.domain.plan import Plan
from fermata.domain.trail import Entry, MessageKind
from fermata.flows.postmortem.own_sentences import find_kind, write_sentence
from fermata.flows.postmortem.seen_changes import SeenChanges, tell_changes
from fermata.kit.errors import FermataError
from fermata.kit.listing import write_some
from fermata.kit.redaction import redact
from fermata.ports.store import Transaction
from fermata.ports.trail import TrailPart
from fermata.rules.handovers import drop_repeated
from fermata.rules.own_facts import word_cause
from fermata.rules.sightings import find_facts
from fermata.rules.timeline import phrases

PLATFORM = "journal"
_MOST_ENTRIES = 10_000
_TOGETHER = timedelta(seconds=60)
"""Alerts that began this close to each other are one line: a storm is one event."""
_DOWN = (WorkloadPhase.CRASH_LOOP, WorkloadPhase.STOPPED, WorkloadPhase.EXITED)
_MOST_NAMED = 4
_MOST_CITED = 9
"""Of a storm's alerts, beside the first."""
_LONGEST = 400
_RESUMED = "executions.resumed"
_HALTS = ("executions.halted", _RESUMED)
_RESTORED = "restored"
_OVERTURNED = "verification.overturned"


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """The facts, and the journal's entries that they cite as messages."""

    facts: tuple[OwnFact, ...]
    part: TrailPart


@dataclass(frozen=True, slots=True)
class _Case:
    """What sentences are made from."""

    entries: Sequence[JournalEntry]
    alerts: Mapping[AlertId, Alert]
    plans: Mapping[str, Plan]
    overturned: frozenset[str]
    """Executions whose recovery did not last."""
    down: Mapping[str, Evidence]
    """What was seen of whatever a plan would act on while it did not run, by the evidence's id."""
    before: Mapping[str, Sequence[HealthReading]]
    """What was not well right before an execution, by its id."""
    cause: str
    """The leading hypothesis in words; empty when there is none."""
    is_over: bool
    """Nothing of it fired after it was resolved last."""


def read_own_record(
    transaction: Transaction, incident_id: IncidentId, people: Mapping[PersonId, Person] | None = None
) -> OwnRecord:
    """Return what the journal tells of an incident, and of those that were merged into it.

    Args:
        people: By id, for their names.

    Raises:
        NotFoundError: No such incident.
    """
    case = _read_case(transaction, incident_id)
    facts = sorted((*_tell_alerts(case), *_tell_entries(case)), key=lambda fact: fact.entry.at)
    known = people or {}
    actors = sorted({actor for fact in facts for actor in fact.entry.actors})
    persons = [_to_person(actor, known.get(PersonId(actor))) for actor in actors]
    # An alert and its effect are one entry; the line comes first, and is what a page shows as the source.
    messages = {fact.entry.citations[0]: _to_message(fact.entry) for fact in reversed(facts)}
    seen = _read_changes(transaction, incident_id)
    part = TrailPart(messages=list(reversed(messages.values())), people=persons, deploys=seen.deploys)
    return OwnRecord(tuple(sorted((*facts, *seen.facts), key=lambda fact: fact.entry.at)), part)


def _read_changes(transaction: Transaction, incident_id: IncidentId) -> SeenChanges:
    return tell_changes(
        transaction.incidents.get(incident_id),
        transaction.findings.list_evidence(incident_id),
        transaction.findings.find_diagnosis(incident_id),
    )


def rename_actors(facts: Sequence[OwnFact], find_handle: Callable[[str, str], str]) -> tuple[OwnFact, ...]:
    """Return facts whose actors are called what everybody calls them, in place of their ids."""
    return tuple(
        replace(fact, entry=replace(fact.entry, actors=tuple(find_handle(PLATFORM, one) for one in fact.entry.actors)))
        for fact in facts
    )


def _read_case(transaction: Transaction, incident_id: IncidentId) -> _Case:
    incident = transaction.incidents.get(incident_id)
    entries = list(transaction.journal.list_entries(incident_id=incident_id, limit=_MOST_ENTRIES))
    merged = [IncidentId(str(item.event.data["source"])) for item in entries if item.event.kind == "incident.merged"]
    for source in (incident_id, *merged):
        if source != incident_id:
            entries += transaction.journal.list_entries(incident_id=source, limit=_MOST_ENTRIES)
    entries += _list_halts(transaction, incident_id, entries)
    proposals = [item for source in (incident_id, *merged) for item in transaction.proposals.list_for_incident(source)]
    plans = {proposal.id: _find_plan(transaction, proposal.plan_id) for proposal in proposals}
    diagnosis = transaction.findings.find_diagnosis(incident_id)
    leading = diagnosis.leading if diagnosis is not None else None
    evidence = transaction.findings.list_evidence(incident_id)
    authors = {str(item.facts.get("author", "")) for item in evidence}
    targets = {action.target for plan in plans.values() if plan is not None for action in plan.actions}
    return _Case(
        entries=sorted(entries, key=lambda entry: entry.sequence),
        alerts={alert.id: alert for alert in transaction.alerts.list_by_ids(incident.alert_ids)},
        plans={name: plan for name, plan in plans.items() if plan is not None},
        overturned=_list_executions(entries, _OVERTURNED) - _list_executions(entries, "verification.upheld"),
        down={item.id: item for item in evidence if item.entity in targets and _is_down(item)},
        before={name: _list_unwell(transaction, name) for name in _list_executions(entries, "execution.verified")},
        cause=word_cause(leading.text, authors) if leading is not None else "",
        is_over=_find_last(entries, "incident.resolved") > _find_last(entries, "alert.received"),
    )


def _find_last(entries: Sequence[JournalEntry], kind: str) -> int:
    return max((entry.sequence for entry in entries if entry.event.kind == kind), default=-1)


def _list_halts(
    transaction: Transaction, incident_id: IncidentId, entries: Sequence[JournalEntry]
) -> list[JournalEntry]:
    """Return when everything was halted and resumed while an incident went on: that is nobody's incident, and all's.

    A halt from before it that nobody had lifted when it began is among them.
    """
    if not entries:
        return []
    first, last = min(entry.sequence for entry in entries), max(entry.sequence for entry in entries)
    # What was lifted before it is no part of it, so nothing before that needs to be read.
    lifted = transaction.journal.find_last(_RESUMED, before=first)
    found = transaction.journal.list_entries(kinds=_HALTS, after=lifted, limit=_MOST_ENTRIES)
    return [
        entry.model_copy(update={"event": entry.event.model_copy(update={"incident_id": incident_id})})
        for entry in found
        if entry.sequence < last
    ]


def _list_executions(entries: Sequence[JournalEntry], kind: str) -> frozenset[str]:
    return frozenset(str(entry.event.data["execution_id"]) for entry in entries if entry.event.kind == kind)


def _is_down(item: Evidence) -> bool:
    found = find_facts(item, StateFacts) if item.kind is EvidenceKind.STATE else None
    return found is not None and found.facts.pid is None and found.facts.phase in _DOWN


def _list_unwell(transaction: Transaction, name: str) -> list[HealthReading]:
    verification = transaction.ledger.find_verification(ExecutionId(name))
    return [reading for reading in (verification.before if verification is not None else ()) if not reading.healthy]


def _find_plan(transaction: Transaction, plan_id: PlanId) -> Plan | None:
    try:
        return transaction.proposals.get_plan(plan_id)
    except FermataError:  # A damaged row is the audit's business; the rest of the story is told.
        return None


def _tell_alerts(case: _Case) -> Iterator[OwnFact]:
    """Tell of alerts by their own start, those that began together in one line; and when the last one ended."""
    fired = sorted(
        (_find_start(case, entry), entry.sequence, entry)
        for entry in case.entries
        if entry.event.kind == "alert.received"
    )
    groups: list[list[JournalEntry]] = []
    began: datetime | None = None
    for at, _, entry in fired:
        if began is None or at - began > _TOGETHER:
            groups.append([])
            began = at
        groups[-1].append(entry)
    known = set[str]()
    for group in groups:
        fired_now = {str(entry.event.data["fingerprint"]) for entry in group}
        first, *others = _tell_fired(case, group)
        yield replace(first, shows_trouble=not known.isdisjoint(fired_now))
        yield from others
        known |= fired_now
    ended = [entry for entry in case.entries if entry.event.kind == "alert.resolved"]
    if ended and any(entry.event.kind == "incident.resolved" for entry in case.entries):
        name = str(ended[-1].event.data["name"])
        text = f"Alert {name} resolved" if len(case.alerts) == 1 else f"The last alert resolved: {name}"
        if not case.is_over:
            text = f"Alert {name} resolved; nothing fired for a while"
        kind = MessageKind.MILESTONE if case.is_over else MessageKind.OBSERVATION
        yield replace(_write(ended[-1], text, kind), names=(name,))


def _find_start(case: _Case, entry: JournalEntry) -> datetime:
    alert = case.alerts.get(AlertId(str(entry.event.data["alert_id"])))
    return alert.starts_at if alert is not None else entry.at


def _tell_fired(case: _Case, group: Sequence[JournalEntry]) -> Iterator[OwnFact]:
    first = group[0]
    names = tuple(dict.fromkeys(str(entry.event.data["name"]) for entry in group))
    alert = case.alerts.get(AlertId(str(first.event.data["alert_id"])))
    summary = _get_words(alert, "summary")
    text = f"Alerts {write_some(names, _MOST_NAMED)} fired"
    if len(names) == 1:
        text = _name_alert(first) + (f": {summary}" if summary.casefold() not in ("", names[0].casefold()) else "")
    line = _write(first, text, MessageKind.MILESTONE, at=_find_start(case, first))
    others = [
        _write(entry, _name_alert(entry), MessageKind.MILESTONE, at=_find_start(case, entry)) for entry in group[1:]
    ]
    line = replace(line, entry=_cite_all(line.entry, others[:_MOST_CITED]))
    yield replace(line, key_time="detected", why=f"the alert {names[0]} fired", names=names)
    for other in others:
        yield replace(other, place=FactPlace.NOWHERE)
    if alert is not None and (effect := _get_words(alert, "description")) not in ("", summary):
        told = _write(first, f"{effect} (as its alert says)", MessageKind.OBSERVATION, at=alert.starts_at)
        yield replace(told, place=FactPlace.IMPACT)


def _get_words(alert: Alert | None, name: str) -> str:
    """Return what an alert's rule says; an order to whoever reads it says nothing of the incident."""
    text = alert.annotations.get(name, "") if alert is not None else ""
    return "" if phrases.ORDERED.search(text) else text


def _name_alert(entry: JournalEntry) -> str:
    return f"Alert {entry.event.data['name']} fired ({entry.event.data['severity']})"


def _cite_all(line: Entry, others: Sequence[OwnFact]) -> Entry:
    return replace(line, citations=(*line.citations, *(other.entry.citations[0] for other in others)))


def _tell_entries(case: _Case) -> Iterator[OwnFact]:
    last = {entry.event.kind: entry for entry in case.entries}
    for entry in drop_repeated(case.entries):
        kind = entry.event.kind
        if kind == "incident.diagnosed":
            if entry is last[kind] and case.cause:
                yield replace(_write(entry, case.cause, MessageKind.HYPOTHESIS), place=FactPlace.FACTOR)
        elif kind == "execution.verified":
            yield _tell_verified(case, entry)
        elif kind in ("evidence.collected", "execution.started"):
            yield from _tell_trouble(case, entry)
        elif kind == "incident.resolved":
            if entry is last[kind]:
                fact = _tell_resolved(entry)
                # What fires again is not over: there is no time from its start to its end yet.
                yield fact if case.is_over else replace(fact, key_time="", why="")
        elif kind == "approval.refused" and entry.event.actor.kind != "person":
            continue  # Of somebody nobody knows, a machine's: no word of the team's.
        elif text := write_sentence(kind, entry.event.data, case.plans):
            yield replace(_write(entry, text, find_kind(kind)), shows_trouble=_is_overturned(case, entry))


def _is_overturned(case: _Case, entry: JournalEntry) -> bool:
    return entry.event.kind == _OVERTURNED and entry.event.data["execution_id"] in case.overturned


def _tell_verified(case: _Case, entry: JournalEntry) -> OwnFact:
    data = entry.event.data
    if data["verdict"] != _RESTORED:
        text = f"Looked whether it helped: {data['verdict']}. {data['text']}"
        return replace(_write(entry, text, MessageKind.OBSERVATION), shows_trouble=True)
    fact = _write(entry, f"Restored, as measured: {data['text']}", MessageKind.MILESTONE)
    if data["execution_id"] in case.overturned:
        return fact
    return replace(fact, key_time="mitigated", why="what was broken was measured to work again")


def _tell_trouble(case: _Case, entry: JournalEntry) -> Iterator[OwnFact]:
    """Tell what a look found not to be well: a line only where somebody had said that it was over."""
    data = entry.event.data
    looks = [item for one in data.get("evidence", ()) if (item := case.down.get(one["id"])) is not None]
    found = [(item.observed_at, f"{item.entity.name} was {item.facts['system_state']}") for item in looks]
    found += [(one.at, f"{one.entity.name}: {one.text}") for one in case.before.get(str(data.get("execution_id")), ())]
    if found:
        text = f"Looked, and it was not over: {write_some([words for _, words in found], _MOST_NAMED)}"
        fact = _write(entry, text, MessageKind.OBSERVATION, at=max(at for at, _ in found))
        yield replace(fact, place=FactPlace.NOWHERE, shows_trouble=True)


def _tell_resolved(entry: JournalEntry) -> OwnFact:
    """Tell when it was over; in a line of its own only when a person said so, since the alerts' end is one already."""
    reason = str(entry.event.data.get("reason") or "")
    if entry.event.actor.kind == "person":
        text = f"Ended the incident{f': {reason}' if reason else ''}"
        return replace(_write(entry, text, MessageKind.MILESTONE), key_time="resolved", why="a person ended it")
    fact = _write(entry, "Every alert of it was over", MessageKind.MILESTONE)
    return replace(fact, place=FactPlace.NOWHERE, key_time="resolved", why="every alert of it was over")


def _write(entry: JournalEntry, text: str, kind: MessageKind, *, at: datetime | None = None) -> OwnFact:
    text = redact(" ".join(text.split())).text
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."
    citation = f"{PLATFORM}:{entry.event.incident_id}/{entry.sequence}"
    return OwnFact(Entry(at or entry.at, text, (entry.event.actor.id,), (citation,), kind))


def _to_person(name: str, person: Person | None) -> HeardPerson:
    return HeardPerson(platform=PLATFORM, user=name, name=person.name if person else "", is_bot=person is None)


def _to_message(entry: Entry) -> HeardMessage:
    place, _, name = entry.citations[0].rpartition("/")
    return HeardMessage(
        platform=PLATFORM,
        room=place.removeprefix(f"{PLATFORM}:"),
        id=name,
        at=entry.at,
        user=entry.actors[0],
        text=entry.text,
    )
