"""What is answered and not stored: discovery, the version, reviews of access. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fermata.testing.kubernetes.rbac import Question, Rule, is_allowed
from fermata.testing.kubernetes.resources import SERVED, Served

VERSION = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0-fermata-emulator",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "2026-11-23T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "linux/amd64",
}
_AUTHORIZATION = "authorization.k8s.io"
_VERBS = ["create", "delete", "get", "list", "patch", "update"]


def find_discovery(path: str) -> dict[str, Any] | None:
    """Return the answer of a discovery path; `None` when the path is none."""
    parts = [part for part in path.split("/") if part]
    if parts == ["version"]:
        return dict(VERSION)
    if parts == ["api"]:
        return {"kind": "APIVersions", "versions": ["v1"]}
    if parts == ["apis"]:
        groups = dict.fromkeys((one.group, one.version) for one in SERVED if one.group)
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_describe_group(*one) for one in groups]}
    if len(parts) == 2 and parts[0] == "api":
        return _list_resources("", parts[1])
    if len(parts) == 3 and parts[0] == "apis":
        return _list_resources(parts[1], parts[2])
    return None


def _describe_group(group: str, version: str) -> dict[str, Any]:
    named = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [named], "preferredVersion": named}


def _list_resources(group: str, version: str) -> dict[str, Any] | None:
    found = [one for one in SERVED if (one.group, one.version) == (group, version)]
    if not found:
        return None
    resources = [entry for one in found for entry in _describe_resource(one)]
    whole = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": found[0].api_version}
    return {**whole, "resources": resources}


def _describe_resource(served: Served) -> list[dict[str, Any]]:
    base = {"singularName": served.kind.lower(), "namespaced": served.is_namespaced}
    main = {**base, "name": served.plural, "kind": served.kind, "verbs": _VERBS, "shortNames": list(served.short)}
    entries = [main]
    if served.has_status:
        entries.append({**base, "name": f"{served.plural}/status", "kind": served.kind, "verbs": ["get", "patch"]})
    if served.has_scale:
        scale = {"name": f"{served.plural}/scale", "kind": "Scale", "group": "autoscaling", "version": "v1"}
        entries.append({**base, **scale, "verbs": ["get", "patch", "update"]})
    if served.plural == "pods" and not served.group:
        entries.append({**base, "name": "pods/log", "kind": "Pod", "verbs": ["get"]})
        eviction = {"name": "pods/eviction", "kind": "Eviction", "group": "policy", "version": "v1"}
        entries.append({**base, **eviction, "verbs": ["create"]})
    return entries


def review(path: str, body: dict[str, Any], rules: Sequence[Rule]) -> dict[str, Any] | None:
    """Return the answer of a review of one's own access; `None` when the path is none.

    Args:
        rules: What the asking user may do.
    """
    kind = path.removeprefix(f"/apis/{_AUTHORIZATION}/v1/")
    if kind == "selfsubjectaccessreviews":
        asked = body["spec"].get("resourceAttributes", {})
        resource = asked.get("resource", "") + (f"/{asked['subresource']}" if asked.get("subresource") else "")
        question = Question(asked.get("verb", ""), asked.get("group", ""), resource, asked.get("namespace", ""))
        return _answer("SelfSubjectAccessReview", body["spec"], {"allowed": is_allowed(rules, question)})
    if kind == "selfsubjectrulesreviews":
        namespace = body["spec"]["namespace"]
        found = [
            {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
            for rule in rules
            if "*" in rule.namespaces or namespace in rule.namespaces
        ]
        status = {"resourceRules": found, "nonResourceRules": [], "incomplete": False}
        return _answer("SelfSubjectRulesReview", body["spec"], status)
    return None


def _answer(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "apiVersion": f"{_AUTHORIZATION}/v1", "metadata": {}, "spec": spec, "status": status}
