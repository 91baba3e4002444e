"""Changes that only a look saw: what ran on an engine, what stood in a repository, where no system tells of deploys.

Two kinds belong to the story without anybody's word: what the verdict names, with what brought it into effect, and the
deployment after which it was over. All other changes that were looked at stay on the card.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.domain.incident import Incident
from fermata.domain.own_fact import OwnFact
from fermata.domain.trail import Deploy, Entry, MessageKind
from fermata.kit.redaction import redact
from fermata.kit.units import format_duration
from fermata.ports.trail import TrailPart
from fermata.rules.changes.live import TOLERANCE
from fermata.rules.sightings import find_facts
from fermata.rules.signatures.workloads import is_same_service

_DEPLOYMENT = "deployment"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class SeenChanges:
    """The lines, and the records that they cite; as many of each."""

    facts: tuple[OwnFact, ...] = ()
    deploys: tuple[Deploy, ...] = ()


def tell_changes(incident: Incident, evidence: Sequence[Evidence], diagnosis: Diagnosis | None) -> SeenChanges:
    """Return the changes of an incident's evidence that belong to its story, in the order of their time."""
    # Each look sees them again: the last one knows most.
    seen = {facts.id: (item, facts) for item in evidence if (facts := _read(item)) is not None and not facts.is_own}
    named = _list_named(incident, list(seen.values()), diagnosis)
    ended = _find_ending(incident, list(seen.values()))
    told = {facts.id: _write(item, facts, "") for item, facts in named}
    if ended is not None and incident.resolved_at is not None:
        item, facts = ended
        age = format_duration(incident.resolved_at - facts.changed_at)
        told[facts.id] = _write(item, facts, f"; it was over {age} later")
    lines = sorted(told.values(), key=lambda one: one[0].entry.at)
    return SeenChanges(tuple(fact for fact, _ in lines), tuple(deploy for _, deploy in lines))


def leave_out_told(facts: Iterable[OwnFact], part: TrailPart, others: Iterable[TrailPart]) -> tuple[OwnFact, ...]:
    """Return facts without the changes of which a system tells itself, by the commit they stand for."""
    known = {deploy.sha for other in others for deploy in other.deploys if deploy.sha}
    again = {deploy.id for deploy in part.deploys if deploy.sha in known}
    return tuple(fact for fact in facts if fact.entry.citations[0] not in again)


def _read(item: Evidence) -> ChangeFacts | None:
    found = find_facts(item, ChangeFacts) if item.kind is EvidenceKind.CHANGE else None
    return found.facts if found is not None else None


_Seen = tuple[Evidence, ChangeFacts]


def _list_named(incident: Incident, seen: Sequence[_Seen], diagnosis: Diagnosis | None) -> list[_Seen]:
    """Return the change that the verdict names, and the deployment that brought it."""
    guilty = diagnosis.guilty_change if diagnosis is not None else None
    named = [one for one in seen if guilty is not None and one[1].id == guilty]
    if not named or named[0][1].kind == _DEPLOYMENT:
        return named
    since, until = named[0][1].changed_at, incident.started_at + TOLERANCE
    brought = [one for one in seen if _is_its_own(incident, one) and since <= one[1].changed_at <= until]
    return [*named, *sorted(brought, key=lambda one: one[1].changed_at)[-1:]]


def _find_ending(incident: Incident, seen: Sequence[_Seen]) -> _Seen | None:
    """Return the last deployment of what it is about before it was over, where it came after its beginning."""
    end = incident.resolved_at
    if end is None:
        return None
    during = [one for one in seen if incident.started_at + TOLERANCE < one[1].changed_at <= end]
    return max((one for one in during if _is_its_own(incident, one)), key=lambda one: one[1].changed_at, default=None)


def _is_its_own(incident: Incident, one: _Seen) -> bool:
    item, facts = one
    names = (item.entity.name, item.entity.namespace, facts.service)
    return facts.kind == _DEPLOYMENT and any(
        is_same_service(name, entity.name) for name in names if name for entity in incident.entities
    )


def _write(item: Evidence, facts: ChangeFacts, more: str) -> tuple[OwnFact, Deploy]:
    # Never whose it was: a post-mortem is read for years.
    title = redact(" ".join(facts.title.split())[:_LONGEST]).text
    what = "Deployed" if facts.kind == _DEPLOYMENT else f"Changed, in {facts.kind} {facts.id[:7]}"
    name = f"evidence:{item.id}"
    entry = Entry(facts.changed_at, f"{what}: {title}{more}", (), (name,), MessageKind.ACTION)
    deploy = Deploy(
        id=name,
        at=facts.changed_at,
        title=title,
        service=facts.service,
        kind=facts.kind,
        ref=facts.ref,
        sha=_sha(facts),
    )
    return OwnFact(entry), deploy


def _sha(facts: ChangeFacts) -> str:
    return facts.sha or (facts.id if facts.kind == "commit" else "")
