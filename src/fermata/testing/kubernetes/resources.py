"""The kinds the emulator serves, and how lists and maps of each merge. Pure.

Which list is keyed by what: the `x-kubernetes-list-map-keys`, `x-kubernetes-list-type` and
`x-kubernetes-patch-merge-key` of the published OpenAPI document of Kubernetes 1.36, for the fields named here. Every
list that is not named is atomic.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Served:
    """One kind as the emulator serves it."""

    kind: str
    group: str
    """Empty for the core group."""
    version: str
    plural: str
    short: tuple[str, ...] = ()
    is_namespaced: bool = True
    has_generation: bool = False
    """Whether a change of its spec raises `metadata.generation`."""
    has_status: bool = False
    has_scale: bool = False
    list_plural: str = ""
    """What `<kind>List` is called where it is not that; empty otherwise."""

    @property
    def api_version(self) -> str:
        """Return `v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """Return the name that errors use: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """Return the kind as validation errors name it: `Pod`, `Deployment.apps`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


SERVED = (
    Served("Pod", "", "v1", "pods", ("po",), has_generation=True, has_status=True),
    Served("Service", "", "v1", "services", ("svc",), has_status=True),
    Served("Endpoints", "", "v1", "endpoints", ("ep",)),
    Served("ConfigMap", "", "v1", "configmaps", ("cm",)),
    Served("Secret", "", "v1", "secrets"),
    Served("Event", "", "v1", "events", ("ev",)),
    Served("Node", "", "v1", "nodes", ("no",), is_namespaced=False, has_status=True),
    Served("Namespace", "", "v1", "namespaces", ("ns",), is_namespaced=False, has_status=True),
    Served("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims", ("pvc",), has_status=True),
    Served("PersistentVolume", "", "v1", "persistentvolumes", ("pv",), is_namespaced=False, has_status=True),
    Served("ResourceQuota", "", "v1", "resourcequotas", ("quota",), has_status=True),
    Served("LimitRange", "", "v1", "limitranges", ("limits",)),
    Served("ServiceAccount", "", "v1", "serviceaccounts", ("sa",)),
    Served(
        "Deployment", "apps", "v1", "deployments", ("deploy",), has_generation=True, has_status=True, has_scale=True
    ),
    Served("ReplicaSet", "apps", "v1", "replicasets", ("rs",), has_generation=True, has_status=True, has_scale=True),
    Served("StatefulSet", "apps", "v1", "statefulsets", ("sts",), has_generation=True, has_status=True, has_scale=True),
    Served("DaemonSet", "apps", "v1", "daemonsets", ("ds",), has_generation=True, has_status=True),
    Served("ControllerRevision", "apps", "v1", "controllerrevisions"),
    Served("Job", "batch", "v1", "jobs", has_generation=True, has_status=True),
    Served("CronJob", "batch", "v1", "cronjobs", ("cj",), has_generation=True, has_status=True),
    Served("Ingress", "networking.k8s.io", "v1", "ingresses", ("ing",), has_generation=True, has_status=True),
    Served("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies", ("netpol",), has_generation=True),
    Served("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers", ("hpa",), has_status=True),
    Served(
        "PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", ("pdb",), has_generation=True, has_status=True
    ),
    Served("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices"),
    Served("StorageClass", "storage.k8s.io", "v1", "storageclasses", ("sc",), is_namespaced=False),
    Served("PodMetrics", "metrics.k8s.io", "v1beta1", "pods"),
    Served(
        "CustomResourceDefinition",
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        ("crd",),
        is_namespaced=False,
    ),
    # Their definitions have no status subresource: status is written with the object.
    Served("PodChaos", "chaos-mesh.org", "v1alpha1", "podchaos", has_generation=True),
    Served("NetworkChaos", "chaos-mesh.org", "v1alpha1", "networkchaos", has_generation=True),
    Served("HTTPChaos", "chaos-mesh.org", "v1alpha1", "httpchaos", has_generation=True),
    Served("StressChaos", "chaos-mesh.org", "v1alpha1", "stresschaos", has_generation=True),
    Served("Workflow", "chaos-mesh.org", "v1alpha1", "workflows", has_generation=True, has_status=True),
    Served("Schedule", "chaos-mesh.org", "v1alpha1", "schedules", has_generation=True),
)
"""Everything that is stored. Reviews are answered and not stored: see `http`."""

BY_KIND = {served.kind: served for served in SERVED}

KEYED_LISTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("containers", "initContainers", "ephemeralContainers", "env", "volumes"), ("name",)),
    "imagePullSecrets": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "ownerReferences": ("uid",),
    "conditions": ("type",),
    "addresses": ("type",),
}
"""By the field's name: the keys that tell its items apart."""
SETS = frozenset({"finalizers"})
"""Lists of plain values that merge."""
ATOMIC_MAPS = frozenset(
    {
        *(
            "selector",
            "labelSelector",
            "podSelector",
            "namespaceSelector",
            "nodeSelector",
            "involvedObject",
            "regarding",
        ),
        *(
            "fieldRef",
            "resourceFieldRef",
            "configMapKeyRef",
            "secretKeyRef",
            "claimRef",
            "targetRef",
            "nodeSelectorTerms",
        ),
    }
)
"""Maps that are written as one."""
_DEFAULT_KEYS = {"protocol": "TCP"}


def find_keys(field: str, item: object, *, strategic: bool = False) -> tuple[str, ...]:
    """Return what tells the items of a list apart; empty when the list is atomic.

    Args:
        field: The list's own name: `containers`.
        item: One of its items, to tell a container's ports from a service's.
        strategic: For a strategic merge patch, whose keys differ for ports and taints.
    """
    if field == "ports" and isinstance(item, dict):
        port = next((key for key in ("containerPort", "port") if key in item), "")
        return () if not port else (port,) if strategic else (port, "protocol")
    if field == "taints" and strategic:
        return ("key",)
    return KEYED_LISTS.get(field, ())


def read_key(item: dict[str, object], keys: tuple[str, ...]) -> tuple[object, ...]:
    """Return an item's values of the keys; a port's protocol is TCP when it is not given."""
    return tuple(item.get(key, _DEFAULT_KEYS.get(key)) for key in keys)
