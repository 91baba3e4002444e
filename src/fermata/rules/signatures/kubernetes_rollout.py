"""Workloads with the wrong number of pods or the wrong version of them, by somebody's decision or by a halt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, is_recently_restarted, pod_phase
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import list_failed_calls
from fermata.rules.signatures.kubernetes_drains import list_refused_drains
from fermata.rules.signatures.kubernetes_node_fit import is_cordoned
from fermata.rules.signatures.kubernetes_reach import (
    as_count,
    cite_first,
    condition_of,
    count_replicas,
    explain,
    explain_own,
    is_short,
    list_ailing,
    replica_sets_of,
)
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.kubernetes_revisions import revision_of
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_LONG_S = 300.0
# A pod that is younger may still become ready (a guess; the longest back-off between two starts).
_ZERO = (" 0/0 ", "0 desired", "replicas: 0", '"replicas": 0')


def _find_zero(cluster: Cluster) -> Iterable[Claim]:
    for kind in ("Deployment", "StatefulSet"):
        for workload in cluster.list(kind):
            if count_replicas(workload).desired != 0:
                continue
            services = [service for service in cluster.services_of(workload) if _leads_nowhere(cluster, service)]
            missing = _list_missing(cluster, workload)
            callers = sorted({call.caller.name for call in cluster.callers(workload)} | {one.name for one in missing})
            if not services and not missing:
                continue
            scaled = _quote_scaling(cluster, workload)
            who = f"{', '.join(callers[:3])} calls it" if callers else f"the service {services[0].name} leads to it"
            yield Claim(
                cause="deployment_zero_replicas",
                subject=workload.entity,
                text=f"{workload.name} is scaled to zero, and {who}.",
                confidence=0.95 if callers else 0.85 if scaled else 0.6,
                quotes=cite_first(cluster.quote(workload, *_ZERO, workload.name), scaled),
                explains=explain(cluster, workload).union(*(explain(cluster, one) for one in missing)),
                person_must=f"Find out who scaled {workload.name} to zero, and scale it up again.",
            )


def _list_missing(cluster: Cluster, workload: KubeObject) -> Sequence[KubeObject]:
    """Return who says that calls by a workload's own name fail, where no service is known that the name leads to."""
    if cluster.services_of(workload):
        return ()
    space = rf"(?:\.{re.escape(workload.namespace)}(?:\.svc[\w.]*)?)?" if workload.namespace else ""
    host = re.escape(workload.name) + space
    called = re.compile(rf"//{host}(?![\w.-])|(?<![\w./-]){host}:\d")
    found = {
        call.caller.ref: call.caller
        for call in list_failed_calls(cluster)
        if call.service is None and call.lasts and call.caller.namespace in (workload.namespace, "")
        if called.search(call.complaint.text)
    }
    return tuple(found.values())


def _find_idle(cluster: Cluster) -> Iterable[Claim]:
    for kind in ("Deployment", "StatefulSet"):
        for workload in cluster.list(kind):
            is_idle = count_replicas(workload).desired == 0 and not cluster.services_of(workload)
            if is_idle and not _list_missing(cluster, workload):
                yield Claim(
                    cause="workload_at_zero",
                    subject=workload.entity,
                    text=f"{workload.name} is scaled to zero: nothing of it runs until somebody scales it up.",
                    confidence=0.35,
                    quotes=cite_first(
                        cluster.quote(workload, *_ZERO, workload.name), _quote_scaling(cluster, workload)
                    ),
                    explains=frozenset({workload.ref}),
                    person_must=f"Find out who scaled {workload.name} to zero, and scale it up if its work is missed.",
                )


def _leads_nowhere(cluster: Cluster, service: KubeObject) -> bool:
    """Answer whether nobody serves a service: one version at zero beside another that serves is a choice."""
    serving = (pod_phase(pod) is PodPhase.RUNNING_READY for pod in cluster.pods_selected_by(service))
    return not cluster.endpoints_of(service) and not any(serving)


def _quote_scaling(cluster: Cluster, workload: KubeObject) -> tuple[Quote, ...]:
    events = [event for event in cluster.events(workload, "ScalingReplicaSet") if " to 0" in event.message]
    return cite_first(*(event.quote for event in events[-1:]))


def _find_stuck(cluster: Cluster) -> Iterable[Claim]:
    lacking = {item.ref: item for item in cluster.list("ReplicaSet") if _lacks_ready(item)}
    # A name begins with its deployment's: of deployments without such a set nothing more has to be read.
    names = {item.name.rpartition("-")[0] for item in lacking.values()}
    for deployment in cluster.list("Deployment"):
        if deployment.name not in names:
            continue
        sets = sorted(replica_sets_of(cluster, deployment), key=revision_of)
        if not sets or sets[-1].ref not in lacking:
            continue
        newest = sets[-1]
        late = condition_of(deployment, "Progressing").get("reason") == "ProgressDeadlineExceeded"
        serving = sum(as_count(item.get("status", "readyReplicas")) for item in sets[:-1])
        if not late and not serving:
            continue
        rest = (
            f"{serving} pods of the earlier version still serve" if serving else "nothing of an earlier version serves"
        )
        yield Claim(
            cause="rollout_stuck",
            subject=deployment.entity,
            text=f"The latest version of {deployment.name} does not become ready; {rest}.",
            confidence=0.6 if late else 0.5,
            quotes=cite_first(
                cluster.quote(deployment, "ProgressDeadlineExceeded", deployment.name),
                cluster.quote(newest, newest.name),
            ),
            explains=explain_own(cluster, deployment),
            person_must=f"Find out why the new pods of {deployment.name} do not become ready, or roll back.",
        )


def _lacks_ready(item: KubeObject) -> bool:
    """Answer whether a replica set has fewer ready pods than it should, from a table where one was printed."""
    desired, ready = item.printed.get("DESIRED", ""), item.printed.get("READY", "")
    if desired.isdigit() and ready.isdigit():
        return int(ready) < int(desired)
    return as_count(item.get("status", "readyReplicas")) < as_count(item.get("spec", "replicas"))


def _find_alone(cluster: Cluster) -> Iterable[Claim]:
    """Find the one pod that runs and is not ready for long, beside others of its replica set that are."""
    for ailing in list_ailing(cluster, PodPhase.RUNNING_NOT_READY):
        pod, workload = ailing.pods[0], ailing.workload
        siblings = [other for other in cluster.pods_of(workload) if other is not pod]
        ready = [other for other in siblings if pod_phase(other) is PodPhase.RUNNING_READY]
        is_alone = len(ailing.pods) == 1 and len(ready) == len(siblings) > 0
        if workload.kind != "Deployment" or not is_alone or (pod.age_s or 0.0) < _LONG_S or is_recently_restarted(pod):
            continue
        if any(other.owner != pod.owner for other in ready):
            continue  # Of two revisions: then it is the rollout that has to be looked at.
        said = cluster.events(pod, "Unhealthy")[-1:]
        yield Claim(
            cause="pod_stuck",
            subject=workload.entity,
            text=f"{pod.name} runs and does not become ready, while {len(ready)} others of the same template are.",
            confidence=0.35,
            quotes=cite_first(*(event.quote for event in said), cluster.quote(pod, pod.name)),
            explains=frozenset({pod.ref, workload.ref}),
            person_must=f"Look into {pod.name}: what it waits for, or replace it.",
        )


def _find_paused(cluster: Cluster) -> Iterable[Claim]:
    for deployment in cluster.list("Deployment"):
        if not is_short(deployment):
            continue
        reason = condition_of(deployment, "Progressing").get("reason")
        if deployment.get("spec", "paused") is not True and reason != "DeploymentPaused":
            continue
        yield Claim(
            cause="rollout_paused",
            subject=deployment.entity,
            text=f"The rollout of {deployment.name} is paused before its new version took over.",
            confidence=0.7,
            quotes=cluster.quote(deployment, "DeploymentPaused", "paused: true", deployment.name),
            explains=explain(cluster, deployment),
            person_must=f"Resume the rollout of {deployment.name} or roll it back.",
        )


def _find_autoscaler(cluster: Cluster) -> Iterable[Claim]:
    for scaler in cluster.list("HorizontalPodAutoscaler"):
        active, able = condition_of(scaler, "ScalingActive"), condition_of(scaler, "AbleToScale")
        broken = next((item for item in (active, able) if item.get("status") == "False"), None)
        if broken is None or broken.get("reason") == "ScalingDisabled":
            continue
        words = clip(str(broken.get("message") or broken.get("reason")))
        yield Claim(
            cause="autoscaler_inactive",
            subject=_target(cluster, scaler).entity,
            text=f"The autoscaler {scaler.name} cannot work: {words}.",
            confidence=0.3,
            quotes=cluster.quote(scaler, str(broken.get("reason")), scaler.name),
            explains=frozenset({scaler.ref}),
            person_must=f"Give the autoscaler {scaler.name} {_say_lack(str(broken.get('reason')))}.",
        )


def _say_lack(reason: str) -> str:
    """Return what an autoscaler lacks (kubernetes, pkg/controller/podautoscaler/horizontal.go; read from memory)."""
    if reason in ("FailedGetPodsMetric", "FailedGetObjectMetric", "FailedGetExternalMetric"):
        return "its metric: an adapter that serves the metrics API named here, and knows the metric by this name"
    if reason.endswith("Metric"):
        return "its metrics: a metrics server, requests in the pods"
    return "what it scales: its message says what it did not find there"


def _target(cluster: Cluster, scaler: KubeObject) -> KubeObject:
    target = scaler.get_map("spec", "scaleTargetRef")
    name = str(target.get("name", ""))
    found = cluster.find(str(target.get("kind", "")), name, scaler.namespace)
    # Of what nobody listed its pods tell, which are what is slow.
    alike = (item for item in cluster.workloads if item.name == name and item.namespace == scaler.namespace)
    return found or next(alike, scaler)


def _find_limit(cluster: Cluster) -> Iterable[Claim]:
    for scaler in cluster.list("HorizontalPodAutoscaler"):
        limited = condition_of(scaler, "ScalingLimited")
        if limited.get("status") != "True" or limited.get("reason") != "TooManyReplicas":
            continue
        workload = _target(cluster, scaler)
        yield Claim(
            cause="autoscaler_limit_reached",
            subject=workload.entity,
            text=f"The autoscaler {scaler.name} wants more pods of {workload.name} than its maximum allows.",
            confidence=0.5,
            quotes=cluster.quote(scaler, "TooManyReplicas", scaler.name),
            explains=explain_own(cluster, workload) | {scaler.ref},
            person_must=f"Raise the maximum of {scaler.name}, or find out where the load comes from.",
        )


def _find_budget(cluster: Cluster) -> Iterable[Claim]:
    yield from _find_refused_drain(cluster)
    for node in cluster.list("Node"):
        if not is_cordoned(node):
            continue
        for budget in cluster.list("PodDisruptionBudget"):
            held = [
                pod
                for pod in cluster.list("Pod", budget.namespace)
                if pod.get("spec", "nodeName") == node.name and _selects(cluster, budget, pod)
            ]
            if not held or budget.get("status", "disruptionsAllowed") != 0:
                continue
            yield Claim(
                cause="disruption_budget_blocks",
                subject=(cluster.workload_of(held[0]) or held[0]).entity,
                text=f"Node {node.name} cannot be drained: budget {budget.name} allows no pod of "
                f"{cluster.app_name(held[0])} to be evicted.",
                confidence=0.5,
                quotes=cite_first(cluster.quote(budget, "disruptionsAllowed", "Allowed disruptions", budget.name)),
                explains=frozenset({node.ref, budget.ref}),
                person_must=f"Run more replicas than {budget.name} demands, or relax it.",
            )


def _find_refused_drain(cluster: Cluster) -> Iterable[Claim]:
    for drain in list_refused_drains(cluster):
        pod = cluster.find("Pod", drain.pod.name, drain.pod.namespace)
        budgets = cluster.list("PodDisruptionBudget", drain.pod.namespace) if pod is not None else ()
        budget = next((one for one in budgets if pod is not None and _selects(cluster, one, pod)), None)
        workload = (cluster.workload_of(pod) or pod) if pod is not None else None
        name = f"budget {budget.name}" if budget is not None else "its disruption budget"
        where = f"Node {drain.node}" if drain.node else "A node"
        yield Claim(
            cause="disruption_budget_blocks",
            subject=workload.entity if workload is not None else drain.pod,
            text=f"{where} cannot be drained: {name} does not allow {drain.pod.name} to be evicted.",
            confidence=0.9,
            quotes=cite_first(drain.quote, cluster.quote(budget, budget.name) if budget is not None else ()),
            explains=frozenset({drain.pod.ref}),
            person_must=f"Run more replicas than {name} demands, or relax it; then drain the node again.",
        )


def _selects(cluster: Cluster, budget: KubeObject, pod: KubeObject) -> bool:
    if not budget.is_detailed:
        # A row tells of no selector: people name a budget after what it guards.
        return cluster.app_name(pod) == budget.name.removesuffix("-pdb")
    labels = budget.get_map("spec", "selector", "matchLabels")
    return bool(labels) and all(pod.labels.get(key) == value for key, value in labels.items())


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="deployment_zero_replicas",
        title="A workload is scaled to zero although others use it",
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS),
        ruled_out_by="No service leads to it and no log goes on missing it by name, or the service is served by other "
        "pods.",
        confidence_note="0.95 when other workloads call it, 0.85 when somebody lately scaled what a service leads to, "
        "else 0.6.",
        action="kubernetes.scale to the number that an event tells, where the alert is about it or its callers; "
        "otherwise a person must find out who scaled it to zero and scale it up again",
        specificity=Specificity.ORIGIN,
        find=_find_zero,
    ),
    Signature(
        id="workload_at_zero",
        title="A workload that no service leads to is scaled to zero",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="A service leads to it, or nobody asks about it: most such workloads are retired.",
        confidence_note="0.35: that it is at zero is certain, that its work is missed is not.",
        action="none: a person must find out who scaled it to zero, and scale it up if its work is missed",
        specificity=Specificity.STATE,
        find=_find_idle,
    ),
    Signature(
        id="rollout_stuck",
        title="A new version does not become ready",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The latest replica set has its pods ready, or there was no rollout.",
        confidence_note="0.6 past the progress deadline, 0.5 before: why they fail is another signature's word.",
        action=describe_action("rollout_stuck", "Find out why the new pods fail, or roll back."),
        specificity=Specificity.STATE,
        find=_find_stuck,
    ),
    Signature(
        id="pod_stuck",
        title="One pod does not become ready while its siblings are",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="Another pod fails too, it is younger than five minutes or was restarted lately, or its siblings "
        "are of another revision.",
        confidence_note="0.35: that it is this pod alone is certain, why is not told.",
        action=describe_action("pod_stuck", "Look into the pod."),
        specificity=Specificity.STATE,
        find=_find_alone,
    ),
    Signature(
        id="rollout_paused",
        title="A rollout is paused halfway",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="All pods are of the latest version, or the deployment is not paused.",
        confidence_note="0.7: the pause is certain, that nobody means it is not.",
        action="none: a person must resume the rollout or roll it back",
        specificity=Specificity.RELATION,
        find=_find_paused,
    ),
    Signature(
        id="autoscaler_inactive",
        title="An autoscaler cannot read its metrics or its target",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="It scales, or is switched off because its target is at zero.",
        confidence_note="0.3: it hurts only under load, and many clusters live with it.",
        action="none: a person must give the autoscaler its metrics",
        specificity=Specificity.STATE,
        find=_find_autoscaler,
    ),
    Signature(
        id="autoscaler_limit_reached",
        title="An autoscaler stands at its maximum and wants more",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="It is not limited, or limited at its minimum.",
        confidence_note="0.5: the limit is certain, where the load comes from is not told.",
        action="none: a person must raise the maximum or find the load",
        specificity=Specificity.STATE,
        find=_find_limit,
    ),
    Signature(
        id="disruption_budget_blocks",
        title="A disruption budget keeps a cordoned node from being drained",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The budget allows a disruption, or no pod of it runs on a cordoned node.",
        confidence_note="0.9 by the words of kubectl drain; else 0.5: that somebody wants to drain the node is only "
        "likely.",
        action="none: a person must run more replicas or relax the budget",
        specificity=Specificity.RELATION,
        find=_find_budget,
    ),
)
"""The catalogue's part about numbers and versions of pods."""
