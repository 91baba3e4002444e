"""Which workloads an alert is about: from names and labels to controllers and their pods. Pure.

An alert names what its exporter knows: a pod that may be gone, a container, a service, an `app`. What people act on is
the controller at the top; so every name is followed up the owners, and a service's down its selector.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.digging import (
    Owner,
    containers_of,
    labels_of,
    matches,
    name_of,
    owner_of,
    template_of,
)
from fermata.integrations.kubernetes.status_lines import count_restarts, is_ready
from fermata.kit.digging import dig_map, dig_maps, dig_text

SYSTEM = "kubernetes"
Json = Mapping[str, Any]

CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job")
"""Kinds that people know workloads by, in the order they are looked through."""
MOST_WORKLOADS = 5
_SCALER = "HorizontalPodAutoscaler"
_NAMED = frozenset(
    {"container", "pod", "deployment", "statefulset", "daemonset", "job", "cronjob", "replicaset", _SCALER.lower()}
)
_LOGICAL = frozenset({"service", "app", "workload", "process"})
_HOSTS = frozenset({"host", "node"})
_LABELS = ("app.kubernetes.io/name", "app", "k8s-app", "app.kubernetes.io/instance", "component", "name", "service")
# The name of a pod of a deployment ends in its replica set's hash and five characters, all from one alphabet
# (apimachinery, `rand.SafeEncodeString`); of a stateful set in its number; of a daemon set or a job in the five.
_TAIL = r"[bcdfghjklmnpqrstvwxz2456789]{5}"
_POD_OF_DEPLOYMENT = re.compile(rf"(.+)-[bcdfghjklmnpqrstvwxz2456789]{{6,10}}-{_TAIL}")
_POD_OF_OTHERS = re.compile(rf"(.+)-(?:\d{{1,5}}|{_TAIL})")
# A cron job names its jobs for the minute that they were due, and keeps the last few of them.
_JOB_OF_CRON_JOB = re.compile(r"(.+)-\d{8,10}")
_POD_OF_CRON_JOB = re.compile(rf"(.+)-\d{{8,10}}-{_TAIL}")


class _Form(NamedTuple):
    """How the name of something that is gone tells of its controller."""

    name: re.Pattern[str]
    owners: tuple[str, ...]


_FORMS: Mapping[str, tuple[_Form, ...]] = {
    "Pod": (
        _Form(_POD_OF_DEPLOYMENT, ("Deployment",)),
        _Form(_POD_OF_OTHERS, CONTROLLERS[1:]),
        _Form(_POD_OF_CRON_JOB, ("CronJob",)),
    ),
    "Job": (_Form(_JOB_OF_CRON_JOB, ("CronJob",)),),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One workload of the scope."""

    kind: str
    """`Deployment`, `StatefulSet` ..., `Pod` for a bare one, `Service` for one that leads nowhere."""
    namespace: str
    name: str
    item: Json | None
    """As the API gave it; `None` when only its pods tell of it."""
    pods: tuple[Json, ...] = ()
    """Those that need attention first."""

    @property
    def entity(self) -> Entity:
        """Return it as an entity."""
        return Entity(system=SYSTEM, kind=self.kind.lower(), namespace=self.namespace, name=self.name)

    @property
    def ref(self) -> str:
        """Return how kubectl names it: `deployment/checkout`."""
        return f"{self.kind.lower()}/{self.name}"


@dataclass(frozen=True)
class Holdings:
    """What one namespace holds, as far as it was given."""

    namespace: str
    lists: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    """By kind."""

    def find(self, kind: str, name: str) -> Json | None:
        """Return the object of that kind and name, or `None`."""
        return self._index.get(kind, {}).get(name)

    @cached_property
    def _index(self) -> Mapping[str, Mapping[str, Json]]:
        # A namespace may hold thousands of pods and replica sets, and each pod asks for its owner.
        return {kind: {name_of(item): item for item in items} for kind, items in self.lists.items()}

    def top_of(self, item: Json) -> Owner:
        """Return the controller at the top of an object's owners; of an object that nothing owns itself."""
        top = Owner(dig_text(item, "kind"), name_of(item))
        above = owner_of(item)
        for _ in range(4):  # A pod's owners are two deep; a ring of owners must not hold us up.
            if above is None or above.kind == "Node":
                break
            top = above
            known = self.find(above.kind, above.name)
            if known is None:
                top = _guess_deployment(above, item)
                break
            above = owner_of(known)
        return top

    def pods_of(self, owner: Owner) -> tuple[Json, ...]:
        """Return the pods below a controller, those that need attention first."""
        pods = [pod for pod in self.lists.get("Pod", ()) if self.top_of(pod) == owner]
        return tuple(sorted(pods, key=lambda pod: (is_ready(pod), -count_restarts(pod))))


def list_own(scope: Scope) -> tuple[Entity, ...]:
    """Return the scope's entities that may be of Kubernetes, most specific first."""
    kinds = _NAMED | _LOGICAL | _HOSTS
    return tuple(each for each in scope.entities if each.system in ("", SYSTEM) and each.kind in kinds)


def list_namespaces(entities: Iterable[Entity]) -> tuple[str, ...]:
    """Return the namespaces that entities name, in their order."""
    return tuple(dict.fromkeys(each.namespace for each in entities if each.namespace and each.kind not in _HOSTS))


def list_hosts(entities: Iterable[Entity]) -> tuple[str, ...]:
    """Return the names of hosts."""
    return tuple(each.name for each in entities if each.kind in _HOSTS)


def list_names(entities: Iterable[Entity]) -> tuple[str, ...]:
    """Return the names under which a workload may be found, most specific first; hosts and containers name none."""
    kinds = (_NAMED | _LOGICAL) - {"container"}
    return tuple(dict.fromkeys(each.name for each in entities if each.kind in kinds))


def find_targets(entities: Sequence[Entity], holdings: Holdings) -> tuple[Target, ...]:
    """Return the workloads of a namespace that entities name, the most specific entity's first.

    A container's name alone is looked for only where nothing else names a workload: many pods have a `proxy`.
    """
    found: dict[Owner, None] = {}
    for entity in entities:
        if entity.namespace in ("", holdings.namespace) and entity.kind not in ("container", *_HOSTS):
            found |= dict.fromkeys(_find_owners(entity, holdings))
    if not found:
        names = {each.name for each in entities if each.kind == "container"}
        found = dict.fromkeys(_find_by_container(names, holdings))
    return tuple(_make_target(owner, holdings) for owner in list(found)[:MOST_WORKLOADS])


def list_missing(entities: Sequence[Entity], holdings: Holdings) -> tuple[Entity, ...]:
    """Return the entities that name an object of this very namespace which is not there."""
    return tuple(
        each
        for each in entities
        if each.namespace == holdings.namespace
        and (kind := _KINDS.get(each.kind)) is not None
        and kind in holdings.lists
        and holdings.find(kind, each.name) is None
    )


_KINDS = {kind.lower(): kind for kind in ("Pod", *CONTROLLERS, "ReplicaSet", _SCALER)}


def _find_owners(entity: Entity, holdings: Holdings) -> list[Owner]:
    kind = _KINDS.get(entity.kind)
    if kind is None:
        return _find_by_name(entity.name, holdings)
    item = holdings.find(kind, entity.name)
    if item is not None and kind == _SCALER:
        scaled = dig_map(item, "spec", "scaleTargetRef")
        return [Owner(dig_text(scaled, "kind"), dig_text(scaled, "name"))]
    if item is not None:
        return [holdings.top_of(item)]
    return next(filter(None, (_find_by_form(form, entity.name, holdings) for form in _FORMS.get(kind, ()))), [])


def _find_by_form(form: _Form, name: str, holdings: Holdings) -> list[Owner]:
    """Return the controller whose pod, or whose job, of that name is gone."""
    match = form.name.fullmatch(name)
    return [Owner(kind, match[1]) for kind in form.owners if match and holdings.find(kind, match[1])][:1]


def _find_by_name(name: str, holdings: Holdings) -> list[Owner]:
    """Return the workloads that a logical name means: of that name, of that label, behind the service of that name."""
    exact = [Owner(kind, name) for kind in CONTROLLERS if holdings.find(kind, name) is not None]
    if exact:
        return exact
    labelled = [
        holdings.top_of(item)
        for kind in (*CONTROLLERS, "Pod")
        for item in holdings.lists.get(kind, ())
        if any(name in (labels_of(item).get(key), labels_of(template_of(item)).get(key)) for key in _LABELS)
    ]
    if labelled:
        return list(dict.fromkeys(labelled))
    pod = holdings.find("Pod", name)
    if pod is not None:
        return [holdings.top_of(pod)]
    service = holdings.find("Service", name)
    return _find_by_service(service, holdings) if service is not None else []


def _find_by_service(service: Json, holdings: Holdings) -> list[Owner]:
    selector = dig_map(service, "spec", "selector")
    behind = [
        holdings.top_of(item)
        for kind in (*CONTROLLERS, "Pod")
        for item in holdings.lists.get(kind, ())
        if matches(selector, labels_of(template_of(item)))
    ]
    # A service that leads nowhere is what is wrong, so it is a target itself.
    return list(dict.fromkeys(behind)) or [Owner("Service", name_of(service))]


def _find_by_container(names: set[str], holdings: Holdings) -> list[Owner]:
    if not names:
        return []
    return [
        holdings.top_of(item)
        for kind in (*CONTROLLERS, "Pod")
        for item in holdings.lists.get(kind, ())
        if any(dig_text(each, "name") in names for each in containers_of(item))
    ]


def _make_target(owner: Owner, holdings: Holdings) -> Target:
    item = holdings.find(owner.kind, owner.name)
    if owner.kind == "Pod" and item is not None:
        return Target(owner.kind, holdings.namespace, owner.name, item, (item,))
    return Target(owner.kind, holdings.namespace, owner.name, item, holdings.pods_of(owner))


def _guess_deployment(owner: Owner, below: Json) -> Owner:
    """Return the deployment of a replica set that could not be asked about: its name without the template's hash."""
    digest = labels_of(below).get("pod-template-hash")
    if owner.kind == "ReplicaSet" and isinstance(digest, str) and owner.name.endswith(f"-{digest}"):
        return Owner("Deployment", owner.name.removesuffix(f"-{digest}"))
    return owner


def is_on_node(node: Json, host: str) -> bool:
    """Answer whether a host's name means a node: its own, one of its addresses, or the first part of its name."""
    own = {name_of(node), *(dig_text(each, "address") for each in dig_maps(node, "status", "addresses"))}
    own |= {str(labels_of(node).get("kubernetes.io/hostname") or "")}
    return host in own or host.partition(".")[0] in {name.partition(".")[0] for name in own if not name[:1].isdigit()}
