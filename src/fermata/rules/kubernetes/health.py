"""What is observably wrong in a cluster now, as far as pods, workloads, services, nodes, claims and logs show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fermata.rules.claims import Quote
from fermata.rules.kubernetes.kubectl.cells import integer
from fermata.rules.kubernetes.logs import Sayings
from fermata.rules.kubernetes.objects import KubeObject
from fermata.rules.kubernetes.phases import (
    PodPhase,
    is_bound,
    is_ready,
    last_termination,
    pod_phase,
    state_of,
    status_word,
)
from fermata.rules.kubernetes.quantities import parse_age, parse_time

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.logs import LogText

__all__ = [
    "PodPhase",
    "Trouble",
    "desired_replicas",
    "has_doubts",
    "is_bound",
    "is_ready",
    "is_recently_restarted",
    "last_termination",
    "list_troubles",
    "pod_phase",
    "ready_replicas",
    "status_word",
]

_RECENT_S = 900.0
"""A quarter of an hour: what the longest crash back-off, five minutes, needs to show twice."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now and wants explaining."""

    ref: str
    """The entity's."""
    text: str
    quote: Quote | None
    """`None` where what is missing leaves no line."""


def desired_replicas(workload: KubeObject) -> int | None:
    """Return how many pods a workload asks for; `None` when unknown. A replica count that is not set means one."""
    printed = integer(_printed_counts(workload)[1])
    if printed is not None:
        return printed
    if workload.kind == "DaemonSet":
        return _count(workload, "status", "desiredNumberScheduled")
    if workload.kind == "Job":
        return _count(workload, "spec", "parallelism") or 1
    found = _count(workload, "spec", "replicas")
    return 1 if found is None and workload.kind != "CronJob" and workload.get("spec", "template") else found


def ready_replicas(workload: KubeObject) -> int | None:
    """Return how many of a workload's pods are ready; `None` when unknown."""
    printed = integer(_printed_counts(workload)[0])
    if printed is not None:
        return printed
    daemon = workload.kind == "DaemonSet"
    found = _count(workload, "status", "numberReady" if daemon else "readyReplicas")
    if found is None and workload.get("kind") and workload.get("status") is not None:
        return 0  # The API leaves counts of zero out, and unlike a description tells the kind.
    # Descriptions count what is available only.
    return _count(workload, "status", "numberAvailable" if daemon else "availableReplicas") if found is None else found


def _printed_counts(workload: KubeObject) -> tuple[str, str]:
    """Return ready and wanted as a table prints them, in one column or two; empty texts without one."""
    ready, slash, wanted = workload.printed.get("READY", "").partition("/")
    return ready, wanted if slash else workload.printed.get("DESIRED", "")


def _count(item: KubeObject, *path: str) -> int | None:
    found = item.get(*path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def is_recently_restarted(pod: KubeObject) -> bool:
    """Return whether one of a pod's containers was restarted shortly before the capture."""
    count, _, rest = pod.printed.get("RESTARTS", "").partition(" ")
    if count.isdigit():
        if int(count) == 0:
            return False  # As with most pods, whose age need not be read then.
        ago = parse_age(rest.strip("()").removesuffix(" ago")) if rest else pod.age_s
        return ago is not None and ago <= _RECENT_S
    age = pod.age_s
    if age is None or pod.created_at is None:
        return False
    captured = pod.created_at + timedelta(seconds=age)
    for container in pod.containers:
        status = container.get("status")
        if not isinstance(status, Mapping) or not status.get("restartCount"):
            continue
        ended = parse_time(state_of(status, "terminated", last=True).get("finishedAt"))
        if ended is not None and (captured - ended).total_seconds() <= _RECENT_S:
            return True
    return False


def list_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return what is observably wrong now; a warning that a healthy object got over is no trouble."""
    return cluster.remember(_find_troubles)


def _find_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    parts = (_workload_troubles, _pod_troubles, _service_troubles, _node_troubles, _claim_troubles, _log_troubles)
    return tuple(trouble for part in parts for trouble in part(cluster))


def _workload_troubles(cluster: Cluster) -> Iterator[Trouble]:
    for workload in cluster.workloads:
        if workload.kind in ("Job", "CronJob"):
            failed = _condition(workload, "Failed")
            if failed.get("status") == "True":
                yield _trouble(cluster, workload, f"{workload.name} has failed", "Failed")
            continue
        desired, ready = desired_replicas(workload), ready_replicas(workload)
        if ready is None:
            pods = cluster.pods_of(workload)
            ready = sum(pod_phase(pod) is PodPhase.RUNNING_READY for pod in pods) if pods else None
        if desired and ready is not None and ready < desired:
            text = f"{ready} of {desired} pods of {workload.name} are ready"
            yield _trouble(cluster, workload, text, "unavailable", "READY", workload.name)
        elif _is_refused_pods(workload):
            yield _trouble(cluster, workload, f"{workload.name} is refused its pods", "ReplicaFailure", workload.name)
        elif _is_paused_halfway(workload, desired):
            text = f"the rollout of {workload.name} is paused before its new version took over"
            yield _trouble(cluster, workload, text, "DeploymentPaused", "paused: true", workload.name)
        elif desired == 0 and workload.kind != "DaemonSet" and cluster.callers(workload):
            text = f"{workload.name} is scaled to zero and others call it"
            yield _trouble(cluster, workload, text, "0 desired", '"replicas": 0', "replicas: 0", workload.name)


def _is_paused_halfway(workload: KubeObject, desired: int | None) -> bool:
    """Answer whether a deployment was told to wait while fewer pods are of its latest template than are asked for."""
    reason = "DeploymentPaused"
    if not _says(workload, reason) or _condition(workload, "Progressing").get("reason") != reason:
        return False
    updated = workload.get("status", "updatedReplicas")
    # The API leaves a count of zero out.
    return (updated if isinstance(updated, int) else 0) < (desired or 0)


def _pod_troubles(cluster: Cluster) -> Iterator[Trouble]:
    for pod in cluster.list("Pod"):
        phase = pod_phase(pod)
        word = status_word(pod)
        if phase is PodPhase.RUNNING_READY:
            if is_recently_restarted(pod):
                yield _trouble(cluster, pod, f"{pod.name} was restarted lately", "Last State", "restartCount", pod.name)
        elif phase is not PodPhase.COMPLETED:
            state = (
                "runs but is not ready" if phase is PodPhase.RUNNING_NOT_READY else f"is {word or 'in no known state'}"
            )
            yield _trouble(cluster, pod, f"{pod.name} {state}", *([word] if word else []), pod.name)


def _service_troubles(cluster: Cluster) -> Iterator[Trouble]:
    for service in cluster.list("Service"):
        if cluster.endpoints_of(service) == () and cluster.has_selector(service):
            text = f"no pod is ready behind the service {service.name}"
            endpoints = cluster.find("Endpoints", service.name, service.namespace)
            words = ("NotReadyAddresses", "notReadyAddresses", "Subsets:", "subsets")
            quotes = (
                cluster.quote(endpoints, *words, endpoints.name)
                if endpoints is not None
                else cluster.quote(service, "Endpoints:", service.name)
            )
            yield Trouble(service.ref, text, quotes[0] if quotes else None)


def _node_troubles(cluster: Cluster) -> Iterator[Trouble]:
    for node in cluster.list("Node"):
        words = node.printed.get("STATUS", "").split(",")
        # The column is there before the description is read.
        status = "" if "Ready" in words else _condition(node, "Ready").get("status")
        if status in ("False", "Unknown"):
            yield _trouble(
                cluster, node, f"the node {node.name} is not ready", "NotReady", "NodeStatusUnknown", node.name
            )


def _claim_troubles(cluster: Cluster) -> Iterator[Trouble]:
    for claim in cluster.list("PersistentVolumeClaim"):
        phase = claim.printed.get("STATUS") or claim.get("status", "phase")
        if phase in ("Pending", "Lost"):
            yield _trouble(cluster, claim, f"the claim {claim.name} is {phase.lower()}", phase, claim.name)


# Words of clients whose call did not get through, whatever their language; without the letter that may be a capital.
_FAILED_CALL = (
    "onnection refused",
    "ECONNREFUSED",
    "o such host",
    "ENOTFOUND",
    "nknownHost",
    "nknown host",
    "ame resolution",
    "imeout",
    "imed out",
    "eadline exceeded",
    "eadlineExceeded",
    "navailable",
    "onnection reset",
    "o route to host",
    "o healthy upstream",
    "ailed to connect",
    "ould not connect",
    "nable to connect",
)
# Enough not to be one lost call: a guess; revisit when measured.
_MANY = 3
# A log is read from its end, where what is wrong now stands; a busy service writes this much in some minutes.
_TAIL = 60_000
# Characters that the logs of workloads that are well share, so that a hundred of them are still read in milliseconds.
_BUDGET = 786_432
# Characters, some thirty lines, that may follow the last failure, and as a multiple of what is usual between two.
_CALM = 4_000
_LONG = 4


# What may be a host in a line: a name, perhaps qualified, or an address.
_TOKEN = re.compile(r"[A-Za-z0-9][\w.-]*")


def _log_troubles(cluster: Cluster) -> Iterator[Trouble]:
    names = _callable_names(cluster)
    share = min(_TAIL, _BUDGET // max(1, len(cluster.logs())))
    windows = ((workload, share if _is_well(cluster, workload) else _TAIL) for workload in cluster.workloads)
    heard = [(workload, within, log) for workload, within in windows for log in cluster.logs(workload)]
    said = Sayings(log.text[-within:] for _, within, log in heard)
    needles = [needle for needle in _FAILED_CALL if said.may_hold(needle)]
    found: dict[tuple[str, str, str], list[Quote]] = {}
    for workload, within, log in heard if needles else ():
        failed = log.last_lines_with(*needles, within=within)
        for name, quotes in _part_by_name(failed, names, own=workload.name).items():
            if not _is_over(log, quotes):
                found.setdefault((workload.ref, workload.name, name), []).extend(quotes)
    for (ref, caller, name), quotes in found.items():
        if len(quotes) >= _MANY:
            yield Trouble(ref, f"{caller} logs that calls to {name} fail", quotes[-1])


def _is_well(cluster: Cluster, workload: KubeObject) -> bool:
    return all(pod_phase(pod) is PodPhase.RUNNING_READY for pod in cluster.pods_of(workload))


def _part_by_name(quotes: Iterable[Quote], names: Mapping[str, str], *, own: str) -> dict[str, list[Quote]]:
    """Return lines of failed calls by who was called."""
    found: dict[str, list[Quote]] = {}
    for quote in quotes:
        tokens = {token.strip(".") for token in _TOKEN.findall(quote.text)}
        tokens |= {token.partition(".")[0] for token in tokens if "." in token}
        for name in sorted({names[token] for token in tokens & names.keys()} - {own}):
            found.setdefault(name, []).append(quote)
    return found


def _is_over(log: LogText, quotes: Sequence[Quote]) -> bool:
    """Answer whether a log goes on for much longer after the last of some lines than it did between them."""
    first, last = log.text.find(quotes[0].text), log.text.rfind(quotes[-1].text)
    usual = (last - first) / max(1, len(quotes) - 1)
    calm = min(_CALM, len(log.text) / 3)
    return len(log.text) - last - len(quotes[-1].text) > max(calm, _LONG * usual)


def has_doubts(cluster: Cluster) -> bool:
    """Return whether somebody lately failed to reach another, be it once: too little for a trouble, and not well."""
    names = _callable_names(cluster)
    for log in cluster.logs():
        pod = cluster.find("Pod", log.pod)
        own = cluster.app_name(pod) if pod is not None else log.pod
        if _part_by_name(log.last_lines_with(*_FAILED_CALL, within=len(log.text) // 3), names, own=own):
            return True
    return False


def _callable_names(cluster: Cluster) -> dict[str, str]:
    """Return what a failed call may name, and the name people know it by.

    Clients name a service, its address, or a workload whose service does not exist.
    """
    names = {item.name: item.name for item in (*cluster.workloads, *cluster.list("Service"))}
    return {**names, **{address: service.name for address, service in cluster.service_by_address.items()}}


def _is_refused_pods(workload: KubeObject) -> bool:
    # Of one that nothing but an event tells of, the event's reason is all there is.
    is_said = _says(workload, "ReplicaFailure", "FailedCreate")
    return is_said and _condition(workload, "ReplicaFailure").get("status") == "True"


def _says(item: KubeObject, *words: str) -> bool:
    """Answer whether one of these may stand in an object: bodies are read on demand, and most workloads are well."""
    texts = [passage.text for passage in item.passages]
    return not texts or any(word in text for text in texts for word in words)


def _condition(item: KubeObject, kind: str) -> Mapping[str, object]:
    return next((each for each in item.get_maps("status", "conditions") if each.get("type") == kind), {})


def _trouble(cluster: Cluster, item: KubeObject, text: str, *words: str) -> Trouble:
    quotes = cluster.quote(item, *words)
    return Trouble(item.ref, text, quotes[0] if quotes else None)
