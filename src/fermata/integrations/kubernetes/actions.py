"""The catalogue entries of kubernetes, and the permissions each needs."""

from __future__ import annotations

from dataclasses import dataclass

from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.evict import DeletePodAction
from fermata.integrations.kubernetes.node_edits import CordonChange
from fermata.integrations.kubernetes.object_action import ObjectAction
from fermata.integrations.kubernetes.template_edits import (
    ImageChange,
    ResourcesChange,
    RestartChange,
    VariableChange,
)
from fermata.integrations.kubernetes.workload_edits import RollbackChange, ScaleChange
from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction


@dataclass(frozen=True, slots=True)
class Permission:
    """One RBAC rule."""

    group: str
    """Empty for the core group."""
    resources: tuple[str, ...]
    """Plural, with their subresource: `pods/eviction`."""
    verbs: tuple[str, ...]
    is_namespaced: bool = True
    """False for what only a ClusterRole can grant."""


_WORKLOADS = Permission("apps", ("deployments", "statefulsets", "daemonsets"), ("get", "patch"))
_HISTORY = Permission("apps", ("replicasets", "controllerrevisions"), ("list",))
_AROUND = (
    Permission("", ("pods", "services"), ("list",)),
    Permission("policy", ("poddisruptionbudgets",), ("list",)),
    Permission("autoscaling", ("horizontalpodautoscalers",), ("list",)),
)
_TEMPLATE = (_WORKLOADS, _HISTORY, *_AROUND)
_NODE = (
    Permission("", ("nodes",), ("get", "list", "patch"), is_namespaced=False),
    Permission("", ("pods",), ("list",), is_namespaced=False),
)

PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    "kubernetes.rollout_restart": _TEMPLATE,
    "kubernetes.rollback_to_revision": _TEMPLATE,
    "kubernetes.set_resources": _TEMPLATE,
    "kubernetes.set_image": _TEMPLATE,
    "kubernetes.set_env": _TEMPLATE,
    "kubernetes.scale": (Permission("apps", ("deployments", "statefulsets"), ("get", "patch")), _HISTORY, *_AROUND),
    "kubernetes.delete_pod": (
        Permission("", ("pods",), ("get", "list")),
        Permission("", ("pods/eviction",), ("create",)),
        Permission("", ("services",), ("list",)),
    ),
    "kubernetes.cordon": _NODE,
    "kubernetes.uncordon": _NODE,
}
"""What each action needs, its dry run included (a server-side dry run needs what the change itself needs)."""


def list_actions(client: KubernetesClient, clock: Clock) -> tuple[CatalogueAction, ...]:
    """Return all of them; which are offered is for the settings to say."""
    kinds = (
        RestartChange(),
        RollbackChange(),
        ResourcesChange(),
        ScaleChange(),
        ImageChange(),
        VariableChange(),
        CordonChange(is_back=False),
        CordonChange(is_back=True),
    )
    return (*(ObjectAction(client, clock, kind) for kind in kinds), DeletePodAction(client, clock))
