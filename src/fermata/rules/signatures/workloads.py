"""The evidence of a case, gathered around the workloads it speaks about: what every signature reads.

A workload is one object that runs (`supervisor:process/checkout`). What is declared and what changed name a service,
not a process, so these are matched by name. Evidence whose facts do not parse is left out here and becomes a gap.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from fermata.domain.diagnosis import Citation
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import (
    ChangeFacts,
    DesiredFacts,
    EnvironmentFacts,
    GraphFacts,
    LogFacts,
    MetricFacts,
    ObjectFacts,
    ResourceFacts,
    StateFacts,
    WorkloadPhase,
)
from fermata.domain.ids import EvidenceId
from fermata.domain.record import Record
from fermata.domain.scope import Scope
from fermata.kit.listing import cut_short
from fermata.rules.citations import cite
from fermata.rules.ended_runs import find_kill_border
from fermata.rules.logs import LoggedError, find_stamp, parse_log
from fermata.rules.sightings import Sighting, find_facts

F = TypeVar("F", bound=Record)

ONSET_MARGIN = timedelta(minutes=15)
"""How long before the onset an error may lie and still belong to it: alert rules wait (`for:`) up to that long."""
STEADY_AFTER = timedelta(seconds=60)
"""Running this long counts as steady: crash loops rarely live so long (a guess; revisit when measured)."""

_FACTS: Mapping[EvidenceKind, type[Record]] = {
    EvidenceKind.STATE: StateFacts,
    EvidenceKind.RESOURCES: ResourceFacts,
    EvidenceKind.ENVIRONMENT: EnvironmentFacts,
    EvidenceKind.DESIRED: DesiredFacts,
    EvidenceKind.CHANGE: ChangeFacts,
    EvidenceKind.METRICS: MetricFacts,
    EvidenceKind.OBJECTS: ObjectFacts,
    EvidenceKind.GRAPH: GraphFacts,
}
_RUNS = (EvidenceKind.STATE, EvidenceKind.RESOURCES, EvidenceKind.ENVIRONMENT, EvidenceKind.LOGS)
_FAILING = (WorkloadPhase.CRASH_LOOP, WorkloadPhase.STOPPED, WorkloadPhase.EXITED)
_INSTANCE = re.compile(r"[_-][0-9]{1,4}$")

_CONDITIONS = {WorkloadPhase.CRASH_LOOP: "in a crash loop", WorkloadPhase.EXITED: "down"}
"""What a phase is called in a sentence, where its own word does not fit one."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One failure found in a log."""

    evidence: Evidence
    evidence_id: EvidenceId
    """The id of `evidence`, computed once: it is a digest over all lines."""
    error: LoggedError
    written_by: datetime | None = None
    """When it was logged, at the latest: as its log says, or as the file's own time does; `None` where neither does."""
    is_dated: bool = False
    """Whether that is its own time, in its line or beside it, and not that of what was written later."""

    def cite(self, line: EvidenceLine | None = None) -> Citation:
        """Cite a line of the failure; without one, the line that names it."""
        return cite(self.evidence, (line or self.error.raised).number)


@dataclass(frozen=True, slots=True)
class Workload:
    """All that is known of one running object; each part is `None` or empty when nothing was collected."""

    entity: Entity
    alerted: bool
    """Whether the alerts are about it."""
    state: Sighting[StateFacts] | None
    resources: Sighting[ResourceFacts] | None
    environment: Sighting[EnvironmentFacts] | None
    desired: Sighting[DesiredFacts] | None
    logs: tuple[Evidence, ...]
    errors: tuple[Occurrence, ...]
    """Failures that belong to this incident, oldest first within each log; what was got over is left out."""
    past: tuple[Occurrence, ...]
    """Every failure in its logs: to tell whether one is new."""

    @property
    def phase(self) -> WorkloadPhase:
        """Return its phase; unknown when no state was collected."""
        return self.state.facts.phase if self.state else WorkloadPhase.UNKNOWN

    @property
    def condition(self) -> str:
        """Return in words what it is: running, stopped, down, in a crash loop."""
        return _CONDITIONS.get(self.phase, self.phase.value)

    @property
    def is_failing(self) -> bool:
        """Answer whether it is down or going up and down."""
        return self.phase in _FAILING

    @property
    def is_steady(self) -> bool:
        """Answer whether it runs and has for a while."""
        return is_steady(self.state)

    def cite_state(self, *words: str) -> tuple[Citation, ...]:
        """Cite its state, preferably the line with one of the words."""
        return cite_words(self.state, *words)


def list_unreadable(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return evidence whose facts do not have the form of its kind; kinds without a form are never among them."""
    return tuple(item for item in evidence if item.kind in _FACTS and find_facts(item, _FACTS[item.kind]) is None)


def cite_words(sighting: Sighting[F] | None, *words: str) -> tuple[Citation, ...]:
    """Cite the line that holds one of the words (the first word that is found wins), else the first line with text.

    Returns:
        One citation, or none when there is no evidence or it has no lines: facts alone cannot be quoted.
    """
    lines = [line for line in sighting.evidence.lines if line.text.strip()] if sighting else []
    if sighting is None or not lines:
        return ()
    lowered = [(line, line.text.lower()) for line in lines]
    found = next((line for word in words for line, text in lowered if word.lower() in text), lines[0])
    return (cite(sighting.evidence, found.number),)


def is_steady(state: Sighting[StateFacts] | None) -> bool:
    """Answer whether a workload runs and has for a while, undisturbed."""
    if state is None or state.facts.phase is not WorkloadPhase.RUNNING or state.facts.started_at is None:
        return False
    return state.evidence.observed_at - state.facts.started_at >= STEADY_AFTER


def is_same_service(name: str, other: str) -> bool:
    """Answer whether two names mean the same service: case aside, and an instance number aside (`checkout_00`)."""
    return _INSTANCE.sub("", name).casefold() == _INSTANCE.sub("", other).casefold()


def is_same_file(logged: str, path: str) -> bool:
    """Answer whether a path in a stack and a path in a repository end in the same file, whichever is the longer."""
    left, right = logged.removeprefix("./"), path.removeprefix("./")
    return left == right or left.endswith(f"/{right}") or right.endswith(f"/{left}")


def contains_word(text: str, word: str) -> bool:
    """Answer whether `word` stands in the text on its own: `PORT` is not in `PROFILE_PORT`, nor 250 in 2500."""
    position = text.find(word)
    while position >= 0:
        before, after = text[position - 1 : position], text[position + len(word) : position + len(word) + 1]
        if not any(c.isalnum() or c == "_" for c in before + after):
            return True
        position = text.find(word, position + 1)
    return False


_LOGGER = re.compile(
    # Two words of a sentence are no logger's: what stands behind them is quoted.
    r"(?:(?!\b[a-z]{2,40} [a-z]{2,40}\b(?!=)).){0,120}?\b(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|SEVERE|FATAL)\b\]?"
    # Spring names process, application, thread and class, others some of them, up to a colon or a dash.
    r"(?: +\d{1,9} ---(?: \[[^\]]{0,80}\]){1,3} +\S{1,80} *:|:| +\[[^\]]{0,80}\](?: +[\w.$/]{1,80} *[:-])?"
    r"| +[\w.$/]{1,80} *[:-]| +-) +(?=\S)"
)
_DATED = re.compile(
    r"\s*(?:\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?\]?\s+){1,3}"
    r"(?:\[?(?:ERROR|WARN|FATAL|INFO)\]?[\s:]+)?"
)


def say_plainly(text: str) -> str:
    """Return what a line says, without the time, the level, the thread and the class that its logger puts before."""
    logged = _LOGGER.match(text) or _DATED.match(text)
    return (text[logged.end() :] if logged is not None else text).rstrip(". ")


def clip(text: str, length: int = 160) -> str:
    """Return text on one line, cut to a length people read."""
    return cut_short(" ".join(text[: length * 2].split()), length)


def build_workloads(scope: Scope, evidence: Sequence[Evidence]) -> tuple[Workload, ...]:
    """Gather evidence around the objects that run: the alerted ones first, each group in the order of the evidence."""
    groups: dict[str, list[Evidence]] = {}
    for item in evidence:
        if item.kind in _RUNS:
            groups.setdefault(item.entity.ref, []).append(item)
    alerted = _choose_alerted(scope, [items[0].entity for items in groups.values()]) or _list_named(scope, groups)
    desired = [item for item in evidence if item.kind is EvidenceKind.DESIRED]
    workloads = [
        _build_workload(items[0].entity, items, desired, scope, alerted=ref in alerted) for ref, items in groups.items()
    ]
    return tuple(sorted(workloads, key=lambda workload: not workload.alerted))


def _choose_alerted(scope: Scope, entities: Sequence[Entity]) -> set[str]:
    names = scope.list_names()
    # A supervisor's group is the service that its processes make up.
    exact = [e for e in entities if any(is_same_service(own, n) for own in (e.name, e.namespace) if own for n in names)]
    related = [
        e
        for e in entities
        if any(e.name.casefold().startswith((f"{n}-", f"{n}.", f"{n}_")) for n in map(str.casefold, names))
    ]
    return {entity.ref for entity in exact or related}


def _list_named(scope: Scope, groups: Mapping[str, Sequence[Evidence]]) -> set[str]:
    """Return what the alerts call by another name than its own, where nothing has theirs for its own."""
    names = scope.list_names()
    states = {ref: _find_latest(items, EvidenceKind.STATE, StateFacts) for ref, items in groups.items()}
    others = {ref: state.facts.names for ref, state in states.items() if state is not None}
    return {ref for ref, own in others.items() if any(is_same_service(one, name) for one in own for name in names)}


def _build_workload(
    entity: Entity, items: Sequence[Evidence], desired: Sequence[Evidence], scope: Scope, *, alerted: bool
) -> Workload:
    logs = tuple(item for item in items if item.kind is EvidenceKind.LOGS)
    state = _find_latest(items, EvidenceKind.STATE, StateFacts)
    # What is declared for a service is declared for its containers, whatever compose calls them.
    names = (entity.name, *(state.facts.names if state else ()))
    past = tuple(occurrence for log in logs for occurrence in _list_occurrences(log))
    return Workload(
        entity=entity,
        alerted=alerted,
        state=state,
        resources=_find_latest(items, EvidenceKind.RESOURCES, ResourceFacts),
        environment=_find_latest(items, EvidenceKind.ENVIRONMENT, EnvironmentFacts),
        desired=_find_latest(
            [item for item in desired if any(is_same_service(item.entity.name, name) for name in names)],
            EvidenceKind.DESIRED,
            DesiredFacts,
        ),
        logs=logs,
        errors=tuple(occurrence for occurrence in past if _is_current(occurrence, state, scope)),
        past=past,
    )


def _find_latest(items: Sequence[Evidence], kind: EvidenceKind, facts: type[F]) -> Sighting[F] | None:
    sightings = [sighting for item in items if item.kind is kind and (sighting := find_facts(item, facts)) is not None]
    return max(sightings, key=lambda sighting: sighting.evidence.observed_at, default=None)


def _list_occurrences(log: Evidence) -> tuple[Occurrence, ...]:
    errors = parse_log(log.lines)
    log_id = log.id if errors else EvidenceId("")
    facts = find_facts(log, LogFacts) if errors else None
    stamps = (_find_stamp(error.raised, log, facts) for error in errors)
    newest_at = facts.facts.newest_at if facts is not None else None
    return tuple(
        Occurrence(log, log_id, error, error.at or stamp or newest_at, is_dated=bool(error.at or stamp))
        for error, stamp in zip(errors, stamps, strict=True)
    )


def _find_stamp(line: EvidenceLine, log: Evidence, facts: Sighting[LogFacts] | None) -> datetime | None:
    """Return when a line was written, as its source says beside it."""
    if facts is None:
        return None
    return find_stamp(facts.facts, line.number - log.lines[0].number)


def _is_current(occurrence: Occurrence, state: Sighting[StateFacts] | None, scope: Scope) -> bool:
    """Answer whether an error belongs to this incident: not long before it, and not from before the run that has it.

    A run has it that is steady, or that was there when the trouble began and has not come of a crash.
    """
    written_by = occurrence.written_by
    if written_by is None:
        return True
    if written_by < scope.onset - ONSET_MARGIN:
        return False
    if state is None:
        return True
    border = state.facts.started_at if _has_the_trouble(state, scope) else find_kill_border(state.facts)
    return border is None or written_by >= border


def _has_the_trouble(state: Sighting[StateFacts], scope: Scope) -> bool:
    facts = state.facts
    is_calm = facts.phase is WorkloadPhase.RUNNING and (facts.exits == 0 or facts.is_asked_for)
    return is_steady(state) or (is_calm and facts.started_at is not None and facts.started_at <= scope.onset)
