"""The evidence of a case as one cluster: objects, logs, series, calls, and what alerts said.

Any evidence will do: logs and alerts without a single object are a cluster of nothing but names, and signatures that
read logs still find what they look for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from fermata.domain.alert import Alert
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import GraphFacts, LogFacts, MetricFacts, ObjectFacts
from fermata.domain.record import Record
from fermata.rules.claims import Quote
from fermata.rules.documents import Document, DocumentForm, read_document
from fermata.rules.kubernetes.cluster import Cluster, build_cluster
from fermata.rules.kubernetes.logs import LogText, read_log
from fermata.rules.metrics.series import Series
from fermata.rules.scope import find_namespace
from fermata.rules.sightings import Sighting, find_facts

F = TypeVar("F", bound=Record)

_SERVICE_LABELS = ("service", "app", "job", "workload", "deployment", "pod", "node", "instance")
_FORMS = {form.value: form for form in DocumentForm}


def read_cluster(evidence: Sequence[Evidence], alerts: Iterable[Alert] = ()) -> Cluster:
    """Return the cluster that a case's evidence tells of; every quote from it names evidence by its id.

    Args:
        evidence: Of the latest gathering.
        alerts: Those of the case. Where they name one namespace, what says none itself and is known in no other is its.
    """
    alerts = tuple(alerts)
    alerted_at = min((alert.starts_at for alert in alerts), default=None)
    spaces = {space for alert in alerts if (space := find_namespace(alert.labels))}
    return build_cluster(
        _list_documents(evidence),
        (replace(log, alerted_at=alerted_at) for log in _list_logs(evidence)),
        series=tuple(_list_series(evidence)),
        notices=tuple(_list_notices(evidence)),
        calls=tuple(_list_calls(evidence)),
        asked=spaces.pop() if len(spaces) == 1 else "",
    )


def _list_documents(evidence: Iterable[Evidence]) -> Iterator[Document]:
    for found in _list_sightings(evidence, EvidenceKind.OBJECTS, ObjectFacts):
        form = _FORMS.get(found.facts.form, DocumentForm.TEXT)
        yield read_document(found.evidence, form, found.facts.objects)


def _list_logs(evidence: Iterable[Evidence]) -> Iterator[LogText]:
    for item in evidence:
        if item.kind is not EvidenceKind.LOGS:
            continue
        facts = find_facts(item, LogFacts)
        stem = (facts.facts.path if facts else "").rpartition("/")[2].rpartition(".")[0]
        named = item.entity.system == "kubernetes" and "__" in stem
        source = stem if named else "__".join(filter(None, (item.entity.namespace, item.entity.name)))
        document = read_document(item, DocumentForm.TEXT)
        log = read_log(document.key, source, document.text, numbers=document.numbers)
        yield log if item.entity.system else replace(log, unclaimed=True)


def _list_series(evidence: Iterable[Evidence]) -> Iterator[Series]:
    for found in _list_sightings(evidence, EvidenceKind.METRICS, MetricFacts):
        item, facts = found.evidence, found.facts
        item_id = item.id
        # Where each series has a line of its own, that line is what a quote of the series names.
        told = len(item.lines) == len(facts.series)
        for position, series in enumerate(facts.series):
            labels = series.labels
            service = next((labels[name] for name in _SERVICE_LABELS if labels.get(name)), item.entity.name)
            metric = labels.get("__name__") or labels.get("metric") or facts.expression
            times, values = [point[0] for point in series.points], [point[1] for point in series.points]
            lines = [item.lines[position].number if told else 1] * len(times)
            yield Series(service, metric, times, values, facts.unit, labels, item_id, lines)


def _list_notices(evidence: Iterable[Evidence]) -> Iterator[Quote]:
    for item in evidence:
        if item.kind is EvidenceKind.ALERT:
            item_id = item.id
            yield from (Quote(item_id, line.number, line.text) for line in item.lines)


def _list_calls(evidence: Iterable[Evidence]) -> Iterator[tuple[str, str]]:
    for found in _list_sightings(evidence, EvidenceKind.GRAPH, GraphFacts):
        yield from ((edge.caller, edge.callee) for edge in found.facts.edges)


def _list_sightings(evidence: Iterable[Evidence], kind: EvidenceKind, facts: type[F]) -> Iterator[Sighting[F]]:
    """Yield the evidence of a kind with its facts; what does not parse is named as a gap by the conclusion."""
    for item in evidence:
        if item.kind is kind and (found := find_facts(item, facts)) is not None:
            yield found
