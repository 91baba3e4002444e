"""A whole house whose workloads run on an emulated cluster, and whose monitoring sees what becomes of them."""

import shutil

import pytest
from tests.unit.flows.stage import Stage, make_alert

from fermata.integrations.alertmanager.system import Alertmanager
from fermata.integrations.github.system import GitHub, GitHubSettings
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.system import Kubernetes
from fermata.ports.source import SourceSettings
from fermata.store.connect import open_store
from fermata.testing.forges.github import FakeGitHub
from fermata.testing.forges.shop import make_shop
from fermata.testing.kubernetes import KubernetesEmulator
from fermata.testing.web_server import WebServer

KUBECTL = "kubectl-client-side-apply"
ALERT = make_alert("CheckoutDown", "checkout", namespace="shop", deployment="checkout")
RAIL = {
    "id": "rail",
    "actions": ["kubernetes.*", "github.*"],
    "resources": ["kubernetes:*/shop/*", "github:repository/shop/*"],
    "approvers": {"roles": ["oncall"]},
}


class Story:
    """One house, one cluster with the shop's checkout in it, and a monitoring that fires until checkout is well."""

    def __init__(self, stage, cluster, kubeconfig):
        self.stage = stage
        self.cluster = cluster
        self._kubeconfig = kubeconfig
        cluster.api.store.now = stage.clock.now
        self._sleep = stage.clock.sleep
        stage.clock.sleep = self._watch

    def use(self, **systems):
        """Build the house with its alerts, its cluster and these systems."""
        clock, values = self.stage.clock, {"kubeconfig": self._kubeconfig, "actions": ["kubernetes.*"]}
        settings = KubernetesSettings(**values, take_over_from=[KUBECTL, "kubectl-scale"])
        house = {"alertmanager": Alertmanager(SourceSettings(), clock), "kubernetes": Kubernetes(settings, clock)}
        self.stage.restart(house | systems, policy={"guardrails": [RAIL]})
        return self

    def deploy(self, *, image="shop/checkout:1.4.1", memory="256Mi", **meta):
        """Create checkout, as `kubectl apply` does."""
        template = self._describe(image, memory)
        spec = {"replicas": 2, "selector": {"matchLabels": {"app": "checkout"}}, "template": template}
        metadata = {"name": "checkout", "namespace": "shop"} | meta
        return self.cluster.put({"kind": "Deployment", "metadata": metadata, "spec": spec})

    def roll(self, *, image, memory="256Mi"):
        """Change what checkout runs, as the next `kubectl apply` does."""
        template = self._describe(image, memory)
        return self.cluster.edit(self.checkout, lambda one: one["spec"].update(template=template), manager=KUBECTL)

    def write_logs(self, text="loading\n", **more):
        """Let each pod that is wanted now have written something."""
        for name in self._list_new_pods():
            self.cluster.write_log(name, text, namespace="shop", container="checkout", **more)

    def say_of_new_pods(self, reason, message):
        """Let the kubelet warn of each pod that is wanted now."""
        for name in self._list_new_pods():
            self.say("Pod", name, reason, message)

    def say(self, kind, name, reason, message, *, sort="Warning"):
        """Add an event about an object."""
        now = self.stage.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        about = {"kind": kind, "namespace": "shop", "name": name}
        said = {"reason": reason, "message": message, "type": sort, "count": 3}
        times = {"firstTimestamp": now, "lastTimestamp": now}
        metadata = {"name": f"{name}.{reason.lower()}", "namespace": "shop"}
        self.cluster.put({"kind": "Event", "metadata": metadata, "involvedObject": about, **said, **times})

    def put(self, kind, name="checkout", **parts):
        """Create any object of the shop."""
        return self.cluster.put({"kind": kind, "metadata": {"name": name, "namespace": "shop"}, **parts})

    def strand_pod(self, *, runs=False):
        """Let the kubelet get no further with one of the pods than its sandbox, or its start; give its name."""
        pod = self.cluster.list_kind("Pod", "shop")[0]
        state = {"running": {}} if runs else {"waiting": {"reason": "ContainerCreating"}}
        conditions = [{"type": "Ready", "status": "False"}, {"type": "PodScheduled", "status": "True"}]
        statuses = [{"name": "checkout", "ready": False, "restartCount": 0, "state": state}]
        status = {"phase": "Running" if runs else "Pending", "conditions": conditions, "containerStatuses": statuses}
        with self.cluster.lock:
            self.cluster.api.cluster.leave_alone(pod)
        self.cluster.edit(pod, lambda one: one.update(status=status), manager="kubelet", subresource="status")
        return pod["metadata"]["name"]

    def _list_new_pods(self):
        pods = self.cluster.list_kind("Pod", "shop")
        image = self.container["image"]
        return [pod["metadata"]["name"] for pod in pods if pod["spec"]["containers"][0]["image"] == image]

    @property
    def checkout(self):
        """The deployment as it is."""
        return self.cluster.get("Deployment", "shop", "checkout")

    @property
    def container(self):
        """Its one container, as declared."""
        return self.checkout["spec"]["template"]["spec"]["containers"][0]

    @property
    def is_well(self):
        """Whether every pod is ready."""
        status, pods = self.checkout["status"], self.cluster.list_kind("Pod", "shop")
        return len(pods) == status.get("readyReplicas", 0) == status.get("updatedReplicas") == 2

    async def hold(self):
        """Let the alert fire; give what is held for it."""
        return await self.stage.hold(ALERT)

    async def _watch(self, seconds):
        """Pass time; meanwhile the alert resolves if checkout is well."""
        if self.is_well:
            await self.stage.resolve(ALERT)
        await self._sleep(seconds)

    @staticmethod
    def _describe(image, memory):
        container = {
            "name": "checkout",
            "image": image,
            "resources": {"limits": {"memory": memory}, "requests": {"memory": "128Mi"}},
        }
        return {"metadata": {"labels": {"app": "checkout"}}, "spec": {"containers": [container]}}


@pytest.fixture
def build_story(tmp_path, migrated_file):
    """Give a function that begins a story, whose house is yet to be built; nothing may be forced in any of them."""
    store = open_store(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'fermata.db')}")
    with KubernetesEmulator() as cluster:
        yield lambda: Story(Stage(tmp_path, store), cluster, cluster.write_kubeconfig(tmp_path / "kubeconfig"))
        assert cluster.list_forced() == []
    store.close()


@pytest.fixture
def story(build_story):
    """Give a story without a forge."""
    return build_story().use()


@pytest.fixture
async def forge():
    """Give a GitHub that holds the shop's manifests, as `(fake, build)`; what was asked of it was well formed."""
    fake = FakeGitHub(history=make_shop().history)
    async with WebServer(fake.respond) as server:

        def build(clock):
            repository = {"services": {"checkout": ["services/checkout.py"]}, "manifests": ["deploy/**/*.yaml"]}
            settings = {"url": server.url, "token": fake.token, "repositories": {fake.repository: repository}}
            return GitHub(GitHubSettings.model_validate(settings), clock)

        yield fake, build
        assert server.complaints == []
