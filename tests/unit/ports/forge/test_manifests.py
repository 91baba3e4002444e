"""Which file declares a field: kustomize's bases and overlays, and the refusal to guess."""

import pytest

from fermata.domain.manifest import FieldEdit, ManifestPatch
from fermata.kit.errors import UserError
from fermata.ports.forge.manifests import (
    choose_places,
    find_kustomizations,
    find_manifests,
    find_templates,
    list_users,
)

MEMORY = ("spec", "template", "spec", "containers", "checkout", "resources", "limits", "memory")
IMAGE = ("spec", "template", "spec", "containers", "checkout", "image")
BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: checkout
        image: registry/checkout:1
        resources: {limits: {memory: 128Mi}}
"""
OVERLAY = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout}
spec:
  template:
    spec:
      containers:
      - name: checkout
        resources: {limits: {memory: 256Mi}}
"""
KUSTOMIZE = "resources: [../../base]\nnamespace: %s\npatches:\n- path: memory.yaml\n"
FILES = {
    "base/deployment.yaml": BASE,
    "base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "overlays/prod/kustomization.yaml": KUSTOMIZE % "shop",
    "overlays/prod/memory.yaml": OVERLAY,
    "overlays/staging/kustomization.yaml": KUSTOMIZE % "shop-staging",
    "overlays/staging/memory.yaml": OVERLAY.replace("256Mi", "64Mi"),
}


def make_patch(path=MEMORY, value="512Mi", was=None, **changes):
    """Give a patch of checkout."""
    values = {
        "api_version": "apps/v1",
        "kind": "Deployment",
        "name": "checkout",
        "namespace": "shop",
        "manager": "Flux kustomization shop",
        "edits": (FieldEdit(path=path, value=value, was=was),),
    }
    return ManifestPatch(**(values | changes))


def choose(files, patch):
    """Give path and field of the one place that is chosen."""
    kustomizations = find_kustomizations(files)
    (place,) = choose_places(find_manifests(files, patch), kustomizations, patch)
    return place.manifest.path, place.edit.path


def test_overlay_of_the_namespace_is_changed_not_the_base():
    """The patch wins over the base; which overlay it is, the namespace tells."""
    assert choose(FILES, make_patch()) == ("overlays/prod/memory.yaml", MEMORY)
    assert choose(FILES, make_patch(namespace="shop-staging")) == ("overlays/staging/memory.yaml", MEMORY)


def test_path_in_the_hint_tells_the_overlay():
    """Without a namespace, where the manager reads from decides."""
    patch = make_patch(namespace="", hint="https://forge/shop/deploy path overlays/staging")

    assert choose(FILES, patch) == ("overlays/staging/memory.yaml", MEMORY)


def test_live_value_tells_the_overlay():
    """Without both, the value that runs decides."""
    assert choose(FILES, make_patch(namespace="", was="64Mi")) == ("overlays/staging/memory.yaml", MEMORY)


def test_choice_that_nothing_decides_is_a_persons():
    """Two overlays could be meant, and both are named."""
    with pytest.raises(UserError, match=r"overlays/prod/memory.yaml, overlays/staging/memory.yaml") as refused:
        choose(FILES, make_patch(namespace=""))

    assert "More than one manifest declares Deployment checkout" in str(refused.value)


def test_field_that_only_the_base_sets_is_changed_there():
    """Everything that builds on it changes with it, and is listed."""
    files = FILES
    patch = make_patch(("spec", "replicas"), 3)
    kustomizations = find_kustomizations(files)
    (place,) = choose_places(find_manifests(files, patch), kustomizations, patch)

    assert place.manifest.path == "base/deployment.yaml"
    assert list_users(place, kustomizations) == (
        "base/kustomization.yaml",
        "overlays/prod/kustomization.yaml",
        "overlays/staging/kustomization.yaml",
    )


def test_field_that_nobody_sets_goes_where_the_object_is_declared():
    """Not into somebody's patch; unless there is nothing but patches."""
    patch = make_patch((*MEMORY[:-1], "cpu"), "1")
    assert choose(FILES, patch)[0] == "base/deployment.yaml"

    only = {path: text for path, text in FILES.items() if path.startswith("overlays/prod")}
    assert choose(only, patch)[0] == "overlays/prod/memory.yaml"


def test_image_that_a_kustomization_sets_is_changed_there():
    """Whatever the manifest says, `images` wins; by name or by its new name."""
    images = "images:\n- name: registry/checkout\n  newTag: '1'\n"
    files = FILES | {"overlays/prod/kustomization.yaml": KUSTOMIZE % "shop" + images}

    assert choose(files, make_patch(IMAGE, "registry/checkout:2")) == (
        "overlays/prod/kustomization.yaml",
        ("images", "registry/checkout", "newTag"),
    )
    assert choose(files, make_patch(IMAGE, "registry/checkout@sha256:ab"))[1][-1] == "digest"
    assert choose(files, make_patch(IMAGE, "elsewhere/checkout:2"))[0] == "base/deployment.yaml"
    renamed = images.replace("registry/checkout", "checkout") + "  newName: registry/checkout\n"
    files["overlays/prod/kustomization.yaml"] = KUSTOMIZE % "shop" + renamed
    assert choose(files, make_patch(IMAGE, "registry/checkout:2"))[1] == ("images", "checkout", "newTag")


def test_image_of_another_object_is_not_taken_for_this_one():
    """A kustomization that does not build on the manifest says nothing of it."""
    files = {
        "a/deployment.yaml": BASE,
        "b/kustomization.yaml": "resources: [x.yaml]\nimages: [{name: registry/checkout, newTag: '1'}]\n",
    }

    assert choose(files, make_patch(IMAGE, "registry/checkout:2"))[0] == "a/deployment.yaml"


def test_pinned_image_is_not_given_a_tag():
    """Nobody would hear it."""
    images = "images:\n- name: registry/checkout\n  digest: sha256:ab\n"
    files = FILES | {"overlays/prod/kustomization.yaml": KUSTOMIZE % "shop" + images}

    with pytest.raises(UserError, match="pins registry/checkout by its digest"):
        choose(files, make_patch(IMAGE, "registry/checkout:2"))


def test_replicas_that_a_kustomization_sets_are_changed_there():
    """As for images."""
    files = FILES | {
        "overlays/prod/kustomization.yaml": KUSTOMIZE % "shop" + "replicas: [{name: checkout, count: 2}]\n"
    }

    assert choose(files, make_patch(("spec", "replicas"), 4)) == (
        "overlays/prod/kustomization.yaml",
        ("replicas", "checkout", "count"),
    )


def test_patch_inside_a_kustomization_is_refused():
    """It may win over the manifest, and its text is not edited."""
    inline = "patches:\n- target: {kind: Deployment}\n  patch: |\n    metadata: {name: checkout}\n"
    files = FILES | {"overlays/prod/kustomization.yaml": "resources: [../../base]\n" + inline}

    with pytest.raises(UserError, match=r"overlays/prod/kustomization.yaml patches checkout in its own text"):
        choose(files, make_patch())


@pytest.mark.parametrize(
    "document",
    [
        BASE.replace("apps/v1", "extensions/v1beta1"),
        BASE.replace("name: checkout\nspec", "name: billing\nspec"),
        BASE.replace("name: checkout\nspec", "name: checkout\n  namespace: other\nspec"),
        BASE.replace("kind: Deployment", "kind: StatefulSet  # Deployment"),
        "# Deployment checkout\n- a list\n",
        "# Deployment checkout {{ template }}\nkind: {{ .Kind }}\n",
        "metadata: Deployment checkout\nkind: Deployment\napiVersion: apps/v1\n",
    ],
)
def test_other_objects_are_not_this_one(document):
    """Group, kind, name and a namespace that is written must agree."""
    assert find_manifests({"x.yaml": document}, make_patch()) == ()


def test_another_version_of_the_group_is_the_same_object():
    """The API serves one object in several versions."""
    files = {"x.yaml": f"kind: Service\n---\n{BASE.replace('apps/v1', 'apps/v1beta2')}"}

    (found,) = find_manifests(files, make_patch())

    assert found.index == 1


def test_template_of_the_kind_is_named():
    """What a chart makes of it is not known; that it may be the one is."""
    files = {"chart/a.yaml": "kind: Deployment\nname: {{ .Release.Name }}\n", "b.yaml": BASE}

    assert find_templates(files, make_patch()) == ("chart/a.yaml",)
