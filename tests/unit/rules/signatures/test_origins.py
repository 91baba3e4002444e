"""Origins as entries of the catalogue: a guilty change, or the world outside."""

from dataclasses import replace
from datetime import timedelta

from tests.unit.rules.signatures.conftest import Scene
from tests.unit.rules.signatures.rollouts import RolledTown

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.rules.signatures.base import Specificity
from fermata.rules.signatures.origins import FAULTY_CHANGE, SIGNATURES

BY_ID = {signature.id: signature for signature in SIGNATURES}
DIFF = ["@@ deploy/checkout.yml @@", "-pool: 40", "+pool: 4"]


def list_failures(words):
    """Write a log that fails from a minute before the onset on."""
    return [f"2026-11-23T09:50:{second:02d}Z ERROR {words} {second}" for second in range(10, 50)]


def test_change_that_is_tied_to_the_failure_is_blamed(scene):
    """The hypothesis cites the diff and the failing line."""
    scene.logs(list_failures("QueuePool limit of size 4 reached, timed out"))
    scene.change("cfg-1", {}, diff=DIFF, before=timedelta(minutes=2), kind="config", state="applied")

    (found,) = scene.match(FAULTY_CHANGE)

    assert FAULTY_CHANGE.blames_change
    assert found.person_must.startswith("Read config cfg-1")
    kinds = {item.id: item.kind for item in scene.evidence}
    assert {kinds[citation.evidence_id] for citation in found.citations} == {EvidenceKind.CHANGE, EvidenceKind.LOGS}


def test_guilty_commit_of_a_forge_is_taken_back_by_a_request(scene):
    """A person still merges it; a change that is no commit is a person's to take back."""
    scene.logs(list_failures("QueuePool limit of size 4 reached, timed out"))
    scene.actions |= {"gitlab.open_merge_request"}
    where = {"repository": "gitlab:repository/shop/shop", "service": "checkout"}
    scene.change("abc1234", {}, diff=DIFF, before=timedelta(minutes=2), **where)

    (found,) = scene.match(FAULTY_CHANGE)

    assert [(item.name, item.parameters["revert"]) for item in found.suggestions] == [
        ("gitlab.open_merge_request", "abc1234")
    ]
    assert found.person_must == ""


def test_guilty_rollout_is_taken_back_when_the_revision_before_ran():
    """The cluster tells which one that was, and how that is known."""
    old = {"name": "app", "image": "web:1", "env": [{"name": "POOL", "value": "40"}]}
    town = RolledTown().rolled(old, old | {"env": [{"name": "POOL", "value": "4"}]}, ready=2)
    rollout = {"kind": "rollout", "ref": "revision 2", "before": timedelta(minutes=2), "service": "web", "diff": DIFF}
    town.changes = [(("shop/deployment/web@2", {}), rollout, Entity.parse("kubernetes:deployment/shop/web"))]
    case = town.case()
    lines = list_failures("QueuePool limit of size 4 reached, timed out")
    log = Scene().add(EvidenceKind.LOGS, "kubernetes:deployment/shop/web", lines, {"path": "shop__web-2-a__app.log"})

    (found,) = FAULTY_CHANGE.match(replace(case, evidence=(*case.evidence, *log.evidence)))

    assert [(item.name, dict(item.parameters)) for item in found.suggestions] == [
        ("kubernetes.rollback_to_revision", {"revision": 1})
    ]
    assert found.text.endswith("Revision 1, the one before, ran: 2 of its pods are ready now.")
    assert found.person_must == ""


def test_change_that_nothing_ties_to_the_failure_is_not_blamed(scene):
    """Having been there in time is not enough."""
    scene.logs(list_failures("jwt signature mismatch"))
    scene.change("cfg-1", {}, diff=DIFF, before=timedelta(minutes=2), kind="config", state="applied")

    assert scene.match(FAULTY_CHANGE) == []


def test_cause_outside_is_given_when_no_change_is_guilty(scene):
    """An expired certificate needs no change."""
    scene.logs(list_failures("x509: certificate has expired"))

    (found,) = scene.match(BY_ID["certificate_expired"])

    assert found.confidence == 0.9
    assert found.person_must.startswith("Renew the certificate")
    assert scene.match(BY_ID["dns_failure"]) == []


def test_cause_outside_is_silent_when_a_change_explains_it(scene):
    """A name stopped resolving because somebody changed the address."""
    scene.logs(list_failures("lookup pay-db.internal: no such host"))
    diff = ["@@ deploy/checkout.yml @@", "-host: pay.internal", "+host: pay-db.internal"]
    scene.change("cfg-1", {}, diff=diff, before=timedelta(minutes=2), kind="config", state="applied")

    assert scene.match(BY_ID["dns_failure"]) == []
    assert len(scene.match(FAULTY_CHANGE)) == 1


def test_full_disk_of_a_database_is_told_by_another_entry(scene):
    """The client only relays what its database says, and would be sent to the wrong disk."""
    full = 'could not extend file "base/1/2": No space left on device'
    scene.logs(list_failures(f"insert failed: {full} (SQLSTATE 53100)"))

    assert scene.match(BY_ID["disk_full"])

    scene.add(EvidenceKind.LOGS, "service/postgres", list_failures(full), {})

    assert scene.match(BY_ID["disk_full"]) == []


def test_claim_whose_quotes_do_not_hold_is_dropped(scene):
    """A metric without lines cannot be cited, and what cannot be cited is not said."""
    points = tuple(
        (scene.build().scope.onset.timestamp() + 60 * minute, 60.0 if minute >= -2 else 1.0) for minute in range(-60, 1)
    )
    series = {"labels": {"service": "checkout", "__name__": "cpu_steal"}, "points": points}
    facts = {"expression": "steal", "purpose": "cpu", "step_s": 60, "series": [series]}
    scene.add(EvidenceKind.METRICS, "service/checkout", [], facts)

    assert scene.match(BY_ID["noisy_neighbour"]) == []


def test_every_origin_is_described():
    """Each says what rules it out and what a person must do."""
    assert all(signature.specificity is Specificity.ORIGIN for signature in SIGNATURES)
    assert all("none: a person must " in signature.action for signature in SIGNATURES)
    assert len(BY_ID) == len(SIGNATURES)
    assert EvidenceKind.PROVIDER_STATUS in BY_ID["provider_outage"].looks_at
