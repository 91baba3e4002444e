"""Custom resources that their controllers cannot bring about."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.town import NOW, Town

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.signatures.cluster_rank import examine, list_symptoms
from fermata.rules.signatures.kubernetes_custom import SIGNATURES

CAUSE = "declared_state_not_reached"
FAILED = {"type": "Ready", "status": "False", "reason": "UpgradeFailed", "message": "context deadline exceeded"}


def release(*conditions, kind="HelmRelease", **status):
    """Give a town with one custom resource of these conditions."""
    return Town().add(kind, "web", status={"conditions": list(conditions)} | status)


def table(query, text):
    """Give a town of one printed table."""
    town = Town()
    town.documents.append(Document("q", DocumentForm.KUBECTL, text, query=query))
    return town


def test_object_whose_controller_failed_is_named_with_its_words():
    """It is a trouble of its own, and the reason for it."""
    town = release(FAILED)

    (claim,) = town.find(SIGNATURES, CAUSE)

    assert claim.subject.ref == "kubernetes:helmrelease/shop/web"
    assert claim.text == "HelmRelease web cannot be brought about: context deadline exceeded."
    assert claim.person_must == "Mend in its source what the controller of HelmRelease web names."
    assert "kubernetes:helmrelease/shop/web" in {trouble.ref for trouble in list_symptoms(town.build())}


def test_kind_that_nobody_lists_follows_the_same_convention():
    """Whoever wrote its controller."""
    (claim,) = release(FAILED | {"type": "Synced"}, kind="Bucket").find(SIGNATURES, CAUSE)

    assert claim.person_must == "Mend what the controller of Bucket web names."


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": [{"type": "ComparisonError", "message": "no such file"}]},
        {"operationState": {"phase": "Failed", "message": "no such file"}, "sync": {"status": "OutOfSync"}},
    ],
)
def test_application_tells_by_its_conditions_and_its_operation(status):
    """As Argo CD writes them."""
    (claim,) = Town().add("Application", "web", status=status).find(SIGNATURES, CAUSE)

    assert claim.text == "Application web cannot be brought about: no such file."


@pytest.mark.parametrize(
    "town",
    [
        release(FAILED | {"status": "True"}),
        release(FAILED | {"status": "Unknown"}),
        release(FAILED | {"reason": "Progressing"}),
        release(FAILED | {"reason": "DependencyNotReady"}),
        release(FAILED | {"type": "Released"}),
        release(FAILED | {"type": "ComparisonError"}),
        release(operationState={"phase": "Failed"}),
        release(kind="Application", operationState={"phase": "Failed"}, sync={"status": "Synced"}),
        release(kind="Application", operationState={"phase": "Running"}, sync={"status": "OutOfSync"}),
        Town().add("HelmRelease", "web", spec={"suspend": True}, status={"conditions": [FAILED]}),
        Town().add("ScaledObject", "web", spec={"paused": True}, status={"conditions": [FAILED]}),
        release(FAILED, {"type": "Paused", "status": "True"}, kind="ScaledObject"),
        release(FAILED | {"type": "Synced", "reason": "ReconcilePaused"}, kind="Bucket"),
        release(FAILED, kind="Pod"),
        release(kind="Challenge", state="valid", reason="ok"),
        release(kind="Challenge", state="pending"),
        release(kind="Challenge", state="pending", reason="Waiting for propagation: wrong status code"),
        table("kubectl get hr -n shop", "NAME   AGE   READY   STATUS\nweb    9d    True    Release succeeded\n"),
        table("kubectl get hr -n shop", "NAME   AGE   READY   STATUS\nweb    9d    False   Progressing upgrade\n"),
        table("kubectl get hr -n shop", "NAME   AGE   READY   STATUS\nweb    9d    False   \n"),
    ],
    ids=[
        "ready", "unknown", "at work", "waits for another", "other condition", "error of another kind",
        "operation of another kind", "synced since", "operation runs", "suspended", "paused", "said to be paused",
        "paused by its reason", "of Kubernetes", "valid",
        "without a reason", "young", "ready in a table", "at work in a table", "no words in a table",
    ],
)  # fmt: skip
def test_object_that_is_not_said_to_have_failed_is_silent(town):
    """It is well, at work, waits, is suspended, or somebody else's rules speak of it."""
    assert town.find(SIGNATURES, CAUSE) == []
    assert "kubernetes:helmrelease/shop/web" not in {trouble.ref for trouble in list_symptoms(town.build())}


def test_word_about_an_earlier_generation_is_outdated():
    """Its source was mended since, and nobody has tried again."""
    town = release(FAILED | {"observedGeneration": 3})
    town.bodies[-1]["metadata"]["generation"] = 4

    assert town.find(SIGNATURES, CAUSE) == []


def test_row_of_a_table_tells_where_nothing_else_does():
    """Under the header of Flux; what is suspended is left alone."""
    head = "NAME   AGE   READY   STATUS         SUSPENDED\n"
    (claim,) = table("kubectl get hr -n shop", f"{head}web    9d    False   no such chart   False\n").find(
        SIGNATURES, CAUSE
    )

    assert claim.text == "HelmRelease web cannot be brought about: no such chart."
    assert (
        table("kubectl get hr -n shop", f"{head}web    9d    False   no such chart   True\n").find(SIGNATURES, CAUSE)
        == []
    )


def test_challenge_that_hangs_explains_its_certificate():
    """It says why the certificate is not renewed."""
    town = release(FAILED | {"reason": "Expired"}, kind="Certificate")
    town.add("Challenge", "web-4-17-32", status={"state": "pending", "reason": "wrong status code 404"})
    town.bodies[-1]["metadata"]["creationTimestamp"] = (NOW - timedelta(hours=1)).isoformat()

    leading = examine(town.build(), SIGNATURES)[0].claim

    assert leading.subject.name == "web-4-17-32"
    assert "kubernetes:certificate/shop/web" in leading.explains


@pytest.mark.parametrize(
    ("reason", "status", "claims"), [("DoesNotExist", "True", 0), ("DoesNotExist", "False", 1), ("Expired", "True", 1)]
)
def test_certificate_that_is_being_issued_first_is_at_work(reason, status, claims):
    """It is not ready until it is there; one that expired is missed while its successor is made."""
    town = release(
        FAILED | {"reason": reason}, {"type": "Issuing", "status": status, "reason": "x"}, kind="Certificate"
    )

    assert len(town.find(SIGNATURES, CAUSE)) == claims


def test_challenge_that_failed_needs_no_patience():
    """It is over."""
    (claim,) = release(kind="Challenge", state="invalid", reason="403").find(SIGNATURES, CAUSE)

    assert claim.text.endswith(": 403.")


def test_workload_of_the_same_name_has_its_own_reasons():
    """That a release waited in vain for its pods says nothing of why they fail."""
    town = release(FAILED).deployment().replica_set(existing=1).waiting("ImagePullBackOff")

    (found,) = [one for one in examine(town.build(), SIGNATURES) if one.claim.cause == CAUSE]

    assert {trouble.ref for trouble in found.direct} == {"kubernetes:helmrelease/shop/web"}


def test_description_of_a_custom_resource_is_read():
    """As kubectl prints what it does not know: conditions one after the other, nothing between them."""
    text = """Name:         shop-tls
Namespace:    shop
Kind:         Certificate
Status:
  Conditions:
    Last Transition Time:  2026-11-23T09:00:00Z
    Message:               Issuing certificate
    Severity:              Info
    Status:                True
    Type:                  Issuing
    Last Transition Time:  2026-11-23T09:00:00Z
    Message:               Certificate expired on Mon, 23 Nov 2026
    Reason:                Expired
    Status:                False
    Type:                  Ready
  Revision:                3
"""
    (claim,) = table("kubectl describe certificate shop-tls -n shop", text).find(SIGNATURES, CAUSE)

    assert claim.text == "Certificate shop-tls cannot be brought about: Certificate expired on Mon, 23 Nov 2026."


@pytest.mark.parametrize(("suspend", "claims"), [("true", 0), ("false", 1)])
def test_described_object_that_somebody_suspended_is_left_alone(suspend, claims):
    """What its controller said last is what it was stopped at; one that nobody suspended is named."""
    text = (
        "Name:         web\nNamespace:    shop\nKind:         HelmRelease\nSpec:\n  Interval:  5m\n"
        f"  Suspend:   {suspend}\nStatus:\n  Conditions:\n    Message:  install retries exhausted\n"
        "    Reason:   InstallFailed\n    Status:   False\n    Type:     Ready\n"
    )

    assert len(table("kubectl describe helmrelease web -n shop", text).find(SIGNATURES, CAUSE)) == claims


def test_condition_that_denies_a_pause_suspends_nothing():
    """It is there for every object of such a controller."""
    town = release(FAILED, {"type": "Paused", "status": "False", "reason": "NotPaused"}, kind="ScaledObject")

    assert len(town.find(SIGNATURES, CAUSE)) == 1


def test_table_of_flux_is_parted_by_tabs():
    """Its columns are padded, and stand behind tabs."""
    text = (
        "NAME      \tREVISION\tSUSPENDED\tREADY\tMESSAGE            \n"
        "cart      \t2.3.1   \tFalse    \tTrue \tUpgrade succeeded  \n"
        "storefront\t1.15.0  \tFalse    \tFalse\tno such chart 1.16 \n"
        "mail      \t1.0.0   \tTrue     \tFalse\tno such chart 1.17 \n"
    )

    (claim,) = table("kubectl get helmreleases -n shop", text).find(SIGNATURES, CAUSE)

    assert claim.text == "HelmRelease storefront cannot be brought about: no such chart 1.16."


@pytest.mark.parametrize(
    "fields",
    [
        "Phase:        Failed\nMessage:      worker is invalid: field is immutable",
        (
            "CONDITION        MESSAGE  LAST TRANSITION\nComparisonError  worker is invalid: field is immutable  2026\n"
            "SharedResource   another one\nOrphanedError"
        ),
    ],
    ids=["operation", "conditions"],
)
def test_application_is_read_as_argocd_prints_it(fields):
    """Its name is that of the object, and its namespace is not where it delivers to."""
    text = f"Name:  argocd/shop\nProject:  default\nNamespace:  web\nSync Status:  OutOfSync from main\n\n{fields}\n"

    (claim,) = table("kubectl describe application shop -n argocd", text).find(SIGNATURES, CAUSE)

    assert claim.subject.ref == "kubernetes:application/argocd/shop"
    assert claim.text == "Application shop cannot be brought about: worker is invalid: field is immutable."


def test_application_that_is_in_sync_is_read_as_well():
    """Nothing is wrong with it."""
    text = "Name:         argocd/shop\nSync Status:  Synced to main\nPhase:        Succeeded\n"

    assert table("kubectl describe application shop -n argocd", text).find(SIGNATURES, CAUSE) == []
