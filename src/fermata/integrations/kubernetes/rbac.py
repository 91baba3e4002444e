"""The permissions that this integration needs, and the RBAC objects that grant them and nothing else. Pure.

Source: Kubernetes documentation, "Using RBAC Authorization" (read November 2026).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from fermata.integrations.kubernetes.actions import PERMISSIONS
from fermata.integrations.kubernetes.collect import CLUSTER_WIDE, NAMESPACED
from fermata.integrations.kubernetes.resources import (
    CONFIG_MAP,
    CONTROLLER_REVISION,
    NAMESPACE,
    NODE,
    POD,
    POD_METRICS,
    SECRET,
    WORKLOADS,
    Resource,
)
from fermata.integrations.kubernetes.settings import KubernetesSettings

NAME = "fermata"


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """One verb on one resource."""

    group: str
    """Empty for the core group."""
    resource: str
    """Plural, with its subresource: `pods/log`."""
    verb: str
    is_namespaced: bool = True
    purpose: str = ""
    """What does not work without it, in words; empty when the whole reading depends on it."""

    def describe(self) -> str:
        """Return it in words: `list deployments.apps`."""
        return f"{self.verb} {self.resource}.{self.group}" if self.group else f"{self.verb} {self.resource}"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is granted the permissions."""

    kind: str = "ServiceAccount"
    """`ServiceAccount`, `User` or `Group`."""
    name: str = NAME
    namespace: str = NAME
    """Of a service account."""

    @classmethod
    def read(cls, user_name: str) -> Subject:
        """Return the subject of a user name as the API server gives it; a placeholder for an empty one."""
        parts = user_name.split(":")
        if user_name.startswith("system:serviceaccount:") and len(parts) == 4:
            return cls("ServiceAccount", parts[3], parts[2])
        return cls("User", user_name, "") if user_name else cls()


def list_reading(settings: KubernetesSettings) -> tuple[Permission, ...]:
    """Return what collectors and probes need."""
    found = [_of(resource, "list") for resource in (*NAMESPACED, *CLUSTER_WIDE, CONTROLLER_REVISION)]
    # Probes read one object; the others are read in lists.
    found += [_of(resource, "get", purpose="verification") for resource in (*WORKLOADS.values(), POD, NODE)]
    found += [_of(CONFIG_MAP, "get", purpose="the environment"), _of(NAMESPACE, "get")]
    found.append(Permission("", "pods/log", "get", purpose="logs"))
    found.append(_of(POD_METRICS, "list", purpose="usage, where a metrics server runs"))
    if settings.secret_names:
        found.append(_of(SECRET, "list", purpose="names of secrets, as secret_names asks for"))
    return tuple(found)


def is_offered(settings: KubernetesSettings, action: str) -> bool:
    """Answer whether the settings offer an action of the catalogue."""
    return any(fnmatchcase(action, pattern) for pattern in settings.actions)


def list_unknown_actions(settings: KubernetesSettings) -> tuple[str, ...]:
    """Return, in words, each glob among the actions that offers none: a slip there leaves the cluster read-only."""
    unmatched = (glob for glob in settings.actions if not any(fnmatchcase(action, glob) for action in PERMISSIONS))
    return tuple(_say_unknown(glob) for glob in unmatched)


def _say_unknown(glob: str) -> str:
    near = get_close_matches(glob, PERMISSIONS, n=1)
    meant = f"; is {near[0]} meant?" if near else f"; there are {', '.join(PERMISSIONS)}"
    return f"kubernetes.actions names {glob}, and no action is called so{meant}"


def list_acting(settings: KubernetesSettings) -> tuple[Permission, ...]:
    """Return what the actions that are offered need beside the reading; empty when none is."""
    found: dict[tuple[str, str, str, bool], list[str]] = {}
    for action, needs in PERMISSIONS.items():
        for each in needs if is_offered(settings, action) else ():
            for resource in each.resources:
                for verb in each.verbs:
                    key = (each.group, resource, verb, each.is_namespaced)
                    found.setdefault(key, []).append(action.partition(".")[2])
    reading = {(each.group, each.resource, each.verb, each.is_namespaced) for each in list_reading(settings)}
    return tuple(Permission(*key, purpose=", ".join(actions)) for key, actions in found.items() if key not in reading)


def write_rbac(permissions: Iterable[Permission], namespaces: Sequence[str], subject: Subject) -> str:
    """Return the YAML that grants exactly these permissions.

    Args:
        namespaces: A Role for each, and a ClusterRole for what lies in none; empty grants all in a ClusterRole.
    """
    given = tuple(permissions)
    if not namespaces:
        return "---\n".join([_write_role("ClusterRole", "", given), _write_binding("ClusterRole", "", subject)])
    parts = []
    inside = [each for each in given if each.is_namespaced]
    outside = [each for each in given if not each.is_namespaced]
    for namespace in namespaces:
        parts += [_write_role("Role", namespace, inside), _write_binding("Role", namespace, subject)]
    if outside:
        parts += [_write_role("ClusterRole", "", outside), _write_binding("ClusterRole", "", subject)]
    return "---\n".join(parts)


def _of(resource: Resource, verb: str, purpose: str = "") -> Permission:
    return Permission(resource.group, resource.plural, verb, resource.is_namespaced, purpose)


def _write_role(kind: str, namespace: str, permissions: Sequence[Permission]) -> str:
    where = f"\n  namespace: {namespace}" if namespace else ""
    lines = [f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {NAME}{where}\nrules:"]
    for group, resources, verbs in _fold(permissions):
        lines.append(
            f'  - apiGroups: ["{group}"]\n    resources: [{", ".join(resources)}]\n    verbs: [{", ".join(verbs)}]'
        )
    return "\n".join(lines) + "\n"


def _fold(permissions: Sequence[Permission]) -> list[tuple[str, list[str], tuple[str, ...]]]:
    """Return the rules: resources of one group that need the same verbs stand together."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for each in permissions:
        verbs.setdefault((each.group, each.resource), set()).add(each.verb)
    rules: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), own in sorted(verbs.items()):
        rules.setdefault((group, tuple(sorted(own))), []).append(resource)
    return [(group, resources, own) for (group, own), resources in rules.items()]


def _write_binding(kind: str, namespace: str, subject: Subject) -> str:
    where = f"\n  namespace: {namespace}" if namespace else ""
    group = "" if subject.kind == "ServiceAccount" else "\n    apiGroup: rbac.authorization.k8s.io"
    home = f"\n    namespace: {subject.namespace}" if subject.kind == "ServiceAccount" else ""
    return (
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}Binding\nmetadata:\n  name: {NAME}{where}\n"
        f"roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {kind}\n  name: {NAME}\n"
        f"subjects:\n  - kind: {subject.kind}\n    name: {subject.name}{home}{group}\n"
    )
