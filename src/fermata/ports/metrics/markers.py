"""What happened, as systems of metrics are told of it: deployments become changes, the rest a list of lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import ChangeFacts
from fermata.domain.scope import Scope
from fermata.kit.clock import Clock, format_instant
from fermata.kit.hiding import LONGEST_LINE, hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import redact

MOST_CHANGES = 20
MOST_EVENTS = 60
TEXT_LINES = 8
"""Kept of what an event says further."""
FRESH_FOR = timedelta(minutes=30)
_DEPLOYS = re.compile(r"\b(deploy\w*|releas(?:e|ed|ing)|roll(?:ed)?[ -]?(?:out|back)|revert(?:ed)?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Marker:
    """One event."""

    id: str
    title: str
    at: datetime
    text: str = ""
    """What it says further; may be of several lines."""
    about: str = ""
    """Source, status, in a few words."""
    service: str = ""
    environment: str = ""
    version: str = ""
    sha: str = ""
    author: str = ""
    url: str = ""
    is_change: bool = False
    """Whether it says that something was deployed, released or rolled back."""
    state: str = ""


@dataclass(frozen=True, slots=True)
class MarkerNote:
    """What is said of all events of one answer."""

    collector: str
    entity: Entity
    """What they are about, unless one names another entity of the scope."""
    query: str
    left_out: str = ""
    names: dict[str, Entity] = field(default_factory=dict)
    """By service name, the entities of the scope."""


def speaks_of_change(title: str, tags: Sequence[str] = ()) -> bool:
    """Answer whether a title or a tag says that something was deployed."""
    return any(_DEPLOYS.search(text.replace("_", " ")) for text in (title, *tags))


def build_markers(scope: Scope, markers: Sequence[Marker], note: MarkerNote, clock: Clock) -> list[Evidence]:
    """Return one evidence for each deployment, newest first, and one for all other events together, oldest first."""
    changes = sorted((one for one in markers if one.is_change), key=lambda one: one.at, reverse=True)
    others = sorted((one for one in markers if not one.is_change), key=lambda one: one.at)
    evidence = [_build_change(scope, one, note, clock) for one in changes[:MOST_CHANGES]]
    if others:
        evidence.append(_build_list(scope, others[-MOST_EVENTS:], note, clock))
    cuts = [note.left_out] if note.left_out else []
    for kept, listed, words in ((MOST_CHANGES, changes, "changes"), (MOST_EVENTS, others, "events")):
        cuts += [f"the last {kept} of {len(listed)} {words}"] if len(listed) > kept else []
    if evidence and cuts:
        said = join_cuts(evidence[0].cut, *cuts)
        evidence[0] = evidence[0].model_copy(update={"cut": said})
    return evidence


def _build_change(scope: Scope, one: Marker, note: MarkerNote, clock: Clock) -> Evidence:
    now, said = clock.now(), one.text.strip().splitlines()
    lines = [f"{format_instant(one.at)} {one.title}", *said[:TEXT_LINES]]
    lines += [f"{name} {text}" for name, text in _list_parts(one) if text]
    hidden, title = hide_lines(lines), redact(one.title)
    facts = ChangeFacts(
        id=one.id,
        kind="deployment",
        title=title.text,
        author=one.author,
        changed_at=one.at,
        service=one.service,
        environment=one.environment,
        state=one.state,
        ref=one.version,
        sha=one.sha,
    )
    cut = [f"first {TEXT_LINES} of {len(said)} lines of its text"] if len(said) > TEXT_LINES else []
    cut += [f"{hidden.shortened} lines cut to {LONGEST_LINE} characters"] if hidden.shortened else []
    return Evidence(
        incident_id=scope.incident_id,
        kind=EvidenceKind.CHANGE,
        collector=note.collector,
        entity=note.names.get(one.service, note.entity),
        title=f"deployment {title.text}"[:200],
        query=note.query,
        observed_at=now,
        fresh_until=now + FRESH_FOR,
        lines=_number(hidden.lines),
        facts=facts.to_json(),
        cut="; ".join(cut),
        redactions=hidden.redactions + title.count,
    )


def _build_list(scope: Scope, markers: Sequence[Marker], note: MarkerNote, clock: Clock) -> Evidence:
    now = clock.now()
    lines = []
    for one in markers:
        about = f" [{one.about}]" if one.about else ""
        first = one.text.strip().partition("\n")[0]
        lines.append(f"{format_instant(one.at)}{about} {one.title}{': ' + first if first else ''}")
    hidden = hide_lines([" ".join(line.splitlines()) for line in lines])
    return Evidence(
        incident_id=scope.incident_id,
        kind=EvidenceKind.TEXT,
        collector=note.collector,
        entity=note.entity,
        title=f"{len(markers)} event{'s' * (len(markers) > 1)} about {note.entity.name}"[:200],
        query=note.query,
        observed_at=now,
        fresh_until=now + FRESH_FOR,
        lines=_number(hidden.lines),
        cut=f"{hidden.shortened} lines cut to {LONGEST_LINE} characters" if hidden.shortened else "",
        redactions=hidden.redactions,
    )


def _list_parts(one: Marker) -> list[tuple[str, str]]:
    return [
        ("service", one.service),
        ("environment", one.environment),
        ("version", one.version),
        ("commit", one.sha),
        ("by", one.author),
        ("see", one.url),
    ]


def _number(lines: Sequence[str]) -> tuple[EvidenceLine, ...]:
    return tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(lines, start=1))
