"""What is wrong in a case, and since when: log lines that are new, metrics that moved, spans that failed.

Everything is compared with the earlier part of the same source: a line that was always logged explains nothing, however
loud it is. What comes up late in an incident (somebody's mitigation, the third follow-up error) counts less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import GraphFacts, LogPatternFacts, MetricFacts, ProviderStatusFacts, TraceFacts, TraceSpan
from fermata.domain.record import Record
from fermata.rules.changes.calendar import find_calendar_edge
from fermata.rules.changes.failures import classify
from fermata.rules.changes.loglines import read_level, read_message, read_time
from fermata.rules.changes.words import find_numbers, find_words
from fermata.rules.logs import LogLevel
from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Shift, detect_shift

if TYPE_CHECKING:
    from fermata.rules.signatures.base import Case

R = TypeVar("R", bound=Record)

_MARGIN = timedelta(minutes=15)  # Alert rules wait (`for:`) up to that long.
_EARLY_SHARE = 0.6  # Of the time between the window's start and the alert, what is taken as healthy.
_BURST = 3.0  # Times more often than before: below it, a line may just follow the traffic.
_FAILING = 0.8  # A severe new line, errors on spans with them, or a metric that left its range beyond doubt.
_FAILING_STORE = 0.5  # A store is watched by few metrics, and no log of its own.
_GENERAL = frozenset({Kind.ERRORS, Kind.LATENCY, Kind.TRAFFIC, Kind.SUCCESS, Kind.CPU})
_STORES = frozenset({"db", "cache", "queue", "external"})
_GROWN = 1.7  # Times as many requests: more than a busy hour brings.
_LATE = timedelta(minutes=12)
_MASK = re.compile(r"[\w-]*\d[\w-]*|[0-9a-fA-F]{12,}")
_MAX_LINES = 200_000
_SERVICE_LABELS = ("service", "service_name", "app", "application", "workload", "deployment", "job", "container", "pod")


@dataclass(frozen=True, slots=True)
class Telling:
    """Lines of one shape that came up, or came up far more often, with the fault."""

    evidence: Evidence
    number: int
    """Line number of the first one."""
    text: str
    """That line."""
    service: str
    at: datetime | None
    level: LogLevel | None
    count: int
    before: int
    weight: float
    """0..1: how bad, how new, how early."""
    samples: tuple[str, ...] = ()
    """Up to five of the lines, spread over the fault."""

    @property
    def severe(self) -> bool:
        """Answer whether the program itself called it an error."""
        return self.level is not None and self.level.is_severe

    @property
    def words(self) -> frozenset[str]:
        """Return the words of its samples."""
        return frozenset(word for text in self.samples for word in find_words(text))

    @property
    def numbers(self) -> frozenset[float]:
        """Return the numbers of its samples."""
        return frozenset(number for text in self.samples for number in find_numbers(text))


@dataclass(frozen=True, slots=True)
class Moved:
    """A metric that left its normal range around the onset."""

    evidence: Evidence
    position: int
    """Number of the series' line in the evidence, from 1."""
    shift: Shift

    @property
    def service(self) -> str:
        """Return whose metric it is."""
        return self.shift.series.service

    @property
    def words(self) -> str:
        """Return it for people: `rows_read_per_s of parcels-pg went from 21,000 to 9,400,000`."""
        series = self.shift.series
        return f"{series.metric} of {series.service} went from {self.shift.before:,.4g} to {self.shift.after:,.4g}"


@dataclass(frozen=True)
class Symptoms:
    """All of it."""

    onset: datetime
    """When the alert started."""
    began_at: datetime
    """When the first sign showed, never after the alert."""
    alerted: frozenset[str]
    alert_text: str
    tellings: tuple[Telling, ...]
    moved: tuple[Moved, ...]
    steady: tuple[Series, ...]
    """Series that did not move: what is known to be normal."""
    spans: tuple[TraceSpan, ...]
    graph: CallGraph
    kinds_of: Mapping[str, str]
    """Service -> what the graph says it is (`db`, `gateway` ...)."""
    healthy_words: frozenset[str]
    """Words of lines that were logged before the fault."""
    statuses: tuple[tuple[Evidence, ProviderStatusFacts], ...] = ()
    labels: tuple[str, ...] = ()
    """Values of the alerts' labels."""
    logged: frozenset[str] = field(default_factory=frozenset)
    """Services whose logs were collected."""

    @cached_property
    def services(self) -> frozenset[str]:
        """Return every service that something is known of."""
        edges = {name for edge in self.graph.edges for name in edge}
        metric = {item.service for item in self.moved} | {series.service for series in self.steady}
        return frozenset(edges | metric | set(self.kinds_of) | self.alerted | self.logged)

    @cached_property
    def abnormal(self) -> Mapping[str, float]:
        """Return service -> how much is wrong with it, 0..1 and only where something is."""
        found: dict[str, float] = {}
        for telling in self.tellings:
            if telling.severe or telling.level is LogLevel.WARNING:
                found[telling.service] = max(found.get(telling.service, 0.0), telling.weight)
        for item in self.moved:
            on_time = item.shift.onset <= (self.began_at + _LATE).timestamp()
            if on_time and item.shift.series.meaning.kind not in (Kind.TRAFFIC, Kind.NETWORK):
                found[item.service] = max(found.get(item.service, 0.0), item.shift.strength)
        for span in self.spans:
            if span.error:
                found[span.service] = max(found.get(span.service, 0.0), 0.8)
        return found

    @cached_property
    def failing(self) -> frozenset[str]:
        """Return services bad enough to be what their callers suffer from; a bit more load is not."""
        return frozenset(
            name
            for name, weight in self.abnormal.items()
            if weight >= (_FAILING_STORE if self.kinds_of.get(name) in _STORES else _FAILING)
        )

    @cached_property
    def origins(self) -> frozenset[str]:
        """Return where it begins: failing services none of whose callees fails, and callers that began to call more.

        A caller that sends its callee far more than it gets itself brings the load, however well it looks.
        """
        return frozenset(name for name in self.failing if not self.list_failing_callees(name)) | self.amplifiers

    def list_failing_callees(self, service: str) -> tuple[str, ...]:
        """Return the callees that a service may suffer from."""
        return tuple(callee for callee in self.graph.callees.get(service, ()) if callee in self.failing)

    @cached_property
    def amplifiers(self) -> frozenset[str]:
        """Return failing services whose callees get far more requests while they themselves get as many as ever."""
        grown = {
            item.service
            for item in self.moved
            if item.shift.series.meaning.kind is Kind.TRAFFIC and (item.shift.ratio or 9.0) >= _GROWN
        }
        level = {series.service for series in self.steady if series.meaning.kind is Kind.TRAFFIC}
        return frozenset(
            caller
            for name in grown
            for caller in self.graph.callers.get(name, ())
            if caller in level and caller in self.failing and caller not in grown
        )

    @cached_property
    def kinds(self) -> Mapping[str, float]:
        """Return kind of failure -> weight, 0..1, over everything that was observed."""
        found: dict[str, float] = {}

        def note(text: str, weight: float) -> None:
            for kind in classify(text):
                found[kind] = max(found.get(kind, 0.0), weight)

        note(self.alert_text, 0.5)
        found["time"] = find_calendar_edge(self.began_at)
        for telling in self.tellings:
            for sample in telling.samples:
                note(sample, telling.weight)
        for item in self.moved:
            # What everybody measures (errors, latency) says less than a metric of the thing itself.
            kind = item.shift.series.meaning.kind
            weight = (0.6 if kind in _GENERAL else 0.85) * item.shift.strength
            note(item.shift.series.metric.replace("_", " "), weight)
            note(item.shift.series.metric, weight)
        for span in self.spans:
            if span.error:
                note(_describe_span(span), 0.6)
        return {kind: weight for kind, weight in found.items() if weight > 0}

    @cached_property
    def words(self) -> Mapping[str, float]:
        """Return word -> weight, 0..1; words of healthy lines weigh a quarter."""
        found: dict[str, float] = {}

        def note(text: str, weight: float) -> None:
            for word in find_words(text):
                own = weight * (0.25 if word in self.healthy_words else 1.0)
                found[word] = max(found.get(word, 0.0), own)

        note(self.alert_text, 0.4)
        for telling in self.tellings:
            for sample in telling.samples:
                note(sample, telling.weight)
        for item in self.moved:
            note(item.shift.series.metric, 0.4 * item.shift.strength)
        for span in self.spans:
            note(_describe_span(span), 0.6 if span.error else 0.2)
        return {word: weight for word, weight in found.items() if word not in self._service_words}

    @cached_property
    def _service_words(self) -> frozenset[str]:
        return frozenset(word for name in self.services for word in find_words(name))

    @cached_property
    def numbers(self) -> frozenset[float]:
        """Return the numbers in the telling lines and the failed spans."""
        texts = [sample for telling in self.tellings for sample in telling.samples]
        texts += [_describe_span(span) for span in self.spans if span.error]
        return frozenset(number for text in texts for number in find_numbers(text))


def _describe_span(span: TraceSpan) -> str:
    values = " ".join(f"{key}={value}" for key, value in span.attributes.items())
    return f"{span.operation} {values}"


def read_facts(case: Case, kind: EvidenceKind, record: type[R]) -> Iterator[tuple[Evidence, R]]:
    """Yield evidence of a kind with its facts; what does not parse is left out, and becomes a gap elsewhere."""
    for item in case.evidence:
        if item.kind is kind:
            try:
                yield item, record.from_json(item.facts)
            except ValidationError:
                continue


def read_symptoms(case: Case) -> Symptoms:
    """Return what is wrong in a case. Linear in its evidence."""
    onset = case.scope.onset
    start = case.scope.window_start
    border = min(onset - _MARGIN, start + _EARLY_SHARE * (onset - start))
    graph, kinds_of = _read_graph(case)
    moved, steady = _read_metrics(case, border)
    logs = [item for item in case.evidence if item.kind is EvidenceKind.LOGS]
    names = sorted({*kinds_of, *(name for edge in graph.edges for name in edge)}, key=len, reverse=True)
    shapes = [shape for item in logs for shape in _read_log(item, _name_service(item, names), onset)]
    began = _find_beginning(shapes, moved, border, onset)
    tellings = [telling for shape in shapes if (telling := shape.tell(border, began)) is not None]
    tellings += _read_patterns(case)
    return Symptoms(
        onset=onset,
        began_at=began,
        alerted=frozenset(case.scope.list_names()),
        alert_text=" ".join(f"{alert.name} {alert.summary}" for alert in case.alerts),
        labels=tuple(str(value) for alert in case.alerts for value in alert.labels.values()),
        tellings=tuple(sorted(tellings, key=lambda item: -item.weight)),
        moved=tuple(moved),
        steady=tuple(steady),
        spans=_read_spans(case, onset - _MARGIN),
        graph=graph,
        kinds_of=kinds_of,
        healthy_words=frozenset(
            word
            for shape in shapes
            if shape.times_before(border)
            for text in shape.samples[:2]
            for word in find_words(text)
        ),
        statuses=tuple(read_facts(case, EvidenceKind.PROVIDER_STATUS, ProviderStatusFacts)),
        logged=frozenset(_name_service(item, names) for item in logs),
    )


def _list_healthy_words(shapes: Iterable[_Shape], border: datetime) -> frozenset[str]:
    healthy = (shape for shape in shapes if shape.times_before(border))
    return frozenset(word for shape in healthy for text in shape.samples[:2] for word in find_words(text))


@dataclass(slots=True)
class _Shape:
    """Lines that differ in their numbers only."""

    evidence: Evidence
    service: str
    level: LogLevel | None
    spread: tuple[datetime, datetime]
    """First and last time of the log."""
    first: dict[bool, int] = field(default_factory=dict)
    times: list[datetime] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def samples(self) -> tuple[str, ...]:
        return _pick(self.texts)

    def times_before(self, border: datetime) -> int:
        return sum(time < border for time in self.times)

    def ratio(self, border: datetime) -> float:
        before = self.times_before(border)
        after = len(self.times) - before
        early = max((border - self.spread[0]).total_seconds(), 60.0)
        late = max((self.spread[1] - border).total_seconds(), 60.0)
        return (after / late) / ((before + 0.5) / early)

    def tell(self, border: datetime, began: datetime) -> Telling | None:
        before = self.times_before(border)
        after = len(self.times) - before
        is_new = before == 0
        if not after or not (is_new or self.ratio(border) >= _BURST):
            return None
        index = before  # Logs are in the order of time, near enough.
        kinds = classify(read_message(self.texts[index]))
        severity = {LogLevel.ERROR: 1.0, LogLevel.FATAL: 1.0, LogLevel.WARNING: 0.6}.get(
            self.level or LogLevel.INFO, 0.45 if kinds else 0.25
        )
        novelty = 1.0 if is_new else 0.75
        lateness = 0.35 if self.times[index] > began + _LATE else 1.0
        return Telling(
            evidence=self.evidence,
            number=self.numbers[index],
            text=self.texts[index],
            service=self.service,
            at=self.times[index],
            level=self.level,
            count=after,
            before=before,
            weight=severity * novelty * lateness,
            samples=_pick(self.texts[index:]),
        )


def _pick(texts: Sequence[str]) -> tuple[str, ...]:
    """Return what up to five lines say, spread over all of them."""
    step = max(1, len(texts) // 5)
    return tuple(read_message(text) for text in texts[::step][:5])


def _read_log(item: Evidence, service: str, near: datetime) -> list[_Shape]:
    shapes: dict[str, _Shape] = {}
    time, level = None, None
    rows: list[tuple[datetime, LogLevel | None, int, str]] = []
    for line in item.lines[:_MAX_LINES]:
        own_time, own_level = read_time(line.text, near), read_level(line.text)
        # What has neither belongs to the record above: a stack, a message of several lines.
        level = level if own_time is None and own_level is None else own_level
        time = own_time or time
        if time is not None and line.text.strip():
            rows.append((time, level, line.number, line.text))
    if not rows:
        return []
    spread = (min(row[0] for row in rows), max(row[0] for row in rows))
    for at, own, number, text in rows:
        key = _MASK.sub("#", text)
        shape = shapes.setdefault(key, _Shape(item, service, own, spread))
        shape.times.append(at)
        shape.numbers.append(number)
        shape.texts.append(text)
    return list(shapes.values())


def _name_service(item: Evidence, names: Sequence[str]) -> str:
    """Return whose log it is: a service that its entity's name begins with, else that name."""
    own = item.entity.name
    if own in names:
        return own
    return next((name for name in names if own.startswith((f"{name}-", f"{name}.", f"{name}_"))), own)


def _find_beginning(shapes: Iterable[_Shape], moved: Iterable[Moved], border: datetime, onset: datetime) -> datetime:
    """Return when the fault first showed: the first of the loud new lines, or the first metric that went bad."""
    fresh = [
        (shape.times[before], len(shape.times) - before)
        for shape in shapes
        if shape.level is not None
        and shape.level.is_severe
        and len(shape.times) > (before := shape.times_before(border))
        and (before == 0 or shape.ratio(border) >= _BURST)
    ]
    total = sum(count for _, count in fresh)
    firsts = [at for at, count in fresh if count >= 0.1 * total]
    for item in moved:
        kind = item.shift.series.meaning.kind
        at = datetime.fromtimestamp(item.shift.onset, UTC)
        if kind in (Kind.ERRORS, Kind.SUCCESS, Kind.LATENCY) and item.shift.strength >= 0.5 and at >= border:
            firsts.append(at)
    return min([onset, *firsts])


def _read_metrics(case: Case, border: datetime) -> tuple[list[Moved], list[Series]]:
    moved, steady = [], []
    edge = border.timestamp()
    for item, facts in read_facts(case, EvidenceKind.METRICS, MetricFacts):
        for position, raw in enumerate(facts.series, start=1):
            labels = raw.labels
            service = next((labels[name] for name in _SERVICE_LABELS if labels.get(name)), item.entity.name)
            metric = labels.get("__name__") or labels.get("metric") or facts.expression
            series = Series.from_points(service, metric, raw.points, unit=facts.unit)
            start = series.times[0] if series.times else edge
            shift = detect_shift(series, baseline=(start, edge)) if start < edge else None
            if shift is None:
                steady.append(series)
            else:
                moved.append(Moved(item, position, shift))
    return moved, steady


def _read_graph(case: Case) -> tuple[CallGraph, dict[str, str]]:
    edges: list[tuple[str, str]] = []
    loose: list[tuple[str, str]] = []
    kinds: dict[str, str] = {}
    for _, facts in read_facts(case, EvidenceKind.GRAPH, GraphFacts):
        edges += [(edge.caller, edge.callee) for edge in facts.edges]
        loose += [(edge.caller, edge.callee) for edge in facts.edges if edge.mode == "async"]
        kinds.update(
            {str(service["name"]): str(service.get("kind") or "") for service in facts.services if "name" in service}
        )
    for _, traces in read_facts(case, EvidenceKind.TRACES, TraceFacts):
        owner = {span.span_id: span.service for span in traces.spans}
        edges += [
            (owner[span.parent_id], span.service)
            for span in traces.spans
            if owner.get(span.parent_id, span.service) != span.service
        ]
    return CallGraph.build(edges, asynchronous=loose), kinds


def _read_spans(case: Case, since: datetime) -> tuple[TraceSpan, ...]:
    """Return spans of the fault's time that failed or took unusually long."""
    found = []
    for _, facts in read_facts(case, EvidenceKind.TRACES, TraceFacts):
        usual: dict[tuple[str, str], float] = {}
        for span in facts.spans:
            if span.started_at < since:
                usual.setdefault((span.service, span.operation), span.duration_s)
        for span in facts.spans:
            if span.started_at >= since:
                slow = span.duration_s > 3 * usual.get((span.service, span.operation), span.duration_s)
                if span.error or slow:
                    found.append(span)
    return tuple(found)


def _read_patterns(case: Case) -> list[Telling]:
    found = []
    for item, facts in read_facts(case, EvidenceKind.LOG_PATTERNS, LogPatternFacts):
        for position, pattern in enumerate(facts.patterns, start=1):
            if pattern.delta is not None and pattern.delta > 0:
                level = read_level(pattern.signature)
                weight = 0.8 if level is not None and level.is_severe else 0.4
                found.append(
                    Telling(
                        item, position, pattern.signature, pattern.service or item.entity.name, None, level,
                        int(pattern.count), 0, weight, (pattern.signature,),
                    )
                )  # fmt: skip
    return found
