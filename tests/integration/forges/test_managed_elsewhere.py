"""What the cluster's own integration would have changed arrives in the manifest, line by line."""

import copy

from fermata.domain.manifest import FieldEdit, ManifestPatch
from fermata.integrations.kubernetes.field_paths import compare, find_value, name_parts
from fermata.ports.forge.yaml_edit import load_documents
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.forges.shop import MANIFEST, ONSET


def make_patch(live, desired):
    """Give the patch that Kubernetes' actions make of what they wanted to write."""
    changes = compare(live, desired)
    edits = [
        FieldEdit(path=name_parts(path), value=changes.written.get(path), was=find_value(live, path))
        for path in sorted(changes.paths)
    ]
    return ManifestPatch(
        api_version="apps/v1",
        kind="Deployment",
        name="checkout",
        namespace="shop",
        manager="Flux kustomization shop",
        edits=tuple(edits),
        hint="shop",
    )


async def test_edits_of_the_cluster_become_edits_of_the_manifest(rig):
    """A limit, an image, a new variable and one that goes, the number of replicas, an annotation."""
    text = rig.shop.history.find("main").tree[MANIFEST][1].decode()
    variables = (
        "env:\n            - name: OLD\n              value: x\n            - name: KEPT\n              value: y\n"
    )
    text = text.replace("          resources:", f"          {variables}          resources:")
    rig.shop.history.commit("main", {MANIFEST: text}, at=ONSET)
    (live,) = load_documents(text)
    desired = copy.deepcopy(live)
    template = desired["spec"]["template"]
    container = template["spec"]["containers"][0]
    container["image"] = "registry.example/checkout:1.4.0"
    container["resources"]["limits"]["memory"] = "512Mi"
    container["env"] = [{"name": "KEPT", "value": "y"}, {"name": "NEW", "value": "1"}]
    desired["spec"]["replicas"] = 3
    template["metadata"] = {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-23T12:00:00Z"}}
    action = rig.make_action()

    found = await action.find_suggestion(make_patch(live, desired))
    plan = plan_action(action, found.target, found.parameters, await action.dry_run(found.target, found.parameters))
    await action.execute(plan, KEY)

    changed = rig.fake.history.find(f"fermata/{KEY.mark}").tree[MANIFEST][1].decode()
    assert load_documents(changed) == [desired]
    assert changed.startswith("# What runs in production.\n")
    assert "replicas: 3  # Two zones." in changed
    lines = [line for line in plan.dry_run.diff.split("\n")[3:] if line.startswith(("+", "-"))]
    assert len(lines) == 13


async def test_base_that_several_overlays_use_is_said_to_change_them_all(github):
    """The card warns before anybody approves it, and the request says so; a link is no manifest."""
    history = github.shop.history
    text = history.find("main").tree[MANIFEST][1].decode().replace("  namespace: shop\n", "")
    overlay = "resources: [../../base]\n"
    files = {MANIFEST: None, "deploy/base/checkout.yaml": text, "deploy/base/link.yaml": "checkout.yaml"}
    files |= {"deploy/base/kustomization.yaml": "resources: [checkout.yaml]\n"}
    files |= {f"deploy/overlays/{name}/kustomization.yaml": overlay for name in ("eu", "us")}
    sha = history.commit("main", files, at=ONSET)
    history.commits[sha].tree["deploy/base/link.yaml"] = ("120000", b"checkout.yaml")
    edit = FieldEdit(path=("spec", "replicas"), value=3, was=2)
    patch = ManifestPatch(api_version="apps/v1", kind="Deployment", name="checkout", manager="Flux", edits=(edit,))

    dry_run = await github.make_action().dry_run(github.entity, {"patch": patch.to_json()})

    assert "deploy/base/checkout.yaml is used by deploy/base/kustomization.yaml, " in dry_run.note
    assert dry_run.note.endswith("deploy/overlays/us/kustomization.yaml: all of them change")
