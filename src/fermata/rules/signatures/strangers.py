"""Services of which nothing but a log is known: no cluster, no object, as on a plain machine.

Signatures over a cluster look at what its workloads complain of. Where no workload is known, each log stands for the
service that wrote it, and only what is new in it counts: nobody can be asked whether the service runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fermata.domain.entity import Entity
from fermata.rules.kubernetes.objects import KubeObject

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.logs import LogText

_ROUTINE_SHARE = 4
"""What a log says in its first quarter already belongs to its routine."""
_LEAST = 40
"""Lines of a log that is long enough to tell what is routine in it."""
_VARYING = re.compile(r"[0-9a-fA-F]*[0-9][0-9a-fA-F]*")


class Stranger(KubeObject):
    """A service that no object of a cluster stands for: it has a name, and nothing that could be asked for more."""

    __slots__ = ()

    def __init__(self, name: str, namespace: str = "") -> None:
        super().__init__("Service", namespace, name=name)

    @property
    def entity(self) -> Entity:
        """Return it as a logical service that no system claims."""
        return super().entity.model_copy(update={"system": ""})

    @property
    def ref(self) -> str:
        """Return its entity's ref, such as `service/checkout`."""
        return self.entity.ref


def list_strangers(cluster: Cluster) -> Mapping[str, Stranger]:
    """Return the services that logs alone tell of, by the logs' names; none where any pod or workload is known."""
    return cluster.remember(_find_strangers)


def _find_strangers(cluster: Cluster) -> dict[str, Stranger]:
    if cluster.workloads or cluster.list("Pod"):
        return {}
    return {log.pod: Stranger(log.pod, log.namespace) for log in cluster.logs() if log.unclaimed}


def drop_routine(log: LogText, lines: list[str]) -> list[str]:
    """Return the lines of a log whose like does not stand in its beginning.

    All of them where the log is short, or begins with little else: then it was cut or filtered to what fails.
    """
    total = log.text.count("\n") + 1
    if not lines or total < _LEAST:
        return lines
    head = [_mask(line) for line in log.text.split("\n", total // _ROUTINE_SHARE)[:-1]]
    said = {_mask(line) for line in lines}
    if sum(line in said for line in head) * 2 > len(head):
        return lines
    routine = set(head)
    return [line for line in lines if _mask(line) not in routine]


def _mask(line: str) -> str:
    return _VARYING.sub("#", line)
