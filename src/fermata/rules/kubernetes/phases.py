"""How a pod is, as kubectl would show it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from fermata.kit.digging import dig_map
from fermata.rules.kubernetes.objects import KubeObject


class PodPhase(StrEnum):
    """How a pod is, in the words that tell what to look for."""

    RUNNING_READY = "running_ready"
    RUNNING_NOT_READY = "running_not_ready"
    UNSCHEDULABLE = "unschedulable"
    """Pending, and bound to no node."""
    CREATING = "creating"
    IMAGE = "image"
    """Its image cannot be had."""
    CONFIG = "config"
    """Something that its containers refer to is missing or wrong."""
    RUN_ERROR = "run_error"
    """The runtime could not start a container."""
    CRASH = "crash"
    INIT_FAILING = "init_failing"
    COMPLETED = "completed"
    EVICTED = "evicted"
    TERMINATING = "terminating"
    UNKNOWN = "unknown"
    """Nobody knows, as when its node is lost."""


_WORDS = {
    "ErrImagePull": PodPhase.IMAGE,
    "ImagePullBackOff": PodPhase.IMAGE,
    "InvalidImageName": PodPhase.IMAGE,
    "ErrImageNeverPull": PodPhase.IMAGE,
    "ImageInspectError": PodPhase.IMAGE,
    "RegistryUnavailable": PodPhase.IMAGE,
    "SignatureValidationFailed": PodPhase.IMAGE,
    "CreateContainerConfigError": PodPhase.CONFIG,
    "RunContainerError": PodPhase.RUN_ERROR,
    "CreateContainerError": PodPhase.RUN_ERROR,
    "PreCreateHookError": PodPhase.RUN_ERROR,
    "PostStartHookError": PodPhase.RUN_ERROR,
    "StartError": PodPhase.RUN_ERROR,
    "ContainerCannotRun": PodPhase.RUN_ERROR,
    "CrashLoopBackOff": PodPhase.CRASH,
    "Error": PodPhase.CRASH,
    "OOMKilled": PodPhase.CRASH,
    "Failed": PodPhase.CRASH,
    "DeadlineExceeded": PodPhase.CRASH,
    "ContainerStatusUnknown": PodPhase.UNKNOWN,
    "Completed": PodPhase.COMPLETED,
    "Succeeded": PodPhase.COMPLETED,
    "Evicted": PodPhase.EVICTED,
    "Terminating": PodPhase.TERMINATING,
    "Unknown": PodPhase.UNKNOWN,
    "NodeLost": PodPhase.UNKNOWN,
    "ContainerCreating": PodPhase.CREATING,
    "PodInitializing": PodPhase.CREATING,
    "SchedulingGated": PodPhase.UNSCHEDULABLE,
}


def pod_phase(pod: KubeObject) -> PodPhase:
    """Return how a pod is, from the printed status or from the API's fields."""
    word = status_word(pod)
    if word in ("Running", "NotReady"):
        return PodPhase.RUNNING_READY if is_ready(pod) else PodPhase.RUNNING_NOT_READY
    if word.startswith("Init:"):
        return _init_phase(word.removeprefix("Init:"))
    if word.startswith(("ExitCode:", "Signal:")):
        return PodPhase.CRASH
    found = _WORDS.get(word)
    if found in (PodPhase.CRASH, PodPhase.COMPLETED) and pod.get("status", "reason") == "Evicted":
        return PodPhase.EVICTED  # What its containers ended with follows from that.
    if found is not None:
        return found
    if word == "Pending":
        return PodPhase.CREATING if is_bound(pod) else PodPhase.UNSCHEDULABLE
    return PodPhase.UNKNOWN


def _init_phase(word: str) -> PodPhase:
    if word[:1].isdigit():
        return PodPhase.CREATING  # As in `Init:0/2`: still at work.
    found = _WORDS.get(word, PodPhase.INIT_FAILING)
    return found if found in (PodPhase.IMAGE, PodPhase.CONFIG, PodPhase.RUN_ERROR) else PodPhase.INIT_FAILING


def is_bound(pod: KubeObject) -> bool:
    """Return whether a pod has got a node."""
    column = pod.printed.get("NODE")
    if column is not None:
        return not column.startswith("<")
    return bool(pod.get("spec", "nodeName"))


def is_ready(pod: KubeObject) -> bool:
    """Return whether all containers of a pod are ready, as the READY column counts them, else by its conditions."""
    ready, slash, total = pod.printed.get("READY", "").partition("/")
    if slash:
        return ready == total
    return any(
        condition.get("type") == "Ready" and condition.get("status") == "True"
        for condition in pod.get_maps("status", "conditions")
    )


def status_word(pod: KubeObject) -> str:
    """Return what kubectl prints as a pod's STATUS; empty when nothing is known.

    Source: kubernetes, pkg/printers/internalversion/printers.go, `printPod` (read 2026-11-25).
    """
    printed = pod.printed.get("STATUS")
    return printed or _compute_word(pod)


def _compute_word(pod: KubeObject) -> str:
    word = str(pod.get("status", "reason", default="") or pod.get("status", "phase", default=""))
    conditions = pod.get_maps("status", "conditions")
    if any(each.get("type") == "PodScheduled" and each.get("reason") == "SchedulingGated" for each in conditions):
        word = "SchedulingGated"
    word = _init_word(pod) or _container_word(pod, word)
    if pod.get("metadata", "deletionTimestamp"):
        return "Unknown" if pod.get("status", "reason") == "NodeLost" else "Terminating"
    return word


def _init_word(pod: KubeObject) -> str:
    specs = pod.init_containers
    for index, container in enumerate(specs):
        status = container.get("status")
        if not isinstance(status, Mapping) or _has_come_through(container, status):
            continue
        state = state_of(status, "terminated") or state_of(status, "waiting")
        reason = str(state.get("reason") or "")
        if reason and reason != "PodInitializing":
            return f"Init:{reason}"
        if state_of(status, "terminated"):
            return f"Init:ExitCode:{state.get('exitCode')}"
        return f"Init:{index}/{len(specs)}"
    return ""


def _has_come_through(container: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    # A sidecar is an init container that goes on running.
    if container.get("restartPolicy") == "Always" and status.get("started") is True:
        return True
    return state_of(status, "terminated").get("exitCode") == 0


def _container_word(pod: KubeObject, word: str) -> str:
    running = False
    for container in reversed(pod.containers):
        status = container.get("status")
        if not isinstance(status, Mapping):
            continue
        waiting, ended = state_of(status, "waiting"), state_of(status, "terminated")
        if waiting.get("reason"):
            word = str(waiting["reason"])
        elif ended.get("reason"):
            word = str(ended["reason"])
        elif ended:
            signal = ended.get("signal")
            word = f"Signal:{signal}" if signal else f"ExitCode:{ended.get('exitCode')}"
        elif status.get("ready") is True and isinstance(status.get("state"), Mapping) and "running" in status["state"]:
            running = True
    if word == "Completed" and running:
        return "Running" if is_ready(pod) else "NotReady"
    return word


def state_of(status: Mapping[str, Any], name: str, *, last: bool = False) -> Mapping[str, Any]:
    """Return one of a container's states (waiting, running, terminated), the present or the last; empty otherwise."""
    return dig_map(status, "lastState" if last else "state", name)


def last_termination(pod: KubeObject, container: str | None = None) -> Mapping[str, Any]:
    """Return how a container ended last (exitCode, reason, startedAt, finishedAt, ...); empty when it did not.

    An end in its present state comes before one that a restart has followed. Without a container's name it is the
    first of the pod's containers that ended, those that failed first.
    """
    found = []
    for each in (*pod.containers, *pod.init_containers):
        status = each.get("status")
        if isinstance(status, Mapping) and container in (None, each.get("name")):
            ended = state_of(status, "terminated") or state_of(status, "terminated", last=True)
            if ended:
                found.append(ended)
    return min(found, key=lambda ended: ended.get("exitCode") in (0, None), default={})
