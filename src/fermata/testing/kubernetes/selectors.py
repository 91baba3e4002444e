"""Label and field selectors of lists. Pure; a form that is not modelled is refused, never ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fermata.testing.kubernetes.answers import bad_request, not_modelled
from fermata.testing.kubernetes.resources import Served

Predicate = Callable[[Mapping[str, Any]], bool]

_SET_FORM = re.compile(r"(?P<key>[\w./-]+)\s+(?P<operator>in|notin)\s+\((?P<values>[^()]*)\)")
_EQUAL_FORM = re.compile(r"(?P<key>[\w./-]+)\s*(?P<operator>==|!=|=)\s*(?P<value>[\w.-]*)")
_EXISTS_FORM = re.compile(r"(?P<no>!?)\s*(?P<key>[\w./-]+)")
_ANY_KIND = ("metadata.name", "metadata.namespace")
# What a server selects pods by as well, and this does not.
_NOT_MODELLED = ("spec.schedulerName", "spec.hostNetwork", "status.nominatedNodeName", "status.podIPs")
_FIELDS = {
    "Pod": ("spec.nodeName", "status.phase", "spec.restartPolicy", "spec.serviceAccountName", "status.podIP"),
    "Event": (
        *("involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "involvedObject.uid"),
        *("involvedObject.apiVersion", "reason", "type", "source"),
    ),
    "Node": ("spec.unschedulable",),
    "Namespace": ("status.phase",),
    "Secret": ("type",),
    "Job": ("status.successful",),
}


def read_label_selector(text: str) -> Predicate:
    """Return whether an object's labels match `a=b,c!=d,e in (f, g),h,!i`.

    Raises:
        Refusal: 400 for a text that is no selector.
    """
    parts = [part.strip() for part in re.split(r",(?![^()]*\))", text)]
    tests = [_read_label_test(part) for part in parts if part]
    return lambda value: all(test(value.get("metadata", {}).get("labels") or {}) for test in tests)


def _read_label_test(part: str) -> Callable[[Mapping[str, str]], bool]:
    if match := _SET_FORM.fullmatch(part):
        key, values = match["key"], {item.strip() for item in match["values"].split(",")}
        if match["operator"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if match := _EQUAL_FORM.fullmatch(part):
        key, wanted = match["key"], match["value"]
        if match["operator"] == "!=":
            return lambda labels: labels.get(key) != wanted
        return lambda labels: labels.get(key) == wanted
    if match := _EXISTS_FORM.fullmatch(part):
        key, is_absent = match["key"], bool(match["no"])
        return lambda labels: (key in labels) != is_absent
    if ">" in part or "<" in part:
        raise not_modelled("label selectors that compare numbers")
    raise bad_request(f"unable to parse requirement: {part!r}")


def match_labels(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Answer whether labels match a `LabelSelector`; an absent one matches nothing, an empty one everything.

    Raises:
        Refusal: 501 for `matchExpressions`.
    """
    if selector is None:
        return False
    if selector.get("matchExpressions"):
        raise not_modelled("matchExpressions")
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def read_field_selector(served: Served, text: str) -> Predicate:
    """Return whether an object's fields match `a=b,c!=d`.

    Raises:
        Refusal: 400 for a field the kind cannot be selected by, 501 for one that is not modelled.
    """
    tests = []
    for part in filter(None, text.split(",")):
        match = re.fullmatch(r"(?P<key>[\w.]+)(?P<operator>==|!=|=)(?P<value>.*)", part)
        if match is None:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        if match["key"] in _NOT_MODELLED:
            raise not_modelled(f"the field selector {match['key']}")
        if match["key"] not in (*_ANY_KIND, *_FIELDS.get(served.kind, ())):
            known = f'"{match["key"]}" is not a known field selector: only "metadata.name", "metadata.namespace"'
            raise bad_request(f'Unable to find "{served.qualified}" that match field selector "{text}": {known}')
        tests.append((match["key"].split("."), match["operator"] != "!=", match["value"]))
    return lambda value: all((_read(value, path) == wanted) is equal for path, equal, wanted in tests)


def _read(value: Any, path: list[str]) -> str:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
