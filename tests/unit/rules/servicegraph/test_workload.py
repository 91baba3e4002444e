"""A pod template, read for what matters in a rehearsal."""

import pytest

from fermata.rules.servicegraph.workload import read_workload


def deployment(container=None, *, kind="Deployment", pod=None, **spec):
    """Give a workload with one container, as the API has it."""
    pod = {"containers": [{"name": "app", "image": "shop/cart:1", **(container or {})}], **(pod or {})}
    template = {"metadata": {"labels": {"app": "cart"}}, "spec": pod}
    return {"kind": kind, "metadata": {"name": "cart-v1", "namespace": "shop"}, "spec": {"template": template, **spec}}


def test_bare_deployment_says_what_is_not_there():
    """One replica is the API's default; no probe, no volume and no limit are facts."""
    read = read_workload(deployment(), "cart.yaml")

    assert (read.name, read.namespace, read.image, read.replicas) == ("cart-v1", "shop", "shop/cart:1", 1)
    assert read.facts == {
        "readiness_probe": False,
        "liveness_probe": False,
        "persistent_storage": False,
        "memory_limit": "none",
    }
    assert read.aliases == {"cart-v1", "cart"}
    assert not read.has_ports


def test_full_deployment_says_what_is_there():
    """Probes of any container, claims, ports, and its telemetry name."""
    container = {
        "readinessProbe": {"httpGet": {"port": 80}},
        "livenessProbe": {"exec": {"command": ["true"]}},
        "resources": {"limits": {"memory": "128Mi"}},
        "ports": [{"containerPort": 80}],
        "command": ["serve", 1],
        "args": ["--to=cart:80"],
        "env": [
            {"name": "OTEL_SERVICE_NAME", "value": "cartservice"},
            {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}},
            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "b"}}},
        ],
        "envFrom": [{"configMapRef": {"name": "shared"}}, {"secretRef": {"name": "s"}}],
    }
    volumes = [
        {"name": "a", "configMap": {"name": "files"}},
        {"name": "b", "projected": {"sources": [{"configMap": {"name": "more"}}, {"secret": {}}]}},
        {"name": "c", "persistentVolumeClaim": {"claimName": "c"}},
    ]

    read = read_workload(deployment(container, pod={"volumes": volumes}, replicas=3), "cart.yaml")

    assert read.facts == {
        "readiness_probe": True,
        "liveness_probe": True,
        "persistent_storage": True,
        "memory_limit": "128Mi",
    }
    assert read.replicas == 3
    assert read.aliases == {"cart-v1", "cart", "cartservice"}
    assert read.has_ports
    assert read.variables == {"OTEL_SERVICE_NAME": "cartservice"}
    assert read.words == ("serve", "--to=cart:80")
    assert read.config_env == ("shared", "settings")
    assert read.config_files == ("files", "more")


def test_proxy_of_a_mesh_is_not_the_workload():
    """The first container that is no sidecar is; limits add up."""
    containers = [
        {"name": "istio-proxy", "image": "proxyv2"},
        {"name": "app", "image": "cart", "resources": {"limits": {"memory": "1Ki"}}},
        {"name": "more", "image": "x", "resources": {"limits": {"memory": "1Ki"}}},
        {"name": "none", "image": "y"},
    ]

    read = read_workload(deployment(pod={"containers": containers}), "")

    assert (read.image, read.facts["memory_limit"]) == ("cart", "2048")


def test_object_without_containers_says_nothing_of_them():
    """What is not there is not said to be absent."""
    read = read_workload(deployment(pod={"containers": []}), "")

    assert set(read.facts.values()) == {None}
    assert read.image == ""


@pytest.mark.parametrize(
    ("kind", "spec", "replicas"),
    [("DaemonSet", {}, None), ("Deployment", {"replicas": "x"}, None), ("Deployment", {"replicas": True}, None)],
)
def test_replicas_are_said_only_where_the_manifest_decides(kind, spec, replicas):
    """A daemon set has as many as there are nodes."""
    assert read_workload(deployment(kind=kind, **spec), "").replicas == replicas


def test_pods_and_cron_jobs_have_their_template_elsewhere():
    """A pod is its own; a cron job has one inside another."""
    pod = {"kind": "Pod", "metadata": {"name": "p", "labels": {"app": "p"}}, "spec": {"containers": [{"image": "a"}]}}
    job = {"spec": {"template": {"spec": {"containers": [{"image": "b"}]}}}}
    cron = {"kind": "CronJob", "metadata": {"name": "c"}, "spec": {"jobTemplate": job}}

    assert read_workload(pod, "").image == "a"
    assert read_workload(pod, "").labels == {"app": "p"}
    assert read_workload(cron, "").image == "b"


def test_storage_of_a_stateful_set_is_its_claims():
    """Templates of claims keep what a pod wrote."""
    assert read_workload(deployment(volumeClaimTemplates=[{"metadata": {}}]), "").facts["persistent_storage"]


@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_what_runs_to_its_end_is_a_job_and_needs_no_probe(kind):
    """Nobody asks whether it is ready; a Deployment without a probe lacks one."""
    template = {"template": {"spec": {"containers": [{"image": "b"}]}}}
    spec = {"jobTemplate": {"spec": template}} if kind == "CronJob" else template

    job = read_workload({"kind": kind, "metadata": {"name": "nightly"}, "spec": spec}, "").facts
    service = read_workload({"kind": "Deployment", "metadata": {"name": "web"}, "spec": template}, "").facts

    assert (job["kind"], job["readiness_probe"], job["liveness_probe"]) == ("job", None, None)
    assert ("kind" in service, service["readiness_probe"], service["liveness_probe"]) == (False, False, False)
