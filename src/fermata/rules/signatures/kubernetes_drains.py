"""What `kubectl drain` says when it cannot evict: there a disruption budget that blocks is told outright."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.rules.kubernetes.health import Trouble
from fermata.rules.kubernetes.objects import entity_of, quote_at

if TYPE_CHECKING:
    from fermata.domain.entity import Entity
    from fermata.rules.claims import Quote
    from fermata.rules.kubernetes.cluster import Cluster

# kubectl, pkg/drain/drain.go: `error when evicting pods/"web-1" -n "shop" (will retry after 5s): Cannot evict pod as it
# would violate the pod's disruption budget.`
_REFUSED = re.compile(
    r"error when evicting pods?/\"([^\"\n]+)\" -n \"([^\"\n]+)\"[^\n]*would violate the pod's disruption budget"
)
_NODE = re.compile(r"(?m)^node/(\S+) (?:cordoned|already cordoned)")


@dataclass(frozen=True, slots=True)
class Drain:
    """A node that somebody drains, and a pod that may not be evicted."""

    node: str
    """Empty where the text does not tell."""
    pod: Entity
    quote: Quote


def list_refused_drains(cluster: Cluster) -> tuple[Drain, ...]:
    """Return the latest refusal for each pod."""
    return cluster.remember(_gather)


def _gather(cluster: Cluster) -> tuple[Drain, ...]:
    found: dict[str, Drain] = {}
    for document in cluster.documents:
        if "disruption budget" in document.text:
            nodes = [(match.start(), match[1]) for match in _NODE.finditer(document.text)]
            # A drain asks again every few seconds, for hours: only the last time matters.
            last = {match.group(1, 2): match for match in _REFUSED.finditer(document.text)}
            for (name, namespace), match in last.items():
                if document.text.find(f"\npod/{name} evicted", match.end()) >= 0:
                    continue  # It was tried again until the budget allowed it.
                pod = entity_of("Pod", namespace, name)
                node = next((node for start, node in reversed(nodes) if start < match.start()), "")
                found[pod.ref] = Drain(node, pod, quote_at(document, match.start()))
    return tuple(found.values())


def list_drain_troubles(cluster: Cluster) -> Iterator[Trouble]:
    """Yield the pods that a drain waits for."""
    for drain in list_refused_drains(cluster):
        yield Trouble(drain.pod.ref, f"{drain.pod.name} is not evicted", drain.quote)
