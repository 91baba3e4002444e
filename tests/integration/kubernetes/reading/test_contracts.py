"""Each collector keeps to the contract of collectors, on an emulated API server."""

import json

import pytest

from fermata.testing.collector_contract import CollectorContract


class _Contract(CollectorContract):
    collector = ""

    @pytest.fixture(autouse=True)
    def _use(self, cluster, shop, make_system, make_scope, password):
        shop.build()
        shop.roll("shop/checkout:1.5")
        shop.write_log(f"INFO up\nERROR login failed password={password}\n")
        shop.say_event("Pod", shop.pod, "Unhealthy", f"Readiness probe failed: token={password}")
        usage = {"containers": [{"name": "checkout", "usage": {"memory": "61Mi", "cpu": "120m"}}]}
        cluster.put({"kind": "PodMetrics", "metadata": {"name": shop.pod, "namespace": "shop"}, **usage})
        self.cluster, self.make_system, self.make_scope, self.password = cluster, make_system, make_scope, password

    def make_collector(self):
        collectors = self.make_system().list_collectors()
        return next(each for each in collectors if each.name == self.collector)

    def give_scope(self):
        return self.make_scope("service/shop/checkout")

    def give_foreign_scope(self):
        return self.make_scope("service/billing", "supervisor:process/checkout", "host/db-1")

    def take_snapshot(self):
        return json.dumps([self.cluster.list_kind(kind) for kind in ("Pod", "Deployment", "ConfigMap", "Event")])

    def break_system(self):
        self.cluster.stop()

    def list_secrets(self):
        return [self.password, "c2VjcmV0"]


class TestObjects(_Contract):
    collector = "kubernetes.objects"


class TestLogs(_Contract):
    collector = "kubernetes.logs"


class TestChanges(_Contract):
    collector = "kubernetes.changes"


class TestEnvironment(_Contract):
    collector = "kubernetes.environment"


class TestResources(_Contract):
    collector = "kubernetes.resources"
