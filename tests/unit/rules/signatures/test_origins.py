"""Origins as entries of the catalogue: a guilty change, or the world outside."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET, Scene
from tests.unit.rules.signatures.rollouts import RolledTown

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, ResourceFacts, StateFacts
from fermata.rules.signatures.base import Specificity
from fermata.rules.signatures.origins import FAULTY_CHANGE, SIGNATURES

BY_ID = {signature.id: signature for signature in SIGNATURES}
DIFF = ["@@ deploy/checkout.yml @@", "-pool: 40", "+pool: 4"]


FULL = "OSError: [Errno 28] No space left on device"


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


@pytest.mark.parametrize(("phase", "count"), [("exited", 1), ("running", 0)])
def test_guilty_commit_is_taken_back_with_the_release_that_does_not_stay_up(scene, phase, count):
    """What brought it has its own way back; nobody goes back behind what runs."""
    ref = "docker:container/checkout"
    error = 'runc create failed: exec: "/usr/local/bin/run": stat /usr/local/bin/run: no such file or directory'
    told = {"start_error": error, "exit_code": 127} if count else {"started_at": ONSET}
    state = StateFacts(phase=phase, system_state="created" if count else phase, **told)
    scene.add(EvidenceKind.STATE, ref, [f"checkout is {phase}: {error}: exit code 127"], state)
    diff = ["+++ b/Dockerfile", "@@ -7,1 +7,1 @@", '-CMD ["python3", "/app.py"]', '+CMD ["/usr/local/bin/run"]']
    sha = "c0ffee1" * 4
    scene.change(sha, {"Dockerfile": [7]}, diff=diff, before=timedelta(minutes=2), service="checkout", kind="commit")
    title = "checkout: bakery/checkout:3 took the place of bakery/checkout:2"
    at = ONSET - timedelta(seconds=9)
    image = ChangeFacts(
        id="docker:1", kind="deployment", title=title, service="checkout", sha=sha, changed_at=at, diff_read=True
    )
    scene.add(EvidenceKind.CHANGE, ref, ["checkout was created", "-cmd: a", "+cmd: b"], image)

    (found,) = scene.match(FAULTY_CHANGE)

    assert [item.name for item in found.suggestions] == ["docker.recreate_with_previous_image"] * count


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


def test_cause_in_the_own_log_is_shown_beneath_a_change_that_does_not_explain_it(scene):
    """A smaller pool explains no full disk; a person has to know of both, and the change leads."""
    scene.logs([*list_failures("QueuePool limit of size 4 reached, timed out"), *list_failures(FULL)])
    scene.change("cfg-1", {}, diff=DIFF, before=timedelta(minutes=2), kind="config", state="applied")

    of_git = scene.evidence[-1].model_copy(update={"entity": Entity.parse("git:repository/shop")})
    scene.evidence[-1] = of_git

    found = scene.diagnose()

    assert [one.cause for one in found.hypotheses] == ["faulty_change", "disk_full"]
    assert found.guilty_change == "cfg-1"


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


DF = ["Filesystem      Size  Used Avail Use% Mounted on", "/dev/sdb1        50G   50G     0 100% /var"]
ROOM = [DF[0], "/dev/sdb1        50G   20G   30G  40% /var"]


def _paste(scene, lines):
    return scene.add(EvidenceKind.TEXT, "kubernetes:cluster/cluster", lines, {})


def test_full_disk_that_a_table_shows_as_well_is_named_with_its_mount(scene):
    """The log says that there is no room, and `df` where."""
    scene.logs(list_failures("PHP Warning: possibly out of free disk space"))

    (found,) = _paste(scene, DF).match(BY_ID["disk_full"])

    assert found.text.endswith("; /var has no space left.")
    assert found.confidence == 0.9
    assert len(found.citations) == 2


def test_full_disk_of_an_error_without_a_file_is_named_by_what_the_host_shows(scene):
    """The process may write to it, and it has no room; without a word of its log a full disk is no news."""
    record = ResourceFacts(full_mounts=("/data",))
    lines = ["memory limit: none", "/data has no space left"]
    scene.add(EvidenceKind.RESOURCES, "supervisor:process/checkout", lines, record)

    assert scene.match(BY_ID["disk_full"]) == []

    (found,) = scene.logs(list_failures(FULL)).match(BY_ID["disk_full"])

    assert found.text.endswith("; /data has no space left.")
    assert [one.quote for one in found.citations][-1] == "/data has no space left"


def test_full_disk_that_only_a_table_shows_is_told_of_what_was_asked_about(scene):
    """Nobody knows whose it is; where nothing is asked about, it is nobody's."""
    (found,) = _paste(scene, DF).match(BY_ID["disk_full"])

    assert (found.text, found.confidence) == ("A file system is full or nearly so: /var has no space left.", 0.5)
    assert found.entity.name == "checkout"
    scene.names = []
    assert scene.match(BY_ID["disk_full"]) == []


def test_table_with_room_adds_nothing(scene):
    """The log stands alone."""
    scene.logs(list_failures("write: no space left on device"))

    (found,) = _paste(scene, ROOM).match(BY_ID["disk_full"])

    assert found.confidence == 0.5
    assert "/var" not in found.text


def test_certificate_whose_end_somebody_had_printed_is_named(scene):
    """No log was handed over; and one line says the same as the other."""
    lines = ["notAfter=Nov 23 09:40:00 2026 GMT", "Not After: 2026-11-23T09:40:00Z"]

    (found,) = _paste(scene, lines).match(BY_ID["certificate_expired"])

    assert found.text == "A certificate has expired: its end was 2026-11-23 09:40 UTC."
    assert found.confidence == 0.75
    assert len(found.citations) == 2


def test_certificate_that_goes_on_for_long_is_not_named(scene):
    """Nor is what a log says of anything else."""
    assert _paste(scene, ["notAfter=Nov 23 09:40:00 2027 GMT"]).match(BY_ID["certificate_expired"]) == []


def test_cause_outside_is_told_of_the_object_whose_log_says_so(scene):
    """People look for the container; a log that no system claims is of a service."""
    line = "2026-11-23T09:50:30Z ERROR cannot write job: No space left on device"
    ref = "docker:container/worker/shop-worker-1"
    scene.names = ["worker"]
    scene.add(EvidenceKind.LOGS, ref, [line] * 3, {"stream": "stderr"})

    assert [found.entity.ref for found in scene.match(BY_ID["disk_full"])] == [ref]

    scene.evidence.clear()
    scene.add(EvidenceKind.LOGS, "service/worker", [line] * 3, {"stream": "stderr"})

    assert [found.entity.ref for found in scene.match(BY_ID["disk_full"])] == ["service/worker"]
