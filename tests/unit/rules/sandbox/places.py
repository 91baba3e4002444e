"""Two places that are sandboxes, a proxy's and a cluster's; each escape spoils one thing of one of them."""

from fermata.domain.sandbox import RunLimits, SandboxFacts, SandboxPod
from fermata.testing.experiments import make_cluster_experiment, make_experiment

NAMESPACE = "shop-staging"
LABEL = "fermata.dev/rehearsals"
LIMITS = RunLimits(namespaces=(NAMESPACE,), targets=("checkout->payment",))


def make_pod(name="payment-1", **changes):
    """Give a ready replica of payment."""
    values = {"name": name, "labels": {"app": "payment"}, "owner": "ReplicaSet/payment-7d9f", "is_ready": True}
    return SandboxPod(**(values | changes))


PODS = tuple(make_pod(f"payment-{number}") for number in range(3))
CALLEES = (make_pod("ledger-1", labels={"app": "ledger"}, owner="StatefulSet/ledger"),)


def make_document(spec=None, **changes):
    """Give a PodChaos that kills one replica, with parts of its spec replaced."""
    body = {
        "action": "pod-kill",
        "mode": "one",
        "selector": {"namespaces": [NAMESPACE], "labelSelectors": {"app": "payment"}},
    } | (spec or {})
    document = {"kind": "PodChaos", "metadata": {"name": "exp-1", "namespace": NAMESPACE}, "spec": body}
    return document | changes


def make_delay(**changes):
    """Give a NetworkChaos that holds the calls of payment to ledger."""
    spec = {
        "action": "delay",
        "duration": "10s",
        "target": {"mode": "all", "selector": {"namespaces": [NAMESPACE], "labelSelectors": {"app": "ledger"}}},
    }
    return make_document(spec | changes, kind="NetworkChaos")


def make_facts(**changes):
    """Give what is seen of the cluster's sandbox."""
    values = {
        "system": "chaosmesh",
        "place": "10.0.0.1:6443",
        "context": "kind-staging",
        "namespace": NAMESPACE,
        "namespace_labels": {LABEL: "allowed"},
        "namespace_annotations": {"chaos-mesh.org/inject": "enabled"},
        "quotas": ("small",),
        "network_policies": ("closed",),
        "pods": PODS,
        "callee_pods": (),
        "budgets": (),
        "filters_namespaces": True,
        "allows_host_network": False,
        "running": (),
        "document": make_document(),
        "document_problems": (),
        "dry_run": "",
    }
    return SandboxFacts(**(values | changes))


def make_proxy_facts(**changes):
    """Give what is seen of the proxy's sandbox."""
    return SandboxFacts(**({"system": "faultproxy", "place": "", "running": ()} | changes))


def retarget(base=make_cluster_experiment, **changes):
    """Give an experiment with parts of its target replaced."""
    experiment = base()
    return base(target=experiment.target.model_copy(update=changes))


def behind_proxy(**changes):
    """Give the proxy's experiment with parts of its target replaced."""
    return retarget(make_experiment, **changes)
