"""What writes an object, told from its labels, annotations and managed fields."""

import pytest

from fermata.integrations.kubernetes.managed import find_manager


def make(labels=None, annotations=None, writers=()):
    """Give an object's metadata."""
    fields = [{"manager": name, "operation": "Apply"} for name in writers]
    return {"metadata": {"labels": labels or {}, "annotations": annotations or {}, "managedFields": fields}}


@pytest.mark.parametrize(
    ("item", "words", "hint"),
    [
        (
            make(annotations={"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/checkout"}),
            "Argo CD application shop",
            "shop",
        ),
        (
            make(annotations={"argocd.argoproj.io/tracking-id": "team-a_shop:apps/Deployment:shop/checkout"}),
            "Argo CD application shop",
            "team-a/shop",
        ),
        (make(labels={"argocd.argoproj.io/instance": "shop"}), "Argo CD application shop", "shop"),
        (
            make(labels={"app.kubernetes.io/instance": "shop"}, writers=("argocd-controller",)),
            "Argo CD application shop",
            "shop",
        ),
        (make(writers=("argocd-application-controller",)), "Argo CD", ""),
        (
            make(
                labels={
                    "kustomize.toolkit.fluxcd.io/name": "apps",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            ),
            "Flux kustomization apps",
            "flux-system/apps",
        ),
        (make(labels={"helm.toolkit.fluxcd.io/name": "checkout"}), "Flux Helm release checkout", "checkout"),
        (make(writers=("kustomize-controller",)), "Flux", ""),
        (
            make(
                labels={"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "checkout-1.2.3"},
                annotations={"meta.helm.sh/release-name": "checkout", "meta.helm.sh/release-namespace": "shop"},
            ),
            "Helm release checkout",
            "shop/checkout chart checkout-1.2.3",
        ),
        (
            make(labels={"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "web"}),
            "Helm release web",
            "web",
        ),
        (make(labels={"app.kubernetes.io/managed-by": "Helm"}), "Helm", ""),
    ],
)
def test_manager_is_named_with_what_helps_to_find_its_source(item, words, hint):
    """Each tool leaves its own marks."""
    found = find_manager(item)

    assert (found.name, found.hint) == (words, hint)
    assert found.why


def test_what_reconciles_wins_over_what_only_wrote():
    """A chart that Argo CD or Flux releases carries Helm's marks, too."""
    labels = {"app.kubernetes.io/managed-by": "Helm", "helm.toolkit.fluxcd.io/name": "checkout"}
    annotations = {"meta.helm.sh/release-name": "checkout"}

    assert find_manager(make(labels, annotations)).tool == "Flux"
    tracked = annotations | {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/checkout"}
    assert find_manager(make(labels, tracked)).tool == "Argo CD"


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"metadata": None},
        {"metadata": {"labels": None, "annotations": [], "managedFields": ["odd"]}},
        make(labels={"app.kubernetes.io/instance": "shop", "app.kubernetes.io/managed-by": "hand"}),
        make(writers=("kubectl-client-side-apply", "kubectl-edit", "fermata")),
    ],
)
def test_object_that_nothing_would_write_back_has_no_manager(item):
    """A label that anybody may set is no proof by itself."""
    assert find_manager(item) is None
