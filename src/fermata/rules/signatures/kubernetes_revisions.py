"""The revision of a workload before the present one: whether it is known to have run, and what sets them apart.

A deployment keeps its revisions in replica sets, a stateful set or a daemon set in controller revisions.

Going back is a cure only where three things are seen: the revision before ran, it differs in what fails, and what
fails is of the present revision alone. That a pod template was there before proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fermata.kit.digging import dig_map
from fermata.rules.claims import Quote
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.kubernetes.quantities import parse_time
from fermata.rules.signatures.kubernetes_reach import as_count, cite_first, condition_of, replica_sets_of
from fermata.rules.signatures.kubernetes_remedies import Aspect, Spec

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

TOLERANCE = timedelta(minutes=2)
"""How long after the onset a rollout may be dated: clocks differ."""
SOON = timedelta(minutes=30)
"""How long before the onset a rollout that went through may lie: alert rules wait, and so do back-offs (a guess)."""
_REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"
_REVISION_KIND = "ControllerRevision"
_HASH = "controller-revision-hash"
# On a pod: of a stateful set's it is the name of its revision, of a daemon set's the end of that name.
_DONE = "NewReplicaSetAvailable"
# The reason of the condition Progressing once all pods of a revision were available (kubernetes, deployment/util).
_FINE = frozenset({PodPhase.RUNNING_READY, PodPhase.COMPLETED, PodPhase.TERMINATING, PodPhase.EVICTED})
# The evicted are what is left of pods that were replaced.
_WAITS = frozenset({"PodInitializing", "ContainerCreating"})


_Proof = tuple[str, tuple[Quote, ...]]


@dataclass(frozen=True, slots=True)
class Previous:
    """A revision that ran, and the one that took its place."""

    workload: KubeObject
    number: int
    """As `kubectl rollout history` numbers it."""
    before: KubeObject
    """Its replica set or controller revision."""
    since: tuple[KubeObject, ...]
    """Those that came after it, the present one last: whoever sees a bad release restarts it first."""
    words: str
    """How it is known that it ran, for people."""
    quotes: tuple[Quote, ...]

    @property
    def current(self) -> KubeObject:
        """Return the one of the revision that runs now."""
        return self.since[-1]

    def owns(self, pod: KubeObject) -> bool:
        """Answer whether a pod is of a revision that came after."""
        return any(_is_of(pod, item) for item in self.since)

    def differs(self, aspect: Aspect, names: Iterable[str]) -> bool:
        """Answer whether each of these containers is new or differs in an aspect; False without any."""
        old, new = _take(aspect, self.before), _take(aspect, self.current)
        found = [name in new and (name not in old or old[name] != new[name]) for name in names]
        return bool(found) and all(found)


def _take(aspect: Aspect, item: KubeObject) -> Mapping[str, Any]:
    return {str(each.get("name")): aspect(each, item.pod_spec) for each in (*item.containers, *item.init_containers)}


def revision_of(item: KubeObject) -> int:
    """Return the number of the revision that a deployment runs or that is kept in an object, -1 when it has none."""
    is_number = item.kind == _REVISION_KIND
    text = str(item.get("revision") if is_number else item.annotations.get(_REVISION, ""))
    return int(text) if text.isdecimal() else -1


def list_revisions(cluster: Cluster, workload: KubeObject) -> Sequence[KubeObject]:
    """Return what keeps the revisions of a workload, oldest first."""
    found = replica_sets_of(cluster, workload, "ReplicaSet" if workload.kind == "Deployment" else _REVISION_KIND)
    return sorted((item for item in found if revision_of(item) > 0), key=revision_of)


def _is_of(pod: KubeObject, revision: KubeObject) -> bool:
    """Answer whether a pod of a workload is of one of its revisions."""
    if revision.kind == "ReplicaSet":
        return pod.owner is not None and pod.owner.name == revision.name
    mark = pod.labels.get(_HASH)
    return mark is not None and mark in (revision.name, revision.name.rpartition("-")[2])


def find_previous(cluster: Cluster, workload: KubeObject, *, onset: datetime | None) -> Previous | None:
    """Return the revision before the one that a workload runs now, if it is known to have run.

    It is the latest one with other pods that has some ready now, or else the latest one with other pods, if the
    workload was available until what came after it. `None` also when that was rolled out after the onset, or went
    through long before it: then it is not what began to fail.

    Args:
        onset: Since when it fails; before that, monitoring was silent. `None` when nobody says: then only pods that are
            ready now prove that a revision runs.
    """
    sets = list_revisions(cluster, workload)
    if len(sets) < 2 or workload.get("spec", "paused") is True or sets[-1].pod_spec != workload.pod_spec:
        return None
    if workload.kind == "Deployment" and revision_of(sets[-1]) != revision_of(workload):
        return None
    found = _find_ready(cluster, workload, sets)
    if found is None and onset is not None:
        found = _find_available(cluster, workload, sets)
    is_late = onset is not None and found is not None and not _is_timely(found, onset)
    return None if is_late else found


def _find_ready(cluster: Cluster, workload: KubeObject, sets: Sequence[KubeObject]) -> Previous | None:
    """Return the latest revision with other pods that has some ready now."""
    for at in range(len(sets) - 2, -1, -1):
        ran = _show_ready(cluster, workload, sets[at]) if sets[at].pod_spec not in ({}, sets[-1].pod_spec) else None
        if ran is not None:
            return _describe(cluster, workload, sets[at], since=sets[at + 1 :], ran=ran)
    return None


def _find_available(cluster: Cluster, workload: KubeObject, sets: Sequence[KubeObject]) -> Previous | None:
    """Return the latest revision with other pods, if the workload was available until what came after it."""
    at = next((at for at in range(len(sets) - 2, -1, -1) if sets[at].pod_spec != sets[-1].pod_spec), None)
    if at is None or not sets[at].pod_spec:
        return None
    ran = _show_available(cluster, workload, sets[at + 1]) or _show_replaced(cluster, workload, sets[at:])
    return _describe(cluster, workload, sets[at], since=sets[at + 1 :], ran=ran) if ran is not None else None


def _describe(
    cluster: Cluster, workload: KubeObject, before: KubeObject, *, since: Sequence[KubeObject], ran: _Proof
) -> Previous:
    number = revision_of(before)
    quotes = cite_first(ran[1], cluster.quote(before, before.name))
    words = f"Revision {number}, the one before, ran: {ran[0]}."
    return Previous(workload, number, before, tuple(since), words, quotes)


def _is_timely(found: Previous, onset: datetime) -> bool:
    """Answer whether a rollout may have brought what began at the onset: it hangs, or came shortly before."""
    first = found.since[0]
    created = first.created_at
    if created is None or created > onset + TOLERANCE:
        return False
    status = found.workload.get_map("status")
    # Of a daemon set, then of a stateful set, of which neither has conditions.
    is_partial = as_count(status.get("updatedNumberScheduled")) < as_count(status.get("desiredNumberScheduled"))
    if is_partial or status.get("currentRevision") != status.get("updateRevision"):
        return True
    progress = condition_of(found.workload, "Progressing")
    # Of a revision taken up again that gets no pod at all, the condition goes on telling how the one before went.
    is_of_before = f'"{found.before.name}"' in str(progress.get("message", ""))
    return is_of_before or progress.get("reason", _DONE) != _DONE or (not _is_again(first) and created >= onset - SOON)


def _is_again(current: KubeObject) -> bool:
    """Answer whether a revision was taken up again: nothing of it tells when."""
    return bool(current.annotations.get(_HISTORY))


def _show_ready(cluster: Cluster, workload: KubeObject, before: KubeObject) -> _Proof | None:
    """Return in words, with quotes, how many pods of a revision are ready now; `None` when none is known to be."""
    pods = [pod for pod in cluster.pods_of(workload) if _is_of(pod, before)]
    ready = [pod for pod in pods if pod_phase(pod) is PodPhase.RUNNING_READY]
    count = len(ready) or as_count(before.get("status", "readyReplicas"))
    if not count:
        return None
    words = f"{count} of its pods {'is' if count == 1 else 'are'} ready now"
    return words, cite_first(*(cluster.quote(pod, pod.name) for pod in ready[:1]))


def _show_available(cluster: Cluster, workload: KubeObject, first: KubeObject) -> _Proof | None:
    """Return in words, with quotes, that a deployment was available until a revision came, or still is."""
    available = condition_of(workload, "Available")
    since, created = parse_time(available.get("lastTransitionTime")), first.created_at
    if since is None or created is None or _is_again(first):
        return None
    was_lost = available.get("status") == "False" and since >= created
    held = available.get("status") == "True" and since < created
    if not was_lost and not held:
        return None
    return "the deployment was available until the rollout", cluster.quote(workload, "MinimumReplicas", workload.name)


def _show_replaced(cluster: Cluster, workload: KubeObject, sets: Sequence[KubeObject]) -> _Proof | None:
    """Return in words, with quotes, that all pods of an ordered stateful set were ready before the first was replaced.

    Kubernetes, "StatefulSets", Rolling updates and Forced rollback (read November 2026): it waits for each to be. Who
    deletes a pod by hand has it replaced all the same: what never went through (`currentRevision` is the last that did)
    has not run, and of a revision taken up again, whose date is that of its first time, nobody knows.

    Args:
        sets: The revision before, and those that came after it.
    """
    before, *since = sets
    pod = next((pod for pod in cluster.pods_of(workload) for item in since if _is_of(pod, item)), None)
    if pod is None or not is_ordered(workload) or is_replaced_by_hand(workload):
        return None
    dates = [item.created_at for item in sets if item.created_at is not None]
    last = workload.get("status", "currentRevision", default="")
    if min(dates, default=None) != before.created_at or last not in ("", before.name, since[-1].name):
        return None
    words = "a stateful set that is ordered replaces a pod only while all of them are ready"
    return words, cluster.quote(pod, _HASH, pod.name)


def is_ordered(workload: KubeObject) -> bool:
    """Answer whether a workload is a stateful set that waits for each of its pods to be ready."""
    policy = workload.get("spec", "podManagementPolicy", default="OrderedReady")
    return workload.kind == "StatefulSet" and policy == "OrderedReady"


def is_replaced_by_hand(workload: KubeObject) -> bool:
    """Answer whether pods get a new template only when somebody deletes them."""
    return bool(workload.get("spec", "updateStrategy", "type") == "OnDelete")


def list_failing(cluster: Cluster, previous: Previous) -> Sequence[str]:
    """Return the names of the containers that fail, in pods of the revisions that came after a previous one.

    Empty when none does, or when pods of another revision fail as well: then it is not what came after that fails.
    """
    found: dict[str, None] = {}
    for pod in cluster.pods_of(previous.workload):
        if pod_phase(pod) in _FINE:
            continue
        if not previous.owns(pod):
            return ()
        found.update(
            {str(each.get("name")): None for each in (*pod.containers, *pod.init_containers) if _is_unwell(each)}
        )
    return tuple(found)


def _is_unwell(container: Spec) -> bool:
    """Answer whether a container fails; one that only waits for another does not."""
    status = container.get("status")
    if not isinstance(status, Mapping):
        return False
    state = dig_map(status, "state")
    waiting, ended = state.get("waiting"), state.get("terminated")
    if isinstance(waiting, Mapping):
        return waiting.get("reason") not in _WAITS
    if isinstance(ended, Mapping):
        return ended.get("exitCode") != 0
    return "running" in state and status.get("ready") is not True
