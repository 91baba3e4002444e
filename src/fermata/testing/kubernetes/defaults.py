"""What the server fills in and how it writes quantities: `SetDefaults_*`, as far as it shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_MAPS = frozenset({"limits", "requests", "labels", "annotations", "matchLabels", "nodeSelector", "data", "binaryData"})
_QUANTITY = re.compile(r"(?P<number>[+-]?(\d+\.?\d*|\.\d+))(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")


def parse_quantity(text: str) -> Decimal | None:
    """Return a quantity's value; `None` when it is none (`k8s.io/apimachinery/pkg/api/resource`)."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    suffix = match["suffix"] or ""
    number = Decimal(match["number"])
    if suffix.endswith("i"):
        return number * Decimal(1024) ** _BINARY.index(suffix)
    if suffix[:1] in ("e", "E") and suffix[1:]:
        return number * Decimal(10) ** int(suffix[1:])
    return number * Decimal(10) ** _DECIMAL[suffix]


def write_quantity(text: str) -> str:
    """Return a quantity in its canonical form: the largest suffix that leaves a whole number; no quantity as it is."""
    value = parse_quantity(text)
    if value is None:
        return text
    if "i" in text:
        exponent = max((i for i in range(7) if value and value % 1024**i == 0), default=0)
        return f"{int(value / 1024**exponent)}{_BINARY[exponent]}"
    for suffix, exponent in sorted(_DECIMAL.items(), key=lambda pair: -pair[1]):
        scaled = value / Decimal(10) ** exponent
        if value and scaled == int(scaled):
            return f"{int(scaled)}{suffix}"
    return "0" if not value else text


def fill_in(value: dict[str, Any]) -> None:
    """Fill an object's defaults in, in place, where they are absent. A null is as absent."""
    _drop_nulls(value)
    kind = value["kind"]
    spec: Any = value.get("spec")
    if kind == "Pod":
        fill_in_pod(value["spec"])
        for container in value["spec"].get("containers", []):
            _default_requests(container.get("resources", {}))
        spec.setdefault("enableServiceLinks", True)
    if isinstance(spec, dict) and isinstance(spec.get("template"), dict):
        fill_in_pod(spec["template"].setdefault("spec", {}))
    if kind in _FILLERS and isinstance(spec, dict):
        _FILLERS[kind](spec)


def admit(value: dict[str, Any]) -> None:
    """Do what the admission plug-ins do to a new pod, in place; these fields belong to no manager."""
    if value["kind"] != "Pod":
        return
    spec = value["spec"]
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    if "tolerations" not in spec:
        spec["tolerations"] = [
            {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            for key in ("not-ready", "unreachable")
        ]


def _drop_nulls(value: Any) -> None:
    if isinstance(value, dict):
        for key in [key for key, item in value.items() if _is_omitted(key, item)]:
            del value[key]
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _drop_nulls(item)


def _is_omitted(key: str, item: Any) -> bool:
    # Go's `omitempty`: nulls, empty lists and empty maps are not written; empty structures are.
    return item is None or item == [] or (item == {} and key in _MAPS)


def _default_requests(resources: dict[str, Any]) -> None:
    missing = {
        name: limit for name, limit in resources.get("limits", {}).items() if name not in resources.get("requests", {})
    }
    if missing:
        resources["requests"] = {**resources.get("requests", {}), **missing}


def fill_in_pod(spec: dict[str, Any]) -> None:
    """Fill in a pod's spec, or that of a template."""
    for key, default in (
        ("restartPolicy", "Always"),
        ("terminationGracePeriodSeconds", 30),
        ("dnsPolicy", "ClusterFirst"),
        ("securityContext", {}),
        ("schedulerName", "default-scheduler"),
    ):
        spec.setdefault(key, default if not isinstance(default, dict) else {})
    for container in (*spec.get("containers", []), *spec.get("initContainers", [])):
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
        image = container.get("image", "")
        container.setdefault("imagePullPolicy", "Always" if _is_latest(image) else "IfNotPresent")
        resources = container.setdefault("resources", {})
        for name in ("limits", "requests"):
            if isinstance(resources.get(name), Mapping):
                resources[name] = {key: write_quantity(str(amount)) for key, amount in resources[name].items()}
        for port in container.get("ports", []):
            port.setdefault("protocol", "TCP")
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            _fill_in_probe(container.get(probe))


def _is_latest(image: str) -> bool:
    tag = image.rpartition("/")[2]
    return tag.endswith(":latest") or (":" not in tag and "@" not in tag)


def _fill_in_probe(probe: dict[str, Any] | None) -> None:
    if probe is None:
        return
    defaults = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    for key, default in defaults.items():
        probe.setdefault(key, default)
    if "httpGet" in probe:
        probe["httpGet"].setdefault("scheme", "HTTP")
        probe["httpGet"].setdefault("path", "/")


def _fill_in_deployment(spec: dict[str, Any]) -> None:
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")


def _fill_in_stateful_set(spec: dict[str, Any]) -> None:
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)


def _fill_in_daemon_set(spec: dict[str, Any]) -> None:
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)


def _fill_in_replica_set(spec: dict[str, Any]) -> None:
    spec.setdefault("replicas", 1)


def _fill_in_service(spec: dict[str, Any]) -> None:
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))


def _fill_in_node(spec: dict[str, Any]) -> None:
    # Go's `omitempty`: false is written as absent.
    if spec.get("unschedulable") is False:
        del spec["unschedulable"]


_FILLERS = {
    "Deployment": _fill_in_deployment,
    "StatefulSet": _fill_in_stateful_set,
    "DaemonSet": _fill_in_daemon_set,
    "ReplicaSet": _fill_in_replica_set,
    "Service": _fill_in_service,
    "Node": _fill_in_node,
}
