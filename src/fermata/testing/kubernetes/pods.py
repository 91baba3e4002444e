"""What becomes of a pod: its fate, scripted by image and limits, and the status a kubelet would report. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fermata.testing.kubernetes.defaults import parse_quantity

Json = dict[str, Any]


class Fate(StrEnum):
    """How a container does."""

    RUNS = "runs"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHES = "crashes"
    PULL_FAILS = "pull_fails"
    NOT_READY = "not_ready"
    UNSCHEDULABLE = "unschedulable"


@dataclass(frozen=True, slots=True)
class Script:
    """One rule of what becomes of containers; the first that fits decides, and none means it runs."""

    fate: Fate
    image: str = ""
    """The image it speaks of; empty for every one."""
    needs_memory: str = ""
    """A quantity: the rule holds only while the memory limit is below it. No limit is enough."""
    when: Callable[[Mapping[str, Any]], bool] = lambda _: True
    """Further condition on the container."""

    def fits(self, container: Mapping[str, Any]) -> bool:
        """Answer whether it speaks of a container as it is."""
        if self.image and container.get("image") != self.image:
            return False
        if self.needs_memory:
            limit = container.get("resources", {}).get("limits", {}).get("memory")
            needed, held = parse_quantity(self.needs_memory), parse_quantity(str(limit or ""))
            if held is None or needed is None or held >= needed:
                return False
        return self.when(container)


def judge(pod: Mapping[str, Any], scripts: Sequence[Script]) -> dict[str, Fate]:
    """Return the fate of each container by name."""
    found = {}
    for container in pod["spec"]["containers"]:
        fitting = (script.fate for script in scripts if script.fits(container))
        found[container["name"]] = next(fitting, Fate.RUNS)
    return found


def make_status(pod: Mapping[str, Any], scripts: Sequence[Script], stamp: str, address: str) -> Json:
    """Return the pod's status, as the kubelet (or, when it cannot be placed, the scheduler) writes it."""
    fates = judge(pod, scripts)
    if Fate.UNSCHEDULABLE in fates.values():
        words = "0/1 nodes are available: 1 Insufficient memory."
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}
        return {"phase": "Pending", "conditions": [{**condition, "lastTransitionTime": stamp}], "qosClass": "Burstable"}
    statuses = [_make_container(one, fates[one["name"]], stamp) for one in pod["spec"]["containers"]]
    is_ready = all(one["ready"] for one in statuses)
    is_running = all(fate is not Fate.PULL_FAILS for fate in fates.values())
    return {
        "phase": "Running" if is_running else "Pending",
        "conditions": [
            {"type": kind, "status": str(value), "lastTransitionTime": stamp}
            for kind, value in (("Ready", is_ready), ("ContainersReady", is_ready), ("PodScheduled", True))
        ],
        "podIP": address,
        "startTime": stamp,
        "containerStatuses": statuses,
        "qosClass": "Burstable",
    }


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Answer whether its Ready condition holds."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _make_container(container: Mapping[str, Any], fate: Fate, stamp: str) -> Json:
    state: Json
    last: Json = {}
    restarts = 0
    match fate:
        case Fate.RUNS | Fate.NOT_READY:
            state = {"running": {"startedAt": stamp}}
        case Fate.PULL_FAILS:
            image = container.get("image", "")
            state = {"waiting": {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}"'}}
        case _:
            is_killed = fate is Fate.OUT_OF_MEMORY
            reason, code = ("OOMKilled", 137) if is_killed else ("Error", 1)
            last = {"terminated": {"exitCode": code, "reason": reason, "startedAt": stamp, "finishedAt": stamp}}
            words = f"back-off 5m0s restarting failed container={container['name']}"
            state, restarts = {"waiting": {"reason": "CrashLoopBackOff", "message": words}}, 4
    return {
        "name": container["name"],
        "state": state,
        "lastState": last,
        "ready": fate is Fate.RUNS,
        "restartCount": restarts,
        "image": container.get("image", ""),
        "imageID": "",
        "started": fate in (Fate.RUNS, Fate.NOT_READY),
    }
