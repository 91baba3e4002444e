"""Chaos Mesh in the table of systems, and what the doctor sees."""

from tests.unit.integrations.chaosmesh.place import LIMITS

from fermata.flows.experiments.rules import SandboxRules
from fermata.integrations import resolve_system
from fermata.integrations.chaosmesh.settings import ChaosMeshSettings
from fermata.testing.clock import FakeClock
from fermata.testing.kubernetes.rbac import Rule


def make(cluster, folder, **given):
    """Give the system as the settings would make it."""
    path = cluster.write_kubeconfig(folder / "kubeconfig", **given)
    return resolve_system("chaosmesh")(ChaosMeshSettings(kubeconfig=path, timeout_s=2), FakeClock())


async def test_doctor_looks_at_each_kind_and_at_the_controller(cluster, tmp_path):
    """All is there."""
    findings = await make(cluster, tmp_path).check()

    assert [finding.name for finding in findings] == [
        *("chaosmesh: PodChaos", "chaosmesh: NetworkChaos", "chaosmesh: HTTPChaos", "chaosmesh: StressChaos"),
        "chaosmesh: controller",
    ]
    assert all(finding.ok for finding in findings)


async def test_doctor_names_what_is_missing(cluster, tmp_path):
    """A permission, and a controller that does not run."""
    token = cluster.add_user("nobody", Rule(("get",), ("deployments",)))
    found = cluster.get("Deployment", "chaos-mesh", "chaos-controller-manager")
    cluster.edit(found, lambda value: value["spec"].update(replicas=0))

    *kinds, controller = await make(cluster, tmp_path, token=token).check()

    assert not any(finding.ok for finding in kinds)
    assert "HTTP 403" in kinds[0].text
    assert not controller.ok
    assert "No replica of it is ready" in controller.text


async def test_doctor_says_that_nobody_answers(cluster, tmp_path):
    """A kubeconfig that is not there, and a server that lacks the controller."""
    system = resolve_system("chaosmesh")(ChaosMeshSettings(kubeconfig=tmp_path / "none"), FakeClock())

    (finding,) = await system.check()

    assert (finding.name, finding.ok) == ("chaosmesh: connection", False)


def test_injector_is_offered(cluster, tmp_path):
    """By the one way that every system has."""
    assert make(cluster, tmp_path).find_injector(SandboxRules(LIMITS)).name == "chaosmesh"
