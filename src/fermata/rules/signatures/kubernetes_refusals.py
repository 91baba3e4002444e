"""What the API server answered controllers that wanted to create something, as far as it still holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.rules.claims import Quote
from fermata.rules.kubernetes.health import desired_replicas
from fermata.rules.signatures.kubernetes_reach import (
    cite_first,
    condition_of,
    is_short,
    lacks_pods,
    list_controllers,
    replica_sets_of,
)

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

EXCEEDED_QUOTA = re.compile(r"exceeded quota: (?P<quota>[^,\s]+), requested: (?P<requested>[^\s]+)")
"""How a refusal names a quota and what was asked of it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the API server answered a controller that wanted to create something."""

    workload: KubeObject
    message: str
    quotes: tuple[Quote, ...]


def list_refusals(cluster: Cluster) -> Sequence[Refusal]:
    """Return the latest refusal of each workload that still lacks pods because of it."""
    found = []
    for workload in list_controllers(cluster):
        if not _is_untold(workload) and not (is_short(workload) and lacks_pods(cluster, workload)):
            continue
        events = cluster.events(workload, "FailedCreate")
        if events:
            found.append(Refusal(workload, events[-1].message, cite_first(events[-1].quote)))
            continue
        holders = (*replica_sets_of(cluster, workload), workload)
        conditions = [(holder, str(condition_of(holder, "ReplicaFailure").get("message", ""))) for holder in holders]
        found += [Refusal(workload, text, cluster.quote(holder, text[:40])) for holder, text in conditions if text][:1]
    return found


def _is_untold(workload: KubeObject) -> bool:
    """Answer whether all that is known of a workload is that it could not create its pods."""
    return desired_replicas(workload) is None and condition_of(workload, "ReplicaFailure").get("status") == "True"
