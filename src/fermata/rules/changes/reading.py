"""From the evidence of a case to its symptoms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from fermata.domain.alert import Alert
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import GraphFacts, LogPatternFacts, MetricFacts, ProviderStatusFacts, TraceFacts, TraceSpan
from fermata.domain.record import Record
from fermata.rules.changes.charts import list_charted
from fermata.rules.changes.climbs import find_climb
from fermata.rules.changes.cluster_ties import list_throttled, list_unmatched
from fermata.rules.changes.complaints import list_complaints, list_workload_names
from fermata.rules.changes.denials import drop_denials
from fermata.rules.changes.firsts import LINGERS, find_early_failure, find_recurring
from fermata.rules.changes.shapes import Shape, read_log
from fermata.rules.changes.symptoms import LATE, Moved, Symptoms, Telling
from fermata.rules.changes.variables import list_given
from fermata.rules.changes.words import find_words
from fermata.rules.levels import LogLevel, find_level
from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Shift, detect_shift
from fermata.rules.scope import list_present

if TYPE_CHECKING:
    from fermata.rules.signatures.base import Case

R = TypeVar("R", bound=Record)

_MARGIN = timedelta(minutes=15)  # Alert rules wait (`for:`) up to that long.
_EARLY_SHARE = 0.6  # Of the time between the window's start and the alert, what is taken as healthy.
_CLEAR = 0.5  # Strength of a shift from which on nobody doubts it.
_SYMPTOMS = (Kind.ERRORS, Kind.SUCCESS, Kind.LATENCY)
_MOST_TELLINGS = 400  # Enough for every kind of line of an incident; more is a log of random words.
_FORMER = re.compile(
    r"yesterday|(?:day|week|month)s?_ago|same_(?:time|hour|day)|last_(?:week|month|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"|previous_(?:day|week|month)|forecast|_expected\b|_baseline\b",
    re.IGNORECASE,
)
"""What a metric was on another day, or ought to be: it is no symptom."""
_TROUBLED = frozenset({LogLevel.WARNING, LogLevel.ERROR, LogLevel.FATAL})
_FEW = 5
_STRAY = 0.02
"""Errors, each of its own, for each new warning beside them."""
_PASTES = (EvidenceKind.OBJECTS, EvidenceKind.TEXT)
_SHORTEST = timedelta(minutes=2)
_BEFORE = timedelta(seconds=1)
_SERVICE_LABELS = ("service", "service_name", "app", "application", "workload", "deployment", "job", "container", "pod")


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
    window = (case.scope.window_start, case.scope.window_end)
    onset = case.scope.onset
    is_told = onset - window[0] >= _SHORTEST
    if not is_told:  # Nobody was alerted, and nothing before it was kept: it may begin anywhere.
        onset = window[1]
    border = min(onset - _MARGIN, window[0] + _EARLY_SHARE * (onset - window[0]))
    graph, kinds_of = _read_graph(case)
    moved, steady = _read_metrics(case, border, onset)
    former = [item for item in moved if _FORMER.search(item.shift.series.metric)]
    moved = [item for item in moved if item not in former]
    past = [item for item in moved if _is_over(item.shift, onset)]
    logs = [item for item in case.evidence if item.kind is EvidenceKind.LOGS]
    known = {*kinds_of, *(name for edge in graph.edges for name in edge)}
    known.update(item.service for item in moved)
    names = sorted(known, key=len, reverse=True)
    shapes = [shape for item in logs for shape in read_log(item, _name_service(item, names), onset, window)]
    if not is_told:
        border = _find_border(shapes) or border
    elif (early := find_early_failure(shapes, onset)) is not None:
        border = min(border, early - _BEFORE)
    alerted = frozenset(case.scope.list_names())
    related = {name for own in alerted for name in (own, *graph.list_reachable(own), *_list_callers(graph, own))}
    own = [item for item in moved if item not in past and (not graph.edges or item.service in related)]
    began = _find_beginning(shapes, own, border, onset, _find_quiet(case.alerts))
    moved = [item for item in moved if item not in past or not _is_over(item.shift, began)]
    late = max(began + LATE, onset)
    tellings = [telling for shape in shapes if (telling := shape.tell(border, late)) is not None]
    tellings += [*_read_patterns(case), *_read_states(case, names)]
    if not graph.edges:
        graph = _infer_graph(tellings)
    return Symptoms(
        onset=onset,
        began_at=began,
        alerted=alerted,
        alert_text=" ".join(f"{alert.name} {alert.summary}" for alert in case.alerts),
        labels=tuple(str(value) for alert in case.alerts for value in alert.labels.values()),
        tellings=tuple(sorted(tellings, key=lambda item: -item.weight)[:_MOST_TELLINGS]),
        moved=tuple(moved),
        steady=tuple(steady),
        spans=_read_spans(case, onset - _MARGIN),
        graph=graph,
        kinds_of=kinds_of,
        healthy_words=_list_healthy_words(shapes, border),
        statuses=tuple(read_facts(case, EvidenceKind.PROVIDER_STATUS, ProviderStatusFacts)),
        logged=frozenset(_name_service(item, names) for item in logs),
        calm=tuple(_list_calm(shapes, began)),
        undated=tuple(told for shape in shapes if (told := shape.tell_undated()) is not None)[:_MOST_TELLINGS],
        given=list_given(line.text for item in case.evidence if item.kind in _PASTES for line in item.lines),
        complaints=(complaints := list_complaints(case.evidence)),
        unmatched=list_unmatched(case),
        throttled=list_throttled(case.alerts),
        charted=list_charted(case),
        workload_names=list_workload_names(case.evidence) if complaints else frozenset(),
        usual=frozenset(item.service for item in former if item.shift.after > item.shift.before),
    )


def _infer_graph(tellings: Sequence[Telling]) -> CallGraph:
    """Return who calls whom as errors tell it: `catalog: 503` in the log of a front end names its callee."""
    names = {telling.service for telling in tellings}
    edges = [
        (telling.service, name)
        for telling in tellings
        if telling.severe
        for name in names - {telling.service}
        if any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for text in telling.samples)
    ]
    # Who names each other tells nothing about who waits for whom.
    return CallGraph.build(edge for edge in edges if edge[::-1] not in edges)


def _list_healthy_words(shapes: Iterable[Shape], border: datetime) -> frozenset[str]:
    healthy = (shape for shape in shapes if shape.count_before(border))
    return frozenset(word for shape in healthy for text in shape.samples[:2] for word in find_words(text))


def _list_calm(shapes: Iterable[Shape], began: datetime) -> Iterator[tuple[str, str]]:
    """Yield what goes on as ever: services with ordinary lines of theirs from after the beginning."""
    ordinary = (shape for shape in shapes if shape.level not in _TROUBLED and shape.times[-1] >= began)
    for shape in islice(ordinary, _MOST_TELLINGS):
        late = [text for time, text in zip(shape.times, shape.texts, strict=True) if time >= began]
        yield from ((shape.service, text[:_LONGEST_STATED]) for text in late[-_FEW:])


def _name_service(item: Evidence, names: Sequence[str]) -> str:
    """Return whose log it is: a service that its entity's name begins with or else contains, else that name."""
    own = item.entity.name
    if own in names:
        return own
    plain = _plain(own)
    begins = next((name for name in names if plain.startswith(f"{_plain(name)}-")), None)
    return begins or next((name for name in names if f"-{_plain(name)}-" in f"-{plain}-"), own)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _find_quiet(alerts: Sequence[Alert]) -> datetime | None:
    """Return when an earlier trouble of the same incident was over; `None` where there was none."""
    present = list_present(alerts)
    return max((one.ends_at or one.received_at for one in alerts if one not in present), default=None)


def _find_beginning(
    shapes: Sequence[Shape], moved: Sequence[Moved], border: datetime, onset: datetime, quiet: datetime | None
) -> datetime:
    """Return when the fault first showed: the first of the loud new lines, or the first metric that went bad.

    Args:
        quiet: Until then an earlier trouble showed, which is over: what is of that time begins nothing, unless it went
            on all the same.
    """
    severe = (shape for shape in shapes if shape.level is not None and shape.level.is_severe)
    late = (shape.times[index:] for shape in severe if (index := shape.find_first(border)) is not None)
    new = [_leave_earlier(times, quiet) for times in late]
    fresh = [(times[0], len(times)) for times in new if times]
    warnings = list(_list_new_warnings(shapes, border))
    total = sum(count for _, count in fresh)
    # One error that never comes again, beside scores of new warnings, is not what the alert is about.
    is_stray = len(fresh) == total <= _STRAY * sum(count for _, count in warnings)
    firsts = [] if is_stray else [at for at, count in fresh if count >= 0.1 * total]
    clear = [item.shift for item in moved if item.shift.strength >= _CLEAR]
    firsts += _list_departures([shift for shift in clear if shift.series.meaning.kind in _SYMPTOMS], quiet)
    if not firsts:  # Nothing failed yet, as far as anybody measured: what else moved as the alert came near?
        others = [*_list_departures(clear, quiet), *(at for at, _ in warnings if quiet is None or at > quiet)]
        firsts = [at for at in others if onset - at <= _MARGIN]
    return min([onset, *firsts])


def _list_departures(shifts: Iterable[Shift], quiet: datetime | None) -> Iterator[datetime]:
    """Yield when series left their range; of those that were back when an earlier trouble ended, when they next did."""
    for shift in shifts:
        outside = [datetime.fromtimestamp(shift.series.times[index], UTC) for index in shift.indexes]
        since = _leave_earlier(outside, quiet)
        if since:
            yield datetime.fromtimestamp(shift.onset, UTC) if len(since) == len(outside) else since[0]


def _leave_earlier(times: Sequence[datetime], quiet: datetime | None) -> list[datetime]:
    """Return the instants of the present trouble: all of them where they went on while an earlier one was over."""
    later = [at for at in times if quiet is None or at > quiet]
    before = max((at for at in times if quiet is not None and at <= quiet), default=None)
    return list(times) if before is not None and later and later[0] - before <= LINGERS else later


def _list_new_warnings(shapes: Iterable[Shape], border: datetime) -> Iterator[tuple[datetime, int]]:
    """Yield since when warnings were given that nobody gave before, and how often: one alone is chance."""
    for shape in shapes:
        new = shape.level is LogLevel.WARNING and shape.count_before(border) == 0
        if new and len(shape.times) >= _FEW:
            yield shape.times[0], len(shape.times)


def _find_border(shapes: Sequence[Shape]) -> datetime | None:
    """Return until when all was well where nobody says when it began: before the first loud sort of failure.

    Of logs alone, so that the window's end plays no part: how long somebody went on recording tells nothing. `None`
    when no failure is loud, or all of them were there from beginning to end.
    """
    lines: Counter[str] = Counter()
    for shape in shapes:
        lines[shape.evidence.title] += len(shape.times)
    severe = [shape for shape in shapes if shape.times and shape.level is not None and shape.level.is_severe]
    total = sum(len(shape.times) for shape in severe)
    firsts = [
        shape.times[0]
        for shape in severe
        if len(shape.times) >= 0.1 * total and not _is_routine(shape, lines[shape.evidence.title])
    ]
    return min(firsts) - _BEFORE if firsts else None


def _is_routine(shape: Shape, lines: int) -> bool:
    """Answer whether a failure was there from the first tenth of its log to the last, among lines of other sorts."""
    first, last = shape.spread
    tenth = (last - first) / 10
    lasts = shape.times[0] <= first + tenth and shape.times[-1] >= last - tenth
    return lasts and len(shape.times) * 2 < lines


def _read_metrics(case: Case, border: datetime, onset: datetime) -> tuple[list[Moved], list[Series]]:
    moved, steady = [], []
    edge = border.timestamp()
    for item, facts in read_facts(case, EvidenceKind.METRICS, MetricFacts):
        for position, raw in enumerate(facts.series, start=1):
            labels = raw.labels
            service = next((labels[name] for name in _SERVICE_LABELS if labels.get(name)), item.entity.name)
            metric = labels.get("__name__") or labels.get("metric") or facts.expression
            series = replace(Series.from_points(service, metric, raw.points, unit=facts.unit), labels=labels)
            start = series.times[0] if series.times else edge
            shift = find_climb(series, onset.timestamp())
            if shift is None and start < edge:
                shift = detect_shift(series, baseline=(start, edge))
                if shift is not None and _is_over(shift, onset):  # It may have left its range once more since.
                    since = (onset - LINGERS).timestamp()
                    shift = detect_shift(series, since, baseline=(start, edge)) or shift
            if shift is None or series.meaning.kind in _SYMPTOMS:
                shift = find_recurring(series, onset.timestamp()) or shift
            if shift is None:
                steady.append(series)
            else:
                moved.append(Moved(item, position, shift))
    return moved, steady


def _is_over(shift: Shift, at: datetime) -> bool:
    """Answer whether a series was measured to be back in its range well before an instant."""
    ends = shift.series.times[shift.indexes[-1]]
    return ends < (at - LINGERS).timestamp() and any(ends < time <= at.timestamp() for time in shift.series.times)


def _read_graph(case: Case) -> tuple[CallGraph, dict[str, str]]:
    edges: list[tuple[str, str]] = []
    loose: list[tuple[str, str]] = []
    kinds: dict[str, str] = {}
    for _, facts in read_facts(case, EvidenceKind.GRAPH, GraphFacts):
        edges += [(edge.caller, edge.callee) for edge in facts.edges]
        loose += [(edge.caller, edge.callee) for edge in facts.edges if edge.mode == "async"]
        kinds.update(
            {str(service["name"]): _name_kind(service.get("kind")) for service in facts.services if "name" in service}
        )
    for _, traces in read_facts(case, EvidenceKind.TRACES, TraceFacts):
        owner = {span.span_id: span.service for span in traces.spans}
        edges += [(owner[span.parent_id], span.service) for span in traces.spans if span.parent_id in owner]
    return CallGraph.build(edges, asynchronous=loose), kinds


_KINDS = {
    **dict.fromkeys(("database", "rdbms", "sql", "postgres", "postgresql", "mysql", "mariadb", "mongodb"), "db"),
    **dict.fromkeys(("redis", "memcached", "valkey"), "cache"),
    **dict.fromkeys(("broker", "kafka", "rabbitmq", "topic", "stream", "message_queue", "message-queue"), "queue"),
    **dict.fromkeys(("third-party", "third_party", "3rd-party", "saas", "partner", "provider"), "external"),
    **dict.fromkeys(("loadbalancer", "load-balancer", "load_balancer", "ingress", "proxy", "edge"), "gateway"),
}
"""What people call a kind of service -> what it is called here."""


def _name_kind(kind: object) -> str:
    own = str(kind or "")
    return _KINDS.get(own.casefold(), own)


def _list_callers(graph: CallGraph, service: str) -> frozenset[str]:
    """Return everybody who calls a service, directly or not."""
    seen, waiting = set[str](), [service]
    while waiting:
        new = [caller for caller in graph.callers.get(waiting.pop(), ()) if caller not in seen]
        seen.update(new)
        waiting += new
    return frozenset(seen)


def _read_spans(case: Case, since: datetime) -> tuple[TraceSpan, ...]:
    """Return spans of the fault's time that failed or took unusually long."""
    found = []
    for _, facts in read_facts(case, EvidenceKind.TRACES, TraceFacts):
        usual: dict[tuple[str, str], float] = {}
        for span in facts.spans:
            if span.started_at < since:
                usual.setdefault((span.service, span.operation), span.duration_s)
        late = (span for span in facts.spans if span.started_at >= since)
        for span in late:
            slow = span.duration_s > 3 * usual.get((span.service, span.operation), span.duration_s)
            if span.error or slow:
                found.append(span)
    return tuple(found)


def _read_patterns(case: Case) -> list[Telling]:
    found = []
    for item, facts in read_facts(case, EvidenceKind.LOG_PATTERNS, LogPatternFacts):
        for position, pattern in enumerate(facts.patterns, start=1):
            level = find_level(pattern.signature)
            if pattern.delta is not None and pattern.delta > 0:
                weight = 0.8 if level is not None and level.is_severe else 0.4
                found.append(
                    Telling(
                        item, position, pattern.signature, pattern.service or item.entity.name, None, level,
                        int(pattern.count), 0, weight, (pattern.signature,),
                    )
                )  # fmt: skip
    return found


_STATED = re.compile(
    r"oom_?kill|out of memory|crash_?loop|image_?pull_?back_?off|err_?image_?pull|\bevicted|failed_?scheduling"
    r"|unhealthy|probe failed|exit code [1-9]|create_?container_?\w*error|failed_?mount|insufficient (?:cpu|memory)"
    r"|\(137\)",
    re.IGNORECASE,
)
_MOST_STATED = 40
_STATED_WEIGHT = 0.8  # As a failing line that is new: what was so before the fault began, nobody says.


def _read_states(case: Case, names: Sequence[str]) -> list[Telling]:
    """Return what an orchestrator says of workloads that do not run as they should, a telling a line."""
    found = []
    for item in case.evidence:
        if item.kind in (EvidenceKind.STATE, EvidenceKind.OBJECTS):
            for line in item.lines:
                if _STATED.search(drop_denials(line.text[:_LONGEST_STATED])):
                    plain = _plain(line.text[:_LONGEST_STATED])
                    own = next((name for name in names if plain.startswith(f"{_plain(name)}-")), None)
                    text = line.text[:_LONGEST_STATED]
                    found.append(
                        Telling(
                            item, line.number, line.text, own or _name_service(item, names), None, LogLevel.ERROR,
                            1, 0, _STATED_WEIGHT, (text,),
                        )
                    )  # fmt: skip
    return found[:_MOST_STATED]


_LONGEST_STATED = 400
