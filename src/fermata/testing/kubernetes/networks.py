"""What is computed from services and disruption budgets: endpoints, slices, how many pods may go."""

from __future__ import annotations

import copy
from typing import Any

from fermata.testing.kubernetes.pods import is_ready
from fermata.testing.kubernetes.reports import count_of
from fermata.testing.kubernetes.resources import BY_KIND
from fermata.testing.kubernetes.selectors import match_labels
from fermata.testing.kubernetes.store import Json, Store, Write

_WRITE = Write("kube-controller-manager")


def refresh_endpoints(store: Store) -> None:
    """Keep the Endpoints and one EndpointSlice of each service with a selector."""
    for service in list(store.list_kind("Service")):
        selector = service.get("spec", {}).get("selector")
        if not selector:
            continue
        meta = service["metadata"]
        pods = [
            pod
            for pod in store.list_kind("Pod", meta["namespace"])
            if match_labels({"matchLabels": selector}, pod["metadata"].get("labels") or {})
            and pod.get("status", {}).get("podIP")
        ]
        ports = [
            {"port": port.get("targetPort"), "protocol": port["protocol"]} for port in service["spec"].get("ports", [])
        ]
        groups = {True: "addresses", False: "notReadyAddresses"}
        subset: dict[str, Any] = {"ports": ports}
        for pod in pods:
            subset.setdefault(groups[is_ready(pod)], []).append(_address(pod))
        value: Json = {"metadata": {"name": meta["name"], "namespace": meta["namespace"]}}
        _put(store, "Endpoints", {**value, "subsets": [subset]} if pods else value)
        _put(store, "EndpointSlice", _make_slice(service, pods, ports))


def _address(pod: Json) -> Json:
    meta = pod["metadata"]
    target = {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"].get("nodeName", ""), "targetRef": target}


def _make_slice(service: Json, pods: list[Json], ports: list[Json]) -> Json:
    meta = service["metadata"]
    endpoints = [
        {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": is_ready(pod), "serving": is_ready(pod), "terminating": False},
            "targetRef": _address(pod)["targetRef"],
        }
        for pod in pods
    ]
    labels = {"kubernetes.io/service-name": meta["name"]}
    place = {"name": f"{meta['name']}-slice", "namespace": meta["namespace"], "labels": labels}
    return {"metadata": place, "addressType": "IPv4", "endpoints": endpoints, "ports": ports}


def _put(store: Store, kind: str, value: Json) -> None:
    meta = value["metadata"]
    old = store.find(kind, meta["namespace"], meta["name"])
    if old is None:
        store.create(BY_KIND[kind], meta["namespace"], value, _WRITE)
        return
    kept = {key: part for key, part in old.items() if key in ("kind", "apiVersion", "metadata")}
    store.replace(
        BY_KIND[kind], old, {**copy.deepcopy(kept), **{k: v for k, v in value.items() if k != "metadata"}}, _WRITE
    )


def refresh_budgets(store: Store) -> None:
    """Write how many pods each disruption budget can spare."""
    for budget in list(store.list_kind("PodDisruptionBudget")):
        pods = find_covered(store, budget)
        healthy = sum(map(is_ready, pods))
        wanted = _count_wanted(budget["spec"], len(pods))
        status = {
            "observedGeneration": budget["metadata"]["generation"],
            "expectedPods": len(pods),
            "currentHealthy": healthy,
            "desiredHealthy": wanted,
            "disruptionsAllowed": max(healthy - wanted, 0),
        }
        write = Write("kube-controller-manager", subresource="status")
        store.replace(BY_KIND["PodDisruptionBudget"], budget, {**budget, "status": status}, write)


def find_covered(store: Store, budget: Json) -> list[Json]:
    """Return the pods that a disruption budget speaks of."""
    selector = budget["spec"].get("selector")
    pods = store.list_kind("Pod", budget["metadata"]["namespace"])
    return [pod for pod in pods if match_labels(selector, pod["metadata"].get("labels") or {})]


def _count_wanted(spec: Json, total: int) -> int:
    if "maxUnavailable" in spec:
        return total - count_of(spec["maxUnavailable"], total, round_up=True)
    return count_of(spec.get("minAvailable", 1), total, round_up=True)
