"""Services that only their logs tell of, and what is diagnosed of them."""

from datetime import timedelta

import pytest

from fermata.domain.diagnosis import Verdict
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ObjectFacts
from fermata.rules.kubernetes.cluster import build_cluster
from fermata.rules.kubernetes.logs import LogText
from fermata.rules.signatures.cluster_case import read_cluster
from fermata.rules.signatures.kubernetes_complaints import list_complaints
from fermata.rules.signatures.strangers import Stranger, drop_routine, list_strangers

FULL = "ERROR redis SET sess:{} failed: OOM command not allowed when used memory > 'maxmemory'."


def _log(text, *, unclaimed=True, pod="session", namespace=""):
    return LogText("ev-1", namespace, pod, text=text, unclaimed=unclaimed)


def _write(scene, name, lines):
    return scene.add(EvidenceKind.LOGS, name, lines, {})


def test_stranger_is_a_service_of_no_system():
    """Nobody knows that Kubernetes runs it."""
    stranger = Stranger("session", "shop")

    assert (stranger.ref, stranger.entity.ref) == ("service/shop/session", "service/shop/session")
    assert stranger.entity.system == ""


def test_strangers_are_the_services_of_unclaimed_logs():
    """The log of a supervised process is its supervisor's to judge."""
    cluster = build_cluster((), (_log("x"), _log("y", pod="checkout", unclaimed=False)))

    assert list(list_strangers(cluster)) == ["session"]
    assert [item.ref for item in list_strangers(cluster).values()] == ["service/session"]


def test_log_is_unclaimed_unless_a_system_owns_its_entity(scene):
    """`service/session` is a name; `supervisor:process/checkout` is an object."""
    _write(scene, "service/session", ["x"]).logs(["y"])

    logs = read_cluster(scene.evidence).logs()

    assert {log.pod: log.unclaimed for log in logs} == {"session": True, "checkout": False}


def test_nobody_is_a_stranger_where_objects_are_known(scene):
    """Beside pods or workloads a log whose owner is not among them tells of something that is gone."""
    table = ["NAME   READY   UP-TO-DATE   AVAILABLE   AGE", "cart   1/1     1            1           9d"]
    query = "kubectl get deployments -n shop"
    scene.add(EvidenceKind.OBJECTS, "kubernetes:namespace/shop", table, ObjectFacts(form="kubectl"), query=query)
    _write(scene, "service/session", [FULL.format(number) for number in range(5)])

    cluster = read_cluster(scene.evidence)

    assert list_strangers(cluster) == {}
    assert list_complaints(cluster) == []


def test_what_a_log_always_said_is_no_complaint():
    """Of a long log only what is new counts, numbers aside; a short one cannot tell what is routine."""
    routine = "WARN 10.0.0.{} Access denied for user 'scan'"
    lines = [text for number in range(30) for text in (f"INFO {number}", f"INFO b {number}", routine.format(number))]
    lines.append("ERROR disk is full")
    log = _log("\n".join(lines))

    assert drop_routine(log, [lines[80], lines[-1]]) == ["ERROR disk is full"]
    assert drop_routine(_log("\n".join(lines[:9])), lines[5:6]) == lines[5:6]
    assert drop_routine(log, []) == []


def test_log_of_little_but_failures_has_no_routine():
    """Somebody filtered it, or it begins with the trouble."""
    lines = [FULL.format(number) for number in range(60)]

    assert drop_routine(_log("\n".join(lines)), lines[-2:]) == lines[-2:]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("session", ("service/session", 0.75, "The database of session refuses writes")),
        ("session-redis", ("service/session-redis", 0.95, "session-redis refuses writes")),
    ],
)
def test_state_of_a_database_is_named_by_logs_alone(scene, name, expected):
    """A client says it of its database, or the database itself; its name tells that it is one."""
    calm = [f"INFO handled request {number}" for number in range(60)]
    _write(scene, f"service/{name}", calm + [FULL.format(number) for number in range(20)])

    diagnosis = scene.diagnose()

    first = diagnosis.hypotheses[0]
    assert (diagnosis.verdict, first.cause) == (Verdict.IDENTIFIED, "database_memory_full")
    assert (first.entity.ref, first.confidence) == expected[:2]
    assert first.text.startswith(expected[2])


def test_guilty_change_leads_before_what_it_did_to_a_service(scene):
    """A pool that runs dry is what the change brought about."""
    words = "QueuePool limit of size 4 overflow 0 reached, connection timed out"
    lines = [f"2026-11-23T09:50:{second:02d}Z ERROR {words} {second}" for second in range(10, 50)]
    _write(scene, "service/checkout", lines)
    diff = ["@@ deploy/checkout.yml @@", "-pool: 40", "+pool: 4"]
    scene.change("cfg-1", {}, diff=diff, before=timedelta(minutes=2), kind="config", state="applied")

    causes = [item.cause for item in scene.diagnose().hypotheses]

    assert causes[0] == "faulty_change"
    assert "connection_pool_exhausted" in causes
