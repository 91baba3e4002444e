"""How much memory cures a container that is killed at its limit, and when more would not.

Twice the limit, or what an earlier revision had, whichever is more. Not where the container climbs to any limit: more
only postpones the next kill. Not where the killed container is no longer the declared one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from fermata.kit.digging import dig_map
from fermata.rules.changes.climbs import find_climb
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.kubernetes.quantities import parse_quantity, parse_time
from fermata.rules.metrics.semantics import Kind
from fermata.rules.signatures.kubernetes_findings import locate
from fermata.rules.signatures.kubernetes_reach import as_count
from fermata.rules.signatures.kubernetes_resources import Kill, find_earlier_limit, limits_of, list_kills
from fermata.rules.signatures.kubernetes_room import MemoryWish, find_memory_objection

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_MIB = 1024**2
_PLAIN = re.compile(r"(\d{1,15})(k|M|G|T|Ki|Mi|Gi|Ti)?")
_SLOW = timedelta(hours=1)
# From a start to a kill: what took so long more than once fills up rather than needs more (a guess).
_AGAIN = 2


class MemoryPlan(NamedTuple):
    """Another limit for one container, or why there is none."""

    container: str = ""
    limit: str = ""
    """As the API writes it: `512Mi`. Empty when there is an objection."""
    objection: str = ""
    """Why more memory is no cure, or is not to be had, for people."""


def plan_memory(cluster: Cluster, workload: KubeObject) -> MemoryPlan | None:
    """Return the limit that would cure a workload whose container was killed for want of memory.

    `None` when the kill is not that of a container of the present template at its own limit.
    """
    kill = next((kill for kill in cluster.remember(list_kills) if kill.workload is workload), None)
    declared = _find_declared(kill) if kill is not None else None
    old = parse_quantity(kill.limit) if kill is not None else None
    if kill is None or declared is None or not old:
        return None
    name = str(declared["name"])
    if _climbs(cluster, kill):
        return MemoryPlan(name, objection=f"{name} climbs to any limit, so that more only postpones the next kill")
    limit = max(_double(kill.limit, old), find_earlier_limit(cluster, kill) or "0", key=_measure)
    requests = dig_map(declared, "resources").get("requests")
    is_reserved = not (isinstance(requests, Mapping) and requests.get("memory"))
    wish = MemoryWish(workload, old, _measure(limit), is_reserved)
    objection = find_memory_objection(cluster, wish, cluster.node_of(kill.pod))
    if objection:
        return MemoryPlan(name, objection=f"{name} would need {limit}, and {objection}")
    return MemoryPlan(name, limit)


def _find_declared(kill: Kill) -> Mapping[str, Any] | None:
    """Return the killed container as the workload declares it, if its limit is still the one it was killed at."""
    if kill.ended.get("reason") != "OOMKilled":
        return None
    for container in maps_of(kill.workload.pod_spec.get("containers")):
        if container.get("name") == kill.container.get("name"):
            return container if str(limits_of(container).get("memory") or "") == kill.limit else None
    return None


def _climbs(cluster: Cluster, kill: Kill) -> bool:
    started, ended = parse_time(kill.ended.get("startedAt")), parse_time(kill.ended.get("finishedAt"))
    restarts = as_count(dig_map(kill.container, "status").get("restartCount"))
    if started is not None and ended is not None and ended - started >= _SLOW and restarts >= _AGAIN:
        return True
    until = ended.timestamp() if ended is not None else float("inf")
    own = (series for series in cluster.series if series.meaning.kind is Kind.MEMORY)
    return any(find_climb(one, until) for one in own if locate(cluster, one.service) is kill.workload)


def _double(limit: str, old: float) -> str:
    match = _PLAIN.fullmatch(limit)
    # Amounts with fractions or rare suffixes are written in a common one.
    return f"{2 * int(match[1])}{match[2] or ''}" if match else f"{-(-2 * old // _MIB):.0f}Mi"


def _measure(limit: str) -> float:
    return parse_quantity(limit) or 0.0
