"""What was delivered is told wherever it was printed, and without secrets."""

import json

import pytest
from tests.unit.flows.bundle.test_applied_revisions import SHA, kustomization
from tests.unit.flows.bundle.test_helm_releases import HISTORY
from tests.unit.flows.bundle.test_rollouts import listed, replica_set

from fermata.domain.evidence import EvidenceKind

APPLIED = json.dumps(kustomization(lastAppliedRevision=f"main@sha1:{SHA}"), indent=1)
DESCRIPTION = f"""\
Name:         shop
Namespace:    flux-system
Kind:         Kustomization
Spec:
  Path:       ./apps/shop
Status:
  Last Applied Revision:    main@sha1:{SHA}
  Last Attempted Revision:  main@sha1:{SHA}
"""
ASKED = "kubectl get kustomization shop -n flux-system -o json"


@pytest.fixture
def read(folder):
    """Give a function that writes a file beside an alert and gives what changed."""

    def run(name, content):
        folder.write("alerts/a.json", {"title": "slow", "service": "shop", "started_at": "2026-11-23T12:04:00Z"})
        folder.write(name, content)
        return folder.list_evidence(EvidenceKind.CHANGE)

    return run


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("objects/s.txt", f"$ {ASKED}\n{APPLIED}\n"),
        ("objects/s.txt", f"$ {ASKED.replace('json', 'yaml')}\n{APPLIED}\n$ kubectl get pods\n"),
        ("objects/s.txt", f"$ kubectl describe kustomization shop -n flux-system\n{DESCRIPTION}"),
        ("kubectl.json", {ASKED: APPLIED}),
        ("kubectl.json", {"kubectl describe kustomization shop": DESCRIPTION}),
    ],
)
def test_revision_is_told_wherever_it_was_printed(read, name, content):
    """Whole, or described."""
    (item,) = read(name, content)

    assert (item.facts["kind"], item.facts["ref"], item.facts["sha"]) == ("delivery", "shop", SHA)
    assert [file["path"] for file in item.facts["files"]] == ["apps/shop"]


def test_description_of_a_revision_that_was_only_tried_tells_nothing(read):
    """Some of it may be in effect."""
    tried = DESCRIPTION.replace(f"Attempted Revision:  main@sha1:{SHA}", "Attempted Revision:  main@sha1:0aaaaaa")

    assert read("objects/s.txt", tried) == []


def test_commands_of_a_support_bundle_are_read_each(read):
    """With the release that the command names."""
    found = read(
        "kubectl.json", {"helm history checkout -n shop": HISTORY, ASKED: "{cut ReplicaSet", "kubectl top": ""}
    )

    assert [item.facts["id"] for item in found] == ["checkout.v6", "checkout.v7"]


def test_secret_of_a_template_is_in_no_difference(read):
    """Its name stands on another line than its value."""
    sets = [replica_set(6, "09:00", "40"), replica_set(7, "11:58", "4")]
    for number, one in enumerate(sets):
        one["spec"]["template"]["spec"]["containers"][0]["env"].append(
            {"name": "DB_PASSWORD", "value": f"hunter{number}"}
        )
    asked = "kubectl get rs -n shop -o json"

    (item,) = read("objects/s.txt", f"$ {asked}\n{json.dumps(listed(*sets), indent=1)}\n")

    assert item.facts["id"] == "shop/deployment/checkout@7"
    assert "hunter" not in str(item.lines)
