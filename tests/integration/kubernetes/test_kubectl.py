"""kubectl on the emulator: a client that knows nothing of us, and complains where the emulator is not like a server."""

import json
import os
import shutil
import subprocess

import pytest

from fermata.testing.kubernetes import EVERYTHING, KubernetesEmulator
from fermata.testing.kubernetes.api import User

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

MANIFEST = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]}]},
        },
    },
}


@pytest.fixture
def cluster():
    """An emulator with namespace shop that lets anybody in."""
    with KubernetesEmulator() as cluster:
        # kubectl sends no token where there is no TLS.
        cluster.api.users[""] = User("anybody", [EVERYTHING])
        cluster.put({"kind": "Namespace", "metadata": {"name": "shop"}})
        yield cluster


@pytest.fixture
def kubectl(cluster, tmp_path):
    """Run it in namespace shop, with a home of its own; return what it prints."""
    kubeconfig = cluster.write_kubeconfig(tmp_path / "kubeconfig")

    def run(*words, given=None, fails=False):
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECONFIG": str(kubeconfig)}
        text = json.dumps(given) if given else None
        command = ["kubectl", "-n", "shop", *words]
        done = subprocess.run(
            command, capture_output=True, check=False, env=environment, input=text, text=True, timeout=20
        )
        assert (done.returncode != 0) is fails, done.stderr
        return done.stdout + done.stderr

    return run


def test_kubectl_applies_scales_and_undoes(cluster, kubectl):
    """Client-side apply with its annotation, three-way patch, history, undo, scale, set env."""
    kubectl("apply", "--validate=false", "-f", "-", given=MANIFEST)
    second = json.loads(json.dumps(MANIFEST).replace("web:1", "web:2"))
    kubectl("apply", "--validate=false", "-f", "-", given=second)
    history = kubectl("rollout", "history", "deployment/web")
    kubectl("rollout", "undo", "deployment/web")
    kubectl("scale", "deployment/web", "--replicas=3")
    kubectl("set", "env", "deployment/web", "LEVEL=debug")

    live = cluster.get("Deployment", "shop", "web")
    container = live["spec"]["template"]["spec"]["containers"][0]
    assert history.count("<none>") == 2
    assert container["image"] == "web:1"
    assert container["env"] == [{"name": "LEVEL", "value": "debug"}]
    assert live["status"]["readyReplicas"] == 3
    assert len(cluster.list_kind("ReplicaSet", "shop")) == 3


def test_kubectl_sees_the_conflict_of_a_server_side_apply(kubectl):
    """In its own words, from the causes of the answer."""
    kubectl("apply", "--validate=false", "-f", "-", given=MANIFEST)
    other = json.loads(json.dumps(MANIFEST).replace("web:1", "web:2"))

    words = kubectl(
        *("apply", "--server-side", "--validate=false", "--field-manager=other", "-f", "-"), given=other, fails=True
    )

    assert 'conflict with "kubectl-client-side-apply" using apps/v1' in words
    assert '.spec.template.spec.containers[name="web"].image' in words


def test_kubectl_diffs_against_a_dry_run(cluster, kubectl):
    """It has the server compute the result, and nothing is stored."""
    words = ("apply", "--server-side", "--validate=false", "-f", "-")
    kubectl(*words, given=MANIFEST)
    before = cluster.get("Deployment", "shop", "web")
    second = json.loads(json.dumps(MANIFEST).replace("web:1", "web:2"))

    diff = kubectl("diff", "--server-side", "-f", "-", given=second, fails=True)

    assert "-      - image: web:1" in diff
    assert "+      - image: web:2" in diff
    assert cluster.get("Deployment", "shop", "web") == before


def test_kubectl_restarts_a_rollout(cluster, kubectl):
    """An annotation of the template, and new pods."""
    kubectl("apply", "--validate=false", "-f", "-", given=MANIFEST)
    before = {pod["metadata"]["uid"] for pod in cluster.list_kind("Pod", "shop")}

    kubectl("rollout", "restart", "deployment/web")

    after = {pod["metadata"]["uid"] for pod in cluster.list_kind("Pod", "shop")}
    assert len(after) == 2
    assert not before & after


def test_kubectl_reads_lists_logs_and_descriptions(cluster, kubectl):
    """What a person looks at first."""
    kubectl("apply", "--validate=false", "-f", "-", given=MANIFEST)
    pod = cluster.list_kind("Pod", "shop")[0]["metadata"]["name"]
    cluster.write_log(pod, "one\ntwo\nthree\n", namespace="shop", container="web")

    assert kubectl("get", "pods", "-l", "app=web", "-o", "name").count("pod/web-") == 2
    assert kubectl("logs", pod, "--tail=2") == "two\nthree\n"
    assert "previous terminated container" in kubectl("logs", pod, "--previous", fails=True)
    assert "2 desired | 2 updated" in kubectl("describe", "deployment", "web")


def test_kubectl_cordons_and_uncordons(cluster, kubectl):
    """False is written as absent, as a server does."""
    kubectl("cordon", "node-1")
    cordoned = cluster.get("Node", "", "node-1")
    kubectl("uncordon", "node-1")

    assert cordoned["spec"]["unschedulable"] is True
    assert "unschedulable" not in cluster.get("Node", "", "node-1")["spec"]
