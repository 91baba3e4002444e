import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.signatures.kubernetes_nodes import SIGNATURES


class Nodes(Town):
    """A town with nodes, each known by its conditions."""

    def node(self, name, status="True", reason="", message="", *, runtime="containerd://1.7", taints=(), **conditions):
        """Add a node with its Ready condition; further conditions are true."""
        ready = {"type": "Ready", "status": status, "reason": reason, "message": message}
        others = [{"type": kind, "status": "True", "message": words} for kind, words in conditions.items()]
        return self.add(
            "Node",
            name,
            "",
            spec={"taints": [{"key": key, "effect": "NoExecute"} for key in taints]},
            status={"conditions": [ready, *others], "nodeInfo": {"containerRuntimeVersion": runtime}},
        )

    def silent(self, name="n1", **more):
        """Add a node whose kubelet stopped posting."""
        return self.node(name, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", **more)

    def serve(self):
        """Add a workload with a pod on n1, its service, and a workload on n2 that has nothing to do with it."""
        self.deployment().replica_set().pod(node="n1", ready=True).service()
        return self.pod("other", None, node="n2", ready=True)


def test_silent_kubelet_is_named_and_explains_its_pods():
    """The control plane says of a kubelet that it stopped posting: what runs there, and its service, follow."""
    (claim,) = Nodes().silent().node("n2").serve().find(SIGNATURES, "kubelet_unavailable")

    assert claim.subject.ref == "kubernetes:node/n1"
    assert claim.confidence == 0.7
    assert "whether the node itself answers is not known" in claim.text
    assert "stopped posting" in claim.quotes[0].text
    assert {"kubernetes:deployment/shop/web", "kubernetes:service/shop/web"} < claim.explains
    assert "kubernetes:pod/shop/other" not in claim.explains


def test_refusing_port_tells_the_kubelet_from_the_node():
    """A refused connection is an answer of the node: it is up, only nobody listens."""
    town = Nodes().silent().node("n2").serve()
    town.log("web-1-a", "hello", 'Get "https://n1:10250/containerLogs/shop/web-1-a/app": dial tcp: connection refused')

    (claim,) = town.find(SIGNATURES, "kubelet_unavailable")

    assert claim.confidence == 0.97
    assert claim.quotes[1].text.endswith("connection refused")


def test_node_that_does_not_answer_is_unreachable():
    """Where even the port does not answer, more than the kubelet is gone."""
    town = Nodes().silent().node("n2").serve()
    town.log("web-1-a", 'Get "https://n1:10250/containerLogs/shop/web-1-a/app": dial tcp 10.0.0.1:10250: i/o timeout')

    assert town.list_causes(SIGNATURES) == ["node_unreachable"]


def test_log_that_merely_names_the_port_says_nothing():
    """A port in a log is no answer of a kubelet."""
    town = Nodes().silent().node("n2").serve().log("web-1-a", "scraping n1:10250")

    (claim,) = town.find(SIGNATURES, "kubelet_unavailable")

    assert claim.confidence == 0.7


def test_all_nodes_silent_is_hardly_each_kubelet():
    """When every node falls silent at once, the fault is more likely where they post to."""
    claims = Nodes().silent("n1").silent("n2").find(SIGNATURES, "kubelet_unavailable")

    assert [claim.confidence for claim in claims] == [0.4, 0.4]


def test_taint_tells_of_a_silent_kubelet_where_conditions_do_not():
    """The node controller taints a node that it does not hear from."""
    town = Nodes().node("n1", "False", "Odd", "", taints=("other", "node.kubernetes.io/unreachable")).node("n2")

    assert town.list_causes(SIGNATURES) == ["kubelet_unavailable"]


@pytest.mark.parametrize(
    ("message", "runtime", "cause"),
    [
        ("container runtime is down", "containerd://1.7", "containerd_unavailable"),
        ("container runtime is down", "containerd://Unknown", "containerd_unavailable"),
        ("PLEG is not healthy: pleg was last seen active 3m ago", "cri-o://1.31", "container_runtime_unavailable"),
        (
            "container runtime network not ready: cni plugin not initialized",
            "containerd://2",
            "node_network_unavailable",
        ),
        ("x509: certificate has expired or is not yet valid", "containerd://2", "kubelet_certificate_expired"),
        ("something else", "containerd://2", "node_not_ready"),
    ],
)
def test_kubelet_names_what_it_misses(message, runtime, cause):
    """A kubelet that is there says in its own words why the node is not ready."""
    town = Nodes().node("n1", "False", "KubeletNotReady", message, runtime=runtime).node("n2").serve()

    assert town.list_causes(SIGNATURES) == [cause]


def test_warning_of_the_node_tells_where_its_condition_does_not():
    """An event of the node counts, a normal one does not."""
    town = Nodes().node("n1", "False", "KubeletNotReady", "not yet").node("n2")
    town.event("Node", "n1", "Starting", "containerd.sock is fine", sort="Normal", namespace="")
    town.event("Node", "n1", "ContainerGCFailed", "dial unix /run/containerd/containerd.sock", namespace="")

    (claim,) = town.find(SIGNATURES, "containerd_unavailable")

    assert claim.quotes[0].document == "Event/n1.3"


def test_warning_of_a_pod_tells_of_its_runtime():
    """A pod that its kubelet cannot start names the socket; other warnings of pods are no word about the node."""
    town = Nodes().node("n1", "False", "KubeletNotReady", "not yet").node("n2").serve()
    town.event("Pod", "web-1-a", "FailedKillPod", 'rpc error: "unix:///run/containerd/containerd.sock"')
    town.event("Pod", "web-1-a", "BackOff", "PLEG is not healthy", age_s=1)

    (claim,) = town.find(SIGNATURES, "containerd_unavailable")

    assert claim.quotes[0].document == "Event/web-1-a.7"


def test_table_alone_tells_of_a_node_that_is_not_ready():
    """Without its conditions nobody knows why."""
    table = "NAME  STATUS  ROLES  AGE  VERSION\nn1    NotReady,SchedulingDisabled   <none>  5d   v1.31.2"
    town = Nodes()
    town.documents.append(Document("nodes", DocumentForm.KUBECTL, table, query="kubectl get nodes"))

    (claim,) = town.find(SIGNATURES, "node_not_ready")

    assert "n1" in claim.quotes[0].text


def test_ready_nodes_are_silent():
    """A node that is ready, or of which a table says so, is nobody's cause."""
    town = Nodes().node("n1").serve()
    table = "NAME  STATUS  ROLES  AGE  VERSION\nn2    Ready,SchedulingDisabled   <none>  5d   v1.31.2"
    town.documents.append(Document("nodes", DocumentForm.KUBECTL, table, query="kubectl get nodes"))

    assert town.list_causes(SIGNATURES) == []


def test_reported_problem_is_a_node_problem():
    """The node problem detector's conditions are read; true ones of other names are not."""
    town = Nodes().node("n1", ReadonlyFilesystem="Remounting filesystem read-only", NetworkUnavailable="x").serve()
    town.waiting("CrashLoopBackOff", name="web-1-b")

    (claim,) = town.find(SIGNATURES, "node_problem_reported")

    assert "read-only" in claim.text
    assert town.list_causes(SIGNATURES) == ["node_problem_reported"]


def test_reported_problem_that_hurts_nobody_is_left_out():
    """Every pod on the node is well."""
    town = Nodes().node("n1", ReadonlyFilesystem="Remounting filesystem read-only").serve()

    assert town.list_causes(SIGNATURES) == []
