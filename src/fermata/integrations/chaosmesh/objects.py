"""Chaos Mesh's objects: where each lies in the API, and what its status says. Pure.

Source: chaos-mesh `api/v1alpha1/common_types.go` and `workflow_types.go` (2.8, read November 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fermata.kit.digging import dig_map, dig_maps, dig_text

API = "/apis/chaos-mesh.org/v1alpha1"
CRD_API = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
FINALIZER = "chaos-mesh/records"
PLURALS = {
    "PodChaos": "podchaos",
    "NetworkChaos": "networkchaos",
    "HTTPChaos": "httpchaos",
    "StressChaos": "stresschaos",
}
"""What is injected here, by kind."""
EVERY_PLURAL = {
    **PLURALS,
    **{
        name: name.lower()
        for name in (
            *("IOChaos", "TimeChaos", "DNSChaos", "JVMChaos", "KernelChaos", "BlockChaos"),
            *("AWSChaos", "GCPChaos", "AzureChaos", "PhysicalMachineChaos"),
        )
    },
    "Workflow": "workflows",
    "Schedule": "schedules",
}
"""What may be running, by kind; a kind that a cluster does not serve is not running there."""
_ONE_SHOT = frozenset({"pod-kill", "container-kill"})
_PAUSED = "experiment.chaos-mesh.org/pause"


@dataclass(frozen=True, slots=True)
class Records:
    """What a fault's status says of its targets."""

    injected: int
    """Injections that succeeded since it began."""
    under_fault: tuple[str, ...]
    """Targets that feel it now, as `namespace/pod`."""
    failures: tuple[str, ...]
    """Last words of what could not be injected or recovered."""
    conditions: Mapping[str, bool]
    """`Selected`, `AllInjected`, `AllRecovered`, `Paused`; those that are not there yet are left out."""


def path_of(kind: str, namespace: str, name: str = "") -> str:
    """Return the path of a kind's list in a namespace (in all, with an empty one), or of one object."""
    parts = [API, *(["namespaces", quote(namespace, safe="")] if namespace else []), EVERY_PLURAL[kind]]
    return "/".join([*parts, *([quote(name, safe="")] if name else [])])


def read_records(value: Mapping[str, Any]) -> Records:
    """Read a fault's status; one without is a fault that nothing has been done for."""
    status = dig_map(value, "status")
    records = dig_maps(status, "experiment", "containerRecords")
    counts = [each.get("injectedCount") for each in records]
    return Records(
        injected=sum(count for count in counts if isinstance(count, int)),
        under_fault=tuple(str(each.get("id")) for each in records if each.get("phase") == "Injected"),
        failures=tuple(_list_failures(records)),
        conditions={str(each.get("type")): each.get("status") == "True" for each in dig_maps(status, "conditions")},
    )


def _list_failures(records: list[Mapping[str, Any]]) -> Iterator[str]:
    for record in records:
        events = dig_maps(record, "events")
        if events and events[-1].get("type") == "Failed":
            yield f"{record.get('id')}: {str(events[-1].get('message') or 'it did not say why')[:200]}"


def is_over(kind: str, value: Mapping[str, Any]) -> bool:
    """Answer whether an object that is still there does nothing any more."""
    status, spec = dig_map(value, "status"), dig_map(value, "spec")
    if kind == "Workflow":
        return bool(status.get("endTime"))
    if kind == "Schedule":
        return dig_text(value, "metadata", "annotations", _PAUSED) == "true"
    records = read_records(value)
    if kind == "PodChaos" and spec.get("action") in _ONE_SHOT:
        return records.conditions.get("AllInjected", False)
    wanted = dig_map(status, "experiment").get("desiredPhase")
    return wanted == "Stop" and records.conditions.get("AllRecovered", False)
