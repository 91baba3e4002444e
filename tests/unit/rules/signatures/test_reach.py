"""Whom a failure to reach something is about, where a container's name, address and end are known."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import NOW, ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, EnvironmentFacts, LogFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures import CATALOGUE
from fermata.rules.signatures.process import DEPENDENCY_REFUSED

DNS_FAILURE = next(signature for signature in CATALOGUE if signature.id == "dns_failure")
UNRESOLVED = (
    "2026-11-23T09:51:20Z ERROR psycopg.OperationalError: failed to resolve host 'db': Name or service not known"
)
REFUSED = (
    "2026-11-23T09:51:20Z [error] connect() failed (111: Connection refused), client: 172.18.0.1, "
    'upstream: "http://172.18.0.5:8000/orders"'
)


def put(scene, service, phase, *, lines=None, **facts):
    """Add a container of a compose project as the engine's list tells it."""
    name = f"shop-{service}-1"
    record = StateFacts(phase=WorkloadPhase(phase), system_state=phase, names=(service,), **facts)
    ref = f"docker:container/{service}/{name}"
    return scene.add(EvidenceKind.STATE, ref, lines or [f"{name} is {phase}"], record)


def say(scene, *lines, stream="stderr"):
    """Add what the alerted container logged."""
    ref = "docker:container/checkout/shop-checkout-1"
    return scene.add(EvidenceKind.LOGS, ref, lines, LogFacts(newest_at=NOW), query=stream)


@pytest.mark.parametrize(
    "line",
    [
        UNRESOLVED,
        '2026-11-23T09:51:20Z ERROR could not translate host name "db" to address: Name or service not known',
        "2026-11-23T09:51:20Z ERROR Error: getaddrinfo ENOTFOUND db",
        "2026-11-23T09:51:20Z ERROR dial tcp: lookup db on 127.0.0.11:53: no such host",
        '2026-11-23T09:51:20Z [emerg] host not found in upstream "db:8000" in /etc/nginx/nginx.conf:5',
        "2026-11-23T09:51:20Z ERROR nc: bad address 'db'",
        "2026-11-23T09:51:20Z ERROR wget: unable to resolve host address 'db'",
        '2026-11-23T09:51:20Z ERROR address resolution of host "db": nodename nor servname provided, or not known',
    ],
)
def test_name_of_a_stopped_container_leads_to_it_and_blames_no_resolver(scene, line):
    """The network's DNS knows a container only while it runs."""
    say(put(put(scene, "checkout", "running"), "db", "exited"), line)
    put(scene, "mail", "exited")

    (found,) = scene.match(DEPENDENCY_REFUSED)

    assert (found.entity.name, found.confidence) == ("shop-db-1", 0.8)
    assert [item.name for item in found.suggestions] == ["docker.restart_container"]
    assert scene.match(DNS_FAILURE) == []


LATE_REFUSED = "2026-11-23T09:51:20Z ERROR ConnectionRefusedError: [Errno 111] Connection refused"
NAMELESS = "2026-11-23T09:51:20Z ERROR urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>"


@pytest.mark.parametrize(
    ("value", "line", "is_meant"),
    [
        ("http://db:8000/", NAMELESS, True),
        ("http://mail:8000/", NAMELESS, False),
        ("http://db:8000/", UNRESOLVED.replace("'db'", "'api.example.com'").replace("Name", "[Errno -2] Name"), False),
        (None, NAMELESS, False),
    ],
)
def test_name_that_python_does_not_tell_is_one_of_the_callers_variables(scene, value, line, is_meant):
    """The container that is down and that a variable names is meant, and no resolver."""
    say(put(put(scene, "checkout", "running"), "db", "exited"), *[line] * 3)
    if value is not None:
        facts = EnvironmentFacts(variables={"STOCK_URL": value}, origin="docker")
        ref = "docker:container/checkout/shop-checkout-1"
        scene.add(EvidenceKind.ENVIRONMENT, ref, [f"STOCK_URL={value}"], facts)

    assert [found.entity.name for found in scene.match(DEPENDENCY_REFUSED)] == ["shop-db-1"] * is_meant
    assert [found.cause for found in scene.match(DNS_FAILURE)] == ["dns_failure"] * (not is_meant)


@pytest.mark.parametrize("line", [UNRESOLVED.replace("'db'", "'api.example.com'"), UNRESOLVED.replace("'db'", "'db2'")])
def test_name_that_nobody_here_has_is_the_resolvers_matter(scene, line):
    """The only one that is down is not guessed for a name that is another."""
    say(put(put(scene, "checkout", "running"), "db", "exited"), *[line] * 3)

    assert scene.match(DEPENDENCY_REFUSED) == []
    assert [found.cause for found in scene.match(DNS_FAILURE)] == ["dns_failure"]


def test_new_image_that_does_not_stay_up_is_said_and_not_that_it_is_missed(scene):
    """Whoever is told to find out why would find what is known already; the resolver is not to blame either."""
    at = ONSET - timedelta(seconds=9)
    say(put(put(scene, "checkout", "running"), "db", "crash_loop", exit_code=2), UNRESOLVED)
    facts = ChangeFacts(
        kind="deployment", id="docker:1", title="db: db:2 took the place of db:1", changed_at=at, diff_read=True
    )
    scene.add(EvidenceKind.CHANGE, "docker:container/db/shop-db-1", ["shop-db-1 was created from db:2"], facts)

    assert scene.match(DEPENDENCY_REFUSED) == []
    assert scene.match(DNS_FAILURE) == []


@pytest.mark.parametrize(
    ("ended", "started", "exits", "blames_resolver"),
    [
        (10, 16, 1, False),  # It was written at :20, a moment after the start: the caller waited.
        (19, 40, 1, False),
        (45, 50, 1, True),  # Before it ended at all.
        (45, 50, 3, False),  # It had ended before that, too.
        (10, 13, 0, True),
        (10, None, 1, True),
    ],
)
def test_name_of_a_container_that_was_down_for_a_moment_blames_no_resolver(
    scene, ended, started, exits, blames_resolver
):
    """The system starts what was killed anew: by the time that anybody looks, it runs."""
    began = None if started is None else ONSET.replace(minute=51, hour=9, second=started)
    times = {"former_end_at": ONSET.replace(minute=51, hour=9, second=ended), "started_at": began, "exits": exits}
    if not exits:
        times["former_end_at"] = None
    say(put(put(scene, "checkout", "running"), "db", "running", **times), UNRESOLVED)

    assert bool(scene.match(DNS_FAILURE)) is blames_resolver


def test_name_of_a_running_container_is_the_resolvers_matter(scene):
    """Nothing is down: then the resolver fails."""
    say(put(put(scene, "checkout", "running"), "db", "running"), UNRESOLVED)

    assert [found.cause for found in scene.match(DNS_FAILURE)] == ["dns_failure"]


def test_word_that_stands_where_no_host_does_names_nothing(scene):
    """A service called `orders` is not meant by a path of that name."""
    line = "2026-11-23T09:51:20Z ERROR GET /orders of https://pay.example.com timed out"
    say(put(put(scene, "checkout", "running"), "orders", "exited"), line)
    put(scene, "mail", "exited")

    assert scene.match(DEPENDENCY_REFUSED) == []


def test_address_of_another_container_clears_the_only_one_that_is_down(scene):
    """Whoever is called is the proxy's upstream; that a worker is down as well is chance."""
    say(put(put(scene, "checkout", "running"), "api", "running", addresses=("172.18.0.5",)), REFUSED)
    put(scene, "worker", "crash_loop", addresses=("172.18.0.1",))

    assert scene.match(DEPENDENCY_REFUSED) == []


def test_address_of_the_one_that_is_down_leads_to_it(scene):
    """It was given an address for its present try."""
    say(put(put(scene, "checkout", "running"), "api", "crash_loop", addresses=("172.18.0.5",)), REFUSED)
    put(scene, "mail", "exited")

    assert [(found.entity.name, found.confidence) for found in scene.match(DEPENDENCY_REFUSED)] == [("shop-api-1", 0.8)]


def test_address_that_nobody_has_any_more_leaves_the_only_one_that_is_down(scene):
    """A stopped container has given its address back."""
    say(put(put(scene, "checkout", "running"), "api", "exited"), REFUSED).logs(["INFO only a log is known"], "mail")

    assert [(found.entity.name, found.confidence) for found in scene.match(DEPENDENCY_REFUSED)] == [("shop-api-1", 0.5)]


def test_failure_before_the_end_is_not_for_it(scene):
    """What failed while the other still ran failed for another reason; clocks may be some seconds apart."""
    ended_at = ONSET + timedelta(seconds=40)
    say(put(put(scene, "checkout", "running"), "api", "exited", ended_at=ended_at), REFUSED)
    assert scene.match(DEPENDENCY_REFUSED) == []

    scene.evidence.clear()
    put(scene, "api", "exited", ended_at=ONSET + timedelta(seconds=22))
    say(put(scene, "checkout", "running"), REFUSED)
    assert len(scene.match(DEPENDENCY_REFUSED)) == 1


def test_what_ended_several_times_was_down_before(scene):
    """Only its last end is known."""
    say(put(scene, "checkout", "running"), REFUSED)
    put(scene, "api", "exited", ended_at=ONSET + timedelta(seconds=50), exits=3)

    assert len(scene.match(DEPENDENCY_REFUSED)) == 1


def test_proxy_that_cannot_start_is_not_explained_by_what_it_could_not_reach_before(scene):
    """What does not stay up ends on what it says last."""
    last = '2026-11-23T09:51:30Z [emerg] unknown directive "proxy_conect_timeout" in /etc/nginx/nginx.conf:6'
    put(say(put(scene, "checkout", "crash_loop", exit_code=1), REFUSED, last), "worker", "crash_loop", exit_code=1)
    assert scene.match(DEPENDENCY_REFUSED) == []

    scene.evidence.clear()
    put(say(put(scene, "checkout", "crash_loop", exit_code=1), last, REFUSED), "worker", "crash_loop", exit_code=1)
    assert [found.entity.name for found in scene.match(DEPENDENCY_REFUSED)] == ["shop-worker-1"]


def test_paused_dependency_is_let_go_on(scene):
    """A restart would lose what it holds in memory."""
    record = StateFacts(phase=WorkloadPhase.STOPPED, system_state="paused")
    say(put(scene, "checkout", "running"), "2026-11-23T09:51:20Z ERROR redis: timed out")
    scene.add(EvidenceKind.STATE, "docker:container/redis/shop-redis-1", ["shop-redis-1 is paused"], record)

    (found,) = scene.match(DEPENDENCY_REFUSED)

    assert found.text.startswith("shop-redis-1 is paused, and shop-checkout-1 cannot reach")
    assert found.suggestions == ()
    assert "then unpause it" in found.person_must


@pytest.mark.parametrize(("value", "is_guessed"), [("queue:6380", False), ("db:6380", True), ("elsewhere:6380", True)])
def test_only_one_that_is_down_is_not_guessed_by_who_is_configured_for_others(scene, value, is_guessed):
    """Its variables name whom it calls. Where they name nobody who is known, they say nothing."""
    say(put(put(put(scene, "checkout", "running"), "db", "exited"), "queue", "running"), LATE_REFUSED)
    facts = EnvironmentFacts(variables={"QUEUE_ADDR": value}, origin="docker")
    scene.add(EvidenceKind.ENVIRONMENT, "docker:container/checkout/shop-checkout-1", [f"QUEUE_ADDR={value}"], facts)

    assert [found.entity.name for found in scene.match(DEPENDENCY_REFUSED)] == ["shop-db-1"] * is_guessed


@pytest.mark.parametrize(
    ("value", "is_guessed"),
    [
        ("postgres://app@db.internal:5432/shop", True),
        ("10.0.0.7:5432", True),
        ("0.0.0.0:8000", False),
        ("https://errors.example.com/7", False),
    ],
)
def test_only_one_that_is_down_may_stand_behind_an_address_that_tells_no_name(scene, value, is_guessed):
    """That the caller is configured for somebody else as well does not say that it does not call this one."""
    say(put(put(put(scene, "checkout", "running"), "db", "exited"), "queue", "running"), LATE_REFUSED)
    variables = {"QUEUE_ADDR": "queue:6380", "ADDRESS": value}
    facts = EnvironmentFacts(variables=variables, origin="docker")
    scene.add(EvidenceKind.ENVIRONMENT, "docker:container/checkout/shop-checkout-1", [f"ADDRESS={value}"], facts)

    assert [found.entity.name for found in scene.match(DEPENDENCY_REFUSED)] == ["shop-db-1"] * is_guessed
