"""The kinds that are known: their names on a command line, and the columns that kubectl prints for them.

Columns are needed where a table has lost its header, as after `| grep`. Source: kubernetes,
pkg/printers/internalversion/printers.go (read 2026-11-25), release 1.31.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object."""

    name: str
    """In the API's spelling."""
    words: tuple[str, ...]
    """What a command line may call it besides its name in lower case."""
    columns: tuple[str, ...] = ("NAME", "AGE")
    wide: tuple[str, ...] = ()
    """Columns that `-o wide` adds."""
    namespaced: bool = True


_WORKLOAD = ("CONTAINERS", "IMAGES", "SELECTOR")

KINDS: tuple[Kind, ...] = (
    Kind(
        "Pod",
        ("pods", "po"),
        ("NAME", "READY", "STATUS", "RESTARTS", "AGE"),
        ("IP", "NODE", "NOMINATED NODE", "READINESS GATES"),
    ),
    Kind(
        "Service",
        ("services", "svc"),
        ("NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"),
        ("SELECTOR",),
    ),
    Kind("Endpoints", ("ep",), ("NAME", "ENDPOINTS", "AGE")),
    Kind("EndpointSlice", ("endpointslices",), ("NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE")),
    Kind(
        "Deployment",
        ("deployments", "deploy"),
        ("NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"),
        _WORKLOAD,
    ),
    Kind("ReplicaSet", ("replicasets", "rs"), ("NAME", "DESIRED", "CURRENT", "READY", "AGE"), _WORKLOAD),
    Kind("StatefulSet", ("statefulsets", "sts"), ("NAME", "READY", "AGE"), ("CONTAINERS", "IMAGES")),
    Kind(
        "DaemonSet",
        ("daemonsets", "ds"),
        ("NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE"),
        _WORKLOAD,
    ),
    Kind("ControllerRevision", ("controllerrevisions",), ("NAME", "CONTROLLER", "REVISION", "AGE")),
    Kind("Job", ("jobs",), ("NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"), _WORKLOAD),
    Kind(
        "CronJob",
        ("cronjobs", "cj"),
        ("NAME", "SCHEDULE", "TIMEZONE", "SUSPEND", "ACTIVE", "LAST SCHEDULE", "AGE"),
        _WORKLOAD,
    ),
    Kind("ConfigMap", ("configmaps", "cm"), ("NAME", "DATA", "AGE")),
    Kind("Secret", ("secrets",), ("NAME", "TYPE", "DATA", "AGE")),
    Kind("ServiceAccount", ("serviceaccounts", "sa"), ("NAME", "SECRETS", "AGE")),
    Kind(
        "PersistentVolumeClaim",
        ("persistentvolumeclaims", "pvc"),
        (
            "NAME",
            "STATUS",
            "VOLUME",
            "CAPACITY",
            "ACCESS MODES",
            "STORAGECLASS",
            "VOLUMEATTRIBUTESCLASS",
            "AGE",
        ),
        ("VOLUMEMODE",),
    ),
    Kind(
        "PersistentVolume",
        ("persistentvolumes", "pv"),
        (
            "NAME",
            "CAPACITY",
            "ACCESS MODES",
            "RECLAIM POLICY",
            "STATUS",
            "CLAIM",
            "STORAGECLASS",
            "VOLUMEATTRIBUTESCLASS",
            "REASON",
            "AGE",
        ),
        ("VOLUMEMODE",),
        namespaced=False,
    ),
    Kind(
        "StorageClass",
        ("storageclasses", "sc"),
        ("NAME", "PROVISIONER", "RECLAIMPOLICY", "VOLUMEBINDINGMODE", "ALLOWVOLUMEEXPANSION", "AGE"),
        namespaced=False,
    ),
    Kind("ResourceQuota", ("resourcequotas", "quota"), ("NAME", "AGE", "REQUEST", "LIMIT")),
    Kind("LimitRange", ("limitranges", "limits"), ("NAME", "CREATED AT")),
    Kind("NetworkPolicy", ("networkpolicies", "netpol"), ("NAME", "POD-SELECTOR", "AGE")),
    Kind("Ingress", ("ingresses", "ing"), ("NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE")),
    Kind(
        "Node",
        ("nodes", "no"),
        ("NAME", "STATUS", "ROLES", "AGE", "VERSION"),
        ("INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"),
        namespaced=False,
    ),
    Kind("Namespace", ("namespaces", "ns"), ("NAME", "STATUS", "AGE"), namespaced=False),
    Kind(
        "HorizontalPodAutoscaler",
        ("horizontalpodautoscalers", "hpa"),
        ("NAME", "REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS", "AGE"),
    ),
    Kind(
        "PodDisruptionBudget",
        ("poddisruptionbudgets", "pdb"),
        ("NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"),
    ),
    Kind("Role", ("roles",), ("NAME", "CREATED AT")),
    Kind("RoleBinding", ("rolebindings",), ("NAME", "ROLE", "AGE"), ("USERS", "GROUPS", "SERVICEACCOUNTS")),
    Kind("ClusterRole", ("clusterroles",), ("NAME", "CREATED AT"), namespaced=False),
    Kind(
        "ClusterRoleBinding",
        ("clusterrolebindings",),
        ("NAME", "ROLE", "AGE"),
        ("USERS", "GROUPS", "SERVICEACCOUNTS"),
        namespaced=False,
    ),
    Kind(
        "Event",
        ("events", "ev"),
        ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"),
        ("SUBOBJECT", "SOURCE", "FIRST SEEN", "COUNT", "NAME"),
    ),
    Kind(
        "ValidatingWebhookConfiguration",
        ("validatingwebhookconfigurations",),
        ("NAME", "WEBHOOKS", "AGE"),
        namespaced=False,
    ),
    Kind(
        "MutatingWebhookConfiguration",
        ("mutatingwebhookconfigurations",),
        ("NAME", "WEBHOOKS", "AGE"),
        namespaced=False,
    ),
    Kind("IngressClass", ("ingressclasses",), ("NAME", "CONTROLLER", "PARAMETERS", "AGE"), namespaced=False),
    Kind("ReplicationController", ("replicationcontrollers", "rc"), ("NAME", "DESIRED", "CURRENT", "READY", "AGE")),
    Kind("Lease", ("leases",), ("NAME", "HOLDER", "AGE")),
    Kind("PriorityClass", ("priorityclasses", "pc"), ("NAME", "VALUE", "GLOBAL-DEFAULT", "AGE"), namespaced=False),
)

_FLUX = ("NAME", "AGE", "READY", "STATUS")
CUSTOM: tuple[Kind, ...] = (
    Kind("HelmRelease", ("helmreleases", "hr"), _FLUX),
    Kind("Kustomization", ("kustomizations", "ks"), _FLUX),
    Kind("GitRepository", ("gitrepositories", "gitrepo"), ("NAME", "URL", "AGE", "READY", "STATUS")),
    Kind("OCIRepository", ("ocirepositories", "ocirepo"), ("NAME", "URL", "READY", "STATUS", "AGE")),
    Kind("HelmRepository", ("helmrepositories", "helmrepo"), ("NAME", "URL", "AGE", "READY", "STATUS")),
    Kind("Application", ("applications", "app", "apps"), ("NAME", "SYNC STATUS", "HEALTH STATUS")),
    Kind("Certificate", ("certificates", "cert", "certs"), ("NAME", "READY", "SECRET", "AGE")),
    Kind("CertificateRequest", ("certificaterequests", "cr", "crs"), ("NAME", "APPROVED", "DENIED", "READY", "ISSUER")),
    Kind("Order", ("orders",), ("NAME", "STATE", "AGE")),
    Kind("Challenge", ("challenges",), ("NAME", "STATE", "DOMAIN", "AGE")),
    Kind("ExternalSecret", ("externalsecrets", "es"), ("NAME", "STORE", "REFRESH INTERVAL", "STATUS", "READY")),
    Kind("SealedSecret", ("sealedsecrets",), ("NAME", "STATUS", "SYNCED", "AGE")),
)
"""Kinds of Flux, Argo CD, cert-manager, External Secrets and Sealed Secrets, with the columns of their definitions
(from memory): whoever keeps such an object says in its conditions whether what it declares was brought about."""

_BY_NAME = {kind.name: kind for kind in (*KINDS, *CUSTOM)}
_BY_WORD = {word: kind for kind in (*CUSTOM, *KINDS) for word in (kind.name.lower(), *kind.words)}
KIND_NAMES = frozenset(kind.name for kind in KINDS)
"""Of Kubernetes itself."""
WORKLOAD_KINDS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet"})


def find_kind(word: str) -> Kind | None:
    """Return the kind that a command line calls so: any case, singular, plural or short, with or without a group."""
    lower = word.lower()
    found = _BY_WORD.get(lower)
    return found if found is not None else _BY_WORD.get(lower.partition(".")[0])


def is_namespaced(kind: str) -> bool:
    """Return whether objects of the kind live in a namespace; a kind that is not known is taken to."""
    found = _BY_NAME.get(kind)
    return found is None or found.namespaced


def columns_of(kind: str, *, wide: bool = False) -> tuple[str, ...]:
    """Return the columns of a kind's table; `-o wide` adds to them, for events in the middle."""
    found = _BY_NAME.get(kind)
    if found is None:
        return ("NAME", "AGE")
    if wide and kind == "Event":
        return (*found.columns[:4], *found.wide[:2], "MESSAGE", *found.wide[2:])
    return found.columns + found.wide if wide else found.columns
