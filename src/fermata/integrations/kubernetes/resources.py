"""The kinds this integration knows: where each lies in the API. Pure.

Source: Kubernetes documentation, "Deprecated API Migration Guide" (read November 2026): `batch/v1` cron jobs,
`policy/v1` budgets and `discovery.k8s.io/v1` slices exist since 1.21, `autoscaling/v2` since 1.23. What came before
them ended with 1.25, of autoscalers with 1.26.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind and its place."""

    kind: str
    api_version: str
    """`v1`, or `apps/v1`."""
    plural: str
    is_namespaced: bool = True
    older: tuple[str, ...] = ()
    """API versions in which servers before 1.25 have it, with the same fields as far as they are read; latest first."""

    @property
    def group(self) -> str:
        """Return the API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the path of an object or, without a name, of a list; of all namespaces when none is given."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        parts = [root]
        if self.is_namespaced and namespace:
            parts += ["namespaces", _write_part(namespace)]
        parts.append(self.plural)
        if name:
            parts.append(_write_part(name))
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


def _write_part(name: str) -> str:
    # Dots alone are steps in a path, and an HTTP client takes them: `namespaces/../pods` are the pods of them all.
    # Escaped twice they are a name, which no object of a cluster's has.
    written = name.replace(".", "%2E") if name in {".", ".."} else name
    return quote(written, safe="")


POD = Resource("Pod", "v1", "pods")
SERVICE = Resource("Service", "v1", "services")
CONFIG_MAP = Resource("ConfigMap", "v1", "configmaps")
SECRET = Resource("Secret", "v1", "secrets")
EVENT = Resource("Event", "v1", "events")
SERVICE_ACCOUNT = Resource("ServiceAccount", "v1", "serviceaccounts")
RESOURCE_QUOTA = Resource("ResourceQuota", "v1", "resourcequotas")
LIMIT_RANGE = Resource("LimitRange", "v1", "limitranges")
VOLUME_CLAIM = Resource("PersistentVolumeClaim", "v1", "persistentvolumeclaims")
VOLUME = Resource("PersistentVolume", "v1", "persistentvolumes", is_namespaced=False)
NODE = Resource("Node", "v1", "nodes", is_namespaced=False)
NAMESPACE = Resource("Namespace", "v1", "namespaces", is_namespaced=False)
DEPLOYMENT = Resource("Deployment", "apps/v1", "deployments")
REPLICA_SET = Resource("ReplicaSet", "apps/v1", "replicasets")
STATEFUL_SET = Resource("StatefulSet", "apps/v1", "statefulsets")
DAEMON_SET = Resource("DaemonSet", "apps/v1", "daemonsets")
CONTROLLER_REVISION = Resource("ControllerRevision", "apps/v1", "controllerrevisions")
JOB = Resource("Job", "batch/v1", "jobs")
CRON_JOB = Resource("CronJob", "batch/v1", "cronjobs", older=("batch/v1beta1",))
INGRESS = Resource("Ingress", "networking.k8s.io/v1", "ingresses")
NETWORK_POLICY = Resource("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies")
AUTOSCALER = Resource(
    "HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers", older=("autoscaling/v2beta2",)
)
DISRUPTION_BUDGET = Resource("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets", older=("policy/v1beta1",))
ENDPOINT_SLICE = Resource("EndpointSlice", "discovery.k8s.io/v1", "endpointslices", older=("discovery.k8s.io/v1beta1",))
STORAGE_CLASS = Resource("StorageClass", "storage.k8s.io/v1", "storageclasses", is_namespaced=False)
POD_METRICS = Resource("PodMetrics", "metrics.k8s.io/v1beta1", "pods")
ACCESS_REVIEW = Resource(
    "SelfSubjectAccessReview", "authorization.k8s.io/v1", "selfsubjectaccessreviews", is_namespaced=False
)

RENAMED = (CRON_JOB, DISRUPTION_BUDGET, ENDPOINT_SLICE, AUTOSCALER)
"""Kinds that servers before 1.25 may have in an older version only."""

WORKLOADS = {"deployment": DEPLOYMENT, "statefulset": STATEFUL_SET, "daemonset": DAEMON_SET}
"""By the kind of entity: what has a rollout."""
