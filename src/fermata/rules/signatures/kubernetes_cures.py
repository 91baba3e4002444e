"""What cures what was found in a cluster, where the evidence shows that it would; otherwise a person must act.

A signature says what is wrong and what a person must do about it. A few of these become an action of the catalogue,
each under conditions that are seen and not assumed: the revision before ran and differs in what fails; the limit at
which a container was killed is the declared one, and there is room for more; an event tells from which number a
workload was scaled to zero. What is missing beside a workload (a Secret, a quota, a label, a policy, a volume) stays
a person's: no action of the catalogue makes it, and going back would only hide who removed it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fermata.domain.diagnosis import ActionSuggestion
from fermata.kit.digging import dig_map
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.kubernetes.quantities import parse_quantity
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.kubernetes_memory import plan_memory
from fermata.rules.signatures.kubernetes_node_fit import is_cordoned
from fermata.rules.signatures.kubernetes_reach import as_count, cite_first, condition_of, replica_sets_of
from fermata.rules.signatures.kubernetes_refusals import list_refusals
from fermata.rules.signatures.kubernetes_remedies import (
    ASPECTS,
    CAPACITY,
    CORDONED,
    MAPPED,
    REFUSED,
    REPLACED,
    VARIABLES,
    see_resources,
    see_variables,
)
from fermata.rules.signatures.kubernetes_revisions import (
    TOLERANCE,
    Previous,
    find_previous,
    is_ordered,
    is_replaced_by_hand,
    list_failing,
    revision_of,
)
from fermata.rules.signatures.kubernetes_room import can_do_without, list_takers
from fermata.rules.signatures.workloads import contains_word

if TYPE_CHECKING:
    from fermata.domain.entity import Entity
    from fermata.domain.facts import ChangeFacts
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_SYSTEM = "kubernetes"
_KINDS = {kind.lower(): kind for kind in ("Deployment", "StatefulSet", "DaemonSet", "Node")} | {"service": "Deployment"}
# What is wrong with the ports of a service bears the name of the workload behind it.
_SCALED = re.compile(r"Scaled down replica set (\S+) (?:from (\d{1,4}) to 0|to 0 from (\d{1,4}))\b")
# kubernetes, pkg/controller/deployment/sync.go: the first form since 1.28, the second since 1.26; before, no number.
_FROM_TO = re.compile(r"replicas (\d{1,4}) -> (\d{1,4})")
# How the collector of changes names a scaling.
_STUCK = timedelta(minutes=5)
# A pod that is younger may still come up by itself (a guess; the longest back-off between two starts).
_SHORTEST = 2
# Of a value that is looked for in what was said: single characters stand everywhere.


@dataclass(frozen=True, slots=True)
class Cure:
    """What to add to a claim."""

    suggestions: tuple[ActionSuggestion, ...] = ()
    words: str = ""
    """One sentence on why it would help; empty with none."""
    quotes: tuple[Quote, ...] = ()
    person_must: str = ""
    """What a person must do instead of what the signature says; empty: as it says."""


def add_cure(case: Case, claim: Claim) -> Claim:
    """Return a claim about a cluster's object with the action that cures it, where the evidence shows one.

    Pure. Without an action of Kubernetes in the catalogue, the claim comes back as it is.
    """
    find = _CURES.get(claim.cause)
    item = _find_concerned(case.cluster, claim) if find is not None and _offers_any(case) else None
    cure = find(case, item, claim) if find is not None and item is not None else None
    if cure is None or not (cure.suggestions or cure.person_must):
        return claim
    return replace(
        claim,
        text=f"{claim.text} {cure.words}".rstrip(),
        quotes=cite_first(claim.quotes, cure.quotes),
        suggestions=cure.suggestions,
        person_must=cure.person_must or claim.person_must,
    )


def _offers_any(case: Case) -> bool:
    return any(name.startswith(f"{_SYSTEM}.") for name in case.known_actions)


def _find_object(cluster: Cluster, subject: Entity) -> KubeObject | None:
    """Return the object of a claim; `None` for kinds that nobody changes here, and for one that only others tell of."""
    kind = _KINDS.get(subject.kind) if subject.system == _SYSTEM else None
    return cluster.find(kind, subject.name, subject.namespace) if kind is not None else None


def _find_concerned(cluster: Cluster, claim: Claim) -> KubeObject | None:
    """Return the object of a claim; of one about a namespace, the only workload of which it explains a refusal."""
    if claim.subject.kind != "namespace":
        return _find_object(cluster, claim.subject)
    refused = [each.workload for each in cluster.remember(list_refusals) if each.workload.ref in claim.explains]
    return refused[0] if len(refused) == 1 else None


# Back to the revision before


def _find_previous(case: Case, workload: KubeObject) -> Previous | None:
    # Where there is no alert, the onset is but the begin of what was looked at.
    return find_previous(case.cluster, workload, onset=case.scope.onset if case.alerts else None)


def _go_back(case: Case, workload: KubeObject, claim: Claim) -> Cure | None:
    previous = _find_previous(case, workload)
    if previous is None or not previous.differs(ASPECTS[claim.cause], list_failing(case.cluster, previous)):
        return None
    return _roll_back(case, previous)


def _take_variable_back(case: Case, workload: KubeObject, claim: Claim) -> Cure | None:
    """Go back where a variable that the claim speaks of has another value than before."""
    previous = _find_previous(case, workload)
    if previous is None:
        return None
    said = " ".join([claim.text, claim.person_must, *(quote.text for quote in claim.quotes)])
    is_alone = all(previous.owns(pod) for pod in _list_pods(case, workload))
    if not is_alone or not any(_is_meant(name, value, said) for name, value in _list_changed(previous)):
        return None
    return _roll_back(case, previous)


def _ask_as_before(case: Case, workload: KubeObject, claim: Claim) -> Cure | None:
    """Go back where a revision is refused for what it asks for, and the one before, which serves, asked otherwise.

    A quota that is used up, or nodes that are full, refuse whoever comes last: there it must have asked for less.
    """
    previous = _find_previous(case, workload)
    if previous is None:
        return None
    names = [str(each.get("name")) for each in previous.current.containers]
    is_full = claim.subject.kind == "namespace" or claim.cause in CAPACITY
    if is_full:
        helps = _asks_more(previous, CAPACITY.get(claim.cause))
    else:
        helps = any(previous.differs(see_resources, [name]) for name in names)
    return _roll_back(case, previous) if helps else None


def _asks_more(previous: Previous, resource: str | None) -> bool:
    """Answer whether the present revision asks for more than the one before, of a resource or of anything."""
    old, new = _read_amounts(previous.before), _read_amounts(previous.current)
    return any(amount > old.get(name, 0.0) for name, amount in new.items() if resource in (None, name[-1]))


def _read_amounts(item: KubeObject) -> Mapping[tuple[str, str, str], float]:
    """Return the requests and limits of a template by container, sort and resource."""
    return {
        (str(container.get("name")), sort, str(resource)): parse_quantity(amount) or 0.0
        for container in item.containers
        for sort in ("requests", "limits")
        for resource, amount in dig_map(container, "resources", sort).items()
    }


def _take_port_back(case: Case, workload: KubeObject, claim: Claim) -> Cure | None:
    """Go back where the revision before had the port to which a service leads, and the present one has it not."""
    del claim
    previous = _find_previous(case, workload)
    if previous is None:
        return None
    services = case.cluster.services_for(workload)
    wanted = {
        port.get("targetPort") or port.get("port") for item in services for port in item.get_maps("spec", "ports")
    }
    lost = _read_ports(previous.before) - _read_ports(previous.current)
    return _roll_back(case, previous) if wanted & lost else None


def _read_ports(item: KubeObject) -> set[Any]:
    """Return the ports that the containers of a template declare, by number and by name."""
    ports = [port for container in item.containers for port in maps_of(container.get("ports"))]
    return {port.get(key) for port in ports for key in ("containerPort", "name")} - {None}


def _list_pods(case: Case, workload: KubeObject) -> Sequence[KubeObject]:
    gone = (PodPhase.TERMINATING, PodPhase.EVICTED)
    return [pod for pod in case.cluster.pods_of(workload) if pod_phase(pod) not in gone]


def _list_changed(previous: Previous) -> Sequence[tuple[str, str]]:
    """Return the variables that the present revision sets otherwise than the one before, with its value."""
    names = [str(each.get("name")) for each in previous.current.containers]
    if not any(previous.differs(see_variables, [name]) for name in names):
        return ()
    old = _read_variables(previous.before)
    return [(name[1], value) for name, value in _read_variables(previous.current).items() if old.get(name) != value]


def _read_variables(item: KubeObject) -> Mapping[tuple[str, str], str]:
    return {
        (str(container.get("name")), str(variable.get("name"))): str(variable.get("value", ""))
        for container in item.containers
        for variable in maps_of(container.get("env"))
    }


def _is_meant(name: str, value: str, said: str) -> bool:
    return contains_word(said, name) or (len(value) >= _SHORTEST and contains_word(said, value))


def _roll_back(case: Case, previous: Previous) -> Cure:
    suggestions = case.suggest(previous.workload.entity, "rollback_to_revision", {"revision": previous.number})
    held = [step for pod in _list_held(case, previous) for step in case.suggest(pod.entity, "delete_pod")]
    return Cure((*suggestions, *held) if suggestions else (), previous.words, previous.quotes)


def _list_held(case: Case, previous: Previous) -> Sequence[KubeObject]:
    """Return the pods that keep the bad template after a rollback until somebody deletes them.

    Kubernetes, "StatefulSets", Forced rollback (read November 2026; seen on 1.36).
    """
    workload = previous.workload
    if not is_ordered(workload) and not is_replaced_by_hand(workload):
        return ()
    pods = _list_pods(case, workload)
    return [pod for pod in pods if previous.owns(pod) and pod_phase(pod) is not PodPhase.RUNNING_READY]


def suggest_rollback(case: Case, guilty: ChangeFacts, name: str) -> Cure:
    """Return the way back from a change that was found guilty; an empty cure when none is known to help.

    A rollout is taken back itself; a commit by the first rollout of its service that came after it. Only a rollout of
    the present revision has a way back here, and a scaling while its number still is the declared one.

    Args:
        name: The service that the change is blamed for.
    """
    changes = [change for change in case.changes if change.facts.kind in ("rollout", "scaling") and _offers_any(case)]
    for change in changes:
        came_later = change.facts.changed_at >= guilty.changed_at - TOLERANCE
        is_rollout = change.facts.kind == "rollout"
        brought = guilty.kind == "commit" and is_rollout and came_later and change.evidence.entity.name == name
        workload = _find_object(case.cluster, change.evidence.entity)
        if (change.facts.id != guilty.id and not brought) or workload is None:
            continue
        if not is_rollout:
            return _scale_back(case, workload, change.facts.ref)
        previous = _find_previous(case, workload)
        if previous is not None and change.facts.ref in {f"revision {revision_of(item)}" for item in previous.since}:
            return _roll_back(case, previous)
    return Cure()


def _scale_back(case: Case, workload: KubeObject, ref: str) -> Cure:
    """Return to the number of replicas that a scaling took away; from none, a workload was started, not scaled."""
    told = _FROM_TO.fullmatch(ref)
    if told is None or int(told[1]) == 0 or as_count(workload.get("spec", "replicas")) != int(told[2]):
        return Cure()
    return Cure(case.suggest(workload.entity, "scale", {"replicas": int(told[1])}))


# Other actions on workloads and nodes


def _give_memory(case: Case, workload: KubeObject, claim: Claim) -> Cure | None:
    plan = plan_memory(case.cluster, workload)
    if plan is None:
        return None
    if plan.objection:
        return Cure(person_must=f"{claim.person_must} More alone is no way: {plan.objection}.")
    parameters = {"container": plan.container, "memory_limit": plan.limit}
    return Cure(case.suggest(workload.entity, "set_resources", parameters))


def _scale_up(case: Case, workload: KubeObject, claim: Claim) -> Cure | None:
    """Scale up to the number that the latest event about its present revision tells, when an alert is about it."""
    del claim
    cluster, names = case.cluster, set(case.scope.list_names())
    hurt = (workload, *cluster.services_of(workload), *cluster.dependents(workload))
    sets = sorted(replica_sets_of(cluster, workload), key=revision_of)
    events = [
        event for event in cluster.events(workload, "ScalingReplicaSet") if sets and sets[-1].name in event.message
    ]
    told = _SCALED.search(events[-1].message) if events else None
    if told is None or told[1] != sets[-1].name or not any(item.name in names for item in hurt):
        return None
    count = int(told[2] or told[3])
    words = f"It had {count} {'replica' if count == 1 else 'replicas'} before."
    return Cure(case.suggest(workload.entity, "scale", {"replicas": count}), words, cite_first(events[-1].quote))


def _replace_pod(case: Case, workload: KubeObject, claim: Claim) -> Cure | None:
    """Replace the one pod that does not come up while others of the same revision do: the template is not at fault.

    Of deployments only: the pods of a stateful set have volumes, those of a daemon set nodes of their own.
    """
    del claim
    cluster = case.cluster
    if workload.kind != "Deployment":
        return None
    pods = _list_pods(case, workload)
    ready = [pod for pod in pods if pod_phase(pod) is PodPhase.RUNNING_READY]
    stuck = [pod for pod in pods if pod_phase(pod) not in (PodPhase.RUNNING_READY, PodPhase.COMPLETED)]
    if len(stuck) != 1 or not ready or not all(pod.owner == stuck[0].owner is not None for pod in ready):
        return None
    (pod,) = stuck
    node = cluster.node_of(pod)
    is_lost = node is not None and condition_of(node, "Ready").get("status", "True") != "True"
    if is_lost or (pod.age_s or 0.0) < _STUCK.total_seconds():
        return None
    words = f"{len(ready)} of its other pods, of the same template, {'is' if len(ready) == 1 else 'are'} ready."
    return Cure(case.suggest(pod.entity, "delete_pod"), words, cite_first(cluster.quote(ready[0], ready[0].name)))


def _keep_off(case: Case, node: KubeObject, claim: Claim) -> Cure | None:
    """Keep new pods off a node that does them no good, when the others have room for them."""
    del claim
    if is_cordoned(node) or not can_do_without(case.cluster, node):
        return None
    others = [other for other in list_takers(case.cluster) if other.name != node.name]
    words = f"{len(others)} other {'node takes' if len(others) == 1 else 'nodes take'} new pods."
    return Cure(case.suggest(node.entity, "cordon"), words, cite_first(case.cluster.quote(others[0], others[0].name)))


def _go_back_or_replace(case: Case, workload: KubeObject, claim: Claim) -> Cure | None:
    return _go_back(case, workload, claim) or _replace_pod(case, workload, claim)


_Find = Callable[[Case, Any, Claim], Cure | None]
_CURES: Mapping[str, _Find] = MappingProxyType(
    {
        **dict.fromkeys(REPLACED, _replace_pod),
        **dict.fromkeys(ASPECTS, _go_back),
        **dict.fromkeys(VARIABLES, _take_variable_back),
        **dict.fromkeys(MAPPED, _take_port_back),
        **dict.fromkeys(REFUSED, _ask_as_before),
        "oom_killed": _give_memory,
        "deployment_zero_replicas": _scale_up,
        **dict.fromkeys(ASPECTS.keys() & REPLACED, _go_back_or_replace),
        **dict.fromkeys(CORDONED, _keep_off),
    }
)
