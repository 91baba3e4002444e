from datetime import timedelta

import pytest
from tests.unit.rules.signatures.notices import NoticedTown
from tests.unit.rules.signatures.town import NOW

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.signatures.kubernetes_resources import SIGNATURES

OOM = {"reason": "OOMKilled", "exitCode": 137}
LOW = "The node was low on resource: {}. Threshold quantity: 100Mi, available: 90Mi."


def limited(memory="64Mi", name="app"):
    """Return a container with a memory limit."""
    return {"name": name, "resources": {"limits": {"memory": memory}}} if memory else {"name": name}


class Starved(NoticedTown):
    """A town with a pod that dies, and nodes."""

    def die(self, ended=None, *, memory="64Mi", ago=30, running=False, node="n1", **last):
        """Add a pod of `web` that crashes, or runs again since some seconds."""
        ended = (ended or OOM) | {"finishedAt": (NOW - timedelta(seconds=ago)).isoformat()} | last
        state = {"running": {}} if running else {"waiting": {"reason": "CrashLoopBackOff"}}
        status = {
            "name": "app",
            "ready": running,
            "restartCount": 2,
            "state": state,
            "lastState": {"terminated": ended},
        }
        self.deployment().replica_set(existing=1).service()
        self.pod(node=node, spec={"containers": [limited(memory)]})
        conditions = [{"type": "Ready", "status": str(running)}]
        self.bodies[-1]["status"] = {"phase": "Running", "containerStatuses": [status], "conditions": conditions}
        self.bodies[-1]["metadata"]["creationTimestamp"] = (NOW - timedelta(days=9)).isoformat()
        return self

    def node(self, name="n1", **conditions):
        """Add a node with the conditions that are true."""
        held = [{"type": kind, "status": value} for kind, value in conditions.items()]
        return self.add("Node", name, "", status={"conditions": held})

    def evict(self, message="", *, name="web-1-x", node="n1"):
        """Add an evicted pod of `web`."""
        self.pod(name, node=node)
        self.bodies[-1]["status"] = {"phase": "Failed", "reason": "Evicted"} | ({"message": message} if message else {})
        return self


def test_container_killed_at_its_limit_is_named_with_it():
    """The runtime says OOMKilled, the specification says the limit; the service follows."""
    (claim,) = Starved().die().find(SIGNATURES, "oom_killed")

    assert claim.subject.ref == "kubernetes:deployment/shop/web"
    assert claim.confidence == 0.97
    assert "64Mi" in claim.text
    assert "OOMKilled" in claim.quotes[0].text
    assert "kubernetes:service/shop/web" in claim.explains


def test_earlier_greater_limit_is_told():
    """A change lowered it."""
    town = Starved().die()
    for name, memory in (("web-0", "512Mi"), ("web-9", "")):
        spec = {"replicas": 0, "template": {"spec": {"containers": [limited("2Gi", "side"), limited(memory)]}}}
        town.add("ReplicaSet", name, owner=("Deployment", "web"), spec=spec)

    (claim,) = town.find(SIGNATURES, "oom_killed")

    assert "an earlier version had 512Mi" in claim.text


def test_limit_of_a_later_revision_is_none_of_an_earlier_one():
    """It was raised since: the pod that died is of the revision before."""
    town = Starved().die()
    spec = {"replicas": 1, "template": {"spec": {"containers": [limited("512Mi")]}}}
    later = {"deployment.kubernetes.io/revision": "2"}
    town.add("ReplicaSet", "web-2", owner=("Deployment", "web"), annotations=later, spec=spec)

    (claim,) = town.find(SIGNATURES, "oom_killed")

    assert "at its limit of 64Mi." in claim.text


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_kill_of_the_latest_revision_is_the_one_that_is_told(order):
    """While a rollout lasts, pods of both die."""
    town = Starved()
    for revision in order:
        town.die(memory=f"{64 * revision}Mi")
        pod = town.bodies[-1]["metadata"]
        pod["name"] = f"web-{revision}-a"
        pod["ownerReferences"][0]["name"] = f"web-{revision}"
        town.replica_set(f"web-{revision}", existing=1, revision=revision)

    (claim,) = town.find(SIGNATURES, "oom_killed")

    assert "at its limit of 128Mi." in claim.text


def test_first_process_that_dies_for_memory_is_an_oom():
    """The runtime has its own words where the container could not even begin."""
    ended = {
        "reason": "StartError",
        "exitCode": 128,
        "message": "container init was OOM-killed (memory limit too low?)",
    }

    assert len(Starved().die(ended).find(SIGNATURES, "oom_killed")) == 1


def test_sandbox_that_dies_for_memory_is_an_oom():
    """The pod's limit also holds its sandbox, of which only an event tells; the tightest container is meant."""
    town = Starved().deployment().replica_set(existing=1)
    containers = [limited("1Gi", "big"), limited("", "free"), limited("5Mi", "small")]
    town.pod(node="n1", state={"waiting": {"reason": "ContainerCreating"}}, spec={"containers": containers})
    town.event("Pod", "web-1-a", "FailedCreatePodSandBox", "runc create failed: container init was OOM-killed (memory)")
    town.event("Pod", "web-1-a", "BackOff", "again", age_s=1)

    (claim,) = town.find(SIGNATURES, "oom_killed")

    assert "small" in claim.text
    assert "5Mi" in claim.text


def test_container_that_runs_again_was_killed_lately():
    """A restart of half a minute ago is trouble, one of last week is history."""
    assert len(Starved().die(running=True).find(SIGNATURES, "oom_killed")) == 1
    assert Starved().die(running=True, ago=7 * 86400).find(SIGNATURES, "oom_killed") == []


@pytest.mark.parametrize(("said", "count"), [("container init was OOM-killed", 1), ("something else", 0)])
def test_description_holds_the_words_of_its_events(said, count):
    """What stands nowhere in it did not happen, whatever another source says of an earlier pod of that name."""
    town = Starved().deployment().replica_set(existing=1).waiting("ContainerCreating")
    text = f"Name: web-1-a\nNamespace: shop\nEvents:\n  Warning  FailedCreatePodSandBox  9s  kubelet  {said}"
    town.documents.append(Document("d", DocumentForm.KUBECTL, text, query="kubectl describe pod web-1-a -n shop"))

    assert len(town.find(SIGNATURES, "oom_killed")) == count


def test_table_alone_tells_of_an_oom():
    """Its word is the runtime's reason; the container and its limit are not known then."""
    table = "NAME      READY  STATUS     RESTARTS     AGE\nweb-1-a   0/1    OOMKilled  3 (40s ago)  10m"
    town = Starved().deployment().replica_set(existing=1)
    town.documents.append(Document("pods", DocumentForm.KUBECTL, table, query="kubectl get pods -n shop"))

    (claim,) = town.find(SIGNATURES, "oom_killed")

    assert claim.confidence == 0.7
    assert "OOMKilled" in claim.quotes[0].text


def test_other_ends_are_no_oom():
    """An exit by itself, a pod that waits for a node, and one of which nothing is known."""
    town = Starved().die({"reason": "Error", "exitCode": 1}).pod("late-1", None)
    town.add("Pod", "bare-1", spec={}, status={"phase": "Pending"}).waiting("ContainerCreating", name="web-1-c")

    assert town.list_causes(SIGNATURES) == []


def test_kill_without_limit_is_less_certain():
    """Nothing is known of the node either."""
    (claim,) = Starved().die(memory="").find(SIGNATURES, "oom_killed")

    assert claim.confidence == 0.7


def test_kill_without_limit_on_a_starving_node_is_the_nodes():
    """The kernel kills for the node; what has a limit of its own is killed by that."""
    town = Starved().die(memory="").node(MemoryPressure="True")

    assert town.list_causes(SIGNATURES) == ["node_memory_pressure"]
    assert "oom_killed" in Starved().die().node(MemoryPressure="True").list_causes(SIGNATURES)


@pytest.mark.parametrize(
    ("condition", "cause"),
    [
        ("MemoryPressure", "node_memory_pressure"),
        ("DiskPressure", "node_disk_pressure"),
        ("PIDPressure", "node_pid_pressure"),
    ],
)
def test_condition_of_a_node_with_ailing_pods_is_named(condition, cause):
    """The kubelet reports what its node is short of; all that runs there follows."""
    town = (
        Starved().node(**{condition: "True"}).node("n2", **{condition: "False"}).die({"exitCode": 1, "reason": "Error"})
    )

    (claim,) = town.find(SIGNATURES, cause)

    assert claim.subject.ref == "kubernetes:node/n1"
    assert claim.confidence == 0.9
    assert "kubernetes:deployment/shop/web" in claim.explains
    assert town.list_causes(SIGNATURES) == [cause]


def test_kernel_that_kills_tells_of_a_starving_node():
    """Its events are the node's, whatever the condition says by now."""
    town = Starved().node().die({"exitCode": 1, "reason": "Error"})
    town.event("Node", "n1", "Starting", "", namespace="").event(
        "Node", "n1", "SystemOOM", "victim: java", namespace=""
    )

    assert town.list_causes(SIGNATURES) == ["node_memory_pressure"]


@pytest.mark.parametrize(("said", "causes"), [("SystemOOM", ["node_memory_pressure"]), ("Rebooted", [])])
def test_description_of_a_node_holds_its_events(said, causes):
    """Where it tells of events, no other source is asked."""
    town = Starved().die({"exitCode": 1, "reason": "Error"})
    text = f"Name: n1\nConditions:\nEvents:\n  Type  Reason  Age  From  Message\n  Warning  {said}  9s  kubelet  java"
    town.documents.append(Document("d", DocumentForm.KUBECTL, text, query="kubectl describe node n1"))

    assert town.list_causes(SIGNATURES) == causes


def test_short_node_matters_to_pods_that_wait_for_one():
    """It takes no new pods; without such pods, and with all others well, it hurts nobody."""
    waiting = Starved().node(DiskPressure="True").pod()
    well = Starved().node(DiskPressure="True").pod(node="n1", ready=True)

    assert waiting.list_causes(SIGNATURES) == ["node_disk_pressure"]
    assert well.list_causes(SIGNATURES) == []


@pytest.mark.parametrize(
    ("resource", "cause"),
    [
        ("memory", "node_memory_pressure"),
        ("ephemeral-storage", "node_disk_pressure"),
        ("inodes", "node_disk_pressure"),
        ("pids", "node_pid_pressure"),
    ],
)
def test_evicted_pod_tells_what_its_node_was_short_of(resource, cause):
    """The condition may be over; what was evicted still says so."""
    (claim,) = Starved().deployment().replica_set().node().evict(LOW.format(resource)).find(SIGNATURES, cause)

    assert claim.confidence == 0.7
    assert claim.text.endswith("n1; it evicted pods of web.")
    assert {"kubernetes:node/n1", "kubernetes:pod/shop/web-1-x", "kubernetes:deployment/shop/web"} <= claim.explains


def test_eviction_accuses_a_node_that_nobody_looked_at():
    """The kubelet told the pod; which node it was on is known. Where no node is known, nobody is accused."""
    (claim,) = Starved().evict(LOW.format("memory")).find(SIGNATURES, "node_memory_pressure")

    assert claim.subject.ref == "kubernetes:node/n1"
    assert claim.confidence == 0.7
    assert Starved().evict(LOW.format("memory"), node="").find(SIGNATURES, "node_memory_pressure") == []
    assert Starved().evict(LOW.format("memory")).find(SIGNATURES, "node_disk_pressure") == []


def test_event_of_an_eviction_serves_where_the_status_is_not_known():
    """The same words, from another source."""
    town = Starved().node().evict().event("Pod", "web-1-x", "Evicted", LOW.format("memory"))

    assert town.list_causes(SIGNATURES) == ["node_memory_pressure"]


def test_eviction_without_a_word_says_nothing():
    """Somebody evicted it, nobody says why."""
    assert Starved().node().evict().list_causes(SIGNATURES) == []


def test_own_limit_of_local_storage_is_the_workloads():
    """Evicted for what it wrote itself, and told once for all its pods."""
    message = "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi."
    town = Starved().deployment().replica_set().node().evict(message).evict(message, name="web-1-y")

    (claim,) = town.find(SIGNATURES, "ephemeral_storage_limit_exceeded")

    assert claim.subject.name == "web"
    assert town.list_causes(SIGNATURES) == ["ephemeral_storage_limit_exceeded"]


def test_node_shortage_is_no_limit_of_the_pods_own():
    """An eviction for the node's sake is left to the node."""
    assert Starved().node().evict(LOW.format("memory")).find(SIGNATURES, "ephemeral_storage_limit_exceeded") == []


def test_throttled_and_slow_is_a_limit_too_low():
    """It is late at its limit without computing more than usual."""
    town = NoticedTown().run("web").slow("web", 5, 90).notice("Service web: [cpu_cfs] | Val: 0.8s (Throttled)")

    (claim,) = town.find(SIGNATURES, "cpu_limit_too_low")

    assert claim.subject.name == "web"
    assert len(claim.quotes) == 2


@pytest.mark.parametrize(
    "town",
    [
        NoticedTown().run("web").notice("Service web: [cpu_cfs] | Val: 0.8s (Throttled)"),
        NoticedTown().run("web").slow("web", 5, 90),
        NoticedTown().run("web", "cart").slow("web", 5, 90).notice("Service cart: [cpu_cfs] | Val: 0.8s (Throttled)"),
        NoticedTown()
        .run("web")
        .slow("web", 5, 90)
        .notice("Service web: [cpu_cfs] | Val: 0.8s (Throttled)")
        .notice("Service web: SATURATION [cpu core] | Normal=0.1 cores -> Current=0.9 cores"),
    ],
)
def test_throttled_or_slow_alone_is_none(town):
    """Throttled and quick, slow and free, slow beside a throttled other, or busy: none is a limit too low."""
    assert town.find(SIGNATURES, "cpu_limit_too_low") == []


LATE = 'Liveness probe failed: Get "http://10.0.0.5/": context deadline exceeded (Client.Timeout exceeded)'


def busy(used="100m", limit="100m", *, said=LATE, ready=False):
    """Return a town whose pod uses so much of its CPU limit."""
    container = {"name": "app", "resources": {"limits": {"cpu": limit} if limit else {}}}
    town = Starved().deployment().replica_set(existing=1).pod(node="n1", ready=ready, spec={"containers": [container]})
    town.bodies[-1]["status"]["phase"] = "Running"
    query, text = "kubectl top pods -n shop", f"NAME      CPU(cores)   MEMORY(bytes)\nweb-1-a   {used:<13}80Mi\n"
    if used:
        town.documents.append(Document(query, DocumentForm.KUBECTL, text, query=query, observed_at=NOW))
    return town.event("Pod", "web-1-a", "Unhealthy", said)


def test_pod_at_its_cpu_limit_whose_probes_are_not_answered_has_too_little():
    """Nothing is wrong with the probe: it is not answered in time."""
    (claim,) = busy("98m").find(SIGNATURES, "cpu_limit_too_low")

    assert (claim.subject.name, claim.confidence) == ("web", 0.6)
    assert "98m" in claim.text


@pytest.mark.parametrize(
    "town",
    [
        busy("50m"),
        busy(""),
        busy(limit=""),
        busy(said="Liveness probe failed: HTTP probe failed with statuscode: 500"),
        busy(ready=True),
    ],
    ids=["has room", "unknown use", "no limit", "answers", "is well"],
)
def test_pod_with_room_or_another_trouble_does_not_lack_cpu(town):
    """Being busy is no fault."""
    assert town.find(SIGNATURES, "cpu_limit_too_low") == []


def test_second_pod_at_its_limit_adds_nothing():
    """One claim a workload is enough."""
    town = busy()
    pod = next(body for body in town.bodies if body["kind"] == "Pod")
    town.bodies.append(pod | {"metadata": pod["metadata"] | {"name": "web-1-b"}})
    town.documents[0] = Document(
        "top",
        DocumentForm.KUBECTL,
        town.documents[0].text + "web-1-b   100m         80Mi\n",
        query="kubectl top pods -n shop",
        observed_at=NOW,
    )
    town.event("Pod", "web-1-b", "Unhealthy", LATE)

    assert len(town.find(SIGNATURES, "cpu_limit_too_low")) == 1
