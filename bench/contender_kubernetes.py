"""Cloud-OpsBench's cases as documents of a cluster, and the first tier's findings as its pairs of object and cause.

The benchmark speaks of applications where Kubernetes has workloads, services and pods, and spells some causes its own
way; that translation is all that happens here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fermata.domain.entity import Entity
from fermata.flows.bundle.metric_tables import read_table
from fermata.rules.claims import Quote
from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.cluster import Cluster, build_cluster
from fermata.rules.kubernetes.logs import LogText
from fermata.rules.metrics.series import Series
from fermata.rules.signatures import CATALOGUE
from fermata.rules.signatures.cluster_rank import examine


def cloudops(case: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return up to three (object, cause) pairs, best first; empty when nothing is known."""
    cluster = read_case(case)
    pairs = [(_name_object(cluster, item.claim.subject), item.claim.cause) for item in examine(cluster, CATALOGUE)]
    return list(dict.fromkeys(pairs))[:3]


def read_case(case: Mapping[str, Any]) -> Cluster:
    """Return the captured cluster of a case."""
    kubectl = DocumentForm.KUBECTL  # Looked up once, of thousands.
    documents = (Document(query, kubectl, text, query) for query, text in case["k8s"].items() if isinstance(text, str))
    return build_cluster(documents, _read_logs(case), series=_read_series(case), notices=_read_notices(case))


def _read_series(case: Mapping[str, Any]) -> Iterator[Series]:
    """A wide table: a column a metric of a service or node, which are named in front."""
    if case["metrics_csv"]:
        yield from read_table(Path(case["metrics_csv"]).read_text(encoding="utf-8")).series


def _read_logs(case: Mapping[str, Any]) -> Iterator[LogText]:
    """Sources are named `<workload>`, `<workload>.<container>` or `<workload>.previous`."""
    for source, lines in (case["logs"] or {}).items():
        text = lines if isinstance(lines, str) else "\n".join(map(str, lines))
        workload, _, rest = source.partition(".")
        previous = rest == "previous"
        container = "" if previous else rest
        yield LogText(f"logs/{source}", case["namespace"], workload, container, previous, text)


def _read_notices(case: Mapping[str, Any]) -> Iterator[Quote]:
    """One line for each finding: what it is about, then what was seen."""
    number = 0
    for alert in (case["alert"] or {}).get("alerts", ()):
        about = f"{alert.get('type', 'Service')} {alert.get('name') or alert.get('entry_service', '')}"
        rows = alert.get("evidence") or [
            " ".join(str(alert.get(key, "")) for key in ("request_method", "url", "raw_error", "occurrences"))
        ]
        for row in rows:
            number += 1
            yield Quote("alert", number, f"{about}: {row}")


def _name_object(cluster: Cluster, subject: Entity) -> str:
    if subject.kind in ("node", "namespace"):
        return f"{subject.kind}/{subject.name}"
    kinds = {"service": "Service", "pod": "Pod", "replicaset": "ReplicaSet", "job": "Job"}
    found = cluster.find(kinds[subject.kind], subject.name, subject.namespace) if subject.kind in kinds else None
    return f"app/{cluster.app_name(found) if found is not None else subject.name}"
