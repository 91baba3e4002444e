"""Conditions on the replicas that would be hit: which they are, and how many of how many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fermata.domain.experiment import FaultKind
from fermata.domain.sandbox import SandboxFinding, SandboxPod
from fermata.rules.sandbox.case import Case, meet, refuse

_OF_REPLICAS = (FaultKind.KILL, FaultKind.CPU, FaultKind.MEMORY)
"""Whose `percent` is a share of the replicas; of the others it is one of the calls."""


_NAMED_BY = (
    "app.kubernetes.io/name", "app", "k8s-app", "name", "service", "io.kompose.service", "opentelemetry.io/name",
)  # fmt: skip
"""Labels whose value is the name of the service, by convention; others tell of a part, a tier or a whole."""
_CHECK_MODES = ("Continuous", "Synchronous")
"""Of a StatusCheck, which selects nothing."""


def check_selector(case: Case) -> SandboxFinding:
    """The labels say which service, and select replicas of nothing else."""
    target, pods = case.experiment.target, case.facts.pods
    if not target.labels or not all(name and value for name, value in target.labels.items()):
        return refuse(
            "selector", "The target has no labels, or an empty one: such a selector takes the whole namespace"
        )
    if pods is None:
        return refuse("selector", f"The replicas could not be read: {case.say_unread('pods')}")
    if not pods:
        return refuse("selector", f"Nothing carries {_write(target.labels)} there: the fault would hit nothing")
    strangers = [pod.name for pod in pods if not _carries(pod, target.labels)]
    if strangers:
        return refuse(
            "selector", f"{strangers[0]} does not carry {_write(target.labels)}, and was selected all the same"
        )
    # The policy is asked about the name, and the fault hits what the labels select.
    if other := _find_other(pods, target.service):
        return refuse("selector", f"{other}, and {target.service} is what the policy is asked about: name it so")
    owners = sorted({pod.owner for pod in pods})
    if len(owners) > 1:
        named = ", ".join(owner or "nobody" for owner in owners[:4])
        return refuse(
            "selector", f"The labels select replicas of {named}: name one service, that is not being rolled out"
        )
    if target.replicas is not None and target.replicas != len(pods):
        return refuse("selector", f"{target.replicas} replicas were approved, and {len(pods)} run now: propose it anew")
    return meet("selector", f"{_write(target.labels)} selects {len(pods)} replicas of {owners[0] or 'nobody'}")


def check_callee(case: Case) -> SandboxFinding:
    """What the target calls is there, and no more than that service."""
    target, pods = case.experiment.target, case.facts.callee_pods
    if not target.callee:
        return meet("callee", "The fault is on the service itself")
    if not target.callee_labels:
        return refuse("callee", f"{target.callee} is named without labels: a fault without a target hits all traffic")
    if pods is None:
        return refuse("callee", f"The replicas of {target.callee} could not be read: {case.say_unread('callee_pods')}")
    if not pods:
        return refuse("callee", f"Nothing carries {_write(target.callee_labels)} there: nothing would be hit")
    owners = {pod.owner for pod in pods}
    if len(owners) > 1 or not all(_carries(pod, target.callee_labels) for pod in pods):
        return refuse("callee", f"{_write(target.callee_labels)} selects more than {target.callee}")
    if other := _find_other(pods, target.callee):
        return refuse("callee", f"{other}, and {target.callee} is what the policy is asked about: name it so")
    return meet("callee", f"{_write(target.callee_labels)} selects {len(pods)} replicas")


def check_host_network(case: Case) -> SandboxFinding:
    """No replica uses its node's network: a fault there hits the node, and is known to stay (chaos-mesh #3929)."""
    pods = case.facts.pods
    if pods is None:
        return refuse("host_network", f"The replicas could not be read: {case.say_unread('pods')}")
    on_host = [pod.name for pod in (*pods, *(case.facts.callee_pods or ())) if pod.uses_host_network]
    if on_host:
        return refuse("host_network", f"{on_host[0]} uses its node's network: a fault there hits the whole node")
    if case.facts.allows_host_network is not False:
        why = (
            "is set to"
            if case.facts.allows_host_network
            else f"may: {case.say_unread('allows_host_network')}; it could"
        )
        return refuse("host_network", f"The controller {why} reach into nodes' networks: unset allowHostNetworkTesting")
    return meet("host_network", "No replica uses its node's network")


def check_blast_radius(case: Case) -> SandboxFinding:
    """No more than the capped share of the replicas is hit at once; one of one is said to be all of them."""
    pods, cap = case.facts.pods, case.limits.max_percent
    if not pods:
        return refuse("blast_radius", f"How many replicas there are could not be read: {case.say_unread('pods')}")
    hit = _count_hit(case, len(pods))
    if hit is None:
        return refuse("blast_radius", "What would be created does not say how many replicas it takes: name a mode")
    if len(pods) == 1:
        return meet("blast_radius", "The only replica is hit: all of the service; no smaller part exists")
    if 100 * hit > cap * len(pods):
        return refuse(
            "blast_radius",
            f"{hit} of {len(pods)} replicas would be hit at once, and at most {cap:g} % is allowed: hit fewer of more",
        )
    return meet("blast_radius", f"{hit} of {len(pods)} replicas; at most {cap:g} %")


def _count_hit(case: Case, replicas: int) -> int | None:
    """Return how many replicas the fault takes at once: as the document says, or else as the experiment does."""
    document = case.facts.document
    fault = case.experiment.fault
    by_experiment = math.ceil(replicas * fault.percent / 100) if fault.kind in _OF_REPLICAS else None
    if document is None:
        return by_experiment
    modes = [count_mode(spec, replicas) for spec in list_specs(document)]
    if not modes or None in modes:
        return None
    return max([by_experiment or 0, *(mode for mode in modes if mode is not None)])


def list_specs(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return every part of a document that selects something to hit, the outermost first; targets of calls are none."""
    found = [document] if "selector" in document or document.get("mode", "Continuous") not in _CHECK_MODES else []
    for name, value in document.items():
        inner = value if isinstance(value, list | tuple) else [value]
        if name != "target":
            found += [spec for item in inner if isinstance(item, Mapping) for spec in list_specs(item)]
    return found


def count_mode(spec: Mapping[str, Any], replicas: int) -> int | None:
    """Return how many replicas a mode of Chaos Mesh (its manual, read 2026-11) takes; `None` when that is not known."""
    mode, value = spec.get("mode"), spec.get("value")
    if mode in ("one", "all"):
        return 1 if mode == "one" else replicas
    number = float(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
    if number is None:
        return None
    if mode == "fixed":
        return min(int(number), replicas)
    return math.ceil(replicas * number / 100) if mode in ("fixed-percent", "random-max-percent") else None


def check_budget(case: Case) -> SandboxFinding:
    """What is killed is started again, and no disruption budget is overrun."""
    if case.experiment.fault.kind is not FaultKind.KILL:
        return meet("budget", "Nothing is killed")
    pods, budgets = case.facts.pods, case.facts.budgets
    if budgets is None or not pods:
        return refuse("budget", f"The disruption budgets could not be read: {case.say_unread('budgets')}")
    if not all(pod.owner for pod in pods):
        return refuse("budget", "A replica has no controller: once killed, nobody starts it again")
    hit = _count_hit(case, len(pods)) or len(pods)
    for budget in budgets:
        if budget.allowed is None or budget.allowed < hit:
            left = "an unknown number" if budget.allowed is None else str(budget.allowed)
            return refuse("budget", f"PodDisruptionBudget {budget.name} lets {left} go now, and {hit} would be killed")
    return meet("budget", "The disruption budgets leave room" if budgets else "There is no disruption budget")


def check_ready(case: Case) -> SandboxFinding:
    """What is broken already is not broken further."""
    pods = case.facts.pods
    if pods is None:
        return refuse("ready", f"The replicas could not be read: {case.say_unread('pods')}")
    waiting = [pod.name for pod in pods if not pod.is_ready]
    if waiting:
        return refuse("ready", f"{waiting[0]} is not ready: rehearse when all of them are")
    return meet("ready", "Every replica is ready")


def _find_other(pods: Sequence[SandboxPod], service: str) -> str:
    """Return which replica is of another service than the one of this name, in words; empty when none is."""
    for pod in pods:
        names = list(dict.fromkeys(filter(None, [_name_workload(pod), *(pod.labels.get(key) for key in _NAMED_BY)])))
        if service not in names:
            return f"{pod.name} is a replica of {' or '.join(names) or 'nobody'}"
    return ""


def _name_workload(pod: SandboxPod) -> str:
    """Return what its controller is called; a Deployment's ReplicaSet has a hash behind its name."""
    kind, _, name = pod.owner.partition("/")
    return name.rpartition("-")[0] if kind == "ReplicaSet" else name


def _carries(pod: SandboxPod, labels: Mapping[str, str]) -> bool:
    return all(pod.labels.get(name) == value for name, value in labels.items())


def _write(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
