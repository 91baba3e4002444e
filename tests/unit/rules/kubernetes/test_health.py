import pytest

from fermata.rules.kubernetes.health import (
    desired_replicas,
    has_doubts,
    is_recently_restarted,
    list_troubles,
    ready_replicas,
)
from fermata.rules.kubernetes.logs import LogText
from fermata.rules.kubernetes.objects import KubeObject


def _workload(sort, **body):
    return KubeObject(sort, "shop", name="web", body=body)


@pytest.mark.parametrize(
    ("workload", "desired", "ready"),
    [
        (_workload("Deployment", printed={"READY": "1/3"}), 3, 1),
        (_workload("ReplicaSet", printed={"READY": "1", "DESIRED": "2"}), 2, 1),
        (_workload("Deployment", kind="Deployment", spec={"replicas": 0}, status={}), 0, 0),
        (_workload("Deployment", spec={"replicas": 3}, status={"availableReplicas": 2}), 3, 2),
        (_workload("StatefulSet", spec={"replicas": 3}, status={"replicas": 3}), 3, None),
        (_workload("Deployment", spec={"template": {}}, status={"readyReplicas": 1}), None, 1),
        (_workload("Deployment", spec={"template": {"spec": {}}}), 1, None),
        (_workload("Deployment", spec={"replicas": True}), None, None),
        (_workload("DaemonSet", status={"desiredNumberScheduled": 4, "numberReady": 3}), 4, 3),
        (_workload("DaemonSet", status={"desiredNumberScheduled": 4, "numberAvailable": 2}), 4, 2),
        (_workload("Job", kind="Job", spec={"parallelism": 2}, status={"active": 1}), 2, 0),
        (_workload("Job"), 1, None),
        (_workload("CronJob", spec={"template": {"spec": {}}}), None, None),
    ],
)
def test_replicas_are_counted_from_columns_or_fields(workload, desired, ready):
    """The API leaves zero out, and a count that is not set means one."""
    assert (desired_replicas(workload), ready_replicas(workload)) == (desired, ready)


@pytest.mark.parametrize(
    ("restarts", "age", "recent"),
    [
        ("4 (2m ago)", "5d", True),
        ("4 (2d ago)", "5d", False),
        ("0", "1m", False),
        ("2", "5m", True),
        ("2", "5d", False),
        ("2", "<unknown>", False),
    ],
)
def test_printed_restart_is_recent_or_long_ago(restarts, age, recent):
    """Without its own age a restart is no older than its pod."""
    pod = KubeObject("Pod", "shop", name="web-1", body={"printed": {"RESTARTS": restarts, "AGE": age}})

    assert is_recently_restarted(pod) is recent


@pytest.mark.parametrize(
    ("status", "recent"),
    [
        ({"restartCount": 1, "lastState": {"terminated": {"finishedAt": "2026-11-25T11:55:00Z"}}}, True),
        ({"restartCount": 1, "lastState": {"terminated": {"finishedAt": "2026-11-25T10:00:00Z"}}}, False),
        ({"restartCount": 1, "lastState": {"terminated": {}}}, False),
        ({"restartCount": 0}, False),
    ],
)
def test_restart_is_dated_by_the_end_before_it(applied, status, recent):
    """The API says when the container ended that was restarted."""
    pod = {
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "creationTimestamp": "2026-11-25T09:00:00Z"},
        "spec": {"containers": [{"name": "other"}]},
        "status": {"containerStatuses": [{"name": "web", **status}]},
    }

    assert is_recently_restarted(applied(pod).find("Pod", "web-1")) is recent


def test_restart_of_a_pod_without_times_is_unknown():
    """Nobody can say how long ago it was."""
    assert not is_recently_restarted(KubeObject("Pod", "shop", name="web-1", body={"printed": {"AGE": "5m"}}))
    assert not is_recently_restarted(KubeObject("Pod", "shop", name="web-1"))


def _troubles(cluster):
    return [(trouble.ref.partition(":")[2], trouble.text) for trouble in list_troubles(cluster)]


def test_workload_with_too_few_ready_pods_is_a_trouble(printed):
    """The line that counts them is quoted."""
    text = "NAME    READY\nweb     1/3\nfine    2/2\nidle    0/0\n"
    cluster = printed({"kubectl get deploy -n shop": text})

    (trouble,) = list_troubles(cluster)

    assert (trouble.ref, trouble.text) == ("kubernetes:deployment/shop/web", "1 of 3 pods of web are ready")
    assert trouble.quote.text == "web     1/3"
    assert list_troubles(cluster) is list_troubles(cluster)


def test_ready_pods_are_counted_where_nobody_counted_them(printed):
    """A described stateful set does not say how many of its pods are ready."""
    described = {"kubectl describe sts db -n shop": "Name: db\nReplicas: 2 desired | 2 total\n"}
    pods = "NAME   READY   STATUS\ndb-0   1/1     Running\ndb-1   0/1     Running\n"

    assert _troubles(printed(described)) == []
    assert ("statefulset/shop/db", "1 of 2 pods of db are ready") in _troubles(
        printed({**described, "kubectl get pods -n shop": pods})
    )


def _deployment(name, replicas, **env):
    variables = [{"name": key, "value": value} for key, value in env.items()]
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "replicas": replicas,
            "template": {"spec": {"containers": [{"name": "main", "env": variables}]}},
        },
        "status": {"readyReplicas": replicas},
    }


def test_workload_scaled_to_zero_is_a_trouble_when_others_call_it(applied):
    """Nobody misses what nobody calls."""
    cluster = applied(_deployment("front", 1, CART_ADDR="cart:7070"), _deployment("cart", 0), _deployment("old", 0))

    assert _troubles(cluster) == [("deployment/shop/cart", "cart is scaled to zero and others call it")]
    assert list_troubles(cluster)[0].quote.text.strip() == '"replicas": 0,'


def _rolling(condition, **status):
    conditions = [{"type": "Available", "status": "True"}, condition]
    item = _deployment("front", 2)
    return {**item, "status": {"readyReplicas": 2, "conditions": conditions, **status}}


_PAUSED = {"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused"}


@pytest.mark.parametrize(
    ("condition", "status", "text"),
    [
        ({"type": "ReplicaFailure", "status": "True"}, {}, "front is refused its pods"),
        ({"type": "ReplicaFailure", "status": "False"}, {}, None),
        (_PAUSED, {}, "the rollout of front is paused before its new version took over"),
        (_PAUSED, {"updatedReplicas": 1}, "the rollout of front is paused before its new version took over"),
        (_PAUSED, {"updatedReplicas": 2}, None),
        ({"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}, {"updatedReplicas": 1}, None),
    ],
)
def test_new_version_that_cannot_come_is_a_trouble_though_the_old_one_serves(applied, condition, status, text):
    """All pods that are asked for are ready, and of the version that somebody wanted gone; a rollout takes its time."""
    assert [said for _, said in _troubles(applied(_rolling(condition, **status)))] == ([text] if text else [])


def test_daemon_set_without_nodes_is_no_trouble(applied):
    """It wants as many pods as there are nodes for it."""
    daemon = {
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "shop"},
        "status": {"desiredNumberScheduled": 0, "numberReady": 0},
    }

    assert _troubles(applied(_deployment("front", 1, AGENT_ADDR="agent:80"), daemon)) == []


def test_failed_job_is_a_trouble(printed):
    """One that is done, or runs, is none."""
    text = (
        "NAME   STATUS     COMPLETIONS   AGE\none    Failed     0/1           5m\ntwo    Complete   1/1           5m\n"
    )

    assert _troubles(printed({"kubectl get jobs -n shop": text})) == [("job/shop/one", "one has failed")]


def test_pods_that_are_not_well_are_troubles(printed):
    """What has healed or is done is none; what has restarted lately is one."""
    text = """\
NAME      READY   STATUS             RESTARTS     AGE
fine      1/1     Running            0            5d
done      0/1     Completed          0            5d
again     1/1     Running            3 (1m ago)   5d
slow      0/1     Running            0            5d
crash     0/1     CrashLoopBackOff   9 (1m ago)   5d
blank     0/1                        0            5d
"""
    cluster = printed({"kubectl get pods -n shop": text})

    assert _troubles(cluster) == [
        ("pod/shop/again", "again was restarted lately"),
        ("pod/shop/slow", "slow runs but is not ready"),
        ("pod/shop/crash", "crash is CrashLoopBackOff"),
        ("pod/shop/blank", "blank is in no known state"),
    ]
    assert list_troubles(cluster)[2].quote.text.startswith("crash")


def test_service_without_ready_endpoints_is_a_trouble(printed):
    """One without selector gets its endpoints from somebody else."""
    services = """\
NAME    TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE   SELECTOR
web     ClusterIP   10.0.0.1     <none>        80/TCP    5m    app=web
hand    ClusterIP   10.0.0.2     <none>        80/TCP    5m    <none>
full    ClusterIP   10.0.0.3     <none>        80/TCP    5m    app=full
quiet   ClusterIP   10.0.0.4     <none>        80/TCP    5m    app=quiet
"""
    endpoints = """\
NAME   ENDPOINTS     AGE
web    <none>        5m
hand   <none>        5m
full   10.1.1.1:80   5m
"""
    described = "Name: quiet\nNamespace: shop\nEndpoints:\n"
    cluster = printed(
        {
            "kubectl get svc -n shop -o wide": services,
            "kubectl get ep -n shop": endpoints,
            "kubectl describe svc quiet -n shop": described,
        }
    )

    assert _troubles(cluster) == [
        ("service/shop/web", "no pod is ready behind the service web"),
        ("service/shop/quiet", "no pod is ready behind the service quiet"),
    ]
    assert [trouble.quote.text for trouble in list_troubles(cluster)] == ["web    <none>        5m", "Endpoints:"]


def test_node_that_is_not_ready_is_a_trouble(printed):
    """A cordoned one is ready."""
    text = "NAME   STATUS\nn1     Ready,SchedulingDisabled\nn2     NotReady\n"

    assert _troubles(printed({"kubectl get nodes": text})) == [("node/n2", "the node n2 is not ready")]


def test_claim_that_is_not_bound_is_a_trouble(printed, applied):
    """Printed or from the API."""
    text = "NAME   STATUS    VOLUME   AGE\na      Pending            5m\nb      Bound     pv-1     5m\n"
    claim = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c", "namespace": "shop"},
        "status": {"phase": "Lost"},
    }

    assert _troubles(printed({"kubectl get pvc -n shop": text})) == [
        ("persistentvolumeclaim/shop/a", "the claim a is pending")
    ]
    assert _troubles(applied(claim)) == [("persistentvolumeclaim/shop/c", "the claim c is lost")]


ANSWERS = {
    "kubectl get deploy -n shop": "NAME    READY\nfront   1/1\ncart    1/1\n",
    "kubectl get svc -n shop": "NAME    CLUSTER-IP   AGE\nredis   10.0.0.9     5m\nhead    None         5m\n",
}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("dial tcp 10.0.0.9:6379: connect: connection refused", "redis"),
        ("lookup redis.shop.svc.cluster.local. on 10.0.0.10:53: no such host", "redis"),
        ("calling cart: context deadline exceeded", "cart"),
        ("java.net.UnknownHostException: redis", "redis"),
    ],
)
def test_failed_calls_in_a_log_are_a_trouble(printed, line, name):
    """Clients name a service, its address, or a workload without service; one lost call is none."""
    many = printed(ANSWERS, [LogText("log", "", "front", text=f"fine\n{line}\n" * 3)])
    once = printed(ANSWERS, [LogText("log", "", "front", text=f"{line}\n")])

    assert _troubles(many) == [("deployment/shop/front", f"front logs that calls to {name} fail")]
    assert list_troubles(many)[0].quote.text == line
    assert _troubles(once) == []


ONE = {
    "kubectl get sts -n shop": "NAME   READY\ncart   1/1\n",
    "kubectl get pods -n shop": "NAME     READY   STATUS\ncart-0   1/1     Running\n",
}


@pytest.mark.parametrize(("after", "trouble", "doubts"), [(0, True, True), (5, True, False), (40, False, False)])
def test_failed_calls_that_a_log_goes_on_after_are_over(printed, after, trouble, doubts):
    """What was lost during a rollout is neither a trouble nor a doubt later on."""
    lines = ["ok", "calling cart: connection refused"] * 3 + ["served in good time"] * after
    cluster = printed(ANSWERS, [LogText("log", "", "front", text="\n".join(lines))])

    assert bool(_troubles(cluster)) is trouble
    assert has_doubts(cluster) is doubts


def test_single_call_that_was_lost_lately_leaves_a_doubt(printed):
    """It is no trouble, and nobody should say that all is well."""
    text = "served in good time\n" * 9 + "calling cart: deadline exceeded\nserved in good time\n"
    cluster = printed(ANSWERS, [LogText("log", "", "front", text=text)])

    itself = printed({**ANSWERS, **ONE}, [LogText("log", "shop", "cart-0", text="cart: timeout")])

    assert _troubles(cluster) == []
    assert has_doubts(cluster)
    assert not has_doubts(itself)


def test_log_that_names_itself_or_nobody_is_no_trouble(printed):
    """A server that is slow to answer itself calls nobody."""
    text = "front: timeout\nwww.example.com: connection refused\n" * 5

    assert _troubles(printed(ANSWERS, [LogText("log", "", "front", text=text)])) == []
