"""The steady state of workloads, pods and nodes: rolled out, ready, and so for long enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading
from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.digging import name_of, time_of
from fermata.integrations.kubernetes.resources import NODE, POD, WORKLOADS, Resource
from fermata.integrations.kubernetes.scope import SYSTEM
from fermata.integrations.kubernetes.status_lines import is_ready, pod_word
from fermata.kit.clock import Clock
from fermata.kit.digging import dig, dig_count, dig_map, dig_maps, dig_text
from fermata.kit.units import format_duration

Json = Mapping[str, Any]
TOO_YOUNG, NOT_READY, DOWN = 1, 2, 3
_RESOURCES: Mapping[str, Resource] = {**WORKLOADS, "pod": POD, "node": NODE}
_BROKEN = frozenset(
    {
        *("CrashLoopBackOff", "Error", "OOMKilled", "RunContainerError", "CreateContainerError"),
        *("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "CreateContainerConfigError", "Evicted", "Failed"),
    }
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one look says."""

    severity: int
    text: str


class KubernetesHealthProbe:
    """Read whether a workload, a pod or a node is in its steady state.

    Severity: 0 as declared, ready for long enough; 1 ready, but not for long enough; 2 rolling out or not ready;
    3 crashing, without its image, scaled to nothing, or not there.
    """

    def __init__(self, client: KubernetesClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def handles(self, entity: Entity) -> bool:
        """Answer whether the entity is a deployment, stateful set, daemon set, pod or node of this cluster."""
        return (
            entity.system == SYSTEM and entity.kind in _RESOURCES and bool(entity.namespace) != (entity.kind == "node")
        )

    async def read(self, entity: Entity, stable_for: timedelta) -> HealthReading:
        """Return one reading.

        Raises:
            OperationalError: The cluster cannot be asked.
        """
        resource = _RESOURCES[entity.kind]
        async with self._client.connect() as session:
            item = await session.find_object(resource, entity.name, entity.namespace)
            pods: Sequence[Json] = ()
            if item is not None and entity.kind in WORKLOADS:
                labels = write_selector(dig_map(item, "spec", "selector"))
                pods = (await session.list_objects(POD, entity.namespace, labels=labels)).items
        now = self._clock.now()
        if item is None:
            found = Judgement(DOWN, f"there is no {entity.kind} {entity.name}")
        elif entity.kind == "node":
            found = judge_node(item, now, stable_for)
        elif entity.kind == "pod":
            found = judge_pods([{**item, "kind": "Pod"}], now, stable_for)
        else:
            found = judge_workload({**item, "kind": resource.kind}, pods, now, stable_for)
        return HealthReading(
            entity=entity, healthy=found.severity == 0, text=found.text, severity=found.severity, at=now
        )


def write_selector(selector: Json) -> str:
    """Return a label selector of an object as text, as the API takes it in a query."""
    parts = [f"{key}={value}" for key, value in dig_map(selector, "matchLabels").items()]
    for each in dig_maps(selector, "matchExpressions"):
        key, values = dig_text(each, "key"), ",".join(str(value) for value in dig(each, "values") or ())
        match dig_text(each, "operator"):
            case "In":
                parts.append(f"{key} in ({values})")
            case "NotIn":
                parts.append(f"{key} notin ({values})")
            case "Exists":
                parts.append(key)
            case "DoesNotExist":
                parts.append(f"!{key}")
    return ",".join(parts)


def judge_workload(item: Json, pods: Sequence[Json], now: datetime, stable_for: timedelta) -> Judgement:
    """Return how a controller and its pods are. Pure."""
    live = [pod for pod in pods if not dig_text(pod, "metadata", "deletionTimestamp")]
    broken = [pod for pod in live if _find_break(pod)]
    if broken:
        return Judgement(DOWN, f"{len(broken)} of {len(live)} pods: {name_of(broken[0])} is {_find_break(broken[0])}")
    if dig_count(item, "status", "observedGeneration") < dig_count(item, "metadata", "generation"):
        return Judgement(NOT_READY, "the latest change is not observed by its controller yet")
    counts = _count(item)
    text = f"{counts.available}/{counts.wanted} available, {counts.updated} updated"
    if counts.wanted == 0:
        return Judgement(DOWN, "scaled to 0: nothing runs")
    if counts.updated < counts.wanted or counts.available < counts.wanted or counts.total > counts.wanted:
        deadline = any(
            each.get("reason") == "ProgressDeadlineExceeded" for each in dig_maps(item, "status", "conditions")
        )
        late = ", and its rollout has exceeded its deadline" if deadline else ""
        return Judgement(DOWN if deadline else NOT_READY, f"{text}, {counts.total} in all{late}")
    found = judge_pods(live, now, stable_for)
    return Judgement(found.severity, f"{text}; {found.text}")


def judge_pods(pods: Sequence[Json], now: datetime, stable_for: timedelta) -> Judgement:
    """Return how pods are together: as the worst of them. Pure."""
    for pod in pods:
        if words := _find_break(pod):
            return Judgement(DOWN, f"{name_of(pod)} is {words}")
    waiting = [pod for pod in pods if not is_ready(pod)]
    if waiting:
        return Judgement(NOT_READY, f"{name_of(waiting[0])} is {pod_word(waiting[0])} and not ready")
    since = [at for pod in pods for at in _list_disturbances(pod)]
    if not since:
        return Judgement(NOT_READY, "no pod says since when it is ready")
    held = max(now - max(since), timedelta(0))
    text = f"ready for {format_duration(held)}"
    if held < stable_for:
        return Judgement(TOO_YOUNG, f"{text}, less than {format_duration(stable_for)}")
    return Judgement(0, text)


def judge_node(item: Json, now: datetime, stable_for: timedelta) -> Judgement:
    """Return how a node is. Being cordoned is a decision, no illness. Pure."""
    conditions = dig_maps(item, "status", "conditions")
    ready = next((each for each in conditions if each.get("type") == "Ready"), {})
    if ready.get("status") != "True":
        return Judgement(DOWN, f"not ready: {dig_text(ready, 'message') or dig_text(ready, 'reason') or 'unknown'}")
    pressed = [str(each["type"]) for each in conditions if each.get("status") == "True" and each is not ready]
    if pressed:
        return Judgement(NOT_READY, f"ready, with {', '.join(pressed)}")
    since = time_of(ready, "lastTransitionTime")
    held = max(now - since, timedelta(0)) if since is not None else timedelta(0)
    cordoned = ", takes no new pods" if dig(item, "spec", "unschedulable") is True else ""
    text = f"ready for {format_duration(held)}{cordoned}"
    if held < stable_for:
        return Judgement(TOO_YOUNG, f"{text}, less than {format_duration(stable_for)}")
    return Judgement(0, text)


@dataclass(frozen=True, slots=True)
class _Counts:
    wanted: int
    updated: int
    available: int
    total: int


def _count(item: Json) -> _Counts:
    status = dig_map(item, "status")
    if dig_text(item, "kind") == "DaemonSet":
        wanted = dig_count(status, "desiredNumberScheduled")
        available = dig_count(status, "numberAvailable")
        return _Counts(wanted, dig_count(status, "updatedNumberScheduled"), available, wanted)
    replicas = dig(item, "spec", "replicas")
    wanted = replicas if isinstance(replicas, int) else 1
    updated = dig_count(status, "updatedReplicas")
    if dig_text(item, "kind") == "StatefulSet" and dig(item, "spec", "updateStrategy", "type") == "OnDelete":
        updated = wanted  # Its pods are replaced when somebody deletes them, whenever that is.
    return _Counts(wanted, updated, dig_count(status, "availableReplicas"), dig_count(status, "replicas"))


def _find_break(pod: Json) -> str:
    """Return the pod's word when it will not come up by itself; empty otherwise."""
    word = pod_word(pod)
    return word if word.removeprefix("Init:") in _BROKEN else ""


def _list_disturbances(pod: Json) -> list[datetime]:
    """Return when the pod became ready, and when its containers were last started."""
    ready = (each for each in dig_maps(pod, "status", "conditions") if each.get("type") == "Ready")
    times = [time_of(each, "lastTransitionTime") for each in ready]
    statuses = dig_maps(pod, "status", "containerStatuses")
    times += [time_of(each, "state", "running", "startedAt") for each in statuses]
    return [at for at in times if at is not None]
