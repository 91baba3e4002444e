"""A health check asks its own port where nothing listens, and the program runs: one of them has the wrong port."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures.health_checks import HEALTH_CHECK_INCORRECT, HEALTH_CHECK_PORT_CLOSED

REF = "docker:container/checkout/shop-checkout-1"
CURL = "curl: (7) Failed to connect to localhost port 8080 after 0 ms: Couldn't connect to server"
PYTHON = "urllib.error.URLError: <urlopen error [Errno 111] Connection refused>"
ASKS = "python -c 'urlopen(\"http://localhost:8080/healthz\")'"
UVICORN = "INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)"
BROUGHT = '+layer HEALTHCHECK {"Test": ["CMD", "curl", "localhost:8080"]} (0 bytes)'


def container(
    scene, said=CURL, asks="curl -f localhost:8080", *, state="running (unhealthy)", phase="running", ref=REF
):
    """Say how a container lives, and what its check asks and says."""
    facts = StateFacts(phase=WorkloadPhase(phase), system_state=state, check_output=said, check_command=asks)
    lines = ["it runs", f"health check asks: {asks}", f"health check ended at noon with 1: {said}"]
    return scene.add(EvidenceKind.STATE, ref, lines, facts)


def log(scene, *lines):
    """Say what the container printed."""
    return scene.add(EvidenceKind.LOGS, REF, list(lines), {})


def change(scene, kind="deployment", ref=REF, *, lines=(BROUGHT,), before=timedelta(minutes=1)):
    """Say what was deployed or written."""
    facts = ChangeFacts(id="abc12345", kind=kind, title=f"A {kind}", changed_at=ONSET - before, diff_read=True)
    return scene.add(EvidenceKind.CHANGE, ref, ["it came", *lines], facts)


@pytest.mark.parametrize(
    ("said", "asks"), [(CURL, ""), (PYTHON, ASKS), ("dial tcp [::1]:8080: connection refused", "")]
)
def test_check_that_is_refused_at_its_own_port_is_named(scene, said, asks):
    """The output names the port, or the command does."""
    (found,) = container(scene, said, asks).match(HEALTH_CHECK_PORT_CLOSED)

    assert found.text == "The health check of shop-checkout-1 asks its own port 8080, where nothing listens."
    assert (found.confidence, found.suggestions) == (0.5, ())
    assert found.person_must.startswith("Let the health check of shop-checkout-1 ask the port")
    assert found.citations


def test_port_that_the_log_tells_makes_it_likely(scene):
    """It listens, elsewhere; the image before it had another check and is gone back to."""
    log(change(container(scene)), UVICORN)

    (found,) = scene.match(HEALTH_CHECK_PORT_CLOSED)

    assert "; its log says that it listens on 8000. A deployment, with another health check." in found.text
    assert found.confidence == 0.85
    assert [one.name for one in found.suggestions] == ["docker.recreate_with_previous_image"]
    assert {UVICORN, BROUGHT} <= {citation.quote for citation in found.citations}


def test_commit_that_wrote_the_check_is_named(scene):
    """Whoever corrects it looks there; it is mentioned, and goes back with no plan."""
    log(change(container(scene), "commit", "service/checkout", lines=["+HEALTHCHECK CMD curl localhost:8080"]), UVICORN)

    (found,) = scene.match(HEALTH_CHECK_PORT_CLOSED)

    assert found.text.endswith(" abc1234 (A commit) wrote it.")
    assert found.suggestions == ()


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "deployment", "ref": "docker:container/worker/shop-worker-1"},
        {"kind": "deployment", "lines": ["-layer HEALTHCHECK none (0 bytes)"]},
        {"kind": "deployment", "before": timedelta(minutes=-10)},
        {"kind": "commit", "ref": "service/worker"},
    ],
    ids=["another container's", "took one away", "later", "another service's"],
)
def test_change_that_did_not_bring_the_check_is_not_named(scene, values):
    """Nothing is taken back for having been near."""
    log(change(container(scene), **values), UVICORN)

    (found,) = scene.match(HEALTH_CHECK_PORT_CLOSED)

    assert found.text.endswith("it listens on 8000.")
    assert found.suggestions == ()


@pytest.mark.parametrize(
    "values",
    [
        {"state": "running (healthy)"},
        {"state": "running"},
        {"state": "exited (unhealthy)", "phase": "exited"},
        {"said": "HTTP/1.1 500 Internal Server Error"},
        {"said": "curl: (7) Failed to connect to api port 8080: Connection refused", "asks": "curl api:8080"},
        {"said": "dial tcp 10.0.0.5:8080: connection refused", "asks": "probe"},
        {"said": "", "asks": "nc -z localhost 8080"},
        {"said": "connection refused", "asks": "check localhost"},
        {"ref": "docker:container/worker/shop-worker-1"},
    ],
    ids=[
        "passes",
        "has none",
        "ended",
        "answered",
        "another host",
        "another address",
        "says nothing",
        "no port",
        "other",
    ],
)
def test_other_checks_are_no_finding(scene, values):
    """What answers, asks somebody else, or says nothing, has another fault."""
    assert container(scene, **values).match(HEALTH_CHECK_PORT_CLOSED) == []


@pytest.mark.parametrize(
    "line",
    [
        "Listening on port 8080",
        "server listening at http://[::]:8080",
        "Started app on *:8080",
        UVICORN[:-30] + ":8080",
    ],
)
def test_program_that_listened_there_has_another_fault(scene, line):
    """It said that it does: that it does no longer is no wrong port."""
    log(container(scene), line)

    assert scene.match(HEALTH_CHECK_PORT_CLOSED) == []


def test_times_and_other_numbers_are_no_ports(scene):
    """`running since 12:30:45` listens nowhere."""
    log(container(scene), "running since 2026-11-23 12:30:45, 12 workers", "started in 8000 ms")

    (found,) = scene.match(HEALTH_CHECK_PORT_CLOSED)

    assert found.confidence == 0.5


WGET = "wget: server returned error: HTTP/1.1 404 Not Found"
MISSING = (
    "OCI runtime exec failed: exec failed: unable to start container process: "
    'exec: "curl": executable file not found in $PATH: unknown'
)
PATH_ASKED = "wget -q -O /dev/null http://127.0.0.1:8000/health"


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        (WGET, PATH_ASKED),
        ("curl: (22) The requested URL returned error: 404", "curl -f localhost:8000/health"),
        ("urllib.error.HTTPError: HTTP Error 404: Not Found", ASKS.replace("8080/healthz", "8000/health")),
    ],
)
def test_check_of_a_page_that_is_not_there_is_wrong_itself(scene, said, asks):
    """What answers that it has no such page runs."""
    (found,) = container(scene, said, asks).match(HEALTH_CHECK_INCORRECT)

    assert found.text.startswith("The health check of shop-checkout-1 asks for ")
    assert "8000/health, and shop-checkout-1 answers 404: it runs, and has no such page." in found.text
    assert (found.confidence, found.suggestions) == (0.6, ())
    assert found.person_must.endswith("or give it that page.")


@pytest.mark.parametrize(
    ("said", "program"),
    [
        (MISSING, "curl"),
        ("/bin/sh: 1: curl: not found", "curl"),
        ("sh: wget2: command not found", "wget2"),
        ("/check: line 3: curl: not found", "curl"),
    ],
)
def test_check_by_a_program_that_is_not_in_the_image_is_wrong_itself(scene, said, program):
    """Slim images hold no curl: the check never asked anything."""
    (found,) = container(scene, said, f"{program} -f localhost:8080").match(HEALTH_CHECK_INCORRECT)

    assert found.text == (
        f"The health check of shop-checkout-1 starts {program}, which its image does not hold; "
        "shop-checkout-1 itself runs."
    )
    assert found.person_must == "Let the health check of shop-checkout-1 use a program that its image holds."


WROTE = '+      test: ["CMD", "wget", "-q", "http://127.0.0.1:8000/health"]'


def compose(service, line):
    """Write a commit's change of one service's part of a compose file."""
    return ["--- a/compose.yaml", "+++ b/compose.yaml", f"@@ -7,2 +7,3 @@ {service}:", "     healthcheck:", line]


def test_commit_that_wrote_the_asked_page_is_named(scene):
    """It stands in a compose file of any repository; what came after the first sign did not bring it."""
    container(scene, WGET, PATH_ASKED)
    change(scene, "commit", "git:repository/shop", lines=compose("checkout", WROTE.replace("health", "healthz")))
    change(scene, "commit", "git:repository/shop", lines=compose("checkout", WROTE), before=timedelta(minutes=-10))
    assert "wrote the check" not in scene.match(HEALTH_CHECK_INCORRECT)[0].text

    change(scene, "commit", "git:repository/shop", lines=compose("checkout", WROTE))
    (found,) = scene.match(HEALTH_CHECK_INCORRECT)

    assert found.text.endswith(" abc1234 (A commit) wrote the check.")
    assert found.confidence == 0.85
    assert WROTE in {citation.quote for citation in found.citations}
    assert found.person_must.endswith("`docker compose up -d` once it is mended.")


def test_commit_that_wrote_the_check_into_its_own_image_is_named(scene):
    """A Dockerfile of the service has its check, too."""
    container(scene, MISSING, "curl -f localhost:8080")
    change(scene, "commit", "service/checkout", lines=["+HEALTHCHECK CMD curl -f localhost:8080"])

    (found,) = scene.match(HEALTH_CHECK_INCORRECT)

    assert found.text.endswith(" abc1234 (A commit) wrote the check.")


@pytest.mark.parametrize(
    "lines",
    [compose("worker", WROTE), ["+See http://127.0.0.1:8000/health"], ["+    - run: wget -q https://example.com/a"]],
    ids=["another service's check", "a word about it", "another use of the program"],
)
@pytest.mark.parametrize("said", [WGET, MISSING.replace("curl", "wget")])
def test_commit_that_wrote_the_words_elsewhere_is_not_blamed(scene, lines, said):
    """Services ask the same page of themselves, by the same program."""
    container(scene, said, PATH_ASKED)
    change(scene, "commit", "service/worker", lines=lines)

    (found,) = scene.match(HEALTH_CHECK_INCORRECT)

    assert ("wrote the check" in found.text, found.confidence) == (False, 0.6)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "running (healthy)"},
        {"phase": "exited"},
        {"said": "wget: server returned error: HTTP/1.1 500 Internal Server Error"},
        {"said": WGET, "asks": "wget http://profile:8000/health"},
        {"said": "Health check exceeded timeout (2s)"},
        {"said": "Error: route: not found"},
    ],
    ids=["passes", "down", "other answer", "elsewhere", "silent", "what a program says"],
)
def test_check_that_may_be_right_is_not_called_wrong(scene, values):
    """A failing answer is what a check is for."""
    asked = {"said": WGET, "asks": PATH_ASKED} | values
    assert container(scene, asked.pop("said"), asked.pop("asks"), **asked).match(HEALTH_CHECK_INCORRECT) == []
