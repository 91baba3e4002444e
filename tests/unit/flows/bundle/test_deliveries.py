"""What Argo CD delivered, when, and from which revision."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.deliveries import holds_history, read_histories

TABLE = """\
SOURCE  https://github.test/shop/deploy.git
ID      DATE                           REVISION
10      2026-11-20 10:05:12 +0000 UTC  main (8d62953)
11      2026-11-23 11:30:02 +0100 CET  f2df975625eb99055476058fdc606f6174ba7892
12      2026-11-23 11:50:02 +0000 UTC  1.2.3
"""
APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "checkout", "namespace": "argocd"},
    "status": {
        "history": [
            {"id": 10, "deployedAt": "2026-11-20T10:05:12Z", "revision": "8d62953386", "source": {"path": "apps/x"}},
            {"id": 11, "deployedAt": "2026-11-23T11:30:02Z", "revision": "1.2.3"},
            {"id": 12, "revision": "8d62953386"},
        ]
    },
}


@pytest.mark.parametrize("name", ["objects/session.txt", "changes/checkout.txt"])
def test_table_of_a_history_is_a_list_of_deliveries(folder, name):
    """A chart's version names no commit, and is none; the name is that of the command, or the file's."""
    command = "$ argocd app history argocd/checkout --grpc-web\n" if name.startswith("objects") else ""
    folder.write(name, command + TABLE)

    first, second = folder.list_evidence(EvidenceKind.CHANGE)

    assert folder.read().warnings == ()
    assert (first.facts["kind"], first.facts["id"], first.facts["sha"]) == ("delivery", "checkout-10", "8d62953")
    assert second.facts["changed_at"] == "2026-11-23T10:30:02Z"
    assert second.facts["ref"] == "checkout"


def test_history_of_an_object_is_one_too(folder):
    """With the path that the application is made of."""
    folder.write("objects/app.json", APPLICATION)
    folder.write("objects/other.json", APPLICATION | {"apiVersion": "app.k8s.io/v1beta1"})
    folder.write("objects/pod.json", APPLICATION | {"kind": "Pod"})

    (item,) = folder.list_evidence(EvidenceKind.CHANGE)

    assert (item.facts["id"], [file["path"] for file in item.facts["files"]]) == ("checkout-10", ["apps/x"])


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        f"$ argocd app history checkout | head -3\n{TABLE}",
        f"$ argocd app history\n{TABLE}",
        "$ argocd app history checkout\n10  2026-11-20 10:05:12 +0000 UTC  main (8d62953)\n",
        "$ argocd app history checkout\nID  DATE  REVISION\nnone\n10  2026-11-20 10:05:12 +0000 UTC  main (8d62953)\n",
    ],
)
def test_history_of_nobody_or_a_part_of_one_tells_nothing(text):
    """Without a name, behind a pipe that may have taken the last row, or without its head."""
    assert read_histories(text.split("\n"), "a.txt") == []


def test_history_among_other_words_is_not_understood():
    """As a table it stands nearly alone."""
    assert holds_history(TABLE.split("\n"))
    assert not holds_history([*TABLE.split("\n"), "a", "b", "c"])
    assert not holds_history(["ID  DATE  REVISION"])
