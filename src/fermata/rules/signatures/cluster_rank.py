"""Which claim about a cluster leads, and in words why each other one lost.

What is observably wrong is listed first (`list_symptoms`); a claim is worth what it explains of that. Trouble of
the claim's own object counts whole, trouble of those that call it counts half: a caller has other reasons to fail, its
callee's failure is but one of them. A claim that explains nothing is about something that works, and is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fermata.domain.entity import Entity
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.health import Trouble, list_troubles
from fermata.rules.signatures.app_errors import list_ended_troubles
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_addresses import list_address_troubles
from fermata.rules.signatures.kubernetes_admission import list_denied_troubles
from fermata.rules.signatures.kubernetes_complaints import list_complaint_troubles
from fermata.rules.signatures.kubernetes_custom import list_unmet, list_unmet_troubles
from fermata.rules.signatures.kubernetes_drains import list_drain_troubles
from fermata.rules.signatures.kubernetes_ingress_class import list_class_troubles
from fermata.rules.signatures.kubernetes_pending import list_pending_troubles
from fermata.rules.signatures.kubernetes_performance import list_slow
from fermata.rules.signatures.kubernetes_quotas import list_unserved_troubles

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with the signature that made it, and what it explains."""

    signature: Signature
    claim: Claim
    direct: frozenset[Trouble] = frozenset()
    """Trouble of the object itself, and of what the claim says follows from it."""
    indirect: frozenset[Trouble] = frozenset()
    """Trouble of those that call it, directly or through others."""
    lost_because: str = ""
    beside: str = ""
    """What the alert is about, where nothing shows that this reaches it; empty otherwise."""

    @property
    def reach(self) -> float:
        """Return how much it explains, a caller's trouble counted half."""
        return len(self.direct) + len(self.indirect) / 2

    @property
    def explained(self) -> frozenset[Trouble]:
        """Return all that it explains."""
        return self.direct | self.indirect

    @property
    def key(self) -> tuple[bool, float, int, float]:
        """Return what findings are ordered by, the greatest first."""
        specificity = self.signature.specificity
        return (specificity is not Specificity.SYMPTOM, self.reach, specificity, self.claim.confidence)


_TWICE = 2
_EVERYBODYS = "kube-system"
_ASKED = {
    "pod": ("Pod",),
    "deployment": ("Deployment",),
    "statefulset": ("StatefulSet",),
    "daemonset": ("DaemonSet",),
    "job": ("Job",),
    "cronjob": ("CronJob",),
    "service": ("Service", "Deployment", "StatefulSet", "DaemonSet"),
}
"""As what an entity of an alert is looked for. A container's name is not its own, and a host is everybody's."""
_OWN = frozenset(
    {
        "pod",
        "replicaset",
        "deployment",
        "statefulset",
        "daemonset",
        "job",
        "cronjob",
        "service",
        "persistentvolumeclaim",
        "ingress",
        "node",
    }
)
"""Kinds of which the trouble is their own or that of what they run, until something shows whom else it reaches."""
_SURE = 0.9
_WORD = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")
_DUE = re.compile(r"(.+)-\d{8,10}")
_SYMPTOMS = (
    *(list_troubles, list_slow, list_complaint_troubles, list_address_troubles, list_unserved_troubles),
    *(list_denied_troubles, list_pending_troubles, list_ended_troubles),
    *(list_unmet_troubles, list_drain_troubles, list_class_troubles),
)
"""What objects show by themselves, what metrics and alerts say, what callers complain of, what leads nowhere."""


def list_symptoms(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return everything that is observably wrong now and wants explaining, each once."""
    return cluster.remember(_gather_symptoms)


def _gather_symptoms(cluster: Cluster) -> tuple[Trouble, ...]:
    return tuple(dict.fromkeys(trouble for find in _SYMPTOMS for trouble in find(cluster)))


def examine(
    cluster: Cluster,
    signatures: Iterable[Signature],
    *,
    asked: Collection[Entity] = (),
    question: str = "",
    told: str = "",
) -> tuple[Finding, ...]:
    """Return what the signatures find in a cluster, best first, each but the first with the reason why it lost.

    Pure; equals keep the order of the catalogue. Two claims of one cause about one object count once: the better one.

    Args:
        cluster: Where to look.
        signatures: What to look for.
        asked: What alerts or people ask about. Where nothing else is wrong with it, a claim about one of these is what
            they notice: a cron job that is suspended looks well to everybody else.
        question: What a person asked: what it names is asked about as well.
        told: What alerts say: what it names has to do with them.
    """
    claims = [(signature, claim) for signature in signatures for claim in signature.find(cluster)]
    troubles = list_symptoms(cluster)
    if not troubles:
        troubles = _list_asked([claim for _, claim in claims], asked, question)
    elif not list_alerted(cluster, troubles, asked):
        known = [entity for entity in asked if _list_named(cluster, entity)]
        troubles = (*troubles, *_list_asked([claim for _, claim in claims], known, ""))
    found = _inherit([_weigh(cluster, troubles, signature, claim) for signature, claim in claims])
    ordered = sorted((item for item in found if item.reach), key=lambda item: item.key, reverse=True)
    distinct: dict[tuple[str, str], Finding] = {}
    for item in ordered:
        distinct.setdefault((item.claim.cause, item.claim.subject.ref), item)
    alerted = list_alerted(cluster, troubles, asked)
    ranked = _set_aside(cluster, _prefer_exact(list(distinct.values())), asked, alerted, f"{question}\n{told}")
    ranked = _prefer_asked(cluster, ranked, alerted)
    return tuple(
        replace(item, lost_because=_explain_loss(item, ranked[0], len(troubles), alerted) if position else "")
        for position, item in enumerate(ranked)
    )


def _prefer_exact(ranked: list[Finding]) -> list[Finding]:
    """Let a sure and exact cause lead over a mere state that explains more, unless that is more than twice as much.

    Who calls whom is rarely known in full: that something is down is often a link of a chain that nobody captured.
    """
    if not ranked or ranked[0].signature.specificity is not Specificity.STATE:
        return ranked
    exact = next((item for item in ranked if _is_sure(item) and item.reach * _TWICE >= ranked[0].reach), ranked[0])
    return [exact, *(item for item in ranked if item is not exact)]


def _prefer_asked(cluster: Cluster, ranked: list[Finding], alerted: frozenset[Trouble]) -> list[Finding]:
    """Let a sure and exact cause of what the alert is about lead over what explains that as a caller's trouble at most.

    Several things may be broken in one namespace at once; what breaks more pods is not therefore what the alert tells
    of. A caller has other reasons to fail than its callee, and here one is seen. What says itself that it reaches the
    alerted workload is not overtaken, nor is a cause of a node or of the cluster's own services, on which all depend
    without saying so.
    """
    if not ranked or not ranked[0].claim.subject.namespace or ranked[0].claim.subject.namespace == _EVERYBODYS:
        return ranked
    if not _is_of_callers(cluster, ranked[0], alerted):
        return ranked
    sure = (item for item in ranked if _is_sure(item) and alerted & item.direct)
    own = next((item for item in sure if not _is_of_callers(cluster, item, alerted)), ranked[0])
    return [own, *(item for item in ranked if item is not own)]


def _is_of_callers(cluster: Cluster, finding: Finding, alerted: frozenset[Trouble]) -> bool:
    """Answer whether a finding explains what the alert is about as the trouble of its callers at most."""
    callers = [caller for item in _list_own(cluster, finding.claim) for caller in _list_callers(cluster, item)]
    theirs = {part.ref for caller in callers for part in (caller, *cluster.pods_of(caller))}
    return all(trouble.ref in theirs for trouble in alerted & finding.explained)


def _set_aside(
    cluster: Cluster, ranked: list[Finding], asked: Collection[Entity], alerted: frozenset[Trouble], told: str
) -> list[Finding]:
    """Put last what is wrong beside the workload asked about, where nothing is known to tie the two.

    Of what is wrong in other namespaces, only where that workload has trouble of its own.

    Tied is what explains its trouble, what it calls (directly or through others), and what the alert or its own logs
    name. A node reaches what runs on it, and everybody when that is one of the cluster's own services. What is no
    workload's own (a policy) may reach anybody; a quota reaches whom it refuses, and explains no trouble of others.
    However much more such a neighbour breaks, and however well that is known, a plan for it does nothing about the
    alert.
    """
    items = [item for entity in asked for item in _list_named(cluster, entity)]
    if not items:
        return ranked
    refs = {part.ref for item in items for part in (item, *cluster.pods_of(item))}
    near = {item.namespace for item in items} - {_EVERYBODYS}
    pods = [pod for item in items for pod in cluster.pods_of(item)]
    is_known = bool(pods) or all(cluster.has_list("Pod", space) for space in near)
    if is_known and all(pod.get("spec", "nodeName") for pod in pods):
        near.add("")  # Where each of its pods runs is known: a node with none of them is another's.
    texts = [told, *(log.text for item in items for log in cluster.logs(item))]
    apart = [
        (item.claim.subject.kind in _OWN or _is_of_parts(item.claim))
        and (
            item.claim.subject.namespace in near
            or bool(alerted and item.claim.subject.namespace not in ("", _EVERYBODYS))
        )
        and not alerted & item.explained
        and not _is_tied(cluster, item.claim, refs, texts)
        for item in ranked
    ]
    tied = [item for item, is_apart in zip(ranked, apart, strict=True) if not is_apart]
    name = items[0].ref.partition(":")[2]
    return [*tied, *(replace(item, beside=name) for item, is_apart in zip(ranked, apart, strict=True) if is_apart)]


def _is_of_parts(claim: Claim) -> bool:
    """Answer whether a claim about a namespace says itself which objects of it are concerned, as a quota's does."""
    return claim.subject.kind == "namespace" and bool(claim.explains - {claim.subject.ref})


def _is_tied(cluster: Cluster, claim: Claim, refs: Collection[str], texts: Iterable[str]) -> bool:
    own = _list_own(cluster, claim)
    callers = [caller for item in own for caller in _list_callers(cluster, item)]
    if not claim.explains.isdisjoint(refs) or any(item.ref in refs for item in (*own, *callers)):
        return True
    if any(item.namespace == _EVERYBODYS and item.kind == "Deployment" for item in own):
        return True  # Daemon sets have a pod on each node, and serve that node.
    known = {claim.subject.name, *(item.name for item in own)}
    if _is_of_parts(claim):
        known = {ref.rpartition("/")[2] for ref in claim.explains}
    names = "|".join(re.escape(name) for name in sorted(known))
    named = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")
    return any(named.search(text) for text in texts)


def list_alerted(cluster: Cluster, troubles: Sequence[Trouble], asked: Collection[Entity]) -> frozenset[Trouble]:
    """Return the trouble of what alerts or people ask about; where that has none, of what it is known to call."""
    items = [item for entity in asked for item in _list_named(cluster, entity)]
    refs = {part.ref for item in items for part in (item, *cluster.pods_of(item))}
    own = frozenset(trouble for trouble in troubles if trouble.ref in refs)
    if own:
        return own
    services = [call.service for item in items for call in cluster.callees(item) if call.service is not None]
    called = [one for service in services for one in (service, *cluster.workloads_selected_by(service))]
    refs = {part.ref for one in called for part in (one, *cluster.pods_of(one))}
    return frozenset(trouble for trouble in troubles if trouble.ref in refs)


def _list_named(cluster: Cluster, entity: Entity) -> list[KubeObject]:
    """Return the objects of an entity's name, and the workloads that run them or stand behind them."""
    items = _find_objects(cluster, _ASKED.get(entity.kind, ()), entity)
    behind = [one for item in items if item.kind == "Service" for one in cluster.workloads_selected_by(item)]
    return [part for item in (*items, *behind) for part in (item, cluster.workload_of(item) or item)]


def _find_objects(cluster: Cluster, kinds: Collection[str], entity: Entity) -> list[KubeObject]:
    """Return the objects of an entity's name; of a workload that may not be listed, its pods' owners and names tell."""
    known = (cluster.find(kind, entity.name, entity.namespace or None) for kind in kinds)
    return [item for item in known if item is not None] or [
        item
        for item in cluster.workloads
        if item.kind in kinds and item.name == entity.name and entity.namespace in ("", item.namespace)
    ]


def _is_sure(finding: Finding) -> bool:
    return finding.signature.specificity is Specificity.ORIGIN and finding.claim.confidence >= _SURE


def _list_asked(claims: Iterable[Claim], asked: Collection[Entity], question: str) -> tuple[Trouble, ...]:
    words = set(_WORD.findall(question))
    names = {(entity.name, entity.namespace) for entity in asked}
    subjects = [claim.subject for claim in claims]
    # The jobs of a cron job are named for it, and for the minute that they were due.
    names |= {(match[1], namespace) for name, namespace in names if (match := _DUE.fullmatch(name)) is not None}
    known = [item for item in subjects if item.name in words or {(item.name, item.namespace), (item.name, "")} & names]
    return tuple(dict.fromkeys(Trouble(item.ref, f"somebody asks about {item.name}", None) for item in known))


def _inherit(found: Sequence[Finding]) -> list[Finding]:
    """Let what says exactly why something is down explain all that follows from its being down.

    What follows from an object being down may be the same of a caller, and so on: states hang together in chains.
    """
    states = [item for item in found if item.signature.specificity is Specificity.STATE]
    return [_follow(item, states) if item.signature.specificity > Specificity.STATE else item for item in found]


def _follow(finding: Finding, states: Sequence[Finding]) -> Finding:
    refs = {finding.claim.subject.ref} | finding.claim.explains
    followed: list[Finding] = []
    while more := [item for item in states if item.claim.subject.ref in refs and item not in followed]:
        followed += more
        refs.update(ref for item in more for ref in item.claim.explains)
    return _extend(finding, followed)


def _extend(finding: Finding, states: Sequence[Finding]) -> Finding:
    direct = finding.direct.union(*(item.direct for item in states))
    return replace(finding, direct=direct, indirect=finding.indirect.union(*(i.indirect for i in states)) - direct)


def _weigh(cluster: Cluster, troubles: Sequence[Trouble], signature: Signature, claim: Claim) -> Finding:
    own = _list_own(cluster, claim)
    refs = {item.ref for item in own} | claim.explains | {claim.subject.ref}
    direct = frozenset(trouble for trouble in troubles if trouble.ref in refs)
    callers = {caller.ref: caller for item in own for caller in _list_callers(cluster, item)}
    theirs = {part.ref for caller in callers.values() for part in (caller, *cluster.pods_of(caller))}
    indirect = frozenset(trouble for trouble in troubles if trouble.ref in theirs) - direct
    return Finding(signature, claim, direct, indirect)


def _list_own(cluster: Cluster, claim: Claim) -> list[KubeObject]:
    """Return what the claim's subject is or runs: a workload with its pods and services, a node with its pods.

    A service stands for itself: what is wrong with it hurts its callers, not the pods behind it.
    """
    found: dict[str, KubeObject] = {}
    for item in _find_subject(cluster, claim.subject):
        if item.kind == "Service":
            found[item.ref] = item
            continue
        workload = cluster.workload_of(item) or item
        parts = (workload, *cluster.pods_of(workload), *cluster.services_of(workload))
        found.update({part.ref: part for part in parts})
    return list(found.values())


def _list_callers(cluster: Cluster, item: KubeObject) -> Iterator[KubeObject]:
    if item.kind != "Service":
        yield from cluster.dependents(item)
        return
    for call in cluster.dependencies():
        if call.service is item:
            yield call.caller
            yield from cluster.dependents(call.caller)


def _find_subject(cluster: Cluster, subject: Entity) -> list[KubeObject]:
    if any(unmet.item.ref == subject.ref for unmet in list_unmet(cluster)):
        return []  # A workload of the same name has reasons of its own to fail.
    if subject.kind == "node":
        return [pod for pod in cluster.list("Pod") if pod.get("spec", "nodeName") == subject.name]
    kinds = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "Service")
    objects = _find_objects(cluster, kinds, subject)
    return [item for item in objects if item.kind.lower() == subject.kind] or objects


def _explain_loss(loser: Finding, leader: Finding, total: int, alerted: frozenset[Trouble]) -> str:
    cause = leader.claim.cause
    if loser.beside:
        return f"Nothing shows that it reaches {loser.beside}, which the alert is about."
    if alerted & leader.explained and not alerted & loser.explained and loser.key >= leader.key:
        return f"It explains nothing of what the alert is about; {cause} does."
    if loser.signature.specificity is Specificity.SYMPTOM:
        return f"It names only a symptom; {cause} says what brings it about."
    own, first = loser.direct | loser.indirect, leader.direct | leader.indirect
    if loser.reach > leader.reach and alerted and loser.signature.specificity >= leader.signature.specificity:
        return f"It reaches what the alert is about by calls only; {cause} is a cause of its own."
    if loser.reach > leader.reach:
        return f"It names {loser.signature.specificity.words} only; {cause} names {leader.signature.specificity.words}."
    if own and not {one.ref for one in own} & {one.ref for one in first}:
        told = ", ".join(sorted(trouble.text for trouble in own)[:3])
        return f"It is no rival of {cause} but a second fault, of other objects: {told}."
    if loser.reach < leader.reach:
        missed = sorted(trouble.text for trouble in first - own)
        words = f": not {', '.join(missed[:3])}" if missed else ", and more of them only through callers"
        return f"It explains {len(own)} of {total} symptoms, {cause} {len(first)}{words}."
    if loser.signature.specificity < leader.signature.specificity:
        words = loser.signature.specificity.words
        return f"It explains as much but names {words}; {cause} names {leader.signature.specificity.words}."
    if loser.claim.confidence < leader.claim.confidence:
        return f"It explains as much, on weaker evidence than {cause}."
    return f"Nothing sets it apart from {cause}, which comes first in the catalogue."
