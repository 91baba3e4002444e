import http.client
import json
from datetime import UTC, datetime

import pytest

from fermata.testing.kubernetes import ADMIN_TOKEN, Fault, KubernetesEmulator, Mishap, Rule
from fermata.testing.kubernetes.resources import BY_KIND
from fermata.testing.kubernetes.store import Write

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
POD = {
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"containers": [{"name": "c", "image": "i:1"}]},
}
LOG = "/api/v1/namespaces/shop/pods/web/log"


@pytest.fixture
def cluster():
    """An emulator with one pod."""
    with KubernetesEmulator() as cluster:
        cluster.put(POD)
        yield cluster


def _ask(cluster, path, *, user=ADMIN_TOKEN, timeout=5):
    connection = http.client.HTTPConnection(cluster.url.removeprefix("http://"), timeout=timeout)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {user}"})
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()
    finally:
        connection.close()


def test_version_and_discovery_are_answered(cluster):
    """What a client asks before anything else."""
    assert json.loads(_ask(cluster, "/version")[2])["gitVersion"].endswith("-fermata-emulator")
    resources = json.loads(_ask(cluster, "/apis/apps/v1")[2])["resources"]
    assert {"deployments", "deployments/scale"} <= {one["name"] for one in resources}
    assert _ask(cluster, "/apis/nothing/v1")[0] == 404


def test_answers_are_dated(cluster):
    """The doctor reads the clock's skew from it."""
    assert _ask(cluster, "/version")[1]["Date"].endswith("GMT")


def test_late_answer_comes_late(cluster):
    """And whole."""
    cluster.faults.append(Fault(Mishap.LATE, path="version", delay_s=0.01, times=1))

    assert _ask(cluster, "/version")[0] == 200


def test_half_an_answer_ends_in_the_middle(cluster):
    """The client can tell, by the length that was promised."""
    cluster.faults.append(Fault(Mishap.HALF, path="version", times=1))

    with pytest.raises(http.client.IncompleteRead):
        _ask(cluster, "/version")
    assert _ask(cluster, "/version")[0] == 200


def test_cut_connection_gives_no_answer(cluster):
    """Not a byte."""
    cluster.faults.append(Fault(Mishap.CUT, path="version"))

    with pytest.raises(http.client.RemoteDisconnected):
        _ask(cluster, "/version")


def test_hanging_answer_never_comes(cluster):
    """Until the emulator stops, which it does at once."""
    cluster.faults.append(Fault(Mishap.HANGS, path="version"))

    with pytest.raises(TimeoutError):
        _ask(cluster, "/version", timeout=0.05)


def test_refusal_says_when_to_come_again(cluster):
    """429 with Retry-After, in the server's words."""
    cluster.faults.append(Fault(Mishap.REFUSED, code=429, retry_after_s=7))

    code, headers, body = _ask(cluster, "/version")

    assert (code, headers["Retry-After"]) == (429, "7")
    assert json.loads(body)["reason"] == "TooManyRequests"


def test_user_may_do_what_the_rules_say(cluster):
    """And nothing else, nowhere else."""
    token = cluster.add_user("reader", Rule(("get",), ("pods",), ("",), ("shop",)))

    assert _ask(cluster, "/api/v1/namespaces/shop/pods/web", user=token)[0] == 200
    assert _ask(cluster, "/api/v1/namespaces/shop/pods", user=token)[0] == 403
    assert _ask(cluster, "/api/v1/namespaces/default/pods/web", user=token)[0] == 403
    assert _ask(cluster, "/api/v1/pods", user=token)[0] == 403


def test_logs_are_given_by_their_end_and_their_time(cluster):
    """Each parameter that is modelled does something."""
    cluster.write_log("web", "one\ntwo\nthree", namespace="shop", container="c", at=NOON)
    cluster.write_log("web", "before", namespace="shop", container="c", previous=True)

    assert _ask(cluster, LOG)[2] == b"one\ntwo\nthree\n"
    assert _ask(cluster, f"{LOG}?tailLines=1")[2] == b"three\n"
    assert _ask(cluster, f"{LOG}?tailLines=0")[2] == b""
    assert _ask(cluster, f"{LOG}?limitBytes=5")[2] == b"one\nt"
    assert _ask(cluster, f"{LOG}?sinceTime=2026-11-25T12:00:01Z")[2] == b"two\nthree\n"
    assert _ask(cluster, f"{LOG}?timestamps=true&tailLines=1")[2] == b"2026-11-25T12:00:02.000000000Z three\n"
    assert _ask(cluster, f"{LOG}?previous=true&container=c")[2] == b"before\n"


@pytest.mark.parametrize(("query", "code"), [("container=x", 400), ("previous=true", 400), ("follow=true", 501)])
def test_log_that_is_not_there_is_refused(cluster, query, code):
    """An empty text would look like silence."""
    assert _ask(cluster, f"{LOG}?{query}")[0] == code


def test_expired_list_is_gone(cluster):
    """410, as after five minutes."""
    cluster.put(POD | {"metadata": {"name": "web-2", "namespace": "shop"}})
    path = "/api/v1/namespaces/shop/pods?limit=1"
    page = json.loads(_ask(cluster, path)[2])
    cluster.expire_lists()

    code, _, body = _ask(cluster, f"{path}&continue={page['metadata']['continue']}")

    assert (code, json.loads(body)["reason"]) == (410, "Expired")
    assert _ask(cluster, f"{path}&continue=nonsense")[0] == 400


def test_given_status_is_kept(cluster):
    """A test may say how a pod is, and no controller says otherwise."""
    status = {"phase": "Failed", "reason": "Evicted"}
    made = cluster.put(POD | {"metadata": {"name": "gone", "namespace": "shop"}, "status": status})

    assert made["status"] == status
    assert cluster.get("Pod", "shop", "gone")["status"] == status


def test_stopping_twice_is_once(cluster):
    """A test may stop it to see what happens."""
    cluster.stop()
    cluster.stop()


def test_object_with_a_finalizer_ends_when_that_is_gone(cluster):
    """Deleted is only told to end, as the real server has it."""
    meta = {"name": "x", "namespace": "shop", "finalizers": ["chaos-mesh/records"]}
    made = cluster.put({"kind": "PodChaos", "metadata": meta, "spec": {"action": "pod-kill"}})

    cluster.api.store.delete(BY_KIND["PodChaos"], cluster.api.store.get(BY_KIND["PodChaos"], "shop", "x"), Write("x"))
    ending = cluster.get("PodChaos", "shop", "x")
    cluster.edit(made, lambda value: value["metadata"].pop("finalizers"))

    assert ending["metadata"]["deletionTimestamp"]
    assert cluster.list_kind("PodChaos") == []
