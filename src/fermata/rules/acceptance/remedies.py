"""Which action may be suggested for a cause that the catalogue knows: what a person must do, no restart does. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fermata.rules.signatures import CATALOGUE
from fermata.rules.signatures.base import Specificity

_NONE = "none: "
_UNKNOWN = "a person must find out"
"""The cause of the cause is not known, so that anything may help."""
_BY_PERSON: Mapping[str, str] = MappingProxyType(
    {
        signature.id: signature.action.removeprefix(_NONE)
        for signature in CATALOGUE
        if signature.action.startswith(_NONE)
        and not signature.action.startswith(_NONE + _UNKNOWN)
        and signature.specificity is not Specificity.SYMPTOM
    }
)
_TAKES_BACK = frozenset(
    {
        *("open_merge_request", "open_pull_request", "revert_commit"),
        *("recreate_with_previous_image", "recreate_with_previous_setting", "rollback_to_revision"),
    }
)
"""Verbs that take a change back: what it broke is whole again, whatever that is."""
_SETTINGS = (
    *("connection_pool_exhausted", "database_invalid_host", "database_invalid_port", "database_unknown"),
    "mysql_invalid_port",
)
_PROGRAMS = ("application_data_incompatible", "application_memory_exhausted", "application_schema_mismatch")
_RESOURCES = ("cpu_limit_reached", "cpu_limit_too_low", "pod_crowds_node")
_REPLICAS = (
    *("disruption_budget_blocks", "namespace_pod_quota_exceeded", "pod_anti_affinity_conflict"),
    *("pod_capacity_mismatch", "pod_crowds_node", "traffic_surge"),
)
_SESSIONS = ("database_locks", "database_slow_queries", "db_connection_exhaustion")
_DOES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "cancel_backend": frozenset(_SESSIONS),
        "create_index_concurrently": frozenset({"database_slow_queries"}),
        "delete_pod": frozenset({"pod_capacity_mismatch", "pod_crowds_node"}),
        "restart": frozenset({"database_down"}),
        "restart_container": frozenset({"database_down"}),
        "rollback_to_revision": frozenset({"rollout_paused", *_PROGRAMS}),
        "recreate_with_previous_image": frozenset(_PROGRAMS),
        "scale": frozenset(_REPLICAS),
        "set_env": frozenset({*_SETTINGS, *_PROGRAMS}),
        "set_image": frozenset(_PROGRAMS),
        "set_memory_limit": frozenset({"application_memory_exhausted"}),
        "set_resources": frozenset({"application_memory_exhausted", *_RESOURCES}),
        "terminate_backend": frozenset(_SESSIONS),
        "uncordon": frozenset({"node_cordon_mismatch"}),
    }
)
"""By verb, the causes for which an action does what a person must, though no signature can tell with which values."""
_SHIPPED = frozenset({*_DOES, *_TAKES_BACK, "cordon", "drop_index_concurrently", "rollout_restart"})
"""Verbs that the signatures' authors knew: what another system can do was not weighed when they wrote `none`."""


def find_no_help(action: str, cause: str, guilty: str | None) -> str:
    """Return why an action cannot help against a cause, in words; empty when it may, or the cause is not catalogued.

    Args:
        action: `<system>.<verb>`.
        cause: A signature's id, or any other words.
        guilty: The change that is blamed.
    """
    must = _BY_PERSON.get(cause)
    verb = action.partition(".")[2]
    if must is None or verb not in _SHIPPED or (guilty and verb in _TAKES_BACK) or cause in _DOES.get(verb, ()):
        return ""
    return f"{action}: it does not help against {cause}, for which {must}"
