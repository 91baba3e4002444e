"""What a person reads when a change is not made: the whole house on the emulated cluster."""

import pytest
from tests.unit.flows.stage import Stage, make_alert

from fermata.integrations.alertmanager.system import Alertmanager
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.system import Kubernetes
from fermata.ports.source import SourceSettings
from fermata.store.connect import open_store
from fermata.testing.kubernetes import Fate

ALERT = make_alert("PodsCrashLooping", "web", namespace="shop", deployment="web")
RAIL = {
    "id": "rail",
    "actions": ["kubernetes.*"],
    "resources": ["kubernetes:deployment/shop/*"],
    "approvers": {"roles": ["oncall"]},
}


@pytest.fixture
def stage(site, tmp_path_factory):
    """A house whose one system of workloads is the cluster, and whose deployment runs out of memory."""
    folder = tmp_path_factory.mktemp("house")
    store = open_store(f"sqlite:///{folder / 'fermata.db'}")
    stage = Stage(folder, store)
    site.cluster.api.store.now = stage.clock.now
    settings = KubernetesSettings(
        kubeconfig=site.cluster.write_kubeconfig(folder / "kubeconfig"), actions=["kubernetes.*"]
    )
    systems = {
        "alertmanager": Alertmanager(SourceSettings(), stage.clock),
        "kubernetes": Kubernetes(settings, stage.clock),
    }
    stage.restart(systems, policy={"guardrails": [RAIL]})
    site.cluster.script(Fate.OUT_OF_MEMORY, image="web:1", needs_memory="200Mi")
    yield stage
    store.close()


async def test_conflict_stands_on_the_card(site, stage):
    """Nothing is proposed, and the card says whose field it is and what to do."""
    held = await stage.hold(ALERT)

    assert held.plan is None
    assert "is kubectl-client-side-apply's. Fermata never forces a conflict" in held.card.to_text()
    assert "kubernetes.take_over_from" in held.card.to_text()
    assert site.cluster.list_writes() == []


async def test_manager_of_the_object_stands_on_the_card(site, stage):
    """Without a repository that holds the manifest it is for a person, who is told where to look."""
    release = {"meta.helm.sh/release-name": "checkout"}
    site.cluster.edit(site.web(), lambda one: one["metadata"].setdefault("annotations", {}).update(release))

    held = await stage.hold(ALERT)

    assert held.plan is None
    assert "Helm would write back what its source says" in held.card.to_text()
