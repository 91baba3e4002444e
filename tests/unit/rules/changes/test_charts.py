"""Whose manifests a change touches, where no file names a service."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.charts import find_charted, find_valued
from fermata.rules.changes.live import Rollouts
from fermata.rules.changes.places import list_affected

TEMPLATE = (
    "+++ b/{}\n@@ -1,9 +1,9 @@\n apiVersion: apps/v1\n kind: Deployment\n metadata:\n"
    '   name: {{{{ include "store.fullname" . }}}}\n spec:\n-  replicas: 3\n+  replicas: 1'
)
RELEASE = (
    "+++ b/{}\n@@ -1,9 +1,9 @@\n kind: HelmRelease\n metadata:\n   name: {}\n   namespace: shop\n spec:\n"
    "   values:\n-    replicas: 3\n+    replicas: 1"
)
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: shop
  labels:
    {label}
  annotations:
    {annotation}
"""


def run(incident, *workloads):
    """Add workloads, each by its name and the labels of where it came from."""
    for name, label, annotation in workloads:
        text = WORKLOAD.format(name=name, label=label, annotation=annotation or "a: b")
        facts = {"form": "kubectl", "objects": []}
        incident.add(EvidenceKind.OBJECTS, name, text.split("\n"), facts)
        query = f"kubectl get deployment {name} -n shop -o yaml"
        incident.evidence[-1] = incident.evidence[-1].model_copy(update={"query": query})
    return incident


def affect(incident, diff):
    """Give the services that a change with this diff works on; its own fields name none."""
    incident.change("c1", 5, diff, service="", repository="platform")
    (change,), symptoms = incident.list_changes(), incident.read()
    effect = Rollouts([change], began_at=symptoms.began_at).judge(change)
    return set(list_affected(change, effect, symptoms))


CHART = ("web", "helm.sh/chart: storefront-1.4.0", "")


@pytest.mark.parametrize(
    ("workload", "path"),
    [
        (CHART, "charts/storefront/templates/deployment.yaml"),
        (CHART, "charts/storefront/values-prod.yaml"),
        (("web", "helm.sh/chart: storefront-v2.0.1-rc.1_build.7", ""), "helm/storefront/templates/_pod.tpl"),
        (("web", "app.kubernetes.io/instance: storefront", ""), "releases/storefront/values.yaml"),
        (("web", "a: b", "meta.helm.sh/release-name: storefront"), "deploy/prod/storefront/values.yaml"),
        (("web", "argocd.argoproj.io/instance: storefront", ""), "apps/storefront/overlays/prod/kustomization.yaml"),
        (("web", "kustomize.toolkit.fluxcd.io/name: storefront", ""), "gitops/storefront/base/patch.yml"),
    ],
)
def test_template_is_of_the_workload_whose_chart_or_application_its_folder_is_called(incident, workload, path):
    """What runs says where it came from."""
    run(incident, workload, ("mailer", "helm.sh/chart: mailer-0.2.0", ""))

    assert affect(incident, TEMPLATE.format(path)) == {"web"}


def test_release_is_of_the_workload_that_came_from_it(incident):
    """Its manifest gives its own name, wherever it lies."""
    run(incident, ("web", "helm.toolkit.fluxcd.io/name: storefront", ""))

    assert affect(incident, RELEASE.format("apps/prod.yaml", "storefront")) == {"web"}


@pytest.mark.parametrize(
    ("workloads", "diff"),
    [
        ((CHART, ("admin", "helm.sh/chart: storefront-1.4.0", "")), TEMPLATE.format("charts/storefront/values.yaml")),
        ((CHART,), TEMPLATE.format("charts/other/values.yaml")),
        ((("web", "app.kubernetes.io/instance: prod", ""),), TEMPLATE.format("apps/x/overlays/prod/patch.yaml")),
        ((("web", "kustomize.toolkit.fluxcd.io/name: apps", ""),), TEMPLATE.format("apps/x/base/deployment.yaml")),
        ((CHART,), TEMPLATE.format("charts/common/templates/storefront.yaml")),
        ((CHART,), TEMPLATE.format("src/storefront/settings.yaml")),
        ((CHART,), TEMPLATE.format("charts/storefront/README.md")),
        ((CHART,), RELEASE.format("apps/prod.yaml", "other")),
        ((), TEMPLATE.format("charts/storefront/values.yaml")),
        (
            (CHART, ("mailer", "helm.sh/chart: post-0.2.0", "")),
            f"{TEMPLATE.format('charts/storefront/values.yaml')}\n{TEMPLATE.format('charts/post/values.yaml')}",
        ),
    ],
    ids=[
        "two workloads of one chart", "another chart", "an environment", "a folder of all",
        "a file of that name",
        "no chart", "no manifest",
        "another release", "nothing is known", "two charts",
    ],
)  # fmt: skip
def test_template_that_may_be_of_several_or_of_none_is_tied_to_nothing(incident, workloads, diff):
    """A guess among several would blame one of them for its neighbour's chart."""
    run(incident, *workloads)

    assert affect(incident, diff) == set()


def test_service_that_a_path_names_goes_before_its_chart(incident):
    """As before: its own name is the better word."""
    run(incident, ("web", "helm.sh/chart: shop-1.0.0", ""))

    assert affect(incident, TEMPLATE.format("charts/shop/values.yaml")) == {"shop"}


def test_change_without_a_diff_is_of_no_chart():
    """There is nothing to look at."""
    assert find_charted((), {"storefront": "web"}) == ""


VALUES = "+++ b/charts/all/values-prod.yaml\n@@ -1,3 +1,3 @@{}\n{}   db:\n-    poolSize: 40\n+    poolSize: 4"


@pytest.mark.parametrize(
    "diff",
    [
        VALUES.format("", " shop:\n"),
        VALUES.format(" shop:", ""),
        VALUES.format(" cart:", "   x: 1\n shop:\n"),
    ],
)
def test_values_of_a_subchart_are_of_the_service_of_its_name(incident, diff):
    """What a chart gives to another stands under that one's name; a hunk's head shows it, too."""
    assert affect(incident, diff) == {"shop"}


@pytest.mark.parametrize(
    "diff",
    [
        VALUES.format("", ""),
        VALUES.format("", " global:\n"),
        VALUES.format(" shop:", "") + "\n global:\n-  tier: a\n+  tier: b",
        VALUES.format(" shop:", "") + "\n+++ b/charts/all/other.yaml\n@@ -1,1 +1,1 @@\n-a: 1\n+a: 2",
    ],
)
def test_values_of_nobody_or_of_several_name_no_service(incident, diff):
    """Where the name is not shown, is no service's, others change as well, or another file does."""
    assert affect(incident, diff) == set()


def test_how_a_store_is_reached_is_no_change_of_the_store(hunks_of):
    """Its settings stand under its name in the values of whoever uses it."""
    hunks = hunks_of(VALUES.format(" redis:", ""))

    assert find_valued(hunks, {"redis"}) == "redis"
    assert find_valued(hunks, {"shop"}) == ""


@pytest.fixture
def hunks_of(incident):
    """Give a function that reads the hunks of a diff."""

    def read(diff):
        (change,) = incident.change("c1", 5, diff).list_changes()
        return change.diff.effective

    return read
