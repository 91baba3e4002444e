"""What the server refuses with 422: the few rules that actions can run into, in its words. Pure.

Source of the wordings: the recorded answers, and `pkg/apis/{apps,core}/validation` of Kubernetes 1.36 for the others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fermata.testing.kubernetes.answers import bad_request, invalid
from fermata.testing.kubernetes.defaults import parse_quantity
from fermata.testing.kubernetes.resources import Served
from fermata.testing.kubernetes.selectors import match_labels

Fault = tuple[str, str, str]
"""Reason, words, field."""

_WRONG = "FieldValueInvalid"
_MISSING = "FieldValueRequired"
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_DNS_HELP = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_WITH_TEMPLATE = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")


def validate(served: Served, value: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """Refuse what the server would refuse.

    Args:
        old: The stored object; `None` when it is created.

    Raises:
        Refusal: 422 with every fault, or 400 for a quantity that is none.
    """
    name = value["metadata"]["name"]
    faults = list(_check(served.kind, value, old))
    if not _SUBDOMAIN.fullmatch(name):
        faults.insert(0, (_WRONG, f"Invalid value: {json.dumps(name)}: {_DNS_HELP}", "metadata.name"))
    if faults:
        raise invalid(served, name, faults)


def _check(kind: str, value: Mapping[str, Any], old: Mapping[str, Any] | None) -> Iterator[Fault]:
    spec = value.get("spec") or {}
    if kind == "Pod":
        yield from _check_pod(spec, "spec")
        if old is not None:
            yield from _check_pod_update(spec, old["spec"])
    elif kind in _WITH_TEMPLATE:
        replicas = spec.get("replicas", 0)
        if replicas < 0:
            yield _WRONG, f"Invalid value: {replicas}: must be greater than or equal to 0", "spec.replicas"
        yield from _check_selector(spec, old)
        yield from _check_pod(spec.get("template", {}).get("spec", {}), "spec.template.spec")


def _check_selector(spec: Mapping[str, Any], old: Mapping[str, Any] | None) -> Iterator[Fault]:
    selector = spec.get("selector")
    labels = spec.get("template", {}).get("metadata", {}).get("labels") or {}
    if not selector:
        yield _MISSING, "Required value", "spec.selector"
    elif not match_labels(selector, labels):
        words = f"Invalid value: {_dump(labels)}: `selector` does not match template `labels`"
        yield _WRONG, words, "spec.template.metadata.labels"
    if old is not None and selector != old["spec"].get("selector"):
        yield _WRONG, f"Invalid value: {_dump(selector)}: field is immutable", "spec.selector"


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _check_pod(spec: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if not spec.get("containers"):
        yield _MISSING, "Required value", f"{path}.containers"
    for index, container in enumerate(spec.get("containers", [])):
        here = f"{path}.containers[{index}]"
        if not container.get("image"):
            yield _MISSING, "Required value", f"{here}.image"
        yield from _check_resources(container.get("resources", {}), f"{here}.resources")
        for place, variable in enumerate(container.get("env", [])):
            if variable.get("value") and variable.get("valueFrom"):
                words = 'Invalid value: "": may not be specified when `value` is not empty'
                yield _WRONG, words, f"{here}.env[{place}].valueFrom"


def _check_resources(resources: Mapping[str, Any], path: str) -> Iterator[Fault]:
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    for amounts in (limits, requests):
        for text in amounts.values():
            _require_quantity(text)
    for name, text in requests.items():
        amount = parse_quantity(text)
        limit = parse_quantity(limits[name]) if name in limits else None
        if amount is not None and limit is not None and amount > limit:
            words = f'Invalid value: "{text}": must be less than or equal to {name} limit of {limits[name]}'
            yield _WRONG, words, f"{path}.requests"


def _require_quantity(text: Any) -> None:
    if parse_quantity(str(text)) is None:
        raise bad_request("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")


def _check_pod_update(spec: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Fault]:
    def freeze(given: Mapping[str, Any]) -> Any:
        containers = [{**container, "image": ""} for container in given["containers"]]
        return {**given, "containers": containers, "tolerations": [], "activeDeadlineSeconds": 0, "nodeName": ""}

    if freeze(spec) != freeze(old):
        words = (
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
            "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
            "(allow it to be set to 1 if it was previously negative)"
        )
        yield "FieldValueForbidden", words, "spec"
