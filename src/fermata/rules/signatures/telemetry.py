"""What metrics and logs show by themselves, where no change and no object tells why.

The ranking of `rules.metrics` says whose excess it is; here it becomes an entry of the catalogue. It names a place, not
a reason: whatever says why something there went wrong is more exact, and leads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fermata.domain.alert import AlertStatus
from fermata.domain.diagnosis import Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import GraphFacts, TraceFacts
from fermata.rules.changes.judge import judge_changes
from fermata.rules.claims import Claim, to_hypothesis
from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.ranking import RankedNode, rank_metrics
from fermata.rules.metrics.series import Series, as_rate
from fermata.rules.metrics.shift import Shift, detect_shift
from fermata.rules.metrics.symptoms import Signal, pick_series
from fermata.rules.metrics.words import describe_shift
from fermata.rules.scope import clean_name
from fermata.rules.sightings import find_facts
from fermata.rules.signatures import kernel_words, logged_failures, platform_failures
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.coincidences import Coincidence, find_coincidences
from fermata.rules.signatures.kubernetes_findings import locate, quote_point
from fermata.rules.signatures.workloads import is_same_service

_MARGIN = timedelta(minutes=15)
# Alert rules wait (`for:`) up to that long, so the quarter of an hour before an alert is no reference.
_LATE = timedelta(minutes=1)
# A rule is evaluated that long after what it watches, at the usual intervals.
_LEAST_SCORE = 0.5
_CLOSEST = 0.7
# The share of the first one's score from which on a second suspect leaves it open which of them it is.
_SURE, _LIKELY = 0.7, 0.5


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where the disturbance begins."""

    node: RankedNode
    target: str | None
    """The alerted service, as metrics and graph name it; `None` when they do not know it."""
    felt: Shift | None
    """What the alerted service shows of it, where that is another one."""


def _match_degraded(case: Case) -> Sequence[Hypothesis]:
    origin = _find_origin(case) if case.cluster.series and judge_changes(case).guilty is None else None
    if origin is None:
        return ()
    node, felt = origin.node, origin.felt
    since = f"{datetime.fromtimestamp(node.onset, UTC):%H:%M} UTC"
    whose = f"the {node.part} of {node.node}" if node.part else node.node
    begins = f"The trouble of {origin.target} begins at {node.node}" if felt else f"{node.node} is not as usual"
    follows = f" Of {origin.target}, {describe_shift(felt)}." if felt else ""
    quotes = [quote_point(shift.series, shift.indexes[0]) for shift in (node.shift, felt) if shift is not None]
    beside = _list_beside(case, origin)
    also = f" About then {'; '.join(item.words for item in beside)}." if beside else ""
    look = f", and look first at {' and '.join(item.name for item in beside)}" if beside else ""
    claim = Claim(
        cause="service_degraded",
        subject=_name_subject(case, node.node),
        text=f"{begins}, since {since}: {node.why}{follows}{also}",
        confidence=_SURE if origin.target else _LIKELY,
        quotes=(*quotes, *(item.quote for item in beside)),
        person_must=f"Find out what happened to {whose} at {since}{look}: no change that was collected explains it.",
    )
    hypothesis = to_hypothesis(claim, case.by_id)
    return (hypothesis,) if hypothesis is not None else ()


def _find_origin(case: Case) -> _Origin | None:
    """Return the one service that the metrics point at; `None` when they point at none, or nearly as much at two."""
    series, graph = case.cluster.series, _read_graph(case)
    target = _find_target(case, {item.service for item in series}.union(*graph.edges))
    baseline = _find_baseline(case, series)
    suspects = rank_metrics(series, graph, target=target, baseline=baseline).items
    ranked = [node for node in suspects if not _is_over(case, node.shift)]
    if not ranked or ranked[0].score < _LEAST_SCORE:
        return None
    if len(ranked) > 1 and ranked[1].score > _CLOSEST * ranked[0].score:
        return None
    own = [item for item in series if item.service == target and target != ranked[0].node]
    return _Origin(ranked[0], target, _find_felt(own, baseline))


def _list_beside(case: Case, origin: _Origin) -> tuple[Coincidence, ...]:
    """Return what else began then, but for services that the calls or the alert make suspects themselves."""
    called = {name for edge in _list_edges(case) for name in edge[:2]}
    apart = frozenset({origin.node.node, *called, *([origin.target] if origin.target else [])})
    began = datetime.fromtimestamp(origin.node.onset, UTC)
    return find_coincidences(case, began, baseline=_find_baseline(case, case.cluster.series), apart=apart)


def _find_target(case: Case, known: set[str]) -> str | None:
    names = case.scope.list_names()
    return next((own for name in names for own in sorted(known) if is_same_service(own, name)), None)


def _find_baseline(case: Case, series: Sequence[Series]) -> tuple[float, float] | None:
    """Return what came well before the alert; `None` where the metrics do not reach back so far."""
    start = min((item.times[0] for item in series if item.times), default=0.0)
    end = (case.scope.onset - _MARGIN).timestamp()
    # Without an alert the onset is where the window begins, and says nothing.
    return (start, end) if case.alerts and start < end else None


def _is_over(case: Case, shift: Shift) -> bool:
    """Answer whether a series has been back to normal for longer than it was not, and nothing fires for it.

    An incident may have been opened again: what its ended alert was about is no cause of one that began afterwards. Nor
    is what was over long before any that fires began: a rule that waits fires of what goes on.
    """
    first, last = shift.indexes[0], shift.indexes[-1]
    end = datetime.fromtimestamp(shift.series.times[last], UTC)
    ended = [
        alert.ends_at
        for alert in case.alerts
        if alert.status is AlertStatus.RESOLVED and alert.ends_at and alert.starts_at <= end <= alert.ends_at + _LATE
    ]
    began = [alert.starts_at for alert in case.alerts if alert.status is AlertStatus.FIRING]
    fires = any(start < end + _MARGIN and not any(past <= start for past in ended) for start in began)
    return not fires and len(shift.series.values) - last > last - first


def _find_felt(series: Sequence[Series], baseline: tuple[float, float] | None) -> Shift | None:
    """Return the clearest shift in slowness or failures among some series."""
    rated = [as_rate(item) for item in series]
    felt = [item for signal in Signal for item in pick_series(rated, signal)]
    shifts = (detect_shift(item, baseline=baseline) for item in felt)
    return max((shift for shift in shifts if shift is not None), key=lambda shift: shift.strength, default=None)


def _name_subject(case: Case, node: str) -> Entity:
    known = locate(case.cluster, node)
    return known.entity if known is not None else Entity(kind="service", name=clean_name(node) or "unknown")


def _read_graph(case: Case) -> CallGraph:
    edges = list(_list_edges(case))
    return CallGraph.build(
        ((caller, callee) for caller, callee, _ in edges),
        asynchronous=((caller, callee) for caller, callee, waits in edges if not waits),
    )


def _list_edges(case: Case) -> Iterator[tuple[str, str, bool]]:
    """Yield caller, callee, and whether the caller waits: as a service graph or traces tell."""
    for item in case.evidence:
        if item.kind is EvidenceKind.GRAPH and (graph := find_facts(item, GraphFacts)) is not None:
            yield from ((edge.caller, edge.callee, edge.mode != "async") for edge in graph.facts.edges)
        elif item.kind is EvidenceKind.TRACES and (traces := find_facts(item, TraceFacts)) is not None:
            owners = {span.span_id: span.service for span in traces.facts.spans}
            for span in traces.facts.spans:
                if span.parent_id in owners:
                    yield owners[span.parent_id], span.service, True


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="service_degraded",
        title="A service left its normal range, and nothing that it calls accounts for it",
        looks_at=(EvidenceKind.METRICS, EvidenceKind.GRAPH, EvidenceKind.TRACES),
        ruled_out_by="A change is guilty; another service is nearly as suspect; or it is over, and so is its alert.",
        confidence_note="0.7 when the alerted service is measured and keeps time with it, 0.5 when it is not known.",
        action="none: a person must find out what happened to the service",
        specificity=Specificity.STATE,
        match=_match_degraded,
    ),
    *kernel_words.SIGNATURES,
    *logged_failures.SIGNATURES,
    *platform_failures.SIGNATURES,
)
"""The catalogue's part about what only telemetry shows."""
