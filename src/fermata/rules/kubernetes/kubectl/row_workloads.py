"""Rows of pods and of what runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import integer, known, put, split_list
from fermata.rules.kubernetes.objects import parse_labels

# Words of the STATUS column that are phases of the API too.
_PHASES = {"Running": "Running", "Pending": "Pending", "Completed": "Succeeded", "Failed": "Failed"}


def read_pod(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a pod tells."""
    put(body, _PHASES.get(cells.get("STATUS", "")), "status", "phase")
    put(body, known(cells.get("IP")), "status", "podIP")
    put(body, known(cells.get("NODE")), "spec", "nodeName")
    put(body, known(cells.get("NOMINATED NODE")), "status", "nominatedNodeName")


def read_deployment(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a deployment tells; `READY` counts ready before wanted."""
    _put_ready(body, cells)
    put(body, integer(cells.get("UP-TO-DATE")), "status", "updatedReplicas")
    put(body, integer(cells.get("AVAILABLE")), "status", "availableReplicas")
    _put_template(body, cells)


def read_replica_set(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a replica set tells."""
    put(body, integer(cells.get("DESIRED")), "spec", "replicas")
    put(body, integer(cells.get("CURRENT")), "status", "replicas")
    put(body, integer(cells.get("READY")), "status", "readyReplicas")
    _put_template(body, cells)


def read_stateful_set(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a stateful set tells."""
    _put_ready(body, cells)
    _put_template(body, cells)


def read_daemon_set(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a daemon set tells."""
    put(body, integer(cells.get("DESIRED")), "status", "desiredNumberScheduled")
    put(body, integer(cells.get("CURRENT")), "status", "currentNumberScheduled")
    put(body, integer(cells.get("READY")), "status", "numberReady")
    put(body, integer(cells.get("UP-TO-DATE")), "status", "updatedNumberScheduled")
    put(body, integer(cells.get("AVAILABLE")), "status", "numberAvailable")
    nodes = parse_labels(cells.get("NODE SELECTOR", ""))
    if nodes:
        put(body, nodes, "spec", "template", "spec", "nodeSelector")
    _put_template(body, cells)


def read_job(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a job tells; a job that is done or has failed gets the condition that says so."""
    done, slash, total = cells.get("COMPLETIONS", "").partition("/")
    if slash:
        put(body, integer(done), "status", "succeeded")
        put(body, integer(total), "spec", "completions")
    status = cells.get("STATUS")
    if status in ("Complete", "Failed", "Suspended"):
        put(body, [{"type": status, "status": "True"}], "status", "conditions")
    _put_template(body, cells)


def read_cron_job(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    """Add what the row of a cron job tells."""
    put(body, known(cells.get("SCHEDULE")), "spec", "schedule")
    put(body, known(cells.get("TIMEZONE")), "spec", "timeZone")
    suspended = known(cells.get("SUSPEND"))
    put(body, None if suspended is None else suspended == "True", "spec", "suspend")
    containers = _read_containers(cells)
    if containers:
        put(body, containers, "spec", "jobTemplate", "spec", "template", "spec", "containers")


def _put_ready(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    ready, slash, wanted = cells.get("READY", "").partition("/")
    if slash:
        put(body, integer(ready), "status", "readyReplicas")
        put(body, integer(wanted), "spec", "replicas")


def _put_template(body: dict[str, Any], cells: Mapping[str, str]) -> None:
    containers = _read_containers(cells)
    if containers:
        put(body, containers, "spec", "template", "spec", "containers")
    selector = parse_labels(cells.get("SELECTOR", ""))
    if selector:
        put(body, selector, "spec", "selector", "matchLabels")


def _read_containers(cells: Mapping[str, str]) -> list[dict[str, str]]:
    names, images = split_list(cells.get("CONTAINERS", "")), split_list(cells.get("IMAGES", ""))
    return [{"name": name, "image": image} for name, image in zip(names, images, strict=False)]
