"""What containers use, against their limits."""

from datetime import UTC, datetime

import pytest

from fermata.integrations.kubernetes.resources import POD_METRICS
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.system import Kubernetes
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock
from fermata.testing.collector_contract import cut_off
from fermata.testing.kubernetes_replay import ReplayServer
from fermata.testing.records import make_scope
from fermata.testing.web_server import Answer

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIMIT = {"limit": "500"}
MIB = 1024**2


def make_pod(name, memory):
    """Give a pod with a limit."""
    container = {"name": "app", "resources": {"limits": {"memory": memory} if memory else {}}}
    owners = [{"kind": "StatefulSet", "name": "db", "controller": True}]
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "ownerReferences": owners},
        "spec": {"containers": [container]},
    }


def make_usage(name, memory, cpu):
    """Give what the metrics server measured."""
    return {"metadata": {"name": name}, "containers": [{"name": "app", "usage": {"memory": memory, "cpu": cpu}}]}


@pytest.fixture
async def server(tmp_path):
    """Give a cluster with two pods of a stateful set."""
    async with ReplayServer(tmp_path) as replay:
        database = {"kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop"}, "spec": {}}
        replay.say_objects([database, make_pod("db-0", "100Mi"), make_pod("db-1", "")], "shop")
        yield replay


@pytest.fixture
def collect(server):
    """Ask for the usage."""

    async def ask():
        return await make_collector(server).collect(make_scope("statefulset/shop/db", at=NOW))

    return ask


def make_collector(server):
    """Give the collector that looks at a server."""
    system = Kubernetes(KubernetesSettings(kubeconfig=server.kubeconfig), FakeClock(NOW))
    return next(each for each in system.list_collectors() if each.name == "kubernetes.resources")


async def test_namespace_that_is_slow_costs_none_of_the_others(server):
    """What was answered by the deadline is there."""
    other = {"kind": "StatefulSet", "metadata": {"name": "db", "namespace": "bank"}, "spec": {}}
    pod = make_pod("db-0", "100Mi")
    server.say_objects([other, pod | {"metadata": pod["metadata"] | {"namespace": "bank"}}], "bank")
    server.say(POD_METRICS.path("shop"), {"items": [make_usage("db-0", "50Mi", "250m")]}, query=LIMIT)
    server.say(POD_METRICS.path("bank"), Answer({"items": []}, delay_s=60), query=LIMIT)

    scope = make_scope("statefulset/bank/db", "statefulset/shop/db", at=NOW)
    handed = await cut_off(make_collector(server), scope, "use in bank")

    assert [item.entity.ref for item in handed.evidence] == ["kubernetes:statefulset/shop/db"]


async def test_usage_stands_beside_the_limit(server, collect):
    """Each container in a line; the facts are those of the one that is nearest to its limit."""
    usage = [make_usage("db-1", "900Mi", "1500000n"), make_usage("db-0", "91136Ki", "250m")]
    server.say(POD_METRICS.path("shop"), {"items": usage}, query=LIMIT)

    (found,) = await collect()

    assert [line.text for line in found.lines] == [
        "db-0/app: memory 89 MiB of 100 MiB, cpu 0.250 cores",
        "db-1/app: memory 900 MiB, no limit, cpu 0.002 cores",
    ]
    assert (found.facts["memory_bytes"], found.facts["memory_limit_bytes"]) == (89 * MIB, 100 * MIB)
    assert found.entity.ref == "kubernetes:statefulset/shop/db"


async def test_cluster_without_a_metrics_server_gives_none(server, collect):
    """Nothing is missing that ever was there; one that is registered and does not run is the same."""
    nothing = await collect()
    server.refuse(POD_METRICS.path("shop"), 503, "ServiceUnavailable", "the server is currently unable", query=LIMIT)
    neither = await collect()

    assert (list(nothing), list(neither)) == ([], [])


async def test_metrics_that_may_not_be_read_are_a_gap(server, collect):
    """A permission is missing then, which can be mended."""
    server.refuse(POD_METRICS.path("shop"), 403, "Forbidden", "pods.metrics.k8s.io is forbidden", query=LIMIT)

    with pytest.raises(OperationalError, match=r"metrics.k8s.io"):
        await collect()
