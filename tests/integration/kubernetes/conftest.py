import pytest

from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.actions import list_actions
from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.kit.clock import SystemClock
from fermata.testing.action_contract import plan_action
from fermata.testing.kubernetes import KubernetesEmulator
from fermata.testing.kubernetes.store import Write

WEB = Entity.parse("kubernetes:deployment/shop/web")
KUBECTL = "kubectl-client-side-apply"
RAISED = {"memory_limit": "256Mi"}


class _Site:
    def __init__(self, cluster, folder):
        self.cluster = cluster
        self._folder = folder

    def find(self, name, *, user="", **more):
        more = {"take_over_from": (KUBECTL,), "timeout_s": 10} | more
        file = self._folder / f"kubeconfig-{user}"
        self.cluster.write_kubeconfig(file, **({"token": user} if user else {}))
        client = KubernetesClient(KubernetesSettings(kubeconfig=file, **more), SystemClock())
        found = list_actions(client, SystemClock())
        return next(action for action in found if action.spec.name == f"kubernetes.{name}")

    async def plan(self, name="set_resources", parameters=RAISED, target=WEB, **more):
        action = self.find(name, **more)
        return action, plan_action(action, target, parameters, await action.dry_run(target, parameters))

    def put(self, kind="Deployment", name="web", *, meta=None, container=None, **spec):
        container = {
            "name": "web",
            "image": "web:1",
            "env": [{"name": "LEVEL", "value": "info"}],
            "resources": {"limits": {"memory": "128Mi"}},
        } | (container or {})
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
        whole = {"selector": {"matchLabels": {"app": name}}, "template": template} | spec
        metadata = {"name": name, "namespace": "shop"} | (meta or {})
        return self.cluster.put({"kind": kind, "metadata": metadata, "spec": whole})

    def web(self):
        return self.cluster.get("Deployment", "shop", "web")

    def touch_status(self):
        def edit(one):
            one["status"]["conditions"] = [
                {"type": "Odd", "status": "True", "message": str(len(self.cluster.requests))}
            ]

        stored = self.cluster.api.store.find("Deployment", "shop", "web")
        self.cluster.api.store.edit(stored, edit, Write("kubelet", subresource="status"))


@pytest.fixture
def site(tmp_path):
    """A cluster with one deployment that kubectl has applied; at the end nothing may have been forced."""
    with KubernetesEmulator() as cluster:
        site = _Site(cluster, tmp_path)
        site.put(replicas=2)
        yield site
        assert cluster.list_forced() == []
