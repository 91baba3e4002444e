"""What a cluster runs, as the service graph: listed over a connection, with what may not be listed as a gap."""

import asyncio

import pytest

from fermata.flows.graph_systems import ask_systems
from fermata.integrations.kubernetes.graph import KINDS
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.system import Kubernetes
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.rules.servicegraph.merging import merge
from fermata.testing.kubernetes import KubernetesEmulator
from fermata.testing.kubernetes.rbac import Rule


@pytest.fixture
def cluster(tmp_path):
    """Give a cluster in which web calls a database whose address stands in a config map."""
    with KubernetesEmulator() as emulator:
        emulator.write_kubeconfig(tmp_path / "kubeconfig")
        put(emulator, "web", [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "DB_HOST"}}}])
        put(emulator, "db", image="postgres:16")
        emulator.put({"kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}, "data": {"DB_HOST": "db"}})
        put(emulator, "dns", namespace="kube-system")
        yield emulator


def put(emulator, name, env=(), *, image="shop/x", namespace="shop"):
    """Add a Deployment with its Service."""
    pod = {"containers": [{"name": "app", "image": image, "env": list(env)}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": template}
    metadata = {"name": name, "namespace": namespace}
    emulator.put({"kind": "Deployment", "metadata": metadata, "spec": spec})
    emulator.put(
        {"kind": "Service", "metadata": metadata, "spec": {"selector": {"app": name}, "ports": [{"port": 80}]}}
    )


def system(tmp_path, **more):
    """Give the cluster as the house has it."""
    return Kubernetes(KubernetesSettings(kubeconfig=tmp_path / "kubeconfig", **more), SystemClock())


@pytest.mark.parametrize("namespaces", [(), ("shop",)])
def test_running_workloads_and_their_calls_come_out(cluster, tmp_path, namespaces):
    """Of the namespaces of the settings, or of all but Kubernetes' own."""
    graph = merge(asyncio.run(ask_systems({"kubernetes": system(tmp_path, namespaces=namespaces)})))

    assert {(edge.caller, edge.callee) for edge in graph.edges} == {("web", "db")}
    assert {node.name: (node.kind, node.facts["replicas"].value) for node in graph.nodes} == {
        "web": ("", 2),
        "db": ("db", 2),
    }


def test_cluster_that_is_down_is_an_error(tmp_path, cluster):
    """Nothing at all can be read."""
    reader = system(tmp_path).find_graph_reader()
    cluster.__exit__(None, None, None)

    with pytest.raises(OperationalError):
        asyncio.run(reader.read_graph({}))


def test_kind_that_may_not_be_listed_is_a_gap(cluster, tmp_path):
    """The others are used; when nothing may be listed that is a failure."""
    cluster.write_kubeconfig(
        tmp_path / "kubeconfig", token=cluster.add_user("some", Rule(("list",), ("deployments", "services")))
    )

    graph = merge(asyncio.run(ask_systems({"kubernetes": system(tmp_path)})))

    assert {node.name for node in graph.nodes} == {"web", "db"}
    assert graph.edges == ()
    assert len(graph.problems) == len(KINDS) - 2
    assert any("configmaps" in problem for problem in graph.problems)
    cluster.write_kubeconfig(tmp_path / "kubeconfig", token=cluster.add_user("none"))
    with pytest.raises(OperationalError):
        asyncio.run(system(tmp_path).find_graph_reader().read_graph({}))
