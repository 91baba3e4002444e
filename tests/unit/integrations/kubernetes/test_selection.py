"""Which objects of a namespace become evidence."""

from datetime import UTC, datetime, timedelta

from fermata.integrations.kubernetes.scope import Target
from fermata.integrations.kubernetes.selection import MOST_EVENTS, MOST_OF_A_KIND, Focus, select

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


def stamp(minutes_ago):
    """Give an instant as the API writes it."""
    return (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_pod(name, owner="other", *, is_ready=True, node=""):
    """Give a pod."""
    owners = [{"kind": "ReplicaSet", "name": owner, "controller": True}]
    status = READY if is_ready else {}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "ownerReferences": owners},
        "spec": {"nodeName": node},
        "status": status,
    }


def make_event(name, *, minutes_ago=1, kind="Pod", sort="Warning", number=0):
    """Give an event about an object."""
    about = {"kind": kind, "name": name}
    metadata = {"name": f"{name}.{number}"}
    return {
        "kind": "Event",
        "metadata": metadata,
        "involvedObject": about,
        "type": sort,
        "lastTimestamp": stamp(minutes_ago),
    }


OWN = make_pod("checkout-1", "checkout-a", node="n7")
FOCUS = Focus((Target("Deployment", "shop", "checkout", None, (OWN,)),), NOW - timedelta(hours=1))


def list_names(kind, items):
    """Give the names of what is selected."""
    return [item["metadata"]["name"] for item in select(kind, items, FOCUS).items]


def test_small_namespace_is_kept_whole():
    """Own pods first, then those that are not ready."""
    pods = [make_pod("a"), make_pod("b", is_ready=False), OWN]

    assert list_names("Pod", pods) == ["checkout-1", "b", "a"]
    assert select("Pod", pods, FOCUS).left_out == 0


def test_of_a_large_namespace_a_sample_of_each_workload_is_kept():
    """What is not ready, and one of each that is; the rest fills up, and is counted."""
    crowd = [make_pod(f"crowd-{index:03}", "crowd") for index in range(200)]
    pods = [*crowd, make_pod("single", "single"), make_pod("broken", "crowd", is_ready=False), OWN]

    found = select("Pod", pods, FOCUS)

    names = [item["metadata"]["name"] for item in found.items]
    assert names[:3] == ["checkout-1", "broken", "single"]
    assert (len(names), found.left_out) == (MOST_OF_A_KIND, len(pods) - MOST_OF_A_KIND)


def test_events_of_the_window_are_kept_in_the_order_of_time():
    """Ours before warnings before the rest; what is older than the window is left out."""
    events = [
        make_event("checkout-1", minutes_ago=3),
        make_event("old", minutes_ago=90),
        make_event("other", minutes_ago=5),
        *(make_event("noise", sort="Normal", number=index, minutes_ago=2) for index in range(MOST_EVENTS)),
    ]

    found = select("Event", events, FOCUS)

    names = [item["involvedObject"]["name"] for item in found.items]
    assert names[:3] == ["other", "checkout-1", "noise"]
    assert len(names) == MOST_EVENTS
    assert found.left_out == 3


def test_replica_sets_are_those_with_pods_and_the_latest_of_ours():
    """The history of others says nothing."""

    def make_set(name, owner, *, replicas, minutes_ago):
        owners = [{"kind": "Deployment", "name": owner, "controller": True}]
        metadata = {"name": name, "ownerReferences": owners, "creationTimestamp": stamp(minutes_ago)}
        return {"kind": "ReplicaSet", "metadata": metadata, "spec": {"replicas": replicas}}

    sets = [
        *(make_set(f"checkout-{index}", "checkout", replicas=0, minutes_ago=index) for index in range(5)),
        make_set("cart-1", "cart", replicas=2, minutes_ago=9),
        make_set("cart-0", "cart", replicas=0, minutes_ago=99),
    ]

    assert list_names("ReplicaSet", sets) == ["checkout-0", "checkout-1", "checkout-2", "cart-1"]


def test_controller_revisions_are_the_latest_of_the_workloads_in_question():
    """Not those of a neighbour, nor of a controller that keeps something else so under the same name."""

    def make_revision(number, owner="checkout", kind="StatefulSet"):
        owners = [{"kind": kind, "name": owner, "controller": True}]
        metadata = {"name": f"{owner}-{kind[0]}{number}", "ownerReferences": owners}
        return {"kind": "ControllerRevision", "metadata": metadata, "revision": number}

    items = [*map(make_revision, range(1, 6)), make_revision(1, "cart"), make_revision(9, kind="VirtualMachine")]
    focus = Focus((Target("StatefulSet", "shop", "checkout", None, (OWN,)),), FOCUS.since)

    found = select("ControllerRevision", items, focus)

    assert [item["revision"] for item in found.items] == [5, 4, 3]
    assert found.left_out == 4


def test_jobs_that_went_well_are_left_out():
    """A cron job leaves many behind."""
    done = {"kind": "Job", "metadata": {"name": "done"}, "status": {"conditions": [{"type": "Complete"}]}}
    failed = {"kind": "Job", "metadata": {"name": "failed"}, "status": {"failed": 1}}

    assert list_names("Job", [done, failed]) == ["failed"]


def test_nodes_of_the_pods_come_first_then_those_in_trouble():
    """And volumes of our namespaces, or that are free."""
    fine = [{"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "False"}]
    nodes = [
        {"kind": "Node", "metadata": {"name": name}, "status": {"conditions": conditions}}
        for name, conditions in (("n1", fine), ("n2", []), ("n7", fine), ("n8", [{"type": "Ready", "status": "False"}]))
    ]
    volumes = [
        {"metadata": {"name": name}, "spec": {"claimRef": {"namespace": space}}, "status": {"phase": phase}}
        for name, space, phase in (("a", "shop", "Bound"), ("b", "other", "Bound"), ("c", "other", "Released"))
    ]

    assert list_names("Node", nodes)[0] == "n7"
    assert list_names("PersistentVolume", volumes) == ["a", "c"]


def test_workloads_in_question_come_before_those_that_are_well():
    """Of each kind."""

    def make_deployment(name, ready):
        return {
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {"replicas": 1},
            "status": {"readyReplicas": ready, "updatedReplicas": 1},
        }

    items = [make_deployment("well", 1), make_deployment("ill", 0), make_deployment("checkout", 1)]

    assert list_names("Deployment", items) == ["checkout", "ill", "well"]
    claims = [
        {"kind": "PersistentVolumeClaim", "metadata": {"name": name}, "status": {"phase": phase}}
        for name, phase in (("bound", "Bound"), ("pending", "Pending"))
    ]
    assert list_names("PersistentVolumeClaim", claims) == ["pending", "bound"]
    daemons = [
        {"kind": "DaemonSet", "metadata": {"name": name}, "status": {"numberReady": ready, "desiredNumberScheduled": 2}}
        for name, ready in (("well", 2), ("ill", 1))
    ]
    assert list_names("DaemonSet", daemons) == ["ill", "well"]
