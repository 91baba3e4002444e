"""Objects that were not captured themselves and that events tell of: what a paste of `kubectl get events` holds.

Only a capture without any pod is read so: where pods were listed, one that only events name is gone. What an event
says last of an object is taken for how it is, unless it was said too long ago or something later shows it working. That
a pod took a step on its way says nothing of where it stands minutes later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fermata.rules.kubernetes.events import Event, EventRef
from fermata.rules.kubernetes.objects import KubeObject, Owner, Passage
from fermata.rules.kubernetes.ownership import top_owner

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster

KINDS = frozenset({"Pod", "Node", "Deployment", "StatefulSet", "DaemonSet", "Job"})
"""Kinds that are made out of what events say."""
_STALE_S = 1800.0
# Whatever still ails is said again within minutes.
_LOOP_S = 900.0
# The longest pause of a crash loop is five minutes, and a run of it may last as long again.
_NODE = re.compile(r" to (\S+)$")
_CREATING = "ContainerCreating"
_PULL = "ImagePullBackOff"
_LOOP = "CrashLoopBackOff"
_EVICTED = "Evicted"
_CONFIG = "CreateContainerConfigError"
_RUN = "RunContainerError"
# What a kubelet says of a container that it could not start: the words, and the status that kubectl prints then.
_FAILED = (
    (re.compile(r"ErrImageNeverPull|present with pull policy of Never"), "ErrImageNeverPull"),
    (re.compile(r"InvalidImageName|couldn't parse image"), "InvalidImageName"),
    (re.compile(r"[Pp]ull|ErrImage"), _PULL),
    (re.compile(r"not found|couldn't find key|references non-existent|runAsNonRoot"), _CONFIG),
    (re.compile(r""), _RUN),
)
_WORDS = {
    "FailedScheduling": "Pending",
    "Scheduled": "",
    "Pulled": "",
    "Created": "",
    "FailedMount": _CREATING,
    "FailedAttachVolume": _CREATING,
    "FailedMapVolume": _CREATING,
    "FailedCreatePodSandBox": _CREATING,
    "NetworkNotReady": _CREATING,
    "ErrImageNeverPull": "ErrImageNeverPull",
    "InspectFailed": "InvalidImageName",
    "Evicted": _EVICTED,
    "Started": "",
    "Killing": "",
    "TaintManagerEviction": "",
}
"""Reasons of a pod's events, and the status each leaves it with; none when it works, goes on to, or is gone."""
_KEPT = {
    "Started": {_LOOP},
    "Pulled": {_LOOP, _CONFIG, _RUN},
    "Created": {_LOOP, _RUN},
    "Killing": {_LOOP, _EVICTED},
}
"""Steps that come before the next failure as well: what a pod was in by then, it is in still.

A kubelet pulls before it finds that a setting is missing, and creates before a start fails; one that was evicted is
killed for that; of a loop's next run nobody knows yet whether it lasts.
"""
_CONDITIONS = {
    "NodeNotReady": ("Ready", "False"),
    "NodeReady": ("Ready", "True"),
    "NodeHasDiskPressure": ("DiskPressure", "True"),
    "NodeHasNoDiskPressure": ("DiskPressure", "False"),
    "NodeHasInsufficientMemory": ("MemoryPressure", "True"),
    "NodeHasSufficientMemory": ("MemoryPressure", "False"),
    "NodeHasInsufficientPID": ("PIDPressure", "True"),
    "NodeHasSufficientPID": ("PIDPressure", "False"),
}


class _Loader:
    """What events tell of an object."""

    is_detailed = False

    def __init__(self, body: Mapping[str, Any], events: Iterable[Event]) -> None:
        self._body = body
        self._places = [event.place for event in events if event.place is not None]

    def body(self) -> Mapping[str, Any]:
        return self._body

    def passages(self) -> Sequence[Passage]:
        # The newest first: it says how the object is.
        return [Passage(place.document, place.start, place.end) for place in reversed(self._places)]

    def printed(self) -> Mapping[str, str]:
        found = self._body.get("printed")
        return found if isinstance(found, Mapping) else {}

    def description(self) -> str:
        return ""


def tell_objects(cluster: Cluster, kind: str) -> Iterator[KubeObject]:
    """Yield the objects of one of `KINDS` that events tell of, as far as they tell that something is wrong."""
    for ref, events in cluster.remember(_group_events).items():
        if kind == ref.kind == "Pod":
            yield from _tell_pod(ref, events)
        elif kind == ref.kind == "Node":
            yield from _tell_node(ref, events)
        elif ref.kind not in ("Pod", "Node"):
            owner = top_owner(cluster, ref.namespace, Owner(ref.kind, ref.name))
            if owner.kind == kind:
                yield from _tell_workload(owner, ref, events)


def _group_events(cluster: Cluster) -> Mapping[EventRef, Sequence[Event]]:
    found: dict[EventRef, list[Event]] = {}
    for event in cluster.events():
        found.setdefault(event.ref, []).append(event)
    return {ref: events for ref, events in found.items() if not _is_older(events[-1], _STALE_S)}


def _is_older(event: Event, seconds: float) -> bool:
    return event.last_s is not None and event.last_s > seconds


def _tell_pod(ref: EventRef, events: Sequence[Event]) -> Iterator[KubeObject]:
    word, node = "", "<none>"
    for event in events:
        word = _read_word(event, word)
        if event.reason == "Scheduled" and (match := _NODE.search(event.message)):
            node = match[1]
        elif event.component.startswith("kubelet, "):
            node = event.component.partition(", ")[2]
    if word:
        node = "<none>" if word == "Pending" else node if node != "<none>" else "?"
        printed = {"STATUS": word, "NODE": node}
        yield KubeObject("Pod", ref.namespace, name=ref.name, loader=_Loader({"printed": printed}, events))


def _read_word(event: Event, before: str) -> str:
    if event.reason == "BackOff":
        if "pulling" in event.message:
            return _PULL
        return before if _is_older(event, _LOOP_S) else _LOOP
    if before in _KEPT.get(event.reason, ()):
        return before
    if event.reason == "Failed":
        return next(word for pattern, word in _FAILED if pattern.search(event.message))
    return _WORDS.get(event.reason, before)


def _tell_node(ref: EventRef, events: Sequence[Event]) -> Iterator[KubeObject]:
    conditions = dict(_CONDITIONS[event.reason] for event in events if event.reason in _CONDITIONS)
    if conditions:
        told = [{"type": sort, "status": status} for sort, status in conditions.items()]
        yield KubeObject("Node", "", name=ref.name, loader=_Loader({"status": {"conditions": told}}, events))


def _tell_workload(owner: Owner, ref: EventRef, events: Sequence[Event]) -> Iterator[KubeObject]:
    """Yield a workload that was refused its pods last, with the condition that its controller would set."""
    last = next((event for event in reversed(events) if event.reason in ("FailedCreate", "SuccessfulCreate")), None)
    if last is not None and last.reason == "FailedCreate":
        failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": last.message}
        body = {"status": {"conditions": [failure]}}
        yield KubeObject(owner.kind, ref.namespace, name=owner.name, loader=_Loader(body, events))
