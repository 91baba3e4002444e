"""Which causes in a cluster an action of the catalogue may cure, what each is about, and how signatures say so.

Data, and nothing that decides: whether the cure holds in one case is for `kubernetes_cures`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fermata.kit.listing import begin_small
from fermata.rules.kubernetes.objects import maps_of

Spec = Mapping[str, Any]
Aspect = Callable[[Spec, Spec], Any]
"""What a cause is about, of a container and of the pod specification that holds it; compared as it is."""


def see_image(container: Spec, pod: Spec) -> Any:
    """Return the image."""
    del pod
    return container.get("image")


def see_registry(container: Spec, pod: Spec) -> Any:
    """Return where the image comes from: all before its repository's last part."""
    del pod
    return str(container.get("image", "")).rpartition("/")[0]


def see_pull(container: Spec, pod: Spec) -> Any:
    """Return from which repository the image is pulled, and by which rights; a tag needs no rights of its own."""
    folder, _, name = str(container.get("image", "")).rpartition("/")
    repository = [folder, name.partition("@")[0].partition(":")[0]]
    return [repository, maps_of(pod.get("imagePullSecrets")), pod.get("serviceAccountName")]


def see_start(container: Spec, pod: Spec) -> Any:
    """Return what decides whether a container's program is found and may run."""
    keys = ("image", "command", "args", "workingDir", "securityContext", "volumeMounts", "resources")
    return [*(container.get(key) for key in keys), pod.get("securityContext"), pod.get("volumes")]


def see_settings(container: Spec, pod: Spec) -> Any:
    """Return the variables, the program and its arguments."""
    del pod
    return [container.get(key) for key in ("image", "command", "args", "env", "envFrom")]


def see_probes(container: Spec, pod: Spec) -> Any:
    """Return the probes, and what decides how they are answered."""
    keys = ("livenessProbe", "readinessProbe", "startupProbe", "ports")
    return [*see_settings(container, pod), *(container.get(key) for key in keys)]


def see_variables(container: Spec, pod: Spec) -> Any:
    """Return the variables."""
    del pod
    return [container.get("env"), container.get("envFrom")]


def see_resources(container: Spec, pod: Spec) -> Any:
    """Return what it asks for and may use."""
    del pod
    return container.get("resources")


def see_all(container: Spec, pod: Spec) -> Any:
    """Return everything, the pod's other containers included."""
    return [container, pod]


_SETTINGS = ("incorrect_protocol", "incorrect_port", "incorrect_timing", "incorrect_path", "command_missing")
ASPECTS: Mapping[str, Aspect] = MappingProxyType(
    {
        "incorrect_image_reference": see_image,
        "image_architecture_mismatch": see_image,
        "image_not_present": see_image,
        "missing_image_pull_secret": see_pull,
        "image_registry_dns_failure": see_registry,
        "image_registry_tls_failure": see_registry,
        "image_registry_unreachable": see_registry,
        "container_user_forbidden": see_start,
        "container_command_not_executable": see_start,
        "container_command_not_found": see_start,
        "memory_limit_too_low": see_start,
        "volume_subpath_mismatch": see_start,
        "application_module_missing": see_settings,
        "application_argument_invalid": see_settings,
        "application_configuration_invalid": see_settings,
        "application_permission_denied": see_start,
        "application_file_missing": see_start,
        "application_exception": see_settings,
        "init_container_failing": see_all,
        "rollout_stuck": see_all,
        **{f"{kind}_probe_{what}": see_probes for kind in ("liveness", "readiness", "startup") for what in _SETTINGS},
    }
)
"""Causes that going back cures, where the containers that fail differ in what the cause is about.

Not what is missing beside the workload (a Secret, a ConfigMap), nor what a database or a data directory has been taken
to meanwhile: the revision before may not be able to read it any more.
"""
VARIABLES = frozenset({"service_env_var_address_mismatch"})
"""Causes that lie in a variable's value: going back cures them where the value differs, though no pod may fail."""
MAPPED = frozenset({"service_port_mapping_mismatch"})
"""Causes that a new revision brings which listens elsewhere than its service leads."""
CAPACITY: Mapping[str, str] = MappingProxyType(
    {
        "cpu_capacity_mismatch": "cpu",
        "memory_capacity_mismatch": "memory",
        "ephemeral_storage_capacity_mismatch": "ephemeral-storage",
    }
)
"""Causes that lie in how much pods ask for, each with the resource."""
REFUSED = frozenset(
    {
        *CAPACITY,
        *("limit_range_violated", "quota_requires_resources"),
        *("namespace_cpu_quota_exceeded", "namespace_memory_quota_exceeded"),
    }
)
"""Causes that a new revision brings by what it asks for: no pod of it is made or placed that could be seen to fail."""
REPLACED = frozenset({"init_container_failing", "pod_sandbox_failed", "pod_stuck", "volume_mount_failed"})
"""Causes that another pod of the same template may not meet: where its siblings run, it is replaced."""
CORDONED = frozenset({"node_memory_pressure", "node_pid_pressure", "node_problem_reported"})
"""Causes that grow with every pod that is put on the node."""

_BACK = "kubernetes.rollback_to_revision when the revision before ran and differs in what fails"
_REPLACE = "kubernetes.delete_pod when it is the only pod of its template that does not run"
_CORDON = "kubernetes.cordon when the other nodes have room"


def describe_action(cause: str, must: str) -> str:
    """Return what a signature says of its action.

    Args:
        must: What a person must do where no action is a cure, as a sentence: `Correct the image's name.`
    """
    known = (
        _BACK if cause in ASPECTS or cause in VARIABLES | MAPPED | REFUSED else "",
        _REPLACE if cause in REPLACED else "",
        _CORDON if cause in CORDONED else "",
    )
    said = f"a person must {begin_small(must).rstrip('.')}"
    return "; ".join([*filter(None, known), f"otherwise {said}"]) if any(known) else f"none: {said}"
