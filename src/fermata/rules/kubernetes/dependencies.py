"""Who calls whom, as far as configuration says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.rules.claims import Quote
from fermata.rules.kubernetes.objects import KubeObject

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Dependency:
    """One workload calls a host."""

    caller: KubeObject
    host: str
    """As it is configured, without scheme and port."""
    port: int | None
    """`None` when the configuration names none."""
    service: KubeObject | None
    """What the host is in the cluster; `None` for a host that is not known there."""
    where: Quote | None
    """The line that configures it; `None` when the call is known from a service graph."""
    key: str = ""
    """The environment variable or configuration key; empty for arguments and graphs."""


def find_dependencies(cluster: Cluster) -> tuple[Dependency, ...]:
    """Return every call that the configuration of the workloads tells of."""
    del cluster
    return ()
