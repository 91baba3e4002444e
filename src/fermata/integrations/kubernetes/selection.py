"""Which objects of a namespace become evidence: those of the alert, what does not go well, and a sample. Pure.

A namespace may hold two thousand pods. Of the workloads in question everything is kept, of the others what is not as it
should be and one of each that is; what is left out is counted and said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.integrations.kubernetes.digging import name_of, owner_of, time_of
from fermata.integrations.kubernetes.scope import Target
from fermata.integrations.kubernetes.status_lines import is_ready
from fermata.kit.digging import dig_count, dig_map, dig_maps, dig_text

Json = Mapping[str, Any]
MOST_OF_A_KIND = 60
"""Objects of one kind in one piece of evidence: what a person scrolls through."""
MOST_EVENTS = 150
_REVISIONS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Focus:
    """What the evidence is for."""

    targets: tuple[Target, ...]
    since: datetime
    """Start of the window: older events are left out."""

    @property
    def pods(self) -> frozenset[str]:
        """Return the names of the pods in question."""
        return frozenset(name_of(pod) for target in self.targets for pod in target.pods)

    @property
    def nodes(self) -> frozenset[str]:
        """Return the names of the nodes that these pods run on."""
        return frozenset(
            name for target in self.targets for pod in target.pods if (name := dig_text(pod, "spec", "nodeName"))
        )

    @property
    def owners(self) -> frozenset[tuple[str, str]]:
        """Return the kinds and names of the workloads in question."""
        return frozenset((target.kind, target.name) for target in self.targets)

    def is_about(self, kind: str, name: str) -> bool:
        """Answer whether an object is a workload in question, one of its pods, or named like one."""
        if kind == "Pod":
            return name in self.pods
        return any(name == target.name or name.startswith(f"{target.name}-") for target in self.targets)


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen of a list."""

    items: tuple[Json, ...]
    left_out: int


def select(kind: str, items: Sequence[Json], focus: Focus) -> Selection:
    """Return the objects of one kind that matter, the ones in question first."""
    chooser = _CHOOSERS.get(kind)
    wanted = list(chooser(items, focus)) if chooser is not None else _rank(kind, items, focus)
    kept = wanted[: MOST_EVENTS if kind == "Event" else MOST_OF_A_KIND]
    if kind == "Event":
        kept.sort(key=_event_time)
    return Selection(tuple(kept), len(items) - len(kept))


def _rank(kind: str, items: Sequence[Json], focus: Focus) -> list[Json]:
    return sorted(items, key=lambda item: (not focus.is_about(kind, name_of(item)), _is_well(item)))


def _choose_pods(pods: Sequence[Json], focus: Focus) -> list[Json]:
    own = focus.pods
    ranked = sorted(pods, key=lambda pod: (name_of(pod) not in own, is_ready(pod)))
    if len(ranked) <= MOST_OF_A_KIND:
        return ranked
    seen: set[object] = set()
    first: list[Json] = []
    rest: list[Json] = []
    for pod in ranked:
        owner = owner_of(pod)
        is_sample = owner not in seen
        seen.add(owner)
        (first if name_of(pod) in own or not is_ready(pod) or is_sample else rest).append(pod)
    return first + rest


def _choose_replica_sets(items: Sequence[Json], focus: Focus) -> list[Json]:
    """Return those that have or want pods, and the latest revisions of the deployments in question."""
    own = {target.name for target in focus.targets}
    kept: list[Json] = []
    revisions: dict[str, int] = {}
    for item in sorted(items, key=lambda each: dig_text(each, "metadata", "creationTimestamp"), reverse=True):
        owner = owner_of(item)
        name = owner.name if owner is not None else ""
        revisions[name] = revisions.get(name, 0) + 1
        is_live = dig_count(item, "spec", "replicas") > 0 or dig_count(item, "status", "replicas") > 0
        if is_live or (name in own and revisions[name] <= _REVISIONS_KEPT):
            kept.append(item)
    return sorted(kept, key=lambda item: not focus.is_about("ReplicaSet", name_of(item)))


def _choose_revisions(items: Sequence[Json], focus: Focus) -> list[Json]:
    """Return the latest revisions of the workloads in question; what other controllers keep so is nobody's template."""
    own = [item for item in items if (owner := owner_of(item)) is not None and (owner.kind, owner.name) in focus.owners]
    found: list[Json] = []
    for item in sorted(own, key=lambda each: dig_count(each, "revision"), reverse=True):
        if sum(owner_of(other) == owner_of(item) for other in found) < _REVISIONS_KEPT:
            found.append(item)
    return found


def _choose_jobs(items: Sequence[Json], focus: Focus) -> list[Json]:
    return [item for item in _rank("Job", items, focus) if not _is_well(item) or focus.is_about("Job", name_of(item))]


def _choose_events(items: Sequence[Json], focus: Focus) -> list[Json]:
    """Return the events of the window: first those about the objects in question, then warnings, then the latest."""
    recent = [item for item in items if (at := _read_event_time(item)) is None or at >= focus.since]

    def rank(item: Json) -> tuple[bool, bool]:
        about = dig_map(item, "involvedObject")
        is_ours = focus.is_about(dig_text(about, "kind"), dig_text(about, "name"))
        return (not is_ours, dig_text(item, "type") != "Warning")

    return sorted(sorted(recent, key=_event_time, reverse=True), key=rank)


def _choose_nodes(items: Sequence[Json], focus: Focus) -> list[Json]:
    return sorted(items, key=lambda item: (name_of(item) not in focus.nodes, _is_well(item)))


def _choose_volumes(items: Sequence[Json], focus: Focus) -> list[Json]:
    """Return the volumes that claims of these namespaces are bound to, and those that are free or broken."""
    spaces = {target.namespace for target in focus.targets}
    return [
        item
        for item in items
        if dig_text(item, "spec", "claimRef", "namespace") in spaces or dig_text(item, "status", "phase") != "Bound"
    ]


_CHOOSERS: Mapping[str, Callable[[Sequence[Json], Focus], Iterable[Json]]] = {
    "Pod": _choose_pods,
    "ReplicaSet": _choose_replica_sets,
    "ControllerRevision": _choose_revisions,
    "Job": _choose_jobs,
    "Event": _choose_events,
    "Node": _choose_nodes,
    "PersistentVolume": _choose_volumes,
}


def _is_well(item: Json) -> bool:
    kind, status = dig_text(item, "kind"), dig_map(item, "status")
    if kind in ("Deployment", "StatefulSet"):
        wanted = dig_map(item, "spec").get("replicas", 1)
        return bool(dig_count(status, "readyReplicas") == wanted == dig_count(status, "updatedReplicas"))
    if kind == "DaemonSet":
        return dig_count(status, "numberReady") == dig_count(status, "desiredNumberScheduled")
    if kind == "Job":
        return any(each.get("type") == "Complete" for each in dig_maps(status, "conditions"))
    if kind == "PersistentVolumeClaim":
        return dig_text(status, "phase") == "Bound"
    if kind == "Node":
        conditions = dig_maps(status, "conditions")
        return all((each.get("status") == "True") == (each.get("type") == "Ready") for each in conditions)
    return True


def _event_time(item: Json) -> str:
    return (
        dig_text(item, "series", "lastObservedTime")
        or dig_text(item, "lastTimestamp")
        or dig_text(item, "eventTime")
        or dig_text(item, "metadata", "creationTimestamp")
    )


def _read_event_time(item: Json) -> datetime | None:
    return time_of({"at": _event_time(item)}, "at")
