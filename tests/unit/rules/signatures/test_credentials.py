"""A credential that a server refuses, of what does not stay up for it."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import EnvironmentFacts, LogFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures.credentials import CREDENTIAL_REFUSED

REFUSED = 'psycopg.OperationalError: connection failed: FATAL:  password authentication failed for user "shop"'
LIVE, DECLARED = "<redacted 11111111>", "<redacted 22222222>"


def build(scene, phase="crash_loop", lines=None, **facts):
    """Add checkout in a phase, with a log that was last written to at the onset."""
    lines = lines or ["Traceback (most recent call last):", '  File "/app/store.py", line 4, in connect', REFUSED]
    scene.state(phase, exit_code=1, **facts)
    return scene.add(EvidenceKind.LOGS, "supervisor:process/checkout", lines, LogFacts(newest_at=ONSET))


@pytest.mark.parametrize(
    "line",
    [
        REFUSED,
        "ERROR 1045 (28000): Access denied for user 'shop'@'172.18.0.4' (using password: YES)",
        "ERROR redis: WRONGPASS invalid username-password pair or user is disabled.",
    ],
)
def test_process_that_ends_on_a_refused_credential_is_told_so(scene, line):
    """The server's own words; what to compare is a person's to do."""
    (found,) = build(scene, lines=["Traceback (most recent call last):", '  File "/a.py", line 4, in b', line]).match(
        CREDENTIAL_REFUSED
    )

    assert (found.confidence, found.suggestions) == (0.8, ())
    assert found.person_must.startswith("Compare the credential that checkout was given")
    assert scene.diagnose().leading.cause == "credential_refused"


def test_variable_that_is_not_as_declared_is_named(scene):
    """Digests tell that it differs without telling what it is."""
    build(scene).environment({"DATABASE_URL": LIVE, "PORT": "1"}).desired({"DATABASE_URL": DECLARED, "PORT": "2"})

    (found,) = scene.match(CREDENTIAL_REFUSED)

    assert found.confidence == 0.9
    assert found.text.endswith("DATABASE_URL is not what deploy/checkout.env declares at c0ffee12c0.")
    assert found.person_must.startswith("Correct DATABASE_URL of checkout")


def test_variable_of_a_file_that_was_not_read_needs_its_reading(scene):
    """What is right stands on disk already."""
    build(scene).environment({"DATABASE_URL": LIVE}).desired(
        {"DATABASE_URL": DECLARED}, read_by="systemctl daemon-reload"
    )

    (found,) = scene.match(CREDENTIAL_REFUSED)

    assert found.text.endswith("DATABASE_URL is not what /etc/systemd/system/checkout.service declares.")
    assert found.person_must.startswith("Run `systemctl daemon-reload`, then restart checkout: /etc/systemd/system/")


@pytest.mark.parametrize(
    ("live", "declared"),
    [
        ({"DATABASE_URL": LIVE, "API_TOKEN": LIVE}, {"DATABASE_URL": DECLARED, "API_TOKEN": DECLARED}),
        ({"DATABASE_URL": LIVE}, {"DATABASE_URL": LIVE}),
        ({"PORT": "1"}, {"PORT": "2"}),
    ],
)
def test_variable_is_not_guessed(scene, live, declared):
    """Several that differ, none, or one that holds no credential: none of them is known to be it."""
    (found,) = build(scene).environment(live).desired(declared).match(CREDENTIAL_REFUSED)

    assert found.confidence == 0.8


def test_process_that_runs_or_was_stopped_is_not_down_for_it(scene):
    """A program that runs logs the mistyped passwords of its users."""
    assert build(scene, "running").match(CREDENTIAL_REFUSED) == []

    scene.evidence.clear()
    assert build(scene, "stopped").match(CREDENTIAL_REFUSED) == []


@pytest.mark.parametrize(
    ("variables", "is_own"),
    [
        ({"DATABASE_URL": f"{LIVE} at postgresql://10.0.0.5:5432"}, True),
        ({"PGHOST": "10.0.0.5"}, True),
        ({"DATABASE_URL": f"{LIVE} at postgresql://10.0.0.50:5432"}, False),
        ({}, False),
    ],
)
def test_process_that_runs_is_told_where_the_refused_call_is_its_own(scene, variables, is_own):
    """Its password was changed at the server: each request fails on it, and a restart mends nothing."""
    line = 'psycopg2.OperationalError: connection to server at "10.0.0.5", port 5432 failed: FATAL:  password '
    stack = ["Traceback (most recent call last):", '  File "/a.py", line 4, in b']
    build(scene, "running", lines=[*stack, f'{line}authentication failed for user "shop"'])

    found = scene.environment(variables).match(CREDENTIAL_REFUSED)

    assert [one.text.partition(":")[0] for one in found] == ["A server refuses the credential of checkout"] * is_own


def test_refused_call_of_what_runs_is_over_where_it_fails_otherwise_since(scene):
    """The server that took the credential again, and went down, refuses nothing."""
    line = 'psycopg2.OperationalError: connection to server at "10.0.0.5", port 5432 failed: '
    stack = ["Traceback (most recent call last):", '  File "/a.py", line 4, in b']
    refused, down = f'{line}FATAL:  password authentication failed for user "shop"', f"{line}Connection refused"
    build(scene, "running", lines=[*stack, refused, "INFO served", *stack, down])

    assert scene.environment({"PGHOST": "10.0.0.5"}).match(CREDENTIAL_REFUSED) == []


def test_process_that_ends_on_something_else_is_not_down_for_it(scene):
    """What it got over before is not why it ends."""
    later = [f"{ONSET - timedelta(minutes=3):%Y-%m-%dT%H:%M:%S}Z ERROR {REFUSED}", "ERROR No space left on device"]

    assert build(scene, lines=later).match(CREDENTIAL_REFUSED) == []


def test_declaration_of_a_compose_service_is_that_of_its_container(scene):
    """Compose calls it `shop-api-1`; the repository declares `checkout`."""
    ref = "docker:container/checkout/shop-api-1"
    facts = StateFacts(phase=WorkloadPhase.CRASH_LOOP, system_state="restarting", exit_code=1, names=("checkout",))
    scene.add(EvidenceKind.STATE, ref, ["ended with exit code 1"], facts)
    scene.add(EvidenceKind.LOGS, ref, [f"ERROR {REFUSED}"], LogFacts(newest_at=ONSET))
    live = EnvironmentFacts(variables={"DATABASE_URL": LIVE}, origin="Config.Env")
    scene.add(EvidenceKind.ENVIRONMENT, ref, [f"DATABASE_URL={LIVE}"], live)

    (found,) = scene.desired({"DATABASE_URL": DECLARED}).match(CREDENTIAL_REFUSED)

    assert found.confidence == 0.9
