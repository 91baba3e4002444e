"""What stands behind a change, counted: pods, services, autoscalers, disruption budgets."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.domain.action import BlastRadius
from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.answers import Refusal
from fermata.integrations.kubernetes.client import KubernetesSession
from fermata.integrations.kubernetes.digging import matches
from fermata.integrations.kubernetes.resources import (
    AUTOSCALER,
    DISRUPTION_BUDGET,
    POD,
    SERVICE,
    Resource,
)
from fermata.integrations.kubernetes.status_lines import is_ready
from fermata.kit.errors import UserError
from fermata.kit.listing import write_some

Json = Mapping[str, Any]
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What depends on a workload, or decides over it."""

    pods: tuple[Json, ...] = ()
    services: tuple[Json, ...] = ()
    budgets: tuple[Json, ...] = ()
    autoscalers: tuple[Json, ...] = ()
    unseen: tuple[str, ...] = field(default=())
    """Kinds that may not be listed, or that the server does not have."""

    def list_names(self, items: Sequence[Json]) -> str:
        """Return names, for a sentence."""
        return ", ".join(str(item["metadata"]["name"]) for item in items)


def write_selector(selector: Json | None) -> str:
    """Return a `LabelSelector` as a list's parameter; empty for one that selects everything or is not there."""
    parts = [f"{key}={value}" for key, value in sorted(((selector or {}).get("matchLabels") or {}).items())]
    for one in (selector or {}).get("matchExpressions") or ():
        values = f" ({','.join(one.get('values') or ())})"
        forms = {"In": f"{one['key']} in{values}", "NotIn": f"{one['key']} notin{values}"}
        forms |= {"Exists": one["key"], "DoesNotExist": f"!{one['key']}"}
        parts.append(forms[one["operator"]])
    return ",".join(parts)


async def look_around(session: KubernetesSession, workload: Json) -> Surroundings:
    """Return what stands behind a workload. What may not be listed is named, not left out in silence.

    Raises:
        OperationalError: The API server cannot be asked.
    """
    meta, spec = workload["metadata"], workload["spec"]
    namespace = str(meta["namespace"])
    labels = (spec.get("template", {}).get("metadata") or {}).get("labels") or {}
    selector = write_selector(spec.get("selector"))
    listing, *others = await asyncio.gather(
        _list(session, POD, namespace, selector),
        *(_list(session, resource, namespace) for resource in (SERVICE, DISRUPTION_BUDGET, AUTOSCALER)),
    )
    services, budgets, autoscalers = (found for found, _ in others)
    kind, name = workload["kind"], meta["name"]
    return Surroundings(
        pods=tuple(pod for pod in listing[0] if _is_owned(pod, workload)),
        services=tuple(one for one in services if matches(one["spec"].get("selector") or {}, labels)),
        budgets=tuple(one for one in budgets if _covers(one["spec"].get("selector"), labels)),
        autoscalers=tuple(one for one in autoscalers if names_target(one, kind, name)),
        unseen=tuple(unseen for _, unseen in (listing, *others) if unseen),
    )


async def _list(
    session: KubernetesSession, resource: Resource, namespace: str, labels: str = ""
) -> tuple[tuple[Json, ...], str]:
    try:
        return (await session.list_objects(resource, namespace, labels=labels)).items, ""
    except Refusal as refusal:
        if refusal.code not in (403, 404):
            raise
        return (), resource.plural


def _is_owned(pod: Json, workload: Json) -> bool:
    # A deployment owns its pods through a ReplicaSet that carries its name.
    for owner in pod["metadata"].get("ownerReferences") or ():
        if owner.get("uid") == workload["metadata"]["uid"]:
            return True
        if workload["kind"] == "Deployment" and owner.get("kind") == "ReplicaSet":
            return str(owner.get("name", "")).rpartition("-")[0] == str(workload["metadata"]["name"])
    return False


def _covers(selector: Json | None, labels: Json) -> bool:
    selector = selector or {}
    if selector.get("matchExpressions"):
        return True  # Not worked out here; to name one too many is the safe side.
    return all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())


def names_target(autoscaler: Json, kind: str, name: str) -> bool:
    """Answer whether an autoscaler decides the number of a workload's pods."""
    reference = autoscaler["spec"].get("scaleTargetRef") or {}
    return (reference.get("kind"), reference.get("name")) == (kind, name)


def count_replacement(target: Entity, workload: Json, around: Surroundings) -> BlastRadius:
    """Return the blast radius of a change that replaces every pod of a workload."""
    pods = len(around.pods)
    what = f"{_count(pods, 'pod')} of {workload['kind'].lower()} {workload['metadata']['name']} "
    how = describe_replacement(workload, pods)
    if held := _list_held(workload, around):
        is_one = len(held) == 1
        how += f"; {write_some(held, _MOST_NAMED)} {'is' if is_one else 'are'} not ready, and Kubernetes waits for "
        how += f"{'it' if is_one else 'them'} (OrderedReady): delete {'it' if is_one else 'each'} afterwards"
    return _make(target, around, f"{what}{'is' if pods == 1 else 'are'} replaced: {how}")


def _list_held(workload: Json, around: Surroundings) -> list[str]:
    """Return the pods that a rolling update of a stateful set waits for, and does not replace, until they are ready.

    Kubernetes, "StatefulSets", Forced rollback (read November 2026; seen on 1.36).
    """
    spec = workload["spec"]
    waits = workload["kind"] == "StatefulSet" and spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    if not waits or (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return []
    return [str(pod["metadata"]["name"]) for pod in around.pods if not is_ready(pod)]


def count_resizing(target: Entity, workload: Json, around: Surroundings, replicas: int) -> BlastRadius:
    """Return the blast radius of a change of the number of pods."""
    now = int(workload["spec"].get("replicas", 1))
    change = abs(replicas - now)
    verb = ("start" if replicas > now else "stop") + "s" * (change == 1)
    text = f"{_count(change, 'pod')} of {workload['kind'].lower()} {workload['metadata']['name']} {verb}"
    if replicas < now:
        text += f", {replicas} go{'es' * (replicas == 1)} on"
    return _make(target, around, text)


def _make(target: Entity, around: Surroundings, text: str) -> BlastRadius:
    if around.services:
        text += f"; traffic comes by service {around.list_names(around.services)}"
    for budget in around.budgets:
        allowed = (budget.get("status") or {}).get("disruptionsAllowed", 0)
        text += f"; disruption budget {budget['metadata']['name']} can spare {allowed} now"
    if around.unseen:
        text += f"; not counted, as they cannot be listed: {', '.join(around.unseen)}"
    found = [make_entity("pod", pod) for pod in around.pods] + [make_entity("service", one) for one in around.services]
    refs = (target.ref, *(entity.ref for entity in found))
    return BlastRadius(count=len(refs), entities=refs, text=text)


def make_entity(kind: str, item: Json) -> Entity:
    """Return an object as an entity."""
    meta = item["metadata"]
    return Entity(system="kubernetes", kind=kind, namespace=str(meta.get("namespace", "")), name=str(meta["name"]))


def describe_replacement(workload: Json, pods: int) -> str:
    """Return how the pods are replaced, and whether anything serves meanwhile."""
    spec, kind = workload["spec"], workload["kind"]
    if spec.get("paused"):
        return "not yet, its rollouts are paused; it happens when they are resumed"
    strategy = spec.get("strategy") or spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return "not by themselves (OnDelete); each when somebody deletes it"
    if strategy.get("type") == "Recreate":
        return "all are stopped before the first new one starts: downtime until it is ready"
    rolling = strategy.get("rollingUpdate") or {}
    wanted = int(spec.get("replicas", pods))
    surge = _share(rolling.get("maxSurge", "25%" if kind == "Deployment" else 0), wanted, math.ceil)
    missing = _share(rolling.get("maxUnavailable", "25%" if kind == "Deployment" else 1), wanted, math.floor)
    missing = missing or int(not surge)
    if kind == "DaemonSet":
        return f"at most {missing} node{'s' * (missing != 1)} at a time without its pod"
    if missing >= wanted:
        return "a single replica, stopped before the new one is ready: downtime until it is"
    if wanted == 1:
        return "a single replica; the old one serves until the new one is ready, then alone the new one does"
    return f"by and by, at most {missing} missing and {surge} more than {wanted} at a time"


def _share(amount: Any, total: int, rounding: Any) -> int:
    """Return an absolute number for `1` or `25%`."""
    text = str(amount)
    return int(rounding(int(text[:-1]) * total / 100)) if text.endswith("%") else int(text)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def refuse_autoscaled(around: Surroundings) -> None:
    """Refuse to change a number that an autoscaler decides.

    Raises:
        UserError: There is one, or nobody may look whether there is.
    """
    if AUTOSCALER.plural in around.unseen:
        raise UserError(
            "The number of replicas is not changed",
            why="Whether an autoscaler decides it is not known: they cannot be listed",
            do="Grant `list horizontalpodautoscalers.autoscaling`: `fermata check kubernetes` prints the role",
        )
    for one in around.autoscalers:
        spec, name = one["spec"], one["metadata"]["name"]
        bounds = f"between {spec.get('minReplicas', 1)} and {spec.get('maxReplicas')}"
        raise UserError(
            "The number of replicas is not changed",
            why=f"HorizontalPodAutoscaler {name} keeps it {bounds} and would change it back",
            do=f"Change minReplicas or maxReplicas of {name} by hand",
        )
