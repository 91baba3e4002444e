"""What a system of metrics tells of an incident's time: the curves that its collectors choose, with their queries.

A post-mortem looks at the metrics that an investigation looks at: the alert's own expression, and the usual ones of the
incident's entities. So the collectors are asked, over the whole time, and what they bring is kept as curves; what they
know of deployments, as deploys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts, MetricFacts
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.domain.trail import Curve, Deploy
from fermata.kit.clock import Clock
from fermata.kit.digest import compute_digest
from fermata.kit.errors import OperationalError
from fermata.kit.redaction import redact
from fermata.ports.chat.asking import PatientAsking
from fermata.ports.collector import Collector
from fermata.ports.trail import TrailPart, TrailScope

PATIENCE = timedelta(seconds=20)
"""For everything that is read of one incident: a person waits for the draft."""
SPAN = timedelta(hours=4)
"""Of one query. A series has at most 500 points, so that one comes every 29 s at most: an onset is told by minutes."""
MOST_CURVES = 30
MOST_OF_QUERY = 3
"""Series kept of one answer, those that moved most: twenty pods tell the same story."""
Link = Callable[[str, datetime, datetime], str]
"""Of a query and its time: where a person sees it."""

_SETTLING = 3
"""First points of a series that are left out: a rate over a minute is no whole one before, and would look like an
onset at the very beginning, or where a process started."""
_LEAD = timedelta(hours=1)
"""From the window's start to the onset, where no alert tells it."""
_ORDER = ("alert", "errors", "latency", "traffic")
_CONSTANT = frozenset({"memory_limit", "replicas"})
"""Purposes that tell what was wanted, not what was."""
_IN_PARENTHESES = re.compile(r"\s*\([^()]*\)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LOST = re.compile(r"\brefused\b|\bnot asked\b")


@dataclass(slots=True)
class _Found:
    """One series, as it grows piece by piece."""

    name: str
    purpose: str
    unit: str
    query: str
    labels: Mapping[str, str]
    points: dict[float, float] = field(default_factory=dict)


class MetricsTrail:
    """Reads the curves of one system.

    Args:
        name: The system's.
        collectors: Those whose evidence are metrics or deployments.
        link: Where a query is seen; without it, curves have no link.
        patience: How long one reading may take.
    """

    def __init__(
        self,
        name: str,
        collectors: Sequence[Collector],
        clock: Clock,
        *,
        link: Link | None = None,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._name = name
        self._collectors = collectors
        self._clock = clock
        self._link = link
        self._patience = patience

    @property
    def name(self) -> str:
        """Return the system's name."""
        return self._name

    async def read_trail(self, scope: TrailScope) -> TrailPart:
        """Return curves and deploys; what could not be asked is a gap."""
        if scope.end <= scope.start or not (scope.entities or scope.alerts):
            return TrailPart()
        asking = PatientAsking(self._clock, self._patience)
        evidence: list[Evidence] = []
        gaps: dict[str, None] = {}
        for piece in cut_window(scope.start, scope.end):
            asked = _build_scope(scope, *piece)
            for collector in self._collectors:
                if not collector.wants(asked):
                    continue
                try:
                    found = await asking.ask(lambda collector=collector, asked=asked: collector.collect(asked))  # type: ignore[misc]  # the loop's own
                except OperationalError as error:
                    gaps[f"{collector.name} not read: {_tell(error)}"] = None
                    continue
                evidence += found
                gaps.update({f"{one.collector}: {one.cut}": None for one in found if _LOST.search(one.cut)})
        left = scope.end - scope.start - 2 * SPAN
        if evidence and left > timedelta(0):
            middle = (scope.start + SPAN, scope.end - SPAN)
            gaps[f"{self._name}: not asked from {middle[0]:%Y-%m-%d %H:%M} to {middle[1]:%Y-%m-%d %H:%M} UTC"] = None
        curves = [self._to_curve(found, scope) for found in _tell_once(_join(evidence))]
        return TrailPart(deploys=self._list_deploys(evidence), curves=curves[:MOST_CURVES], gaps=tuple(gaps))

    def _to_curve(self, found: _Found, scope: TrailScope) -> Curve:
        times = sorted(found.points)
        mark = compute_digest([found.query, sorted(found.labels.items())]).rpartition(":")[2][:8]
        slug = re.sub(r"[^a-z0-9]+", "-", found.name.lower()).strip("-")[:60] or "metric"
        return Curve(
            id=f"{self._name}:{slug}-{mark}",
            name=found.name,
            times=times,
            values=[found.points[at] for at in times],
            unit=found.unit,
            query=found.query,
            url=self._link(found.query, scope.start, scope.end) if self._link is not None else "",
        )

    def _list_deploys(self, evidence: Iterable[Evidence]) -> Sequence[Deploy]:
        found: dict[str, Deploy] = {}
        for one in evidence:
            if one.kind is EvidenceKind.CHANGE:
                facts = ChangeFacts.from_json(one.facts)
                name = f"{self._name}:deployment-{facts.id}"
                found[name] = Deploy(
                    id=name,
                    at=facts.changed_at,
                    title=facts.title,
                    service=facts.service or one.entity.name,
                    kind=facts.kind,
                    ref=facts.ref,
                    sha=facts.sha,
                    author=facts.author,
                    state=facts.state,
                )
        return sorted(found.values(), key=lambda deploy: (deploy.at, deploy.id))


def cut_window(start: datetime, end: datetime) -> Sequence[tuple[datetime, datetime]]:
    """Return equally long pieces of what is asked for: all of it, or of a long time its beginning and its end."""
    length = end - start
    if length <= SPAN:
        return ((start, end),)
    half = min(length / 2, SPAN)
    return ((start, start + half), (end - half, end))


def _build_scope(scope: TrailScope, start: datetime, end: datetime) -> Scope:
    first = min((alert.starts_at for alert in scope.alerts), default=scope.start + _LEAD)
    return Scope(
        incident_id=IncidentId(scope.alerts[0].id if scope.alerts else "trail"),
        alerts=scope.alerts,
        entities=scope.entities,
        onset=min(max(first, scope.start), scope.end),
        window_start=start,
        window_end=end,
    )


def _join(evidence: Iterable[Evidence]) -> Sequence[_Found]:
    """Return the series of all answers, pieces of one put together; what users feel comes first."""
    found: dict[str, _Found] = {}
    for one in evidence:
        if one.kind is not EvidenceKind.METRICS:
            continue
        facts = MetricFacts.from_json(one.facts)
        if facts.purpose in _CONSTANT:
            continue
        own = _find_own([series.labels for series in facts.series])
        for series in facts.series[:MOST_OF_QUERY]:
            key = compute_digest([facts.expression, sorted(series.labels.items())])
            told = " ".join(series.labels[label] for label in own if label in series.labels)
            name = " ".join(filter(None, (_name_curve(one, facts.purpose), told)))
            held = found.setdefault(key, _Found(name, facts.purpose, facts.unit, facts.expression, series.labels))
            held.points.update(series.points if held.points else series.points[_SETTLING:])
    rank = {purpose: number for number, purpose in enumerate(_ORDER)}
    return sorted(found.values(), key=lambda item: rank.get(item.purpose, len(rank)))


def _find_own(labels: Sequence[Mapping[str, str]]) -> Sequence[str]:
    """Return the labels that tell series of one answer apart; none where there is one series."""
    names = sorted({label for one in labels for label in one if label != "__name__"})
    return [label for label in names if len({one.get(label) for one in labels}) > 1] if len(labels) > 1 else []


def _name_curve(evidence: Evidence, purpose: str) -> str:
    """Return what people may call it: `checkout errors`, and for an alert's expression `checkout (high error rate)`."""
    head, _, rest = evidence.title.partition(": ")
    if purpose != "alert":
        return _IN_PARENTHESES.sub("", f"{head} {rest}").strip()
    words = _CAMEL.sub(" ", head).lower()
    return words if evidence.entity.kind == "rule" else f"{evidence.entity.name} ({words})"


def _tell_once(found: Sequence[_Found]) -> Iterator[_Found]:
    """Yield the series that moved, each once: failed requests are counted among all requests, too."""
    failed = {tuple(sorted(one.labels.items())) for one in found if one.purpose == "errors" and one.labels}
    seen: set[tuple[tuple[float, float], ...]] = set()
    for one in found:
        points = tuple(sorted(one.points.items()))
        is_told = points in seen or (one.purpose == "traffic" and tuple(sorted(one.labels.items())) in failed)
        if len(set(one.points.values())) > 1 and not is_told:
            seen.add(points)
            yield one


def _tell(error: OperationalError) -> str:
    return redact(f"{error.what}: {error.why}" if error.why else error.what).text[:300]
