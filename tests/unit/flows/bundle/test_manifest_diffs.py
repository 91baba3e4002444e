"""What differs between what is live and what is declared is a diff of manifests, and no secret is in it."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.manifest_diffs import holds_manifest_diff, read_manifest_diff

ARGO = """\

===== /ConfigMap shop/checkout-env ======
4c4
<   DB_POOL_SIZE: "40"
---
>   DB_POOL_SIZE: "4"
\\ No newline at end of file

===== /Secret shop/checkout ======
3c3
<   password: ++++++++
---
>   password: +++++++++++++
"""
UNIFIED = """\
===== apps/Deployment shop/checkout ======
--- /tmp/argocd-diff/checkout-live.yaml\t2026-11-23
+++ /tmp/argocd-diff/checkout\t2026-11-23
@@ -1,2 +1,2 @@
 spec:
-  replicas: 4
+  replicas: 2
"""
HELM = """\
shop, checkout-env, ConfigMap (v1) has changed:
  # Source: checkout/templates/env.yaml
  data:
-   DB_POOL_SIZE: "40"
+   DB_POOL_SIZE: "4"
shop, checkout, Secret (v1) has changed:
-   password: 'REDACTED # (8 bytes)'
+   password: '-------- # (9 bytes)'
Release was not present in Helm.
- no line of it
"""
KUBECTL = """\
diff -u -N /tmp/LIVE-28534/apps.v1.Deployment.shop.checkout /tmp/MERGED-39114/apps.v1.Deployment.shop.checkout
--- /tmp/LIVE-28534/apps.v1.Deployment.shop.checkout\t2026-11-23 12:15:23.172536542 +0000
+++ /tmp/MERGED-39114/apps.v1.Deployment.shop.checkout\t2026-11-23 12:15:23.184536644 +0000
@@ -6,7 +6,7 @@
-  generation: 7
+  generation: 8
   name: checkout
@@ -34,7 +34,7 @@
-  replicas: 4
+  replicas: 2
diff -u -N /tmp/LIVE-28534/v1.Secret.shop.checkout /tmp/MERGED-39114/v1.Secret.shop.checkout
--- /tmp/LIVE-28534/v1.Secret.shop.checkout\t2026-11-23
+++ /tmp/MERGED-39114/v1.Secret.shop.checkout\t2026-11-23
-  password: '*** (before)'
+  password: '*** (after)'
"""
FLUX = """\
\u2713  Kustomization diffing...
\u25ba ConfigMap/shop/checkout-env drifted

data
  + one map entry added:
    LOG_LEVEL: debug

data.DB_POOL_SIZE
  \u00b1 value change
    - 40
    + 4

\u25ba Deployment/shop/checkout drifted

metadata.generation
  \u00b1 value change
    - 7
    + 8

spec.template.spec.containers.checkout.env.DB_POOL_SIZE.value
  \u00b1 value change
    - 40
    + 4

spec.template.spec.containers.checkout.resources.limits
  - one map entry removed:
    memory: 512Mi

\u25ba Secret/shop/checkout drifted

data.password
  \u00b1 value change
    - *** (before)
    + *** (after)

\u25ba ClusterRole/reader created
"""


@pytest.mark.parametrize(
    ("text", "diff"),
    [
        (
            ARGO,
            (
                '@@ shop.checkout-env.configmap.yaml @@\n-  DB_POOL_SIZE: "40"\n+  DB_POOL_SIZE: "4"\n'
                "@@ shop.checkout.secret.yaml @@"
            ),
        ),
        (UNIFIED, "@@ shop.checkout.deployment.yaml @@\n spec:\n-  replicas: 4\n+  replicas: 2"),
        (
            HELM,
            (
                "@@ shop.checkout-env.configmap.yaml @@\n  # Source: checkout/templates/env.yaml\n  data:\n"
                '-   DB_POOL_SIZE: "40"\n+   DB_POOL_SIZE: "4"\n@@ shop.checkout.secret.yaml @@'
            ),
        ),
        (
            KUBECTL,
            (
                "@@ shop.checkout.deployment.yaml @@\n   name: checkout\n-  replicas: 4\n+  replicas: 2\n"
                "@@ shop.checkout.secret.yaml @@"
            ),
        ),
        (
            FLUX,
            (
                "@@ shop.checkout-env.configmap.yaml @@\n data:\n+  LOG_LEVEL: debug\n data:\n-  DB_POOL_SIZE: 40\n"
                "+  DB_POOL_SIZE: 4\n@@ shop.checkout.deployment.yaml @@\n metadata:\n env:\n-  DB_POOL_SIZE: 40\n"
                "+  DB_POOL_SIZE: 4\n limits:\n-  memory: 512Mi\n@@ shop.checkout.secret.yaml @@\n"
                "@@ cluster.reader.clusterrole.yaml @@"
            ),
        ),
    ],
)
def test_difference_is_written_by_object(text, diff):
    """From what is live to what is declared, in any form; of Secrets nothing."""
    change = read_manifest_diff(text, "a.txt", "a")

    assert (change.diff, change.state) == (diff, UNCONFIRMED)


@pytest.mark.parametrize("text", ["", "===== /ConfigMap shop/a ======\n", "4c4\n< a\n---\n> b\n", "+ a\n- b\n"])
def test_other_text_tells_none(text):
    """Without a head nobody knows of what it is."""
    assert read_manifest_diff(text, "a.txt", "a") is None
    assert not holds_manifest_diff(text.split("\n"))


@pytest.mark.parametrize(
    ("asked", "state", "ref"),
    [
        ("helm diff revision checkout 6 7 -n shop", "applied", "checkout.v7"),
        ("helm diff revision -n=shop checkout 6 7", "applied", "checkout.v7"),
        ("helm diff revision checkout 7 6", UNCONFIRMED, ""),
        ("helm diff revision checkout 6", UNCONFIRMED, ""),
        ("helm diff rollback checkout 6", UNCONFIRMED, ""),
        ("helm diff upgrade checkout ./checkout", UNCONFIRMED, ""),
    ],
)
def test_two_revisions_of_a_release_were_both_installed(asked, state, ref):
    """The other way about is what going back would change."""
    change = read_manifest_diff(f"$ {asked}\n{HELM}", "a.txt", "a")

    assert (change.state, change.ref) == (state, ref)


TOLD = """\
$ helm upgrade checkout ./checkout
Release "checkout" has been upgraded. Happy Helming!
NAME: checkout
LAST DEPLOYED: Mon Nov 23 11:58:02 2026
NAMESPACE: shop
STATUS: deployed
REVISION: 7
"""


@pytest.mark.parametrize(("name", "ref"), [("checkout", "checkout.v7"), ("cart", "")])
def test_upgrade_below_a_difference_has_installed_it(name, ref):
    """With the time of the upgrade; that of another release has not."""
    change = read_manifest_diff(f"$ helm diff upgrade {name} ./{name}\n{HELM}{TOLD}", "a.txt", "a")

    assert (change.ref, change.state == UNCONFIRMED, change.at is None) == (ref, not ref, not ref)


def test_dry_run_below_a_difference_has_installed_nothing():
    """It prints the revision that it would have made."""
    dry = TOLD.replace("./checkout", "./checkout --dry-run").replace("deployed", "pending-upgrade")

    change = read_manifest_diff(f"$ helm diff upgrade checkout ./checkout\n{HELM}{dry}", "a.txt", "a")

    assert (change.state, change.ref) == (UNCONFIRMED, "")


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("deployment.apps/checkout configured", "applied"),
        ("deployment.apps/cart configured", UNCONFIRMED),
        ("deployment.apps/checkout unchanged", UNCONFIRMED),
        ("service/checkout configured", UNCONFIRMED),
        ("deployment.apps/checkout configured (server dry run)", UNCONFIRMED),
        ("deployment.apps/checkout configured (dry run)", UNCONFIRMED),
    ],
)
def test_apply_below_a_difference_has_done_it(said, state):
    """Where it names one of the objects that differ."""
    text = f"$ kubectl diff -f k8s\n{KUBECTL}$ kubectl apply -f k8s\n{said}\n"

    assert read_manifest_diff(text, "a.txt", "a").state == state


def test_command_ends_what_the_one_before_printed():
    """What another one prints is no part of it."""
    parted = read_manifest_diff(f"{UNIFIED}$ argocd app diff x\n> no line of it\n", "a.txt", "a")

    assert "no line of it" not in parted.diff


@pytest.mark.parametrize("name", ["changes/live.txt", "objects/live.txt"])
def test_difference_of_a_file_is_a_change(folder, name):
    """It may not have been applied, and is named so."""
    alert = {"title": "slow", "service": "checkout", "started_at": "2026-11-23T12:04:00Z"}
    folder.write("alerts/a.json", alert)
    folder.write(name, f"$ argocd app diff checkout\n{UNIFIED}")

    item = folder.get_only(EvidenceKind.CHANGE)

    assert (item.facts["id"], item.facts["state"]) == ("live-manifests", UNCONFIRMED)
    assert item.facts["files"][0]["path"] == "shop.checkout.deployment.yaml"
