import pytest

from fermata.rules.kubernetes.objects import Owner
from fermata.rules.kubernetes.ownership import controller_of, named_controller, top_of_name, top_owner

SETS = {
    "kubectl get rs -n shop": "NAME        DESIRED\nweb-6f86c   1\nold-6f86c   1\n",
    "kubectl get deploy -n shop": "NAME   READY\nweb    1/1\n",
    "kubectl get sts -n shop": "NAME   READY\ndb     1/1\n",
}


def _printed_pod(printed, name, *, labels="<none>", others=None):
    text = f"NAME{' ' * len(name)}READY   LABELS\n{name}    1/1     {labels}\n"
    cluster = printed({**(others or {}), "kubectl get pods -n shop": text})
    return cluster, cluster.find("Pod", name)


@pytest.mark.parametrize(
    ("name", "owner"), [("web-6f86c-x7k2p", ("ReplicaSet", "web-6f86c")), ("db-0", ("StatefulSet", "db"))]
)
def test_pod_is_named_after_its_controller(printed, name, owner):
    """A known controller is recognised by the pod's name alone."""
    cluster, pod = _printed_pod(printed, name, others=SETS)

    assert controller_of(cluster, pod) == owner
    assert named_controller(cluster, "shop", name) == owner


def test_name_alone_does_not_mix_up_controllers(printed):
    """A number belongs to stateful sets only, and a name without a dash to nobody."""
    cluster = printed(SETS)

    assert named_controller(cluster, "shop", "web-6f86c-0") is None
    assert named_controller(cluster, "shop", "db-x7k2p") is None
    assert named_controller(cluster, "shop", "web") is None


@pytest.mark.parametrize(
    ("name", "labels", "owner"),
    [
        ("cache-6f86c9b7d5-x7k2p", "<none>", ("ReplicaSet", "cache-6f86c9b7d5")),
        ("cache-x-x7k2p", "pod-template-hash=x", ("ReplicaSet", "cache-x")),
        ("q-0", "statefulset.kubernetes.io/pod-name=q-0", ("StatefulSet", "q")),
        ("import-abcde", "job-name=import", ("Job", "import")),
        ("import-abcde", "batch.kubernetes.io/job-name=import", ("Job", "import")),
        ("agent-x7k2p", "<none>", ("DaemonSet", "agent")),
        ("agent-24567", "<none>", None),
        ("bare", "<none>", None),
    ],
)
def test_controller_that_was_not_captured_is_guessed(printed, name, labels, owner):
    """Labels and the way names are made tell; a plain name tells of nobody."""
    cluster, pod = _printed_pod(printed, name, labels=labels)

    assert controller_of(cluster, pod) == owner


def test_static_pod_is_its_own_workload(printed):
    """Its node owns the mirror of it, and is no workload."""
    described = {"kubectl describe pod kube-scheduler-cp -n shop": "Name: kube-scheduler-cp\nControlled By:  Node/cp\n"}
    cluster, pod = _printed_pod(printed, "kube-scheduler-cp", others=described)

    assert controller_of(cluster, pod) is None
    assert cluster.workload_of(pod) is pod


def test_described_pod_without_controller_is_bare(printed):
    """A description would have named the controller, whatever the pod is called."""
    cluster = printed({"kubectl describe pod cache-6f86c9b7d5-x7k2p -n shop": "Name: cache-6f86c9b7d5-x7k2p\n"})

    assert controller_of(cluster, cluster.list("Pod")[0]) is None


def test_described_pod_names_its_controller(printed):
    """Its word comes before a guess."""
    text = "Name: web-1\nControlled By: Widget/web\n"
    cluster = printed({"kubectl describe pod web-1 -n shop": text})

    assert controller_of(cluster, cluster.list("Pod")[0]) == ("Widget", "web")


def test_top_is_the_controllers_controller(applied, printed):
    """A replica set leads to its deployment, a job to its cron job; others are at the top themselves."""
    owned = {
        "kind": "ReplicaSet",
        "metadata": {"name": "web-x", "namespace": "shop", "ownerReferences": [{"kind": "Rollout", "name": "web"}]},
    }
    alone = {"kind": "ReplicaSet", "metadata": {"name": "solo-x", "namespace": "shop"}}
    api = applied(owned, alone)
    described = printed(
        {
            **SETS,
            "kubectl get rs -n shop": "NAME        DESIRED\nweb-6f86c   1\ntop-6f86c   1\nlow-6f86c   1\n",
            "kubectl describe rs top-6f86c -n shop": "Name: top-6f86c\nControlled By: Rollout/top\n",
            "kubectl describe rs low-6f86c -n shop": "Name: low-6f86c\n",
        }
    )

    def top(cluster, kind, name):
        return tuple(top_owner(cluster, "shop", Owner(kind, name)))

    assert top(api, "ReplicaSet", "web-x") == ("Rollout", "web")
    assert top(api, "ReplicaSet", "solo-x") == ("ReplicaSet", "solo-x")
    assert top(described, "ReplicaSet", "web-6f86c") == ("Deployment", "web")
    assert top(described, "ReplicaSet", "top-6f86c") == ("Rollout", "top")
    assert top(described, "ReplicaSet", "low-6f86c") == ("ReplicaSet", "low-6f86c")
    assert top(described, "StatefulSet", "db") == ("StatefulSet", "db")


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (("ReplicaSet", "cache-6f86c9b7d5"), ("Deployment", "cache")),
        (("ReplicaSet", "plain"), ("ReplicaSet", "plain")),
        (("Job", "nightly-29384756"), ("CronJob", "nightly")),
        (("Job", "import"), ("Job", "import")),
    ],
)
def test_top_that_was_not_captured_is_guessed(printed, owner, expected):
    """By the way names are made."""
    assert top_owner(printed({}), "shop", Owner(*owner)) == expected


def test_listed_set_without_deployment_is_guessed(printed):
    """A row does not name the owner."""
    cluster = printed({"kubectl get rs -n shop": "NAME               DESIRED\ncache-6f86c9b7d5   1\n"})

    assert top_owner(cluster, "shop", Owner("ReplicaSet", "cache-6f86c9b7d5")) == ("Deployment", "cache")


def test_pod_that_is_gone_still_tells_its_workload(printed):
    """Events outlive pods."""
    cluster = printed(SETS)

    assert top_of_name(cluster, "shop", "web-6f86c-x7k2p") == ("Deployment", "web")
    assert top_of_name(cluster, "shop", "cache-6f86c9b7d5-x7k2p") == ("Deployment", "cache")
    assert top_of_name(cluster, "shop", "plain") is None
