"""Each revision of a Helm release is a change with its time; what it changed Helm does not print."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.helm_releases import holds_releases, read_helm_records, read_helm_releases

HISTORY = """\
REVISION\tUPDATED                 \tSTATUS    \tCHART         \tAPP VERSION\tDESCRIPTION     
6       \tSun Nov  2 10:02:13 2026\tsuperseded\tcheckout-1.8.1\t2.4.1      \tUpgrade complete
7       \tMon Nov 23 11:58:02 2026\tdeployed  \tcheckout-1.8.2\t2.4.1      \tRollback to 5
"""  # noqa: W291 - as Helm prints it
LIST = """\
NAME    \tNAMESPACE\tREVISION\tUPDATED                                \tSTATUS  \tCHART         \tAPP VERSION
checkout\tshop     \t7       \t2026-11-23 12:58:02.528381391 +0100 CET\tdeployed\tcheckout-1.8.2\t2.4.1
"""
TOLD = """\
NAME: checkout
LAST DEPLOYED: Mon Nov 23 11:58:02 2026
NAMESPACE: shop
STATUS: deployed
REVISION: 7
TEST SUITE: None
"""
RECORD = {"revision": 7, "updated": "2026-11-23T11:58:02.528381391Z", "status": "deployed", "chart": "checkout-1.8.2"}
RELEASE = {
    "apiVersion": "helm.toolkit.fluxcd.io/v2",
    "kind": "HelmRelease",
    "metadata": {"name": "checkout", "namespace": "shop"},
    "status": {
        "history": [
            {"name": "checkout", "version": 7, "chartName": "checkout", "chartVersion": "1.8.2", "status": "deployed",
             "lastDeployed": "2026-11-23T11:58:02Z"},
            {"name": "checkout", "version": 6, "status": "superseded"},
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("objects/s.txt", f"$ helm history checkout -n shop | tail -1\n{HISTORY}"),
        ("objects/s.txt", f"$ helm hist checkout\n{HISTORY}$ helm status checkout\n{TOLD}"),
        ("objects/s.txt", f"$ helm ls -A\n{LIST}"),
        ("objects/s.txt", TOLD),
        ("changes/checkout.txt", HISTORY),
        ("changes/checkout.json", [RECORD]),
        ("changes/all.json", [RECORD | {"name": "checkout", "updated": "2026-11-23 11:58:02.528381391 +0000 UTC"}]),
        ("objects/hr.json", RELEASE),
    ],
)
def test_revision_is_a_release_with_its_time(folder, name, content):
    """Whatever printed it, and once only."""
    folder.write(name, content)

    item = folder.list_evidence(EvidenceKind.CHANGE)[
        -1 if "hist" in str(content) or name == "changes/checkout.txt" else 0
    ]

    assert folder.read().warnings == ()
    assert (item.facts["kind"], item.facts["service"]) == ("release", "checkout")
    assert item.facts["changed_at"].startswith("2026-11-23T11:58:02")
    assert (item.facts["state"], item.facts["diff_read"]) == ("success", False)


def test_title_tells_what_helm_did():
    """With the chart that it installed, and that the time states no zone."""
    change = read_helm_releases(HISTORY, "a.txt", "checkout")[1]

    assert change.title == "Helm release checkout, revision 7: checkout-1.8.2 Rollback to 5"
    assert change.note == "its time states no zone, and is taken as UTC"


@pytest.mark.parametrize(
    ("status", "words", "state"),
    [
        ("failed", 'Upgrade "checkout" failed: timed out waiting for the condition', "partly applied"),
        ("failed", 'Upgrade "checkout" failed: pre-upgrade hooks failed: job failed', "failed"),
        ("pending-upgrade", "Preparing upgrade", "partly applied"),
        ("superseded", "Upgrade complete", "success"),
        ("uninstalled", "Uninstallation complete", "uninstalled"),
    ],
)
def test_upgrade_that_failed_may_be_in_effect(status, words, state):
    """Helm applies first and waits then, and takes nothing back by itself."""
    row = f"7\tMon Nov 23 11:58:02 2026\t{status}\tcheckout-1.8.2\t2.4.1\t{words}\n"

    (change,) = read_helm_releases(HISTORY.partition("\n")[0] + "\n" + row, "a.txt", "checkout")

    assert change.state == state


@pytest.mark.parametrize(
    "text",
    [
        HISTORY,
        f"$ helm history\n{HISTORY}",
        f"$ helm history checkout\n$ helm get values checkout\n{HISTORY}",
        "$ helm history checkout\n7\tMon Nov 23 11:58:02 2026\tdeployed\tcheckout-1.8.2\t2.4.1\tUpgrade complete\n",
    ],
)
def test_history_of_no_release_tells_nothing(text):
    """Without a name, or below no head."""
    assert read_helm_releases(text, "a.txt") == []


def test_time_that_cannot_be_is_none():
    """There is no such day."""
    text = HISTORY.replace("Nov 23", "Feb 30")

    assert read_helm_releases(text, "a.txt", "checkout")[1].at is None


def test_tables_are_told_from_other_lines():
    """By their heads, or by what an upgrade prints."""
    assert holds_releases(HISTORY.split("\n"))
    assert holds_releases(LIST.split("\n"))
    assert holds_releases(TOLD.split("\n"))
    assert not holds_releases(HISTORY.split("\n")[:1])
    assert not holds_releases(HISTORY.split("\n")[1:])


def test_other_objects_have_no_releases(folder):
    """Of that name there are others."""
    folder.write("objects/hr.json", RELEASE | {"apiVersion": "example.test/v1"})

    assert folder.list_evidence(EvidenceKind.CHANGE) == []


DRY = TOLD.replace("deployed", "pending-upgrade").replace("TEST SUITE: None\n", "")


@pytest.mark.parametrize(
    "text",
    [
        f"$ helm upgrade checkout ./chart \\\n  --dry-run\n{DRY}",
        f"{DRY}TEST SUITE: None\nHOOKS:\nMANIFEST:\n---\nkind: Service\n",
        f"{DRY}HOOKS:\n",
    ],
)
def test_dry_run_is_no_release(text):
    """It tells of the revision that it would have made."""
    assert read_helm_releases(text, "s.txt") == []


def test_upgrade_that_was_cut_off_may_have_changed_something():
    """Its status is what it is of a dry run, and it is none."""
    (release,) = read_helm_releases(f"$ helm status checkout\n{DRY}", "s.txt")

    assert release.state == "partly applied"


def test_time_in_a_zone_without_a_name_is_read():
    """Go writes the offset in place of one: `-0300 -03`."""
    told = "2026-11-23 08:58:02.528381391 -0300 -03"
    listed = LIST.replace("2026-11-23 12:58:02.528381391 +0100 CET", told)

    releases = [*read_helm_releases(listed, "s.txt"), *read_helm_records([RECORD | {"updated": told}], "s.json", "s")]

    assert [release.at.isoformat()[:19] for release in releases] == ["2026-11-23T11:58:02"] * 2
