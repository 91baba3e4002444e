"""The first look of a gathering: which namespaces, which workloads in them.

Most alerts name a namespace: its lists are asked for at once, and the same lists are evidence later. One that names
none is looked for by name, in the namespaces that may be looked at, or in all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.client import Listing
from fermata.integrations.kubernetes.digging import name_of
from fermata.integrations.kubernetes.radius import write_selector
from fermata.integrations.kubernetes.resources import (
    AUTOSCALER,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    NAMESPACE,
    NODE,
    POD,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
)
from fermata.integrations.kubernetes.scope import (
    CONTROLLERS,
    Holdings,
    Target,
    find_targets,
    is_on_node,
    list_hosts,
    list_missing,
    list_names,
    list_namespaces,
    list_own,
)
from fermata.integrations.kubernetes.visit import Visit
from fermata.kit.digging import dig_map, dig_text
from fermata.kit.errors import OperationalError

MOST_NAMESPACES = 3
FIRST_LISTS = (POD, DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET, CRON_JOB, JOB, SERVICE, AUTOSCALER)
"""What it takes to find out who owns and selects whom."""
_FOUND_BY_NAME = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, SERVICE)
_LABELS = ("app.kubernetes.io/name", "app")
_MOST_FOUND = 50
_PATIENCE_S = 1.0
"""How long the other kinds are waited for once the pods are there: one that hangs must not cost the whole gathering."""


@dataclass(frozen=True, slots=True)
class Place:
    """One namespace of the scope."""

    holdings: Holdings
    targets: tuple[Target, ...]
    missing: tuple[Entity, ...]
    """What the alert names and is not there (any more)."""
    is_partial: bool = False
    """Whether some kind could not be listed, so that what the alert names may be there all the same."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a scope means in this cluster."""

    places: tuple[Place, ...] = ()
    nodes: tuple[str, ...] = ()
    """Names of the nodes that the alert itself names."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """Return all workloads, the most specific first."""
        return tuple(target for place in self.places for target in place.targets)

    @property
    def is_empty(self) -> bool:
        """Answer whether the cluster knows nothing of the scope."""
        return not self.nodes and not self.places


async def look(visit: Visit, scope: Scope) -> Look:
    """Return what a scope means, asked for once in a gathering.

    Raises:
        OperationalError: The cluster cannot be asked, its pods may not be listed, or the alert's namespace is not
            among those that may be looked at.
    """
    return await visit.once("look", lambda: _look(visit, scope))


async def _look(visit: Visit, scope: Scope) -> Look:
    entities = list_own(scope)
    namespaces, nodes = await asyncio.gather(_find_namespaces(visit, entities), _find_nodes(visit, entities))
    places = await asyncio.gather(*(_look_into(visit, name, entities) for name in namespaces[:MOST_NAMESPACES]))
    known = [place for place in places if place.targets or place.missing]
    # What was not read is told then, with what mends it: that nothing was found is no news of the cluster.
    return Look(tuple(known or (place for place in places if place.is_partial)), nodes)


async def _look_into(visit: Visit, namespace: str, entities: Sequence[Entity]) -> Place:
    asked = {resource: asyncio.ensure_future(visit.list(resource, namespace)) for resource in FIRST_LISTS}
    try:
        await asked[POD]
    except OperationalError:
        # Without pods there is no look. The others are waited for all the same: a server that is down is known as such
        # after one gathering.
        await asyncio.gather(*asked.values(), return_exceptions=True)
        raise
    finally:
        await _let_go(asked.values())
    answers = {resource: task.result() for resource, task in asked.items() if _has_come(task)}
    lists = {resource.kind: listing.items for resource, listing in answers.items()}
    holdings = Holdings(namespace, lists)
    targets = find_targets(entities, holdings)
    if not asked[POD].result().is_whole:
        holdings = await _add_own_pods(visit, holdings, targets)
        targets = find_targets(entities, holdings)
    exists = any(lists.values()) or await _exists(visit, namespace)
    missing = list_missing(entities, holdings) if exists else ()
    is_unread = any(kind not in answers for kind in FIRST_LISTS if kind is not AUTOSCALER)
    return Place(holdings, targets, missing, is_partial=exists and is_unread)


async def _add_own_pods(visit: Visit, holdings: Holdings, targets: Sequence[Target]) -> Holdings:
    """Return what a namespace holds with the pods of the workloads in question that a cut list left out."""
    workloads = [dig_map(target.item, "spec", "selector") for target in targets if target.kind in CONTROLLERS]
    selectors = filter(None, dict.fromkeys(map(write_selector, workloads)))
    asked = (visit.list(POD, holdings.namespace, labels=each) for each in selectors)
    # Whether the others come or not, what was listed before stays.
    answers = await asyncio.gather(*asked, return_exceptions=True)
    own = [pod for answer in answers if isinstance(answer, Listing) for pod in answer.items]
    pods = {name_of(pod): pod for pod in (*own, *holdings.lists["Pod"])}
    return replace(holdings, lists={**holdings.lists, "Pod": tuple(pods.values())})


async def _exists(visit: Visit, namespace: str) -> bool:
    """Answer whether a namespace that shows nothing is there: it may be another cluster's, or be on its way out."""
    try:
        return await visit.find(NAMESPACE, namespace) is not None
    except OperationalError:
        return False


async def _let_go(asked: Iterable[asyncio.Future[Listing]]) -> None:
    """Wait for lists a little longer, and then go on without them; whoever else asked for them still gets them."""
    _, late = await asyncio.wait(list(asked), timeout=_PATIENCE_S)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late)


def _has_come(task: asyncio.Future[Listing]) -> bool:
    return not task.cancelled() and task.exception() is None


async def _find_namespaces(visit: Visit, entities: Sequence[Entity]) -> tuple[str, ...]:
    allowed = visit.settings.namespaces
    named = list_namespaces(entities)
    if named:
        kept = tuple(name for name in named if not allowed or name in allowed)
        if not kept:
            raise OperationalError(
                f"Namespace {named[0]} is not looked at",
                why=f"kubernetes.namespaces names {', '.join(allowed)}",
                do="Add it there if Fermata is to look into it",
            )
        return kept
    if not list_names(entities):
        return ()
    if allowed and len(allowed) <= MOST_NAMESPACES:
        return allowed
    return await _search(visit, list_names(entities), allowed)


async def _search(visit: Visit, names: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """Return the namespaces that hold an object of one of these names, or pods labelled so."""
    places = allowed or ("",)
    asked = [
        visit.list(resource, place, fields=f"metadata.name={name}", most=_MOST_FOUND)
        for place in places
        for name in names[:2]
        for resource in (*_FOUND_BY_NAME, POD)
    ]
    values = ",".join(name for name in names if len(name) <= 63)
    asked += [
        visit.list(POD, place, labels=f"{label} in ({values})", most=_MOST_FOUND)
        for place in places
        for label in _LABELS
        if values
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    found = [item for answer in answers if isinstance(answer, Listing) for item in answer.items]
    if not found:
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
    return tuple(dict.fromkeys(dig_text(item, "metadata", "namespace") for item in found))


async def _find_nodes(visit: Visit, entities: Sequence[Entity]) -> tuple[str, ...]:
    hosts = list_hosts(entities)
    if not hosts:
        return ()
    try:
        nodes = (await visit.list(NODE, most=_MOST_FOUND * 10)).items
    except OperationalError:
        # A host may be any machine; only an alert about nothing else is worth a gap.
        if list_names(entities):
            return ()
        raise
    return tuple(name_of(node) for node in nodes if any(is_on_node(node, host) for host in hosts))
