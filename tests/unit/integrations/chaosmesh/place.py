"""A cluster with a sandbox in it, and the part of Chaos Mesh that a test needs: its controller, moved by hand."""

from fermata.domain.experiment import FaultKind, FaultSpec, FaultTarget
from fermata.domain.sandbox import RunLimits
from fermata.flows.experiments.rules import SandboxRules
from fermata.integrations.chaosmesh.client import ChaosMeshClient
from fermata.integrations.chaosmesh.faults import ChaosMeshInjector
from fermata.integrations.chaosmesh.settings import ChaosMeshSettings
from fermata.testing.clock import FakeClock
from fermata.testing.experiments import make_cluster_experiment

SPACE = "shop-staging"
LIMITS = RunLimits(namespaces=(SPACE,))
OBJECTS = f"/apis/chaos-mesh.org/v1alpha1/namespaces/{SPACE}/podchaos"
KILL = make_cluster_experiment()
DELAY = make_cluster_experiment(
    id="exp-2",
    target=FaultTarget(
        system="chaosmesh",
        service="payment",
        callee="ledger",
        namespace=SPACE,
        labels={"app": "payment"},
        callee_labels={"app": "ledger"},
        replicas=3,
    ),
    fault=FaultSpec(kind=FaultKind.LATENCY, latency_ms=500, percent=33),
)


def define(kind):
    """Give a definition that is open below its spec: what it says is the tests' own."""
    schema = {
        "type": "object",
        "required": ["spec"],
        "properties": {
            "spec": {
                "type": "object",
                "required": ["action", "mode", "selector"],
                "properties": {"duration": {"type": "string"}},
                "x-kubernetes-preserve-unknown-fields": True,
            }
        },
    }
    return {
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}.chaos-mesh.org"},
        "spec": {
            "group": "chaos-mesh.org",
            "names": {"kind": kind, "plural": kind.lower()},
            "versions": [{"name": "v1alpha1", "served": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def furnish(cluster, *, label="allowed", filters="true"):
    """Put a sandbox into a cluster: three replicas of payment and one of ledger, fenced in, Chaos Mesh beside it."""
    annotations = {"chaos-mesh.org/inject": "enabled"}
    labels = {"fermata.dev/rehearsals": label}
    cluster.put({"kind": "Namespace", "metadata": {"name": SPACE, "labels": labels, "annotations": annotations}})
    cluster.put({"kind": "ResourceQuota", "metadata": {"name": "fence", "namespace": SPACE}, "spec": {}})
    cluster.put({"kind": "NetworkPolicy", "metadata": {"name": "fence", "namespace": SPACE}, "spec": {}})
    for app, replicas in (("payment", 3), ("ledger", 1)):
        cluster.put(make_deployment(app, SPACE, replicas=replicas))
    variables = [
        {"name": "ENABLE_FILTER_NAMESPACE", "value": filters},
        {"name": "ALLOW_HOST_NETWORK_TESTING", "value": "false"},
    ]
    cluster.put(make_deployment("chaos-controller-manager", "chaos-mesh", env=variables))
    for kind in ("PodChaos", "NetworkChaos", "HTTPChaos", "StressChaos"):
        cluster.put(define(kind))


def make_deployment(app, namespace, *, replicas=1, env=(), **spec):
    """Give a deployment whose replicas carry its name as their label."""
    container = {"name": app, "image": app, "env": list(env)}
    template = {"metadata": {"labels": {"app": app}}, "spec": {"containers": [container], **spec}}
    return {
        "kind": "Deployment",
        "metadata": {"name": app, "namespace": namespace},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": app}}, "template": template},
    }


def make_injector(cluster, folder, *, token="", clock=None, rules=None, **settings):
    """Give the injector that a user's settings would make."""
    path = cluster.write_kubeconfig(folder / "kubeconfig", **({"token": token} if token else {}))
    given = ChaosMeshSettings(**{"kubeconfig": path, "timeout_s": 2, "recover_s": 2, **settings})
    return ChaosMeshInjector(ChaosMeshClient(given), clock or FakeClock(), rules or SandboxRules(LIMITS))


def take_hold(cluster, kind, name, *, injected=1, under_fault=True, recovered=False, failure=""):
    """Do to an object what Chaos Mesh's controller does."""
    phase = "Injected" if under_fault else "Not Injected"
    events = [{"type": "Failed", "operation": "Apply", "message": failure}] if failure else []
    record = {
        "id": f"{SPACE}/payment-0",
        "selectorKey": ".",
        "phase": phase,
        "injectedCount": injected,
        "events": events,
    }
    held = {"Selected": True, "AllInjected": under_fault, "AllRecovered": recovered}

    def write(value):
        value["metadata"]["finalizers"] = ["chaos-mesh/records"]
        value["status"] = {
            "conditions": [{"type": name, "status": str(yes)} for name, yes in held.items()],
            "experiment": {"desiredPhase": "Stop" if recovered else "Run", "containerRecords": [record]},
        }

    cluster.edit(cluster.get(kind, SPACE, name), write, manager="chaos-controller-manager")


def let_go(cluster, kind, name):
    """Remove the finalizer, as the controller does when every target has recovered."""
    cluster.edit(cluster.get(kind, SPACE, name), lambda value: value["metadata"].pop("finalizers"))
