from datetime import timedelta

import pytest
from tests.unit.rules.signatures.town import NOW, Town

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.logs import read_log
from fermata.rules.signatures.kubernetes_probes import SIGNATURES

REFUSED = "dial tcp 10.0.0.5:8080: connect: connection refused"


def probe(how="httpGet", *, delay=5, period=10, failures=3, **handler):
    """Return a probe; it asks at port 8080 unless told otherwise."""
    times = {"initialDelaySeconds": delay, "periodSeconds": period, "failureThreshold": failures}
    return {how: handler or {"port": 8080}} | times


class Probed(Town):
    """A town with a pod whose container has probes and declares a port."""

    def run(self, *, port=8080, ready=False, restarts=0, ended=None, containers=None, **probes):
        """Add the pod, which runs; with restarts, the last was half a minute ago."""
        container = {"name": "app", "ports": [{"name": "web", "containerPort": port}] if port else []} | probes
        last = ended or {"exitCode": 137, "finishedAt": (NOW - timedelta(seconds=30)).isoformat()}
        status = {
            "name": "app",
            "ready": ready,
            "restartCount": restarts,
            "state": {"running": {}},
            "lastState": {"terminated": last} if restarts else {},
        }
        conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
        self.deployment().replica_set(existing=1).service()
        self.pod(node="n1", spec={"containers": containers or [container]})
        self.bodies[-1]["status"] = {"phase": "Running", "containerStatuses": [status], "conditions": conditions}
        self.bodies[-1]["metadata"]["creationTimestamp"] = (NOW - timedelta(seconds=300)).isoformat()
        return self

    def fail(self, kind, words):
        """Let the kubelet say that a probe failed."""
        return self.event("Pod", "web-1-a", "Unhealthy", f"{kind} probe failed: {words}")

    def kill(self, kind="liveness"):
        """Let the kubelet kill the container for it."""
        message = f"Container app failed {kind} probe, will be restarted"
        return self.event("Pod", "web-1-a", "Killing", message, sort="Normal")

    def causes(self):
        """Return the causes that are claimed."""
        return self.list_causes(SIGNATURES)


def unready(words, **more):
    """Return a town whose pod runs and is not ready."""
    more.setdefault("readinessProbe", probe())
    return Probed().run(**more).fail("Readiness", words)


def killed(words, **more):
    """Return a town whose pod is restarted for its liveness probe."""
    more.setdefault("livenessProbe", probe())
    return Probed().run(ready=True, restarts=2, **more).fail("Liveness", words).kill()


@pytest.mark.parametrize(
    "words",
    [
        'Get "http://10.0.0.5:8080/": net/http: HTTP/1.x transport connection broken: malformed HTTP response',
        'Get "https://10.0.0.5:8080/": http: server gave HTTP response to HTTPS client',
        "tls: first record does not look like a TLS handshake",
        "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)",
    ],
)
def test_answer_in_another_protocol_is_the_probes_fault(words):
    """Somebody answers, only not in the probe's language."""
    assert unready(words).causes() == ["readiness_probe_incorrect_protocol"]
    assert killed(words).causes() == ["liveness_probe_incorrect_protocol"]


def test_plain_request_to_a_server_of_https_is_a_bad_one():
    """It answers 400; asked in HTTPS, such an answer is its own."""
    said = "HTTP probe failed with statuscode: 400"

    assert unready(said).causes() == ["readiness_probe_incorrect_protocol"]
    assert unready(said, readinessProbe=probe(port=8080, scheme="HTTPS")).causes() == ["readiness_probe_failing"]


def test_claim_quotes_failure_and_probe_and_explains_the_service():
    """The kubelet's word and the probe are cited; what waits for the workload follows."""
    (claim,) = unready("malformed HTTP response").find(SIGNATURES, "readiness_probe_incorrect_protocol")

    assert claim.subject.ref == "kubernetes:deployment/shop/web"
    assert "readinessProbe" in claim.quotes[1].text
    assert "kubernetes:service/shop/web" in claim.explains


@pytest.mark.parametrize("port", [9090, "metrics"])
def test_port_that_nothing_declares_is_wrong(port):
    """A port beside the declared ones, by number or by a name that none has."""
    asked = probe(port=port)

    assert unready(REFUSED, readinessProbe=asked).causes() == ["readiness_probe_incorrect_port"]
    assert killed(REFUSED, livenessProbe=asked).causes() == ["liveness_probe_incorrect_port"]


def test_container_that_is_up_makes_an_undeclared_port_certain():
    """It says that it listens at its port, or another probe finds it there."""
    asked = {"readinessProbe": probe(port=9090)}
    said = unready(REFUSED, **asked).log("web-1-a", "listening on 8080")
    found = unready(REFUSED, livenessProbe=probe(), startupProbe=probe(port=9090), **asked)
    ready = killed(REFUSED, livenessProbe=probe(port=9090), readinessProbe=probe()).fail("Readiness", "once")

    for town, kind in ((said, "readiness"), (found, "readiness"), (ready, "liveness")):
        assert [claim.confidence for claim in town.find(SIGNATURES, f"{kind}_probe_incorrect_port")] == [0.95]


def test_undeclared_port_of_a_container_that_nobody_answers_for_is_less_certain():
    """Ports need not be declared: of a container that is not up yet, nothing can be said."""
    asked = {"readinessProbe": probe(port=9090), "livenessProbe": probe()}
    old = unready(REFUSED, **asked).fail("Liveness", REFUSED)
    young = unready(REFUSED, **asked).fail("Liveness", REFUSED)
    for body in young.bodies:
        if body["kind"] == "Pod":
            body["metadata"]["creationTimestamp"] = (NOW - timedelta(seconds=20)).isoformat()

    assert [claim.confidence for claim in old.find(SIGNATURES, "readiness_probe_incorrect_port")] == [0.75]
    assert young.causes() == ["readiness_probe_failing"]


def test_port_that_the_container_listens_at_need_not_be_declared():
    """Declaring ports is optional; the log knows better."""
    town = unready(REFUSED, readinessProbe=probe(port=9090)).log("web-1-a", "Server listening on port 9090")

    assert town.causes() == ["readiness_probe_failing"]


def test_container_that_listens_elsewhere_makes_the_declared_port_wrong():
    """Probe and declaration agree, and the container says otherwise."""
    (claim,) = unready(REFUSED).log("web-1-a", "listening on 3000").find(SIGNATURES, "readiness_probe_incorrect_port")

    assert claim.confidence == 0.7


def test_named_port_is_resolved():
    """A name stands for the number that the container declares."""
    town = unready(REFUSED, readinessProbe=probe(port="web"))

    assert town.causes() == ["readiness_probe_failing"]


def test_too_little_time_is_the_probes_fault():
    """One failure after a second or two kills what needs several to start."""
    hasty = probe(delay=1, period=1, failures=1)

    assert killed(REFUSED, livenessProbe=hasty).causes() == ["liveness_probe_incorrect_timing"]
    assert killed("HTTP: Client.Timeout", livenessProbe=hasty).causes() == ["liveness_probe_incorrect_timing"]


def test_start_that_takes_longer_than_the_probe_waits_is_shown_by_the_log():
    """Frameworks tell how long they took."""
    town = killed(REFUSED).log("web-1-a", "Started with profile x", "Started Shop in 48.5 seconds (JVM 50)")

    (claim,) = town.find(SIGNATURES, "liveness_probe_incorrect_timing")

    assert claim.confidence == 0.9
    assert "48.5 s" in claim.text


def test_quick_start_is_no_matter_of_time():
    """A container that starts in time and still does not answer has another trouble."""
    assert killed(REFUSED).log("web-1-a", "Started Shop in 2.5 seconds").causes() == ["liveness_probe_failing"]


def test_patient_probe_without_answer_is_a_symptom():
    """Time enough, and no answer: the container hangs."""
    assert killed("Get: Client.Timeout exceeded while awaiting headers").causes() == ["liveness_probe_failing"]


SLOW = ("2026-11-23T09:50:00.1Z loading 1 of 9", "no time", "2026-11-23 09:50:29,900 loading 4 of 9")


def starting(*lines, kind="startup", previous=True):
    """Return a town whose pod is killed by a probe of 35 s, and what it wrote in its run before."""
    town = Probed().run(restarts=2, **{f"{kind}Probe": probe()}).fail(kind.capitalize(), REFUSED).kill(kind)
    source = f"shop__web-1-a__app{'__previous' if previous else ''}"
    town.logs.append(read_log("previous", source, "\n".join(lines)))
    return town


@pytest.mark.parametrize("kind", ["startup", "liveness"])
def test_container_that_is_killed_at_work_was_not_given_enough_time(kind):
    """Its log goes on without complaint until the end."""
    (claim,) = starting(*SLOW, kind=kind).find(SIGNATURES, f"{kind}_probe_incorrect_timing")

    assert claim.confidence == 0.6
    assert "goes on without complaint" in claim.text


@pytest.mark.parametrize(
    "town",
    [
        starting(*SLOW, "ERROR cannot reach db"),
        starting(*SLOW, previous=False),
        starting(SLOW[0], "2026-11-23T09:50:03Z waiting"),
        starting("2026-11-23T08:50:03Z served", SLOW[2]),
        starting("loading", "loading"),
        starting(*SLOW, "listening on 8080"),
    ],
    ids=["complains", "not the run before", "is silent", "had started", "without times", "listens"],
)
def test_container_that_is_not_at_work_when_killed_is_ill_itself(town):
    """Then the failing probe is only a symptom."""
    assert town.causes() == ["startup_probe_failing"]


def test_default_times_are_those_of_the_api():
    """A probe that sets no times waits half a minute."""
    town = killed(REFUSED, livenessProbe={"tcpSocket": {"port": 8080}}).log("web-1-a", "Started Shop in 40 seconds")

    (claim,) = town.find(SIGNATURES, "liveness_probe_incorrect_timing")

    assert "its default times" in claim.text


def test_grpc_probe_of_a_port_that_listens_speaks_to_a_server_without_grpc():
    """Its dialling waits for a connection in its own protocol and says only that it did not come."""
    words = 'timeout: failed to connect service "10.0.0.5:8080" within 1s: context deadline exceeded'
    town = unready(words, readinessProbe=probe("grpc")).log("web-1-a", "listening on 8080")

    (claim,) = town.find(SIGNATURES, "readiness_probe_incorrect_protocol")

    assert claim.confidence == 0.7


def test_missing_path_and_command_are_the_probes_fault():
    """A 404 is an answer, and so is a shell's that the command does not exist."""
    command = probe("exec", command=["check"])
    words = 'exec: "check": executable file not found in $PATH'

    assert unready("HTTP probe failed with statuscode: 404").causes() == ["readiness_probe_incorrect_path"]
    assert unready(words, readinessProbe=command).causes() == ["readiness_probe_command_missing"]


@pytest.mark.parametrize("words", ["HTTP probe failed with statuscode: 503", "check says no"])
def test_container_that_calls_itself_ill_is_a_symptom(words):
    """An answer of its own that it is not well."""
    assert unready(words).causes() == ["readiness_probe_failing"]


def test_startup_probe_kills_and_holds_back():
    """It keeps a pod from being ready, and has it killed in the end."""
    asked = probe(port=9090)
    held = Probed().run(startupProbe=asked).fail("Startup", REFUSED)
    dead = Probed().run(restarts=1, startupProbe=asked).fail("Startup", REFUSED).kill("startup")

    assert held.causes() == dead.causes() == ["startup_probe_incorrect_port"]


@pytest.mark.parametrize(("said", "causes"), [("failed liveness probe", ["liveness_probe_failing"]), ("x", [])])
def test_description_tells_by_itself_who_killed_the_container(said, causes):
    """It holds its pod's events; what stands nowhere in it did not happen."""
    town = killed("statuscode: 503")
    text = f"Name: web-1-a\nNamespace: shop\nEvents:\n  Normal  Killing  9s  kubelet  Container app {said}"
    town.documents.append(Document("d", DocumentForm.KUBECTL, text, query="kubectl describe pod web-1-a -n shop"))
    town.bodies = [body for body in town.bodies if body["kind"] != "Event" or body["reason"] == "Unhealthy"]

    assert town.causes() == causes


def test_probe_of_the_named_port_is_meant_among_several_containers():
    """Of two containers with a readiness probe it is the one whose port the kubelet names."""
    side = {"name": "side", "readinessProbe": probe(port=15021), "ports": [{"containerPort": 15021}]}
    app = {"name": "app", "readinessProbe": probe(port=9090), "ports": [{"containerPort": 8080}]}
    town = unready("dial tcp 10.0.0.5:9090: connection refused", containers=[side, app])

    assert town.causes() == ["readiness_probe_incorrect_port"]


def test_failure_that_was_seen_most_is_the_one_that_counts():
    """A refusal while it started is no reason; what it says since is."""
    town = unready(REFUSED).fail("Readiness", "HTTP probe failed with statuscode: 404")
    town.bodies[-1]["count"] = 9

    assert town.causes() == ["readiness_probe_incorrect_path"]


@pytest.mark.parametrize(
    "town",
    [
        Probed().run(ready=True, readinessProbe=probe(port=9090)).fail("Readiness", REFUSED),
        Probed().run(ready=True, livenessProbe=probe(port=9090)).fail("Liveness", REFUSED),
        Probed().run(restarts=2, livenessProbe=probe(port=9090)).fail("Liveness", REFUSED),
        Probed().run(restarts=2, livenessProbe=probe()).event("Pod", "web-1-a", "Killing", "Stopping container app"),
        killed(REFUSED, livenessProbe=probe(port=9090), ended={"reason": "OOMKilled", "finishedAt": NOW.isoformat()}),
        Probed().run(readinessProbe=probe(port=9090)),
        Probed().run().fail("Readiness", REFUSED),
        Probed().pod().fail("Readiness", REFUSED),
    ],
)
def test_probe_without_consequence_now_is_silent(town):
    """Got over, ended by itself, ended for want of memory, never failed, not configured, or without a node."""
    assert town.causes() == []


def test_command_that_does_not_reach_its_port_is_a_symptom():
    """Which port a command asks at is not known."""
    asked = probe("exec", command=["grpc_health_probe", "-addr=:9090"])

    assert unready('timeout: failed to connect service ":9090"', readinessProbe=asked).causes() == [
        "readiness_probe_failing"
    ]


def test_nonsense_in_a_specification_is_no_error():
    """A stranger's file may hold anything: what is no number is as good as not set."""
    odd = {"tcpSocket": {"port": [1]}, "initialDelaySeconds": "soon", "periodSeconds": None}
    container = {"name": "app", "ports": [{"containerPort": []}, 7], "readinessProbe": odd}

    assert unready(REFUSED, containers=[container]).causes() == ["readiness_probe_failing"]


def test_second_pod_of_a_workload_adds_nothing():
    """One probe, one claim."""
    town = unready("statuscode: 404")
    body = next(item for item in town.bodies if item["kind"] == "Pod")
    town.bodies.append(body | {"metadata": body["metadata"] | {"name": "web-1-b"}})
    town.event("Pod", "web-1-b", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404")

    assert len(town.find(SIGNATURES, "readiness_probe_incorrect_path")) == 1
