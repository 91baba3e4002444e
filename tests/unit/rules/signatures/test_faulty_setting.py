"""A commit to compose.yaml or .env is blamed for the name it wrote, or the port it took away, and for nothing more."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import NOW, ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, EnvironmentFacts, LogFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures.faulty_setting import FAULTY_SETTING

REF = "docker:container/checkout/shop_checkout_1"
CACHE = "docker:container/cache/shop_cache_1"
DB = "docker:container/db/shop_db_1"
BY_NAME = "redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused."
UNKNOWN = "psycopg.OperationalError: failed to resolve host 'postgres': [Errno -3] Temporary failure in name resolution"
MADE = ONSET - timedelta(seconds=5)
"""When a container was made, by default: the commit is from a minute before the onset."""
PORT = (
    "     image: base",
    '-    command: ["redis-server", "--port", "6379"]',
    '+    command: ["redis-server", "--port", "6380"]',
)
HOST = (
    "     environment:",
    "-      DATABASE_URL: postgresql://shop@db:5432/shop",
    "+      DATABASE_URL: postgresql://shop@postgres:5432/shop",
)


def container(scene, ref, *, made_at=MADE, phase=WorkloadPhase.RUNNING, **facts):
    """Say when a container was made, and that it runs."""
    name, service = ref.rpartition("/")[2], ref.split("/")[1]
    record = StateFacts(phase=phase, system_state=phase.value, created_at=made_at, names=(service,), **facts)
    return scene.add(EvidenceKind.STATE, ref, [f"{name} is {phase.value}"], record)


def logs(scene, text, *, at=NOW):
    """Say what checkout wrote."""
    return scene.add(EvidenceKind.LOGS, REF, [f"ERROR {text}"], LogFacts(oldest_at=at, newest_at=at, seconds=(0,)))


def commit(scene, *lines, path="compose.yaml", heading="services: cache:", **facts):
    """Say what a commit changed."""
    diff = [f"--- a/{path}", f"+++ b/{path}", f"@@ -31,7 +31,7 @@ {heading}", *lines]
    return scene.change("73e1a10f8a", {path: [33]}, diff=diff, **facts)


def give_port(scene, **facts):
    """Set the scene: the port of a cache was moved, and who calls it is refused."""
    container(scene, REF)
    container(scene, CACHE, **facts)
    return logs(scene, BY_NAME)


def give_host(scene, **facts):
    """Set the scene: a name does not resolve."""
    container(scene, REF, **facts)
    container(scene, DB)
    return logs(scene, UNKNOWN)


def test_commit_that_moved_a_port_is_blamed_for_the_refusal_at_the_old_one(scene):
    """Both lines are quoted, and what makes the container anew is told."""
    commit(give_port(scene), *PORT)

    (found,) = scene.match(FAULTY_SETTING)

    assert found.entity.ref == CACHE
    assert found.text == (
        "73e1a10 (Change 73e1a10f8a) by Tomás took port 6379 from the settings of shop_cache_1, where shop_checkout_1 "
        "calls it: ERROR redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused."
    )
    assert [citation.quote for citation in found.citations][1:3] == list(PORT[1:])
    assert found.person_must == (
        "Take 73e1a10 back (`git revert 73e1a10`), or correct it; then `docker compose up -d cache`."
    )
    assert scene.diagnose().guilty_change == "73e1a10f8a"
    assert scene.diagnose().leading.cause == "faulty_setting"


def test_commit_that_wrote_a_name_is_blamed_where_that_does_not_resolve(scene):
    """What stood there before is named, as a container that is there."""
    commit(give_host(scene), *HOST, heading="services: checkout:")

    (found,) = scene.match(FAULTY_SETTING)

    assert found.entity.ref == REF
    assert (
        "by Tomás wrote the name 'postgres' into the settings of shop_checkout_1; before it was 'db', which is "
        "shop_db_1: ERROR psycopg" in found.text
    )
    assert [citation.quote for citation in found.citations][1:3] == [HOST[2], HOST[1]]
    assert scene.diagnose().leading.cause == "faulty_setting"


@pytest.mark.parametrize("line", ["+DB_HOST=postgres", "+DATABASE_URL=postgresql://shop@postgres/shop"])
def test_variable_of_an_env_file_counts_where_the_container_has_it(scene, line):
    """One file may be that of several services."""
    commit(give_host(scene), line, path=".env", heading="")
    assert scene.match(FAULTY_SETTING) == []

    name = line[1:].partition("=")[0]
    scene.add(EvidenceKind.ENVIRONMENT, REF, [line[1:]], EnvironmentFacts(variables={name: "x"}, origin="docker"))

    (found,) = scene.match(FAULTY_SETTING)
    assert "into the settings of shop_checkout_1: ERROR" in found.text


def test_name_in_place_of_one_that_nobody_has_is_blamed_all_the_same(scene):
    """Nothing is said of what stood there."""
    other = HOST[1].replace("@db:", "@elsewhere:")
    commit(give_host(scene), HOST[0], other, HOST[2], heading="services: checkout:")

    assert "into the settings of shop_checkout_1: ERROR" in scene.match(FAULTY_SETTING)[0].text


def test_commit_that_was_taken_back_too_late_needs_no_more_than_a_start(scene):
    """The repository is right again, and the container has the old settings."""
    commit(give_port(scene), *PORT, taken_back_at=NOW)

    (found,) = scene.match(FAULTY_SETTING)

    assert found.person_must == (
        "It was taken back at 09:52:00 UTC, after shop_cache_1 was made: `docker compose up -d cache`."
    )


def test_process_of_another_system_is_started_anew(scene):
    """Docker's command is not for it."""
    ref = "supervisor:process/cache"
    container(scene, REF)
    facts = StateFacts(phase=WorkloadPhase.RUNNING, system_state="RUNNING", started_at=MADE)
    scene.add(EvidenceKind.STATE, ref, ["cache runs"], facts)
    commit(logs(scene, BY_NAME), *PORT)

    assert scene.match(FAULTY_SETTING)[0].person_must.endswith("or correct it; then start cache anew.")


def recreate(scene, ref, *lines):
    """Say what became different with a container when it was created anew, as its engine's changes do."""
    facts = ChangeFacts(id="docker:1", kind="config", title="anew", changed_at=MADE, diff_read=True)
    return scene.add(EvidenceKind.CHANGE, ref, ["created anew", *lines], facts)


COMMAND = ('-cmd: ["redis-server", "--port", "6379"]', '+cmd: ["redis-server", "--port", "6380"]')


def test_setting_goes_back_to_what_it_was_in_the_container_before(scene):
    """Its value is known in full; the commit is still to be taken back, and that is said."""
    commit(give_port(scene), *PORT)
    recreate(scene, CACHE, "-env MODE=a", "+env MODE=b", *COMMAND)

    (found,) = scene.match(FAULTY_SETTING)

    (action,) = found.suggestions
    assert (action.name, action.target.ref) == ("docker.recreate_with_previous_setting", CACHE)
    assert dict(action.parameters) == {"setting": "cmd", "value": '["redis-server", "--port", "6379"]'}
    assert scene.diagnose().guilty_change == "73e1a10f8a"
    assert found.person_must == (
        "Take 73e1a10 back (`git revert 73e1a10`), too: the action does not change the repository, and what "
        "creates shop_cache_1 anew from there breaks it again."
    )


def test_name_goes_back_to_that_of_a_container_that_is_there(scene):
    """The variable that holds the wrong name now is the one that is meant."""
    commit(give_host(scene), "-  DB_HOST: db", "+  DB_HOST: postgres", heading="services: checkout:")
    recreate(scene, REF, "-env DB_HOST=db", "+env DB_HOST=postgres", "-env OLD_HOST=db", "+env OLD_HOST=other")

    (action,) = scene.match(FAULTY_SETTING)[0].suggestions

    assert dict(action.parameters) == {"setting": "env DB_HOST", "value": "db"}


@pytest.mark.parametrize(
    "lines",
    [
        (COMMAND[0], '+cmd: ["redis-server", "--port", "6380", "6379"]'),
        ('-cmd: ["redis-server", "--pass", "<redacted 9f86d081>", "6379"]', COMMAND[1]),
        (f'-cmd: ["redis-server", "6379", "{"x" * 400}"]', COMMAND[1]),
        ("-cmd: redis-server 6379", "+cmd: redis-server 6380"),
        (*COMMAND, "-env PORT=6379", "+env PORT=6380"),
        ("-env MODE=a",),
    ],
    ids=["kept", "hidden", "long", "no list", "two", "another"],
)
def test_setting_that_is_not_known_in_full_is_for_a_person(scene, lines):
    """Nor is one of two: which of them it is nobody knows."""
    commit(give_port(scene), *PORT)
    recreate(scene, CACHE, *lines)

    (found,) = scene.match(FAULTY_SETTING)

    assert found.suggestions == ()
    assert found.person_must.endswith("or correct it; then `docker compose up -d cache`.")


def test_setting_of_a_commit_that_was_taken_back_goes_back_too(scene):
    """Both ways lead to the same; the command of people is told."""
    commit(give_port(scene), *PORT, taken_back_at=NOW)
    recreate(scene, CACHE, *COMMAND)

    (found,) = scene.match(FAULTY_SETTING)

    assert len(found.suggestions) == 1
    assert found.person_must.endswith("after shop_cache_1 was made: `docker compose up -d cache`.")


@pytest.mark.parametrize(
    ("lines", "facts", "change"),
    [
        (PORT, {"made_at": ONSET - timedelta(minutes=5)}, {}),
        (PORT, {"made_at": None}, {}),
        (PORT, {"made_at": ONSET - timedelta(hours=20)}, {"before": timedelta(hours=21)}),
        (PORT, {"phase": WorkloadPhase.EXITED}, {}),
        (('-      - "6379:6379"',), {}, {}),
        (('-      - "127.0.0.1:6379:6379/tcp"',), {}, {}),
        (("-    ports: [6379:6379]",), {}, {}),
        (("-      target: 6379",), {}, {}),
        (('-      test: ["CMD", "redis-cli", "-p", "6379", "ping"]',), {}, {}),
        (PORT, {}, {"taken_back_at": ONSET - timedelta(seconds=30)}),
        (PORT, {}, {"is_own": True}),
        (PORT, {}, {"kind": "deployment"}),
        (PORT, {}, {"heading": "services: api:"}),
        (PORT, {}, {"path": "cache/other.yaml"}),
        ((*PORT, "+    expose: [6379]"), {}, {}),
        (("-    mem_limit: 1g", "+    mem_limit: 2g"), {}, {}),
    ],
    ids=[
        "later",
        "unknown",
        "proven",
        "down",
        "published",
        "at an address",
        "list",
        "long",
        "check",
        "taken back",
        "own",
        "no commit",
        "another's",
        "another file",
        "kept",
        "another setting",
    ],
)
def test_commit_that_the_container_was_not_made_with_or_that_left_the_port_is_not_blamed(scene, lines, facts, change):
    """Its time, its place and its lines have to agree."""
    commit(give_port(scene, **facts), *lines, **change)

    assert scene.match(FAULTY_SETTING) == []


def test_failure_from_before_the_container_was_made_is_not_for_it(scene):
    """It was another one that failed."""
    container(scene, REF)
    container(scene, CACHE)
    commit(logs(scene, BY_NAME, at=MADE - timedelta(seconds=20)), *PORT)

    assert scene.match(FAULTY_SETTING) == []


@pytest.mark.parametrize(
    "lines",
    [
        ("-      URL: postgresql://postgres:5432/a", "+      URL: postgresql://postgres:5432/b"),
        ("+      URL: postgresql://elsewhere:5432/b",),
        ("-      URL: postgresql://postgres:5432/b",),
    ],
    ids=["kept", "another", "taken away"],
)
def test_commit_that_did_not_write_the_name_is_not_blamed_for_it(scene, lines):
    """Only a name that is new may be what is wrong."""
    commit(give_host(scene), *lines, heading="services: checkout:")

    assert scene.match(FAULTY_SETTING) == []


def test_name_of_a_container_that_is_there_is_not_wrong(scene):
    """It does not resolve for another reason: that container is down, or in another network."""
    give_host(scene)
    container(scene, "docker:container/postgres/shop_postgres_1")
    commit(scene, *HOST, heading="services: checkout:")

    assert scene.match(FAULTY_SETTING) == []


def test_name_that_two_containers_share_is_not_wrong(scene):
    """A service may have several."""
    give_host(scene)
    container(scene, "docker:container/postgres/shop_postgres_1")
    container(scene, "docker:container/postgres/shop_postgres_2")
    commit(scene, *HOST, heading="services: checkout:")

    assert scene.match(FAULTY_SETTING) == []


@pytest.mark.parametrize(
    "text", ["out of paper", "connect to 10.1.1.1:80: Connection refused", "connect to cache: Connection refused"]
)
def test_failure_that_names_nobody_who_is_known_or_no_port_leads_nowhere(scene, text):
    """There is no line of a diff to compare it with."""
    container(scene, REF)
    container(scene, CACHE)
    commit(logs(scene, text), *PORT)

    assert scene.match(FAULTY_SETTING) == []


def test_one_that_is_stopped_or_does_not_fail_calls_nobody(scene):
    """What it said before it was stopped is past."""
    container(scene, REF, phase=WorkloadPhase.STOPPED)
    container(scene, CACHE)
    commit(logs(scene, BY_NAME), *PORT)

    assert scene.match(FAULTY_SETTING) == []
