"""What the emulated controllers have in common: shares of pods, names of templates, reports of status."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from fermata.testing.kubernetes.store import Json, Store, Write

_STATUS = Write("kube-controller-manager", subresource="status")


def report(store: Store, value: Json, counts: Mapping[str, int | str], conditions: Sequence[Json]) -> None:
    """Write a workload's status: its counts and names (zeros left out, as the server does) and conditions."""
    status: Json = {"observedGeneration": value["metadata"]["generation"]}
    status |= {key: count for key, count in counts.items() if count or key == "replicas"}
    if conditions:
        old = {one["type"]: one for one in value.get("status", {}).get("conditions", [])}
        stamp = store.stamp()
        status["conditions"] = [_keep_time(old.get(one["type"]), one, stamp) for one in conditions]
    store.edit(value, lambda one: one.update(status=status), _STATUS)


def _keep_time(old: Json | None, new: Json, stamp: str) -> Json:
    if old is not None and old["status"] == new["status"] and old["reason"] == new["reason"]:
        return old
    return {**new, "lastUpdateTime": stamp, "lastTransitionTime": stamp}


def make_condition(kind: str, holds: bool, reason: str) -> Json:  # noqa: FBT001 - the status is the condition's value.
    """Return a condition without its times."""
    return {"type": kind, "status": str(holds), "reason": reason, "message": ""}


def make_hash(template: Mapping[str, Any]) -> str:
    """Return a template's hash in the form the controllers use."""
    return sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def make_suffix(seed: int) -> str:
    """Return five characters for a pod's name, different for each version of the store."""
    return sha256(str(seed).encode()).hexdigest()[:5]


def count_of(amount: int | str, total: int, *, round_up: bool) -> int:
    """Return an absolute number for `1` or `25%`."""
    if isinstance(amount, int):
        return amount
    share = int(amount.removesuffix("%")) * total / 100
    return math.ceil(share) if round_up else math.floor(share)
