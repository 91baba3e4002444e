"""The catalogue as it ships: what each action takes, for bundles and for whoever asks without any system configured.

The integrations own their specs, and nothing here may import them; a test compares the two. With these a model's
suggestion on a stranger's folder is held to the same parameters as on live systems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fermata.domain.action import ActionSpec, Risk
from fermata.ports.forge.proposing import PARAMETERS

_SHA = "^([0-9a-f]{40}|[0-9a-f]{64})$"
_QUANTITY = r"^[0-9]{1,18}(\.[0-9]{1,9})?([KMGTPE]i|[numkMGTPE])?$"
_VARIABLE = "^[A-Za-z_][A-Za-z0-9_]*$"
_EMPTY: Mapping[str, Any] = {"type": "object", "additionalProperties": False, "properties": {}}
_CONTAINER = {"type": "string", "description": "Name of the container; empty means the only one", "default": ""}
_SETTING = {
    "name": {"type": "string", "pattern": _VARIABLE},
    "value": {"type": ["string", "null"], "description": "The new value; null removes the variable"},
}
_BACKEND = {
    "pid": {"type": "integer", "minimum": 1},
    "backend_started_at": {"type": "string", "format": "date-time"},
    "statement_digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}


def _take(properties: Mapping[str, Any], required: Sequence[str]) -> Mapping[str, Any]:
    return {**_EMPTY, "properties": properties, "required": [*required]}


def _limit(minimum: int, description: str) -> Mapping[str, Any]:
    limit = {"type": "integer", "minimum": minimum, "description": description}
    return _take({"limit_bytes": limit}, ["limit_bytes"])


def _amount(part: str, example: str) -> Mapping[str, Any]:
    return {
        "type": ["string", "null"],
        "pattern": _QUANTITY,
        "default": None,
        "description": f"New {part}, as {example}; null leaves it as it is",
    }


_SPECS = (
    ActionSpec(
        name="docker.recreate_with_previous_image",
        summary="Create one container anew from an image it ran before; the present one is set aside, stopped",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take(
            {
                "image": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 300,
                    "description": "`previous` for the one before, or the id or name of an image "
                    "this service ran before",
                }
            },
            ["image"],
        ),
    ),
    ActionSpec(
        name="docker.recreate_with_previous_setting",
        summary="Create one container anew with one variable or its command as before; the present one is set aside",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take(
            {
                "setting": {
                    "type": "string",
                    "pattern": "^(cmd|env [A-Za-z_][A-Za-z0-9_]*)$",
                    "maxLength": 200,
                    "description": "`env NAME` for a variable, `cmd` for the command",
                },
                "value": {
                    "type": ["string", "null"],
                    "maxLength": 400,
                    "description": "What it was in a container of this service before; of `cmd` its words as a JSON "
                    "list; null where there was none",
                },
            },
            ["setting", "value"],
        ),
    ),
    ActionSpec(
        name="docker.restart_container",
        summary="Stop one container and start it again, as it is",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=_EMPTY,
    ),
    ActionSpec(
        name="docker.set_memory_limit",
        summary="Change the memory limit of one container without creating it anew; started again if it was killed",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_limit(6291456, "The new limit in bytes; never below what the container uses"),
    ),
    ActionSpec(
        name="git.revert_commit",
        summary="Commit the reversal of one commit, on the checked-out branch or on a branch of its own",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take(
            {"commit": {"type": "string", "pattern": _SHA, "description": "Full commit id"}}, ["commit"]
        ),
    ),
    ActionSpec(
        name="github.open_pull_request",
        summary="Open a pull request that reverts a commit or changes a manifest; a person merges it",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=PARAMETERS,
    ),
    ActionSpec(
        name="gitlab.open_merge_request",
        summary="Open a merge request that reverts a commit or changes a manifest; a person merges it",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=PARAMETERS,
    ),
    ActionSpec(
        name="kubernetes.cordon",
        summary="Keep new pods off a node; those on it keep running",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=_take({}, []),
    ),
    ActionSpec(
        name="kubernetes.delete_pod",
        summary="Evict one pod, so that its controller starts a new one; disruption budgets are heeded",
        risk=Risk.LOW,
        reversible=False,
        parameters_schema=_take({}, []),
    ),
    ActionSpec(
        name="kubernetes.rollback_to_revision",
        summary="Run an earlier revision of a workload again; its pods are replaced",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take(
            {"revision": {"type": "integer", "minimum": 1, "description": "As kubectl rollout history numbers it"}},
            ["revision"],
        ),
    ),
    ActionSpec(
        name="kubernetes.rollout_restart",
        summary="Replace the pods of a workload one by one, with the same image and configuration",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=_take({}, []),
    ),
    ActionSpec(
        name="kubernetes.scale",
        summary="Change how many replicas a workload has",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take({"replicas": {"type": "integer", "minimum": 1, "maximum": 1000}}, ["replicas"]),
    ),
    ActionSpec(
        name="kubernetes.set_env",
        summary="Set one environment variable of a container; its pods are replaced",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take(
            {
                "container": _CONTAINER,
                **_SETTING,
            },
            ["name", "value"],
        ),
    ),
    ActionSpec(
        name="kubernetes.set_image",
        summary="Set a container's image to one that its rollout history holds; its pods are replaced",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take(
            {
                "container": _CONTAINER,
                "image": {"type": "string", "description": "As the history has it, to the letter"},
            },
            ["image"],
        ),
    ),
    ActionSpec(
        name="kubernetes.set_resources",
        summary="Change memory and CPU limits and requests of one container; its pods are replaced",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take(
            {
                "container": _CONTAINER,
                "memory_limit": _amount("memory limit", "512Mi"),
                "memory_request": _amount("memory request", "512Mi"),
                "cpu_limit": _amount("cpu limit", "500m"),
                "cpu_request": _amount("cpu request", "500m"),
            },
            [],
        ),
    ),
    ActionSpec(
        name="kubernetes.uncordon",
        summary="Let a node take new pods again",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=_take({}, []),
    ),
    ActionSpec(
        name="postgres.cancel_backend",
        summary="Cancel the statement that one session runs; the session stays",
        risk=Risk.LOW,
        reversible=False,
        parameters_schema=_take(_BACKEND, tuple(_BACKEND)),
    ),
    ActionSpec(
        name="postgres.create_index_concurrently",
        summary="Build one index without blocking reads or writes (CREATE INDEX CONCURRENTLY)",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take(
            {
                "table": {"type": "string", "description": "schema.table"},
                "columns": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 8},
                "method": {"type": "string", "enum": ["btree", "brin", "hash"], "default": "btree"},
                "where": {"type": "string", "default": "", "description": "column comparisons with constants, by AND"},
            },
            ["table", "columns"],
        ),
    ),
    ActionSpec(
        name="postgres.drop_index_concurrently",
        summary="Drop one index that Fermata built, without blocking reads or writes (DROP INDEX CONCURRENTLY)",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take({"index": {"type": "string", "description": "schema.index"}}, ["index"]),
    ),
    ActionSpec(
        name="postgres.terminate_backend",
        summary="End one session: its open transaction is rolled back, its client is disconnected",
        risk=Risk.MEDIUM,
        reversible=False,
        parameters_schema=_take(_BACKEND, tuple(_BACKEND)),
    ),
    ActionSpec(
        name="supervisor.restart",
        summary="Stop one process and start it again, with the same configuration",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=_EMPTY,
    ),
    ActionSpec(
        name="supervisor.set_env",
        summary="Set one variable in a program's environment, and restart its group with it",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_take(_SETTING, ["name", "value"]),
    ),
    ActionSpec(
        name="supervisor.set_memory_limit",
        summary="Change the memory limit in a program's command, and restart its group with it",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_limit(1048576, "The new limit in bytes; a multiple of 1024 where the command uses ulimit"),
    ),
    ActionSpec(
        name="systemd.restart",
        summary="Stop one service and start it again, as systemd holds it",
        risk=Risk.LOW,
        reversible=True,
        parameters_schema=_EMPTY,
    ),
    ActionSpec(
        name="systemd.set_memory_limit",
        summary="Change MemoryMax of one service without restarting it; started again if it had failed",
        risk=Risk.MEDIUM,
        reversible=True,
        parameters_schema=_limit(1048576, "The new limit in bytes; never below what the service uses"),
    ),
)
SHIPPED_SPECS: dict[str, ActionSpec] = {spec.name: spec for spec in _SPECS}
"""By name; every action of the systems that Fermata ships, each with everything switched on."""
