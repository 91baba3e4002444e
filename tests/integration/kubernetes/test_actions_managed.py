"""Objects that something else writes: the change is proposed where that reads, or left to it."""

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.kit.errors import UserError
from fermata.ports.action import ManagedElsewhere
from fermata.testing.action_contract import KEY


@pytest.mark.parametrize(
    ("meta", "tool"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}}, "Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux"),
        ({"annotations": {"meta.helm.sh/release-name": "checkout"}}, "Helm"),
    ],
)
async def test_managed_object_becomes_a_change_of_its_source(site, meta, tool):
    """Nothing is tried on the cluster; the refusal carries the change for whoever finds the manifest."""
    site.put(name="managed", meta=meta)
    target = Entity.parse("kubernetes:deployment/shop/managed")

    with pytest.raises(ManagedElsewhere, match=tool) as found:
        await site.plan(target=target)

    patch = found.value.patch
    assert (patch.api_version, patch.kind, patch.namespace, patch.name) == ("apps/v1", "Deployment", "shop", "managed")
    [edit] = patch.edits
    assert edit.path == ("spec", "template", "spec", "containers", "web", "resources", "limits", "memory")
    assert (edit.value, edit.was) == ("256Mi", "128Mi")
    assert not [request for request in site.cluster.requests if request.method == "PATCH"]


async def test_object_that_a_custom_resource_controls_is_left_to_it(site):
    """Its operator would write the change back, and no manifest of the object lies anywhere: the owner is named."""
    made = site.cluster.put({"kind": "ConfigMap", "metadata": {"name": "main", "namespace": "shop"}})
    # The kind does not matter, and the emulator serves no custom one.
    owner = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "main",
        "uid": made["metadata"]["uid"],
        "controller": True,
    }
    site.put(name="derived", meta={"ownerReferences": [owner]})
    target = Entity.parse("kubernetes:deployment/shop/derived")

    with pytest.raises(UserError, match="ConfigMap main controls it") as found:
        await site.plan(target=target)

    assert "ConfigMap main (v1)" in found.value.do
    assert not [request for request in site.cluster.requests if request.method == "PATCH"]


async def test_removal_in_a_managed_object_says_so(site):
    """A removed variable is a removed item of the manifest, by its name."""
    site.put(name="managed", meta={"annotations": {"meta.helm.sh/release-name": "checkout"}})
    target = Entity.parse("kubernetes:deployment/shop/managed")

    with pytest.raises(ManagedElsewhere) as found:
        await site.plan("set_env", {"name": "LEVEL", "value": None}, target)

    [edit] = found.value.patch.edits
    assert edit.path == ("spec", "template", "spec", "containers", "web", "env", "LEVEL")
    assert edit.value is None
    assert edit.was == {"name": "LEVEL", "value": "info"}


async def test_restart_of_a_managed_object_is_no_change_of_its_source(site):
    """No manager writes back an annotation that its source does not mention; a pull request would be absurd."""
    site.put(name="managed", meta={"annotations": {"meta.helm.sh/release-name": "checkout"}})

    action, planned = await site.plan("rollout_restart", {}, Entity.parse("kubernetes:deployment/shop/managed"))

    assert (await action.execute(planned, KEY)).outcome is Outcome.DONE
