"""Conditions on the namespace of a cluster: allowed by the settings, by its owner, and fenced in."""

from __future__ import annotations

import re

from fermata.domain.sandbox import SandboxFinding
from fermata.rules.sandbox.case import Case, meet, refuse
from fermata.rules.sandbox.likeness import looks_like
from fermata.rules.sandbox.proposals import (
    FILTER_ANNOTATION,
    FILTER_VALUE,
    propose_filter,
    propose_label,
    propose_network_policy,
    propose_quota,
)

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1123 label, as Kubernetes names namespaces."""
_SYSTEM_STARTS = ("kube-", "openshift", "gke-", "aks-", "eks-", "amazon-", "azure-", "google-")
_SYSTEM_ENDS = ("-system", "-operator", "-operators")
_SYSTEM = frozenset(
    (
        *("default", "cattle-system", "cert-manager", "chaos-mesh", "chaos-testing", "litmus", "gremlin"),
        *("ingress-nginx", "argocd", "argo-cd", "flux", "fluxcd", "monitoring", "observability", "logging", "linkerd"),
        *("istio", "consul", "vault", "fermata", "velero", "rook-ceph", "keda", "karpenter"),
    )
)
"""What a cluster stands on, and what would have to end the fault. `default` belongs to everybody."""


def check_namespace(case: Case) -> SandboxFinding:
    """The namespace is one that the settings name, letter by letter."""
    name, allowed = case.experiment.target.namespace, case.limits.namespaces
    if not name:
        return refuse("namespace", "The experiment names no namespace: name the sandbox's")
    if not _NAME.fullmatch(name) or name.startswith("xn--"):
        return refuse("namespace", f"{name[:80]!r} is no name of a namespace: write it as `kubectl get ns` shows it")
    if name in _SYSTEM or name.startswith(_SYSTEM_STARTS) or name.endswith(_SYSTEM_ENDS):
        return refuse("namespace", f"{name} belongs to the cluster itself: rehearse in a namespace of your own")
    if name not in allowed:
        alike = next((f", and only looks like {other}" for other in allowed if looks_like(name, other)), "")
        return refuse("namespace", f"{name} is not under chaos.namespaces{alike}: add it there if it is a sandbox")
    if case.facts.namespace != name:
        seen = case.facts.namespace
        why = f"What was looked at is {seen}, not {name}" if seen else f"{name} could not be read"
        return refuse("namespace", f"{why}: {case.say_unread('namespace_labels')}")
    return meet("namespace", f"{name} is under chaos.namespaces")


def check_label(case: Case) -> SandboxFinding:
    """The namespace's owner has said yes, on the namespace itself."""
    name, _, value = case.limits.sandbox_label.partition("=")
    labels, namespace = case.facts.namespace_labels, case.experiment.target.namespace
    if labels is None:
        return refuse("label", f"The namespace's labels could not be read: {case.say_unread('namespace_labels')}")
    if not name or labels.get(name) != value:
        return refuse(
            "label",
            f"{namespace} does not carry {case.limits.sandbox_label}: whoever owns it has not allowed rehearsals",
            propose_label(namespace, case.limits.sandbox_label),
        )
    return meet("label", f"{namespace} carries {case.limits.sandbox_label}")


def check_quota(case: Case) -> SandboxFinding:
    """Restarts and load cannot grow into the rest of the cluster."""
    quotas, namespace = case.facts.quotas, case.experiment.target.namespace
    if quotas is None:
        return refuse("quota", f"The namespace's quotas could not be read: {case.say_unread('quotas')}")
    if not quotas:
        return refuse(
            "quota",
            f"{namespace} has no ResourceQuota: what is stressed there could take the cluster's resources",
            propose_quota(namespace, len(case.facts.pods or ())),
        )
    return meet("quota", f"ResourceQuota {', '.join(quotas)}")


def check_network_policy(case: Case) -> SandboxFinding:
    """What goes wrong there does not call out of it."""
    policies, namespace = case.facts.network_policies, case.experiment.target.namespace
    if policies is None:
        why = case.say_unread("network_policies")
        return refuse("network_policy", f"The namespace's network policies could not be read: {why}")
    if not policies:
        return refuse(
            "network_policy",
            f"{namespace} has no NetworkPolicy: what goes wrong there reaches whatever it can call",
            propose_network_policy(namespace),
        )
    return meet("network_policy", f"NetworkPolicy {', '.join(policies)}")


def check_filter(case: Case) -> SandboxFinding:
    """The controller itself keeps to namespaces that were named: the second lock beside ours."""
    filters, namespace = case.facts.filters_namespaces, case.experiment.target.namespace
    if filters is None:
        why = case.say_unread("filters_namespaces")
        return refuse("filter", f"Whether the controller keeps to named namespaces could not be read: {why}")
    if not filters:
        return refuse(
            "filter",
            "The controller injects into every namespace of the cluster: set enableFilterNamespace",
            propose_filter(namespace),
        )
    if (case.facts.namespace_annotations or {}).get(FILTER_ANNOTATION) != FILTER_VALUE:
        return refuse(
            "filter",
            f"{namespace} does not carry the annotation {FILTER_ANNOTATION}={FILTER_VALUE}: the controller would "
            "accept the fault and never inject it",
            propose_filter(namespace),
        )
    return meet("filter", "The controller keeps to namespaces that were named")
