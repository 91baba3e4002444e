"""Which commit Flux and Argo CD delivered last, whoever is asked."""

import pytest

from fermata.domain.evidence import EvidenceKind

SHA = "9f1c2ab41e0000000000000000000000000000aa"
OLD = "0aaaaaaaaa0000000000000000000000000000aa"
TABLE = f"""\
NAME\tREVISION\tSUSPENDED\tREADY\tMESSAGE
shop\tmain@sha1:{SHA}\tFalse\tTrue\tApplied revision: main@sha1:{SHA}
cart\t\tFalse\tFalse\tArtifactFailed: no such thing
"""
EVERYWHERE = f"NAMESPACE NAME AGE READY STATUS\nflux-system shop 90d True Applied revision: main/{SHA}\n"
ARGO = """\
Name:               argocd/shop
Source:
- Repo:             https://git.test/gitops
  Target:           main
Path:               apps/shop
Sync Status:        Synced to main (9f1c2ab)
"""


def kustomization(**status):
    """Give a Kustomization of Flux, with a remark on its readiness."""
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "shop", "namespace": "flux-system"},
        "spec": {"path": "./apps/shop"},
        "status": status,
    }


def ready(reason):
    """Give the condition."""
    return [{"type": "Ready", "status": "False", "reason": reason}]


@pytest.fixture
def read(folder):
    """Give a function that writes a file beside an alert and gives what is delivered."""

    def run(name, content):
        folder.write("alerts/a.json", {"title": "slow", "service": "shop", "started_at": "2026-11-23T12:04:00Z"})
        folder.write(name, content)
        return [item.facts for item in folder.list_evidence(EvidenceKind.CHANGE)]

    return run


@pytest.mark.parametrize(
    ("text", "ref", "sha"),
    [
        (f"$ flux get kustomizations\n{TABLE}", "shop", SHA),
        (f"$ kubectl get ks -A\n{EVERYWHERE}", "shop", SHA),
        (f"$ argocd app get shop\n{ARGO}", "shop", "9f1c2ab"),
    ],
)
def test_printed_revision_is_what_runs(read, text, ref, sha):
    """Nobody says since when."""
    (facts,) = read("objects/s.txt", text)

    assert (facts["kind"], facts["ref"], facts["sha"], facts["is_dated"]) == ("delivery", ref, sha, False)
    assert [file["path"] for file in facts.get("files", ())] == (["apps/shop"] if "argocd" in text else [])


@pytest.mark.parametrize(
    ("status", "sha"),
    [
        ({"lastAppliedRevision": f"main@sha1:{SHA}", "lastAttemptedRevision": f"main@sha1:{SHA}"}, SHA),
        ({"lastAppliedRevision": f"main/{SHA}"}, SHA),
        ({"lastAppliedRevision": f"sha1:{SHA}"}, SHA),
        ({"lastAppliedRevision": OLD, "lastAttemptedRevision": SHA, "conditions": ready("HealthCheckFailed")}, SHA),
    ],
)
def test_revision_of_an_object_is_what_runs(read, status, sha):
    """What was applied and did not become healthy runs as well."""
    (facts,) = read("objects/ks.json", kustomization(**status))

    assert (facts["sha"], facts["is_dated"], facts["files"][0]["path"]) == (sha, False, "apps/shop")


@pytest.mark.parametrize(
    "item",
    [
        kustomization(),
        kustomization(lastAppliedRevision="latest@sha256:ffff"),
        kustomization(lastAppliedRevision=OLD, lastAttemptedRevision=SHA, conditions=ready("ReconciliationFailed")),
        kustomization(lastAppliedRevision=SHA) | {"apiVersion": "kustomize.config.k8s.io/v1beta1"},
    ],
)
def test_what_may_run_is_not_told(read, item):
    """Of an apply that failed some may be in effect; an artifact's digest is no commit."""
    assert read("objects/ks.json", item) == []


def test_source_tells_when_it_was_fetched(read):
    """Of the revision that it holds."""
    artifact = {"revision": f"main@sha1:{SHA}", "lastUpdateTime": "2026-11-23T11:58:40Z"}
    source = {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "x"}}
    items = [kustomization(lastAppliedRevision=f"main@sha1:{SHA}"), source | {"status": {"artifact": artifact}}]

    (facts,) = read("objects/all.json", {"apiVersion": "v1", "kind": "List", "items": items})

    assert (facts["changed_at"], facts.get("is_dated", True)) == ("2026-11-23T11:58:40Z", True)


def test_history_tells_all_that_was_applied(read):
    """Each with its time; what failed before it was applied is none."""
    entries = [
        {"firstReconciled": "2026-11-23T11:58:00Z", "lastReconciledStatus": "ReconciliationSucceeded",
         "metadata": {"revision": f"main@sha1:{SHA}"}},
        {"firstReconciled": "2026-11-23T11:57:00Z", "lastReconciledStatus": "BuildFailed",
         "metadata": {"revision": f"main@sha1:{OLD}"}},
    ]  # fmt: skip

    (facts,) = read("objects/ks.json", kustomization(history=entries, lastAppliedRevision=OLD))

    assert (facts["sha"], facts["changed_at"]) == (SHA, "2026-11-23T11:58:00Z")
