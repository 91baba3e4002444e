from datetime import UTC, datetime

import pytest

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.cluster import build_cluster
from fermata.rules.kubernetes.health import PodPhase, list_troubles, pod_phase
from fermata.rules.kubernetes.logs import read_log

HEAD = "LAST SEEN   TYPE      REASON   OBJECT   MESSAGE"
POD = "web-6f8c7d9b5-2kxzq"


def tell(*events, about=f"pod/{POD}", others=None):
    """Return the cluster of a paste of events, each an age, a reason and a message."""
    rows = [f"{age:<12}Warning   {reason}   {about}   {message}" for age, reason, message in events]
    answers = {"kubectl get events -n shop": "\n".join([HEAD, *rows]), **(others or {})}
    noon = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    return build_cluster(
        [Document(query, DocumentForm.KUBECTL, text, query=query, observed_at=noon) for query, text in answers.items()]
    )


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ([("9m", "FailedScheduling", "0/3 nodes are available: 3 Insufficient cpu.")], PodPhase.UNSCHEDULABLE),
        ([("9m", "Failed", "Failed to pull image x"), ("8m", "Failed", "Error: ErrImagePull")], PodPhase.IMAGE),
        ([("1m", "BackOff", "Back-off pulling image x")], PodPhase.IMAGE),
        ([("1m", "Failed", "Error: ErrImageNeverPull")], PodPhase.IMAGE),
        ([("1m", "Failed", "Error: InvalidImageName")], PodPhase.IMAGE),
        ([("1m", "Failed", 'Error: secret "x" not found')], PodPhase.CONFIG),
        ([("1m", "Failed", "Error: failed to start container")], PodPhase.RUN_ERROR),
        ([("1m", "FailedMount", 'secret "x" not found')], PodPhase.CREATING),
        ([("1m", "Evicted", "The node was low on resource: memory.")], PodPhase.EVICTED),
        ([("1m", "Evicted", "Usage exceeds the limit"), ("1m", "Killing", "Stopping")], PodPhase.EVICTED),
        ([("1m", "BackOff", "Back-off restarting failed container")], PodPhase.CRASH),
        ([("1m", "BackOff", "Back-off restarting failed container"), ("3s", "Started", "Started")], PodPhase.CRASH),
        ([("1m", "Failed", 'Error: secret "x" not found'), ("3s", "Pulled", "already present")], PodPhase.CONFIG),
        ([("1m", "Failed", "Error: failed to start container"), ("3s", "Created", "Created")], PodPhase.RUN_ERROR),
    ],
)
def test_pod_is_as_its_last_event_says(events, phase):
    """A paste of events is often all that a colleague sends."""
    cluster = tell(*events)

    (pod,) = cluster.list("Pod")

    assert pod_phase(pod) is phase
    assert cluster.workload_of(pod).ref == "kubernetes:deployment/shop/web"
    assert not pod.is_detailed
    assert pod.description == ""
    assert cluster.quote(pod)[0].text.endswith(events[-1][2])


@pytest.mark.parametrize(
    "events",
    [
        [("9m", "FailedScheduling", "no room"), ("8m", "Scheduled", "assigned to n1"), ("7m", "Started", "Started")],
        [("40m", "FailedScheduling", "no room")],
        [("20m", "BackOff", "Back-off restarting failed container"), ("3s", "Unhealthy", "probe")],
        [("1m", "Killing", "Stopping container web")],
        [("6m", "Scheduled", "Successfully assigned shop/web to n1")],
        [("6m", "Scheduled", "assigned to n1"), ("6m", "Pulling", "Pulling image x")],
        [("6m", "FailedMount", "timed out"), ("2m", "Pulled", "Container image x already present")],
        [("6m", "Failed", 'Error: secret "x" not found'), ("2m", "Created", "Created container web")],
    ],
    ids=[
        "got over", "long ago", "loop is over", "is gone", "was scheduled", "pulled then", "is mounted", "configured",
    ],
)  # fmt: skip
def test_pod_that_works_or_is_gone_is_not_made_up(events):
    """Nobody knows how it is, and nothing says that it ails."""
    assert tell(*events).list("Pod") == ()


@pytest.mark.parametrize("listed", ["NAME   READY   STATUS\nother   1/1     Running\n", "No resources found\n"])
def test_listed_pods_are_all_there_are(listed):
    """A pod that only events name is gone when pods were listed."""
    failing = ("1m", "BackOff", "Back-off pulling image x")
    refused = ("1m", "FailedCreate", "exceeded quota")

    assert len(tell(failing, others={"kubectl get pods -n shop": listed}).list("Pod")) == listed.count("other")
    assert tell(refused, about="statefulset/db", others={"kubectl get pods -n shop": listed}).list("StatefulSet") == ()


def test_node_of_a_pod_is_where_it_was_sent():
    """What is on no node yet has none, and of others it may not be told."""
    scheduled = ("2m", "Scheduled", f"Successfully assigned shop/{POD} to n1")
    mount = ("1m", "FailedMount", "timed out")

    assert tell(scheduled, mount).list("Pod")[0].printed["NODE"] == "n1"
    assert tell(mount).list("Pod")[0].printed["NODE"] == "?"


def test_node_has_the_conditions_that_its_last_events_tell():
    """A later one of the same condition takes the place of an earlier one."""
    cluster = tell(
        ("9m", "NodeNotReady", "x"), ("8m", "NodeReady", "x"), ("7m", "NodeHasDiskPressure", "x"), about="node/n1"
    )

    (node,) = cluster.list("Node")

    conditions = {each["type"]: each["status"] for each in node.get("status", "conditions")}
    assert conditions == {"Ready": "True", "DiskPressure": "True"}
    assert tell(("9m", "Rebooted", "x"), about="node/n1").list("Node") == ()


def test_workload_that_was_refused_its_pods_is_in_trouble():
    """Of its counts nothing is known."""
    about = "replicaset/web-6f8c7d9b5"
    refused, made = ("1m", "FailedCreate", "exceeded quota: q"), ("30s", "SuccessfulCreate", "Created pod")

    cluster = tell(refused, about=about)

    assert [item.ref for item in list_troubles(cluster)] == ["kubernetes:deployment/shop/web"]
    assert tell(refused, made, about=about).list("Deployment") == ()
    assert tell(("1m", "ScalingReplicaSet", "x"), about=about).list("Deployment") == ()
    listed = {"kubectl get deploy -n shop": "No resources found\n"}
    assert tell(refused, about=about, others=listed).list("Deployment") == ()


def test_instants_of_the_api_are_aged_without_an_object():
    """Without a time of capture, an event of the API has no age, and what it says holds."""
    body = {
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": POD},
        "reason": "BackOff",
        "message": "Back-off pulling image x",
        "lastTimestamp": "2026-11-25T11:00:00Z",
    }

    cluster = build_cluster([Document("e", DocumentForm.API, "{}", objects=(body,))])

    assert [pod.name for pod in cluster.list("Pod")] == [POD]
    assert cluster.find("Pod", POD) is cluster.list("Pod")[0]
    assert cluster.quote(cluster.list("Pod")[0]) == ()


def test_kubelet_that_speaks_of_a_pod_tells_its_node():
    """The API names the node that an event comes from."""
    body = {
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": POD},
        "source": {"component": "kubelet", "host": "n4"},
        "reason": "Evicted",
        "message": "The node was low on resource: memory.",
    }

    (pod,) = build_cluster([Document("e", DocumentForm.API, "{}", objects=(body,))]).list("Pod")

    assert pod.printed["NODE"] == "n4"


def test_workloads_are_told_by_the_names_of_logs():
    """Namespace, pod and container in a source's name are Kubernetes' own; a plain name is anybody's."""
    sources = (f"shop__{POD}__web", "shop__db-0__db", "shop__bare__c", "shop__cart-6f8c7d9b5-2kxzq", "gateway")

    cluster = build_cluster([], [read_log(source, source, "text") for source in sources])

    refs = [item.ref for item in cluster.workloads]
    assert refs == ["kubernetes:deployment/shop/web", "kubernetes:statefulset/shop/db"]
    assert [log.pod for log in cluster.logs(cluster.workloads[1])] == ["db-0"]
