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


@pytest.mark.parametrize(
    ("text", "diff"),
    [
        (
            ARGO,
            (
                '@@ shop/configmap-checkout-env.yaml @@\n-  DB_POOL_SIZE: "40"\n+  DB_POOL_SIZE: "4"\n'
                "@@ shop/secret-checkout.yaml @@"
            ),
        ),
        (UNIFIED, "@@ shop/deployment-checkout.yaml @@\n spec:\n-  replicas: 4\n+  replicas: 2"),
        (
            HELM,
            (
                "@@ shop/configmap-checkout-env.yaml @@\n  # Source: checkout/templates/env.yaml\n  data:\n"
                '-   DB_POOL_SIZE: "40"\n+   DB_POOL_SIZE: "4"\n@@ shop/secret-checkout.yaml @@'
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
    ("asked", "state"),
    [
        ("helm diff revision checkout 6 7 -n shop", "applied"),
        ("helm diff revision checkout 7 6", UNCONFIRMED),
        ("helm diff revision checkout 6", UNCONFIRMED),
        ("helm diff rollback checkout 6", UNCONFIRMED),
        ("helm diff upgrade checkout ./checkout", UNCONFIRMED),
    ],
)
def test_two_revisions_of_a_release_were_both_installed(asked, state):
    """The other way about is what going back would change."""
    assert read_manifest_diff(f"$ {asked}\n{HELM}", "a.txt", "a").state == state


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
    assert item.facts["files"][0]["path"] == "shop/deployment-checkout.yaml"
