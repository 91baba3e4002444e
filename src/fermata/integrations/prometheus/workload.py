"""Metrics of a Kubernetes workload: what its pods used, chosen by who owns them.

Nothing that cAdvisor exports names a deployment; only pods do. kube-state-metrics says which pods a workload owns, and
each query is joined with that at each of its points, so that pods which are gone count as long as they were there.
Where it is not scraped, the names of pods say as much: Kubernetes makes them from the workload's name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence
from fermata.domain.scope import Scope
from fermata.integrations.prometheus.asking import Asker
from fermata.integrations.prometheus.client import PrometheusClient
from fermata.integrations.prometheus.selection import quote
from fermata.kit.clock import Clock
from fermata.ports.metrics.asking import Question, gather

MOST_WORKLOADS = 2
"""An incident names one workload, perhaps that of its caller; more would be other incidents."""
RATE_WINDOW_S = 120
"""Kubelets are scraped every 15 to 60 s, and a rate needs two samples."""
_KINDS = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet", "job": "Job"}
_READY = {
    "deployment": "kube_deployment_status_replicas_available",
    "statefulset": "kube_statefulset_status_replicas_ready",
    "daemonset": "kube_daemonset_status_number_ready",
}
_WANTED = {
    "deployment": "kube_deployment_spec_replicas",
    "statefulset": "kube_statefulset_replicas",
    "daemonset": "kube_daemonset_status_desired_number_scheduled",
}
_OWNER, _REPLICASETS = "kube_pod_owner", "kube_replicaset_owner"
# What Kubernetes puts behind a workload's name: a set's number, a template's hash and five characters, or only these.
_TAILS = {"statefulset": "[0-9]+", "deployment": "[a-z0-9]{1,10}-[a-z0-9]{5}"}
_ANY_TAIL = "[a-z0-9]{5}"


@dataclass(frozen=True, slots=True)
class Usage:
    """One line of the table: a metric of pods."""

    purpose: str
    """As in `MetricFacts.purpose`."""
    unit: str
    name: str
    query: str
    """With `{series}` for name, selector and closing brace."""
    matchers: str = ""
    """Further ones, with their comma."""


# The series of a whole pod (container="") and of its sandbox (POD) would count everything twice.
_CONTAINERS = ',container!="",container!="POD"'
TABLE = (
    Usage("memory", "bytes", "container_memory_working_set_bytes", "sum by (namespace, pod) ({series})", _CONTAINERS),
    Usage(
        "memory_limit",
        "bytes",
        "kube_pod_container_resource_limits",
        "sum by (namespace, pod) ({series})",
        ',resource="memory"',
    ),
    Usage(
        "cpu",
        "cores",
        "container_cpu_usage_seconds_total",
        "sum by (namespace, pod) (rate({series}[{window}s]))",
        _CONTAINERS,
    ),
    Usage("restarts", "", "kube_pod_container_status_restarts_total", "sum by (namespace, pod) ({series})"),
)


class WorkloadCollector:
    """Replicas, memory, CPU and restarts of the scope's workloads, pod by pod."""

    name = "prometheus.workload"

    def __init__(self, client: PrometheusClient, clock: Clock, step_s: float | None = None) -> None:
        self._client = client
        self._clock = clock
        self._step_s = step_s

    def wants(self, scope: Scope) -> bool:
        """Answer yes when a workload of a namespace is in the scope."""
        return bool(list_workloads(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one evidence for each metric that its pods have.

        Raises:
            OperationalError: Prometheus cannot be asked, or it refused every query.
        """
        workloads = list_workloads(scope)
        async with self._client.connect() as session:
            asker = Asker(self._clock, self.name, scope, self._step_s, session=session)
            start, end = scope.window_start, scope.window_end
            known = await gather(session.list_metric_names(_select(one), start, end) for one in workloads)
            window_s = round(max(RATE_WINDOW_S, asker.window.step_s))
            questions = [
                question
                for workload, names in zip(workloads, known, strict=True)
                for question in list_questions(workload, names, window_s)
            ]
            return await asker.ask(questions) if questions else ()


def list_workloads(scope: Scope) -> list[Entity]:
    """Return the scope's workloads that have a namespace, at most two."""
    return [entity for entity in scope.entities if entity.kind in _KINDS and entity.namespace][:MOST_WORKLOADS]


def list_questions(workload: Entity, names: Collection[str], window_s: int) -> list[Question]:
    """Return what is asked about a workload, as far as its namespace has the metrics. Pure.

    Args:
        names: Of the namespace's metrics.
        window_s: Of a rate.
    """
    there = set(names)
    label = f"{workload.namespace}/{workload.name}"
    questions = []
    for purpose, title, table in (("up", "replicas ready", _READY), ("replicas", "replicas wanted", _WANTED)):
        name = table.get(workload.kind, "")
        if name in there:
            series = f"{name}{{namespace={quote(workload.namespace)},{workload.kind}={quote(workload.name)}}}"
            questions.append(Question(workload, purpose, f"{label}: {title} ({name})", series))
    for usage in TABLE:
        if usage.name in there:
            title = f"{label}: {usage.purpose.replace('_', ' ')} of its pods ({usage.name})"
            query = write_query(workload, usage, there, window_s)
            questions.append(Question(workload, usage.purpose, title, query, usage.unit))
    return questions


def write_query(workload: Entity, usage: Usage, names: Collection[str], window_s: int) -> str:
    """Return the query of one metric for the pods of a workload: joined with their owner, else by their names. Pure."""
    owner = write_owner(workload, names)
    matchers = f"namespace={quote(workload.namespace)}{usage.matchers}"
    if not owner:
        matchers += f",pod=~{quote(_write_pods(workload))}"
    # Not `format`: a name may hold braces.
    query = usage.query.replace("{window}", str(window_s)).replace("{series}", f"{usage.name}{{{matchers}}}")
    return f"{query} * on (namespace, pod) {owner}" if owner else query


def write_owner(workload: Entity, names: Collection[str]) -> str:
    """Return a vector with a 1 for each pod of a workload; empty where kube-state-metrics does not tell. Pure."""
    if _OWNER not in names or (workload.kind == "deployment" and _REPLICASETS not in names):
        return ""
    namespace, name = quote(workload.namespace), quote(workload.name)
    kind = _KINDS[workload.kind]
    if workload.kind != "deployment":
        series = f"{_OWNER}{{namespace={namespace},owner_kind={quote(kind)},owner_name={name}}}"
        return f"group by (namespace, pod) ({series})"
    pods = f'{_OWNER}{{namespace={namespace},owner_kind="ReplicaSet"}}'
    sets = f"{_REPLICASETS}{{namespace={namespace},owner_kind={quote(kind)},owner_name={name}}}"
    # A pod names its replica set as its owner; a replica set, its own name and the deployment.
    renamed = f'label_replace({sets}, "owner_name", "$1", "replicaset", "(.*)")'
    joined = f"{pods} * on (namespace, owner_name) group_left () group by (namespace, owner_name) ({renamed})"
    return f"group by (namespace, pod) ({joined})"


def _select(workload: Entity) -> str:
    return f"{{namespace={quote(workload.namespace)}}}"


def _write_pods(workload: Entity) -> str:
    return f"{re.escape(workload.name)}-{_TAILS.get(workload.kind, _ANY_TAIL)}"
