"""One line on how an object is, in the words of `kubectl get`. Pure.

Source of a pod's word: kubernetes, pkg/printers/internalversion/printers.go, `printPod` (read November 2026).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fermata.integrations.kubernetes.digging import name_of
from fermata.kit.digging import dig, dig_count, dig_map, dig_maps, dig_text

Json = Mapping[str, Any]
_LONGEST_MESSAGE = 200  # Of an event in its line; the whole stands below it.


def describe(item: Json) -> str:
    """Return an object's name and how it is; of kinds without a state the name alone."""
    say = _SAYINGS.get(dig_text(item, "kind"))
    words = say(item) if say is not None else ""
    name = name_of(item)
    # An event's own name is made up of its object's and a number.
    return words if dig_text(item, "kind") == "Event" else f"{name}: {words}" if words else name


def pod_word(pod: Json) -> str:
    """Return what `kubectl get pods` prints as the status."""
    if dig_text(pod, "metadata", "deletionTimestamp"):
        return "Terminating"
    word = dig_text(pod, "status", "reason") or dig_text(pod, "status", "phase") or "Unknown"
    for each in dig_maps(pod, "status", "initContainerStatuses"):
        ended, waiting = dig_map(each, "state", "terminated"), dig_map(each, "state", "waiting")
        if dig(ended, "exitCode") == 0 or each.get("started") is True:
            continue
        reason = dig_text(ended, "reason") or dig_text(waiting, "reason")
        return f"Init:{reason}" if reason and reason != "PodInitializing" else "Init"
    for each in reversed(dig_maps(pod, "status", "containerStatuses")):
        ended, waiting = dig_map(each, "state", "terminated"), dig_map(each, "state", "waiting")
        if reason := dig_text(waiting, "reason") or dig_text(ended, "reason"):
            word = reason
    return word


def is_ready(pod: Json) -> bool:
    """Answer whether a pod counts as ready, or has done its work."""
    if dig_text(pod, "status", "phase") == "Succeeded":
        return True
    conditions = dig_maps(pod, "status", "conditions")
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)


def count_restarts(pod: Json) -> int:
    """Return how often the pod's containers were started again."""
    return sum(dig_count(each, "restartCount") for each in dig_maps(pod, "status", "containerStatuses"))


def _say_pod(pod: Json) -> str:
    statuses = dig_maps(pod, "status", "containerStatuses")
    total = len(dig_maps(pod, "spec", "containers"))
    ready = sum(each.get("ready") is True for each in statuses)
    words = [f"{ready}/{total} {pod_word(pod)}"]
    if restarts := count_restarts(pod):
        words.append(f"{restarts} restart{'s' if restarts > 1 else ''}")
    for each in statuses:
        if ended := dig_map(each, "lastState", "terminated"):
            at = dig_text(ended, "finishedAt")
            reason = dig_text(ended, "reason") or "ended"
            words.append(f"{dig_text(each, 'name')} last {reason} ({dig(ended, 'exitCode')}) at {at}")
    if node := dig_text(pod, "spec", "nodeName"):
        words.append(f"on {node}")
    return ", ".join(words)


def _say_replicas(item: Json) -> str:
    wanted = dig(item, "spec", "replicas")
    status = dig_map(item, "status")
    words = [f"{dig_count(status, 'readyReplicas')}/{1 if wanted is None else wanted} ready"]
    if dig_text(item, "kind") != "ReplicaSet":
        words.append(f"{dig_count(status, 'updatedReplicas')} updated")
    if "availableReplicas" in status or dig_text(item, "kind") == "Deployment":
        words.append(f"{dig_count(status, 'availableReplicas')} available")
    if dig(item, "spec", "paused") is True:
        words.append("paused")
    if dig_count(item, "metadata", "generation") > dig_count(status, "observedGeneration"):
        words.append("the latest change is not observed yet")
    return ", ".join(words)


def _say_daemons(item: Json) -> str:
    status = dig_map(item, "status")
    return (
        f"{dig_count(status, 'numberReady')}/{dig_count(status, 'desiredNumberScheduled')} ready, "
        f"{dig_count(status, 'updatedNumberScheduled')} updated"
    )


def _say_job(item: Json) -> str:
    status = dig_map(item, "status")
    return f"{dig_count(status, 'succeeded')} succeeded, {dig_count(status, 'failed')} failed"


def _say_service(item: Json) -> str:
    selector = ",".join(f"{key}={value}" for key, value in dig_map(item, "spec", "selector").items())
    ports = ",".join(
        f"{each.get('port')}->{each.get('targetPort', each.get('port'))}/{each.get('protocol', 'TCP')}"
        for each in dig_maps(item, "spec", "ports")
    )
    return f"{dig_text(item, 'spec', 'type') or 'ClusterIP'} {ports}, selector {selector or '<none>'}"


def _say_slice(item: Json) -> str:
    endpoints = dig_maps(item, "endpoints")
    ready = sum(dig(each, "conditions", "ready") is not False for each in endpoints)
    service = dig_text(item, "metadata", "labels", "kubernetes.io/service-name")
    return f"{ready} of {len(endpoints)} endpoints of {service or 'no service'} ready"


def _say_event(item: Json) -> str:
    about = dig_map(item, "involvedObject")
    count = dig_count(item, "series", "count") or dig_count(item, "count") or 1
    at = dig_text(item, "series", "lastObservedTime") or dig_text(item, "lastTimestamp") or dig_text(item, "eventTime")
    name = f"{dig_text(about, 'kind').lower()}/{dig_text(about, 'name')}"
    times = f" x{count}" if count > 1 else ""
    said = dig_text(item, "message")[:_LONGEST_MESSAGE].strip()
    return f"{at} {dig_text(item, 'type')} {dig_text(item, 'reason')} {name}{times}" + (f": {said}" if said else "")


def _say_node(item: Json) -> str:
    conditions = dig_maps(item, "status", "conditions")
    ready = next((each.get("status") for each in conditions if each.get("type") == "Ready"), "Unknown")
    words = ["Ready" if ready == "True" else "NotReady"]
    words += [str(each["type"]) for each in conditions if each.get("status") == "True" and each.get("type") != "Ready"]
    if dig(item, "spec", "unschedulable") is True:
        words.append("SchedulingDisabled")
    return ", ".join(words)


def _say_quota(item: Json) -> str:
    hard, used = dig_map(item, "status", "hard"), dig_map(item, "status", "used")
    return ", ".join(f"{key} {used.get(key, '0')} of {value}" for key, value in hard.items())


def _say_scaler(item: Json) -> str:
    spec, status = dig_map(item, "spec"), dig_map(item, "status")
    return (
        f"{dig_text(spec, 'scaleTargetRef', 'kind')}/{dig_text(spec, 'scaleTargetRef', 'name')} at "
        f"{dig_count(status, 'currentReplicas')}, {spec.get('minReplicas', 1)} to {spec.get('maxReplicas')}"
    )


def _say_budget(item: Json) -> str:
    return f"{dig_count(item, 'status', 'disruptionsAllowed')} disruptions allowed"


def _say_phase(item: Json) -> str:
    return dig_text(item, "status", "phase")


_SAYINGS: Mapping[str, Callable[[Json], str]] = {
    "Pod": _say_pod,
    "Deployment": _say_replicas,
    "StatefulSet": _say_replicas,
    "ReplicaSet": _say_replicas,
    "DaemonSet": _say_daemons,
    "ControllerRevision": lambda item: f"revision {dig_count(item, 'revision')}",
    "Job": _say_job,
    "Service": _say_service,
    "EndpointSlice": _say_slice,
    "Event": _say_event,
    "Node": _say_node,
    "ResourceQuota": _say_quota,
    "HorizontalPodAutoscaler": _say_scaler,
    "PodDisruptionBudget": _say_budget,
    "PersistentVolumeClaim": _say_phase,
    "PersistentVolume": _say_phase,
    "Namespace": _say_phase,
}
