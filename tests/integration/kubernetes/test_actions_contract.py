import json
from pathlib import Path

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.actions import list_actions
from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.manifest_diff import make_diff
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.kit.clock import SystemClock
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.action_contract import ActionContract
from fermata.testing.kubernetes import KubernetesEmulator

WEB = Entity.parse("kubernetes:deployment/shop/web")
KUBECTL = ("kubectl-client-side-apply",)


def _make_workload(kind="Deployment", *, image="web:1", **more):
    container = {
        "name": "web",
        "image": image,
        "env": [{"name": "LEVEL", "value": "info"}, {"name": "DB_PASSWORD", "value": "hunter2-hunter2"}],
        "resources": {"limits": {"memory": "128Mi"}, "requests": {"memory": "64Mi"}},
        "ports": [{"containerPort": 8080}],
    }
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template, **more}
    return {"kind": kind, "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}}, "spec": spec}


class _Contract(ActionContract):
    action = ""
    entity = WEB
    missing = Entity.parse("kubernetes:deployment/shop/billing")
    workload = _make_workload(replicas=2)
    take_over_from = KUBECTL

    @pytest.fixture(autouse=True)
    def _use(self, tmp_path: Path):
        with KubernetesEmulator() as cluster:
            self.cluster = cluster
            self.kubeconfig = cluster.write_kubeconfig(tmp_path / "kubeconfig")
            self.arrange()
            self.before = self.read_target()
            yield
            assert cluster.list_forced() == []

    def arrange(self):
        self.cluster.put(self.workload)

    def read_target(self):
        kind = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}
        kind |= {"node": "Node", "pod": "Pod"}
        return self.cluster.get(kind[self.entity.kind], self.entity.namespace, self.entity.name)

    def make_action(self):
        settings = KubernetesSettings(kubeconfig=self.kubeconfig, take_over_from=self.take_over_from, timeout_s=2)
        found = list_actions(KubernetesClient(settings, SystemClock()), SystemClock())
        return next(action for action in found if action.spec.name == self.action)

    def give_target(self):
        return self.entity

    def give_missing_target(self):
        return self.missing

    def list_foreign_targets(self):
        return (
            *super().list_foreign_targets(),
            Entity.parse("kubernetes:service/shop/web"),
            Entity.parse("kubernetes:deployment/web"),
            Entity.parse("kubernetes:node/shop/node-1"),
        )

    async def take_snapshot(self):
        objects = self.cluster.api.store.objects
        return json.dumps([[key, objects[key]] for key in sorted(objects)])

    async def cause_drift(self):
        def edit(one):
            one["spec"]["template"]["spec"]["containers"][0]["image"] = "web:somebody"

        self.cluster.edit(self.read_target(), edit)

    async def read_change(self, key):
        after = json.loads(json.dumps(self.read_target()).replace(key.mark, MARK_PLACEHOLDER))
        return make_diff(self.before, after)

    def break_system(self):
        self.cluster.stop()


class TestRolloutRestartContract(_Contract):
    action = "kubernetes.rollout_restart"
    take_over_from = ()

    def give_parameters(self):
        return {}

    def list_bad_parameters(self):
        return [{"name": "web"}]


class TestRestartOfStatefulSetContract(TestRolloutRestartContract):
    entity = Entity.parse("kubernetes:statefulset/shop/web")
    workload = _make_workload("StatefulSet", replicas=2)


class TestRestartOfDaemonSetContract(TestRolloutRestartContract):
    entity = Entity.parse("kubernetes:daemonset/shop/web")
    workload = _make_workload("DaemonSet")


class TestSetResourcesContract(_Contract):
    action = "kubernetes.set_resources"

    def give_parameters(self):
        return {"memory_limit": "256Mi", "memory_request": "0.125Gi", "cpu_limit": "0.5"}

    def list_bad_parameters(self):
        amounts = (268435456, 1.5, True, "", "-1", "lots", "256", "0", "1e3", "256mi", "٣Mi")
        return [
            {},
            {"container": "web"},
            {"memory_limit": None},
            *({"memory_limit": bad} for bad in amounts),
            {"cpu_limit": "0.0001m"},
            {"memory_limit": "256Mi", "container": "Not A Name"},
            {"memory_limit": "256Mi", "container": None},
        ]


class TestScaleContract(_Contract):
    action = "kubernetes.scale"

    def give_parameters(self):
        return {"replicas": 3}

    def list_bad_parameters(self):
        return [{}, *({"replicas": bad} for bad in (0, -1, 1001, "3", 2.0, True, None))]


class TestSetEnvContract(_Contract):
    action = "kubernetes.set_env"

    def give_parameters(self):
        return {"name": "LEVEL", "value": "debug"}

    def list_bad_parameters(self):
        return [
            {"name": "LEVEL"},
            {"value": "1"},
            {"name": "LEVEL", "value": 500},
            {"name": "A B", "value": "1"},
            {"name": "TEXT", "value": "two\nlines"},
            {"name": "DB_PASSWORD", "value": "x"},
            {"name": "DATABASE", "value": "postgres://shop:pa55word@db/shop"},
            {"name": "LD_PRELOAD", "value": "/lib/evil.so"},
        ]


class TestRemoveEnvContract(TestSetEnvContract):
    def give_parameters(self):
        return {"name": "LEVEL", "value": None}


class TestAddEnvContract(TestSetEnvContract):
    take_over_from = ()

    def give_parameters(self):
        return {"name": "EXTRA_RETRIES", "value": "3"}


class _AfterRollout(_Contract):
    def arrange(self):
        super().arrange()

        def deploy(one):
            container = one["spec"]["template"]["spec"]["containers"][0]
            container["image"] = "web:2"
            container["env"].append({"name": "FEATURE", "value": "on"})

        self.cluster.edit(self.read_target(), deploy, manager="kubectl-client-side-apply")


class TestRollbackContract(_AfterRollout):
    action = "kubernetes.rollback_to_revision"

    def give_parameters(self):
        return {"revision": 1}

    def list_bad_parameters(self):
        return [{}, *({"revision": bad} for bad in (0, -1, "1", 1.0, True, None))]


class TestRollbackOfStatefulSetContract(TestRollbackContract):
    entity = Entity.parse("kubernetes:statefulset/shop/web")
    workload = _make_workload("StatefulSet", replicas=2)


class TestSetImageContract(_AfterRollout):
    action = "kubernetes.set_image"

    def give_parameters(self):
        return {"image": "web:1"}

    def list_bad_parameters(self):
        return [{}, *({"image": bad} for bad in ("", None, 1, "web 1", "--help"))]


class TestCordonContract(_Contract):
    action = "kubernetes.cordon"
    entity = Entity.parse("kubernetes:node/node-1")
    missing = Entity.parse("kubernetes:node/node-9")
    take_over_from = ()

    def give_parameters(self):
        return {}

    def list_bad_parameters(self):
        return [{"node": "node-1"}]

    async def cause_drift(self):
        self.cluster.edit(self.read_target(), lambda one: one["spec"].update(unschedulable=True), manager="kubectl")


class TestUncordonContract(TestCordonContract):
    action = "kubernetes.uncordon"
    take_over_from = ("kubectl",)

    def arrange(self):
        super().arrange()
        node = self.cluster.get("Node", "", "node-1")
        self.cluster.edit(node, lambda one: one["spec"].update(unschedulable=True), manager="kubectl")

    async def cause_drift(self):
        self.cluster.edit(self.read_target(), lambda one: one["spec"].update(unschedulable=False), manager="kubectl")


class TestDeletePodContract(_Contract):
    action = "kubernetes.delete_pod"
    missing = Entity.parse("kubernetes:pod/shop/web-0")
    workload = _make_workload("StatefulSet", replicas=2)
    entity = Entity.parse("kubernetes:pod/shop/web-1")

    def arrange(self):
        super().arrange()
        self.missing = Entity.parse("kubernetes:pod/shop/web-7")

    def give_parameters(self):
        return {}

    def list_bad_parameters(self):
        return [{"grace": 0}]

    async def cause_drift(self):
        """Somebody else was faster: another pod bears the name."""
        with self.cluster.lock:
            self.cluster.api.cluster.delete(self.read_target())
            self.cluster.api.cluster.settle()

    async def read_change(self, key):
        """Nothing declared changes; another pod bears the name."""
        del key
        assert self.read_target()["metadata"]["uid"] != self.before["metadata"]["uid"]
        return ""
