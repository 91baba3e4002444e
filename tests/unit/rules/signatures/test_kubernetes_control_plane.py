from datetime import timedelta

import pytest
from tests.unit.rules.signatures.town import NOW, Town

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.signatures.kubernetes_control_plane import SIGNATURES

SCHEDULER = "kube_scheduler_unavailable"
CONTROLLER = "kube_controller_manager_unavailable"


class Plane(Town):
    """A town whose objects have ages."""

    def age(self, seconds):
        """Give the last object its age at the capture."""
        self.bodies[-1]["metadata"]["creationTimestamp"] = (NOW - timedelta(seconds=seconds)).isoformat()
        return self

    def node(self, name, **labels):
        """Add a node."""
        return self.add("Node", name, "", labels={key.replace("_", "/"): value for key, value in labels.items()})

    def unseen(self, *, age=60, **more):
        """Add a pod without node or word about it."""
        return self.deployment().replica_set(existing=1).pod(**more).age(age)

    def component(self, name, *, ready=False):
        """Add a pod of the control plane."""
        state = {"waiting": {"reason": "CrashLoopBackOff"}}
        self.pod(name, None, node="cp", ready=ready, state={} if ready else state)
        self.bodies[-1]["metadata"]["namespace"] = "kube-system"
        return self


def test_pod_that_no_scheduler_looked_at_accuses_the_scheduler():
    """A pod that waits for a node while nobody says why: the node of the control plane is where to look."""
    town = Plane().node("w1").node("cp", **{"kubernetes.io_role": "master"}).unseen()

    (claim,) = town.find(SIGNATURES, SCHEDULER)

    assert claim.subject.ref == "kubernetes:node/cp"
    assert claim.confidence == 0.85
    assert "kubernetes:deployment/shop/web" in claim.explains


def test_label_of_the_role_finds_the_control_plane():
    """Newer clusters mark the node with a label without value."""
    town = Plane().node("cp", **{"node-role.kubernetes.io_control-plane": ""}).unseen()

    (claim,) = town.find(SIGNATURES, SCHEDULER)

    assert claim.subject.name == "cp"


def test_hidden_control_plane_is_named_as_component():
    """Where the provider hides the control plane, the component itself is the subject."""
    (claim,) = Plane().unseen().find(SIGNATURES, SCHEDULER)

    assert claim.subject.ref == "kubernetes:component/kube-system/kube-scheduler"


def test_component_seen_to_crash_is_quoted():
    """The scheduler's own pod makes it nearly certain; a healthy pod beside it is not quoted."""
    town = Plane().unseen().component("kube-scheduler-cp").component("kube-proxy-x", ready=True)

    (claim,) = town.find(SIGNATURES, SCHEDULER)

    assert claim.confidence == 0.95
    assert claim.subject.ref == "kubernetes:pod/kube-system/kube-scheduler-cp"
    assert "kube-scheduler-cp" in claim.quotes[0].text


def test_running_component_is_no_proof():
    """A scheduler whose pod looks well is still accused by its silence, less surely."""
    (claim,) = Plane().unseen().component("kube-scheduler-cp", ready=True).find(SIGNATURES, SCHEDULER)

    assert claim.confidence == 0.85


@pytest.mark.parametrize(
    "more",
    [
        {"age": 5},
        {"spec": {"schedulingGates": [{"name": "wait"}]}},
        {"spec": {"schedulerName": "mine"}},
        {"status": {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}},
    ],
)
def test_pod_with_a_reason_to_wait_accuses_nobody(more):
    """Too young, gated, meant for another scheduler, or found unschedulable: somebody is at work."""
    assert Plane().unseen(**more).find(SIGNATURES, SCHEDULER) == []


def test_word_of_the_scheduler_exonerates_it():
    """Whoever says why a pod has no node is there."""
    town = Plane().unseen().event("Pod", "web-1-a", "FailedScheduling", "0/3 nodes are available: 3 Insufficient cpu.")

    assert town.find(SIGNATURES, SCHEDULER) == []


def test_younger_pod_with_a_node_exonerates_the_scheduler():
    """It gave a later pod its node; a pod of a daemon set is none of its business."""
    overtaken = Plane().unseen().pod("late-1", "late", node="w1", ready=True).age(20)
    daemon = Plane().unseen().pod("agent-1", ("DaemonSet", "agent"), node="w1", ready=True).age(20)

    assert overtaken.find(SIGNATURES, SCHEDULER) == []
    assert len(daemon.find(SIGNATURES, SCHEDULER)) == 1


def test_pod_known_from_a_table_alone_accuses_nobody():
    """Without descriptions and events, that nothing was said is not known."""
    town = Plane()
    row = "NAME READY STATUS RESTARTS AGE IP NODE\nx  0/1  Pending  0  5m  <none>  <none>"
    town.documents.append(Document("q", DocumentForm.KUBECTL, row, query="kubectl get pods -n shop -o wide"))

    assert town.find(SIGNATURES, SCHEDULER) == []


def test_events_of_something_else_are_no_silence_about_a_pod():
    """Only a whole list of its namespace's events would hold the scheduler's word; another's does not."""
    pods = "NAME   READY   STATUS    RESTARTS   AGE\nx      0/1     Pending   0          5m\n"
    events = "LAST SEEN   TYPE     REASON    OBJECT      MESSAGE\n7m          Normal   Pulled    pod/a       x\n"
    found = {}
    for query in ("kubectl get events -n shop", "kubectl get events -n cart", "kubectl describe pvc data -n shop"):
        town = Plane()
        town.documents.append(Document("q", DocumentForm.KUBECTL, pods, query="kubectl get pods -n shop"))
        town.documents.append(Document("e", DocumentForm.KUBECTL, events, query=query))
        found[query] = len(town.find(SIGNATURES, SCHEDULER))

    assert list(found.values()) == [1, 0, 0]


def bare(**more):
    """Return a town with a deployment that nobody made pods for."""
    town = Plane().deployment(**more).age(120)
    return town.listing("replicasets").listing("pods")


def test_deployment_without_replica_set_accuses_the_controller_manager():
    """Pods are asked for, and neither a replica set nor a refusal came of it."""
    (claim,) = bare().node("cp", **{"kubernetes.io_role": "master"}).find(SIGNATURES, CONTROLLER)

    assert claim.subject.ref == "kubernetes:node/cp"
    assert claim.confidence == 0.7


def test_unobserved_generation_accuses_the_controller_manager():
    """The API holds a newer deployment than its controller has seen."""
    town = Plane().deployment(replicas=3, ready=1, status={"observedGeneration": 1}).age(120)
    town.bodies[-1]["metadata"]["generation"] = 2
    town.replica_set(existing=1, ready=1).component("kube-controller-manager-cp")

    (claim,) = town.find(SIGNATURES, CONTROLLER)

    assert claim.confidence == 0.9


def test_observed_generation_with_pods_accuses_nobody():
    """A controller that has seen the deployment and made its replica set is at work."""
    town = Plane().deployment(status={"observedGeneration": 2}).age(120)
    town.bodies[-1]["metadata"]["generation"] = 2

    assert town.replica_set().listing("replicasets", "web-1").listing("pods").find(SIGNATURES, CONTROLLER) == []


@pytest.mark.parametrize(
    "town",
    [
        bare(ready=1),
        bare(paused=True),
        bare().event("Deployment", "web", "FailedCreate", "forbidden"),
        bare(status={"conditions": [{"type": "ReplicaFailure", "status": "True"}]}),
        bare().pod(),
        Plane().deployment().age(120),
        Plane().deployment().age(3).listing("replicasets").listing("pods"),
    ],
)
def test_attended_deployment_accuses_nobody(town):
    """Ready, paused, refused with a word, served by pods, too young, or not known to lack anything."""
    assert town.replica_set("web-9", "other").find(SIGNATURES, CONTROLLER) == []
