"""The emulator's answers beside those recorded from a real API server: same words, same shapes, same owners."""

import copy
import json
from pathlib import Path

import pytest

from fermata.testing.kubernetes.api import Api, User
from fermata.testing.kubernetes.pods import Fate, Script
from fermata.testing.kubernetes.rbac import EVERYTHING, Rule
from fermata.testing.kubernetes.requests import Request

SAMPLES = Path(__file__).parents[3] / "samples" / "kubernetes"
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
PODS = "/api/v1/namespaces/shop/pods"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
OF_THE_MOMENT = ("uid", "resourceVersion", "creationTimestamp", "time", "generation", "continue")


def _load(name):
    return json.loads((SAMPLES / name).read_text())


class _Client:
    """Asks the emulator without a socket."""

    def __init__(self):
        self.api = Api(users={"admin": User("admin", [EVERYTHING])})
        self.api.cluster.scripts.append(Script(Fate.UNSCHEDULABLE))
        self.send("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})

    def send(self, method, path, body=None, *, user="admin", kind="application/json", accept="", **query):
        headers = {"authorization": f"Bearer {user}", "content-type": kind}
        headers |= {"accept": accept} if accept else {}
        content = json.dumps(body).encode() if body is not None else b""
        answer = self.api.answer(Request(method, path, query, headers, content))
        return answer.code, json.loads(answer.body)


@pytest.fixture
def client():
    """An emulator with the namespace of the recordings, whose pods are never placed."""
    return _Client()


@pytest.fixture
def web(client):
    """The deployment as the recordings have it: applied by fermata, its image patched, a status written."""
    container = {"name": "web", "image": "web:1", "resources": {"limits": {"memory": "128Mi"}}}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template, "paused": True}
    meta = {"name": "web", "namespace": "shop", "labels": labels}
    config = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}
    client.send("PATCH", WEB, config, kind=APPLY, fieldManager="fermata")
    del spec["paused"]
    # No controller runs in the recordings: nothing rolls out, and nothing writes a status.
    client.api.cluster.settle = lambda: None
    client.send("PATCH", WEB, config, kind=APPLY, fieldManager="fermata")
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}}
    strategic = "application/strategic-merge-patch+json"
    client.send("PATCH", WEB, patch, kind=strategic, fieldManager="kubectl-patch")
    stored = client.api.store.find("Deployment", "shop", "web")
    stored["status"] = {}
    entries = [entry for entry in stored["metadata"]["managedFields"] if entry["manager"] != "kube-controller-manager"]
    stored["metadata"]["managedFields"] = entries
    status = {"status": {"observedGeneration": 1, "replicas": 3, "readyReplicas": 1}}
    client.send("PATCH", f"{WEB}/status", status, kind=MERGE, fieldManager="kubectl-patch")
    return client


def _drop_moment(value):
    """Return a value without what differs from one moment to the next."""
    if isinstance(value, dict):
        return {key: _drop_moment(item) for key, item in value.items() if key not in OF_THE_MOMENT}
    return [_drop_moment(item) for item in value] if isinstance(value, list) else value


def _describe_owners(value):
    """Return managed fields, times left out, in an order that says nothing."""
    return sorted((_drop_moment(entry) for entry in value["metadata"]["managedFields"]), key=json.dumps)


def test_missing_pod_is_told_as_recorded(client):
    """404, word for word."""
    assert client.send("GET", f"{PODS}/nope") == (404, _load("pod-notfound.json"))


def test_unknown_credential_is_told_as_recorded(client):
    """401, word for word."""
    assert client.send("GET", PODS, user="nobody") == (401, _load("unauthorized.json"))


def test_missing_permission_is_told_as_recorded(client):
    """403, word for word."""
    client.api.users["reader"] = User("reader", [Rule(("list",), ("services",))])

    assert client.send("GET", PODS, user="reader") == (403, _load("pods-list-forbidden.json"))


def test_impossible_number_is_told_as_recorded(web):
    """422, word for word."""
    answer = web.send("PATCH", WEB, {"spec": {"replicas": -1}}, kind=MERGE)

    assert answer == (422, _load("deploy-invalid.json"))


def test_immutable_field_is_told_as_recorded(web):
    """422 with both causes, word for word."""
    answer = web.send("PATCH", WEB, {"spec": {"selector": {"matchLabels": {"app": "x"}}}}, kind=MERGE)

    assert answer == (422, _load("deploy-immutable-selector.json"))


def test_stale_version_is_told_as_recorded(web):
    """409, word for word."""
    _, live = web.send("GET", WEB)
    live["metadata"]["resourceVersion"] = "1"

    assert web.send("PUT", WEB, live) == (409, _load("deploy-put-stale-resourceversion.json"))


def test_conflict_of_managers_is_told_as_recorded(web):
    """409 with its cause, word for word."""
    config = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 9}}

    answer = web.send("PATCH", WEB, config, kind=APPLY, fieldManager="other")

    assert answer == (409, _load("deploy-ssa-conflict.json"))


def test_object_and_its_owners_are_as_recorded(web):
    """After an apply, a patch and a status: the same fields, owned by the same managers."""
    recorded = _load("deploy-get.json")

    _, live = web.send("GET", WEB)

    assert _describe_owners(live) == _describe_owners(recorded)
    assert live["spec"] == recorded["spec"]
    assert live["status"] == recorded["status"]
    assert list(live) == list(recorded)
    assert sorted(live["metadata"]) == sorted(recorded["metadata"])


def test_dry_run_of_a_patch_is_as_recorded(web):
    """The field moves from what fermata applied to what fermata patched; the version stays, the generation rises."""
    recorded = _load("deploy-dryrun-patch.json")
    _, before = web.send("GET", WEB)
    limits = {"limits": {"memory": "256Mi"}}
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "resources": limits}]}}}}

    query = {"fieldManager": "fermata", "dryRun": "All"}
    _, answer = web.send("PATCH", WEB, patch, kind="application/strategic-merge-patch+json", **query)

    assert _describe_owners(answer) == _describe_owners(recorded)
    assert answer["spec"] == recorded["spec"]
    assert answer["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert answer["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert web.send("GET", WEB)[1] == before


def test_forced_dry_run_takes_the_field_as_recorded(web):
    """What force would do can be computed, and is not done."""
    recorded = _load("deploy-ssa-dryrun-force.json")
    _, before = web.send("GET", WEB)
    config = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 9}}

    query = {"fieldManager": "other", "dryRun": "All", "force": "true"}
    _, answer = web.send("PATCH", WEB, config, kind=APPLY, **query)

    assert _describe_owners(answer) == _describe_owners(recorded)
    assert answer["spec"] == recorded["spec"]
    assert web.send("GET", WEB)[1] == before


def test_scale_is_as_recorded(web):
    """The subresource, key by key."""
    code, answer = web.send("GET", f"{WEB}/scale")

    assert code == 200
    assert _drop_moment(answer) == _drop_moment(_load("scale-get.json"))


def _make_pod(name):
    """Return the pod of the recordings, as kubectl sent it."""
    item = next(one for one in _load("pods-list.json")["items"] if one["metadata"]["name"] == name)
    key = "kubectl.kubernetes.io/last-applied-configuration"
    pod = json.loads(item["metadata"]["annotations"][key])
    pod["metadata"]["annotations"] = {key: item["metadata"]["annotations"][key]}
    return item, pod


def test_pod_and_its_owners_are_as_recorded(client):
    """What the server fills in is there and owned; what admission adds is there and owned by nobody."""
    recorded, pod = _make_pod("p1")

    _, made = client.send("POST", PODS, pod, fieldManager="kubectl-client-side-apply")

    assert made["spec"] == recorded["spec"]
    ours = [entry for entry in _describe_owners(made) if entry["manager"] == "kubectl-client-side-apply"]
    theirs = [entry for entry in _describe_owners(recorded) if entry["manager"] == "kubectl-client-side-apply"]
    assert ours == theirs


def test_lists_are_as_recorded(client):
    """Whole, in pages, and as metadata alone."""
    for name in ("p1", "p2"):
        client.send("POST", PODS, _make_pod("p1")[1] | {"metadata": {"name": name, "labels": {"app": "web"}}})

    _, whole = client.send("GET", PODS)
    _, page = client.send("GET", PODS, labelSelector="app=web", limit="1")
    media = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    _, partial = client.send("GET", PODS, accept=media)

    for answer, name in ((whole, "pods-list.json"), (page, "pods-list-label.json"), (partial, "partial-metadata.json")):
        recorded = _load(name)
        assert list(answer) == list(recorded)
        assert (answer["kind"], answer["apiVersion"]) == (recorded["kind"], recorded["apiVersion"])
        assert set(answer["metadata"]) == set(recorded["metadata"])
        assert set(answer["items"][0]) == set(recorded["items"][0])


def test_eviction_is_answered_as_recorded(client):
    """A dry run, word for word."""
    client.send("POST", PODS, _make_pod("p1")[1])
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p1", "namespace": "shop"}}

    assert client.send("POST", f"{PODS}/p1/eviction", body, dryRun="All") == (201, _load("eviction-dryrun.json"))


def test_review_is_answered_as_recorded(client):
    """What was asked and the answer; that the server also says who asked is left out."""
    recorded = _load("ssar.json")
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

    code, answer = client.send("POST", path, {"spec": copy.deepcopy(recorded["spec"])})

    assert code == 201
    assert {**answer, "metadata": {}} == {**recorded, "metadata": {}}


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", PODS, {"watch": "true"}),
        ("GET", PODS, {"resourceVersion": "0"}),
        ("GET", f"{PODS}/p1/log", {"follow": "true"}),
        ("GET", f"{PODS}/p1/exec", {"command": "sh"}),
        ("DELETE", PODS, {}),
        ("DELETE", f"{PODS}/p1", {"propagationPolicy": "Orphan"}),
        ("GET", "/openapi/v2", {}),
        ("GET", "/apis/metrics.k8s.io/v1beta1/nodes", {}),
        ("PATCH", f"{PODS}/p1", {"fieldValidationLevel": "x"}),
        ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {}),
    ],
)
def test_what_is_not_modelled_is_refused(client, method, path, more):
    """501, never a guess: to ignore a parameter is how an emulator lies."""
    client.send("POST", PODS, _make_pod("p1")[1])

    code, answer = client.send(method, path, {}, **more)

    assert (code, answer["reason"]) == (501, "NotImplemented")


def test_table_alone_is_not_to_be_had(client):
    """A client that accepts nothing else is told so."""
    code, _ = client.send("GET", PODS, accept="application/json;as=Table;v=v1;g=meta.k8s.io")

    assert code == 406


def test_body_in_another_format_is_refused(client):
    """Protobuf is not read."""
    code, _ = client.send("POST", PODS, {}, kind="application/vnd.kubernetes.protobuf")

    assert code == 415
