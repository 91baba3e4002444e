"""An emulated cluster with a shop in it, and the collectors that look at it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.system import Kubernetes
from fermata.kit.clock import SystemClock
from fermata.testing.kubernetes import KubernetesEmulator

PASSWORD = "correct-horse-battery-staple-9"


class Shop:
    """A namespace with one deployment, its service and its configuration."""

    def __init__(self, cluster):
        self.cluster = cluster

    def build(self, *, image="shop/checkout:1.4", memory="128Mi", selector="checkout"):
        """Create all of it."""
        self.put("ConfigMap", "checkout-config", data={"MODE": "fast", "app.properties": f"a=1\npassword={PASSWORD}\n"})
        self.put("Secret", "db", data={"password": "c2VjcmV0"})
        self.deployment = self.put("Deployment", "checkout", spec=self.describe(image, memory))
        ports = [{"name": "http", "port": 80, "targetPort": 8080}]
        self.put("Service", "checkout", spec={"selector": {"app": selector}, "ports": ports})
        return self

    def put(self, kind, name, **parts):
        """Create one object in the shop."""
        return self.cluster.put({"kind": kind, "metadata": {"name": name, "namespace": "shop"}, **parts})

    def describe(self, image, memory):
        """Return the deployment's spec."""
        variables = [
            {"name": "DB_POOL_SIZE", "value": "20"},
            {"name": "API_TOKEN", "value": PASSWORD},
            {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
            {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "checkout-config", "key": "MODE"}}},
        ]
        container = {
            "name": "checkout",
            "image": image,
            "ports": [{"containerPort": 8080}],
            "env": variables,
            "resources": {"limits": {"memory": memory}, "requests": {"memory": memory}},
        }
        return {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "checkout"}},
            "template": {"metadata": {"labels": {"app": "checkout"}}, "spec": {"containers": [container]}},
        }

    def roll(self, image, memory="128Mi"):
        """Change the deployment's template, as a release does."""
        live = self.cluster.get("Deployment", "shop", "checkout")
        spec = self.describe(image, memory)
        self.cluster.edit(live, lambda item: item["spec"].update(template=spec["template"]))

    @property
    def pod(self):
        """Return the newest pod: the one of the image that is wanted now."""
        wanted = self.cluster.get("Deployment", "shop", "checkout")["spec"]["template"]["spec"]["containers"][0][
            "image"
        ]
        pods = self.cluster.list_kind("Pod", "shop")
        return next(pod["metadata"]["name"] for pod in pods if pod["spec"]["containers"][0]["image"] == wanted)

    def write_log(self, text, *, previous=False):
        """Add to what the newest pod wrote."""
        self.cluster.write_log(self.pod, text, namespace="shop", container="checkout", previous=previous)

    def say_event(self, kind, name, reason, message, *, count=3):
        """Add a warning about an object."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.put(
            "Event",
            f"{name}.{reason.lower()}",
            involvedObject={"kind": kind, "namespace": "shop", "name": name},
            reason=reason,
            message=message,
            type="Warning",
            count=count,
            firstTimestamp=now,
            lastTimestamp=now,
        )


@pytest.fixture
def cluster():
    """Give an API server."""
    with KubernetesEmulator() as emulator:
        yield emulator


@pytest.fixture
def shop(cluster):
    """Give a shop that is not built yet."""
    return Shop(cluster)


@pytest.fixture
def kubeconfig(cluster, tmp_path):
    """Give the way in."""
    return cluster.write_kubeconfig(tmp_path / "kubeconfig")


@pytest.fixture
def make_system(kubeconfig):
    """Build the system with other settings than the default ones."""

    def make(**settings):
        return Kubernetes(KubernetesSettings(**{"kubeconfig": kubeconfig, "timeout_s": 5} | settings), SystemClock())

    return make


@pytest.fixture
def make_scope():
    """Frame a gathering about entities: the last hour."""

    def make(*refs):
        now = datetime.now(UTC)
        return Scope(
            incident_id=IncidentId("inc_reading"),
            alerts=(),
            entities=tuple(Entity.parse(ref) for ref in refs),
            onset=now - timedelta(minutes=5),
            window_start=now - timedelta(minutes=65),
            window_end=now + timedelta(seconds=5),
        )

    return make


@pytest.fixture
def gather():
    """Ask all collectors of a system at once, as an investigation does; any error is one of the test."""

    async def ask(system, scope):
        asked = (each.collect(scope) for each in system.list_collectors())
        brought = await asyncio.gather(*asked, return_exceptions=True)
        for error in brought:
            if isinstance(error, BaseException):
                raise error
        return tuple(item for evidence in brought for item in evidence)

    return ask


@pytest.fixture
def password():
    """Give the secret that lies where collectors look."""
    return PASSWORD
