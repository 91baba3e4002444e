"""Descriptions of what runs pods."""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import access_modes, integer, known, put, split_list
from fermata.rules.kubernetes.kubectl.containers import read_pod_spec
from fermata.rules.kubernetes.kubectl.describe_pod import read_conditions
from fermata.rules.kubernetes.kubectl.outline import Node, read_pairs, read_selector
from fermata.rules.kubernetes.quantities import parse_time

_COUNT = re.compile(r"(\d{1,9}) ([a-z]+)")
_STATUS_COUNTS = {
    "updated": "updatedReplicas",
    "total": "replicas",
    "current": "replicas",
    "available": "availableReplicas",
    "unavailable": "unavailableReplicas",
}


def read_deployment(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a deployment tells."""
    _read_scale(body, root)
    put(body, root.get("StrategyType"), "spec", "strategy", "type")
    put(body, integer(root.get("MinReadySeconds")), "spec", "minReadySeconds")
    for part in split_list(root.get("RollingUpdateStrategy") or ""):
        amount, _, name = part.partition(" max ")
        field = {"unavailable": "maxUnavailable", "surge": "maxSurge"}.get(name)
        if field is not None:
            number = integer(amount)
            put(body, amount if number is None else number, "spec", "strategy", "rollingUpdate", field)
    conditions = body.get("status", {}).get("conditions", [])
    if any(each.get("reason") == "DeploymentPaused" for each in conditions):
        put(body, True, "spec", "paused")
    for title in ("OldReplicaSets", "NewReplicaSet"):
        text = root.get(title)
        if text is not None:
            put(body, text, "printed", title)


def read_replica_set(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a replica set tells."""
    _read_scale(body, root)
    _read_pod_counts(body, root)


def read_stateful_set(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a stateful set tells."""
    _read_scale(body, root)
    _read_pod_counts(body, root)
    put(body, root.get("Update Strategy"), "spec", "updateStrategy", "type")
    partition = integer(root.child("Update Strategy").get("Partition"))
    put(body, partition, "spec", "updateStrategy", "rollingUpdate", "partition")
    claims = root.child("Volume Claims").children
    starts = [index for index, each in enumerate(claims) if each.key == "Name"]
    if starts:
        groups = [claims[start:end] for start, end in zip(starts, [*starts[1:], len(claims)], strict=True)]
        put(body, [_read_claim(group) for group in groups], "spec", "volumeClaimTemplates")


def read_daemon_set(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a daemon set tells."""
    _read_selector(body, root)
    _read_template(body, root)
    _read_pod_counts(body, root)
    for title, field in (
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ):
        put(body, integer(root.get(title)), "status", field)


def read_job(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a job tells."""
    _read_job_spec(body.setdefault("spec", {}), root)
    for title, field in (("Start Time", "startTime"), ("Completed At", "completionTime")):
        at = parse_time(root.get(title))
        put(body, at.isoformat() if at is not None else None, "status", field)
    for count, name in _COUNT.findall((root.get("Pods Statuses") or "").lower()):
        if name in ("active", "succeeded", "failed"):
            put(body, int(count), "status", name)


def read_cron_job(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a cron job tells."""
    put(body, root.get("Schedule"), "spec", "schedule")
    put(body, root.get("Concurrency Policy"), "spec", "concurrencyPolicy")
    suspended = root.get("Suspend")
    put(body, None if suspended is None else suspended == "True", "spec", "suspend")
    put(body, _seconds(root.get("Starting Deadline Seconds")), "spec", "startingDeadlineSeconds")
    last = parse_time(root.get("Last Schedule Time"))
    put(body, last.isoformat() if last is not None else None, "status", "lastScheduleTime")
    active = [{"name": name} for name in split_list(root.get("Active Jobs") or "")]
    put(body, active or None, "status", "active")
    job: dict[str, Any] = {}
    _read_job_spec(job, root)
    put(body, job, "spec", "jobTemplate", "spec")


def _read_job_spec(spec: dict[str, Any], root: Node) -> None:
    put(spec, integer(root.get("Parallelism")), "parallelism")
    put(spec, integer(root.get("Completions")), "completions")
    put(spec, root.get("Completion Mode"), "completionMode")
    put(spec, integer(root.get("Backoff Limit")), "backoffLimit")
    put(spec, _seconds(root.get("Active Deadline Seconds")), "activeDeadlineSeconds")
    if root.has("Suspend"):
        put(spec, root.get("Suspend") == "true" or None, "suspend")
    template = root.child("Pod Template")
    if template.children:
        put(spec, _read_template_of(template), "template")


def _seconds(text: str | None) -> int | None:
    return integer((text or "").removesuffix("s"))


def _read_scale(body: dict[str, Any], root: Node) -> None:
    _read_selector(body, root)
    _read_template(body, root)
    for count, name in _COUNT.findall(root.get("Replicas") or ""):
        if name == "desired":
            put(body, int(count), "spec", "replicas")
        elif name in _STATUS_COUNTS:
            put(body, int(count), "status", _STATUS_COUNTS[name])
    if root.has("Conditions"):
        put(body, read_conditions(root.child("Conditions")), "status", "conditions")


def _read_selector(body: dict[str, Any], root: Node) -> None:
    selector = read_selector(root.get("Selector") or "")
    put(body, selector or None, "spec", "selector", "matchLabels")


def _read_template(body: dict[str, Any], root: Node) -> None:
    template = root.child("Pod Template")
    if template.children:
        put(body, _read_template_of(template), "spec", "template")


def _read_template_of(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"metadata": {"labels": read_pairs(node.child("Labels"))}, "spec": {}}
    if node.has("Annotations"):
        found["metadata"]["annotations"] = read_pairs(node.child("Annotations"), ": ")
    read_pod_spec(found["spec"], node)
    return found


def _read_pod_counts(body: dict[str, Any], root: Node) -> None:
    # As in `3 Running / 1 Waiting / 0 Succeeded / 0 Failed`; the API has no such counts.
    text = known(root.get("Pods Status"))
    put(body, text, "printed", "Pods Status")


def _read_claim(nodes: list[Node]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in nodes:
        if node.key == "Name":
            put(found, node.value, "metadata", "name")
        elif node.key == "StorageClass":
            put(found, known(node.value), "spec", "storageClassName")
        elif node.key == "Capacity":
            put(found, known(node.value), "spec", "resources", "requests", "storage")
        elif node.key == "Access Modes":
            put(found, access_modes(node.value), "spec", "accessModes")
    return found
