"""Sessions of PostgreSQL that wait for locks, as its log tells."""

import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.kubernetes.cluster import build_cluster
from fermata.rules.kubernetes.logs import LogText
from fermata.rules.signatures.cluster_rank import list_symptoms
from fermata.rules.signatures.database_waits import find_jams, list_jams, list_lock_troubles
from fermata.rules.signatures.databases import SIGNATURES

CALM = "2026-06-30 05:00:{:02d}.1 UTC [900] LOG:  checkpoint complete: wrote {} buffers"


def wait(pid, holders="4690", *, at="06:00", queue=""):
    """Return the lines about one wait; without holders the log does not tell who holds the lock."""
    front = f"2026-06-30 {at}:{pid % 60:02d}.1 UTC [{pid}] app@shop"
    lines = [f"{front} LOG:  process {pid} still waiting for RowExclusiveLock on relation 16455 after 1000.1 ms"]
    if holders:
        word = "Processes" if "," in holders else "Process"
        lines.append(f"{front} DETAIL:  {word} holding the lock: {holders}. Wait queue: {queue or pid}.")
    return [*lines, f"{front} STATEMENT:  commit"]


def read(*parts, name="postgres", beside=()):
    """Return a cluster of nothing but logs."""
    lines = [CALM.format(at % 60, at) for at in range(60)] + [line for part in parts for line in part]
    logs = [LogText("pg", "", name, text="\n".join(lines), unclaimed=True)]
    return build_cluster((), (*logs, *beside))


def test_who_holds_the_lock_is_named_with_how_to_end_it():
    """The lines of the wait, of the holder and of the latest wait are cited."""
    cluster = read(*(wait(pid) for pid in range(4800, 4806)))

    (claim,) = find_jams(cluster)

    assert claim.cause == "database_locks"
    assert claim.subject.ref == "service/postgres"
    assert claim.text.endswith("6 times for longer than a wait should last: process 4690 holds it in 6 of them.")
    assert "pg_cancel_backend(4690)" in claim.person_must
    assert claim.confidence == 0.85
    assert [quote.line for quote in claim.quotes] == [61, 62, 76]


def test_end_of_the_chain_is_the_holder():
    """Who waits itself only passes the wait on."""
    first = [wait(4801, "4690"), wait(4802, "4801, 4690", queue="4802, 4803")]

    (jam,) = list_jams(read(*first, *(wait(pid, "4801") for pid in range(4804, 4809))))

    assert (jam.holder, jam.held, jam.waits) == ("4690", 2, 7)


@pytest.mark.parametrize("holders", ["", "4801"])
def test_holder_that_no_line_tells_is_looked_for(holders):
    """The log has the waits alone, or names only who waits as well."""
    (claim,) = find_jams(read(*(wait(pid, holders) for pid in (4801, 4802, 4803))))

    assert claim.text.endswith("who holds it is not told.")
    assert "pg_blocking_pids" in claim.person_must
    assert claim.confidence == 0.7


def test_few_waits_are_how_locks_work():
    """Nor is a jam told by a log of somebody else's words."""
    assert list_jams(read(wait(4801), wait(4802))) == []
    assert list_jams(read(["still waiting for the bus"] * 5)) == []


def test_waits_that_are_over_are_no_jam():
    """An hour of checkpoints follows."""
    after = [CALM.format(at % 60, at) for at in range(200)]

    assert list_jams(read(*(wait(pid) for pid in range(4800, 4806)), after)) == []


def test_jam_is_a_symptom_of_its_own():
    """Nothing else may be known to be wrong."""
    cluster = read(*(wait(pid) for pid in range(4800, 4806)))

    (trouble,) = list_lock_troubles(cluster)

    assert trouble.text == "sessions of postgres go on waiting for locks"
    assert trouble in list_symptoms(cluster)


def late(name):
    """Return the log of a client whose statements take too long."""
    line = "ERROR PG::QueryCanceled: ERROR:  canceling statement due to statement timeout {}"
    return LogText(name, "", name, text="\n".join(line.format(at) for at in range(9)), unclaimed=True)


def test_clients_whose_statements_take_too_long_wait_for_the_lock():
    """Then the queries are not slow themselves: no index is missing."""
    timeout = [
        f"2026-06-30 06:01:0{at}.1 UTC [481{at}] ERROR:  canceling statement due to statement timeout"
        for at in range(5)
    ]
    cluster = read(*(wait(pid) for pid in range(4800, 4806)), timeout, beside=[late("web")])

    claims = [claim for signature in SIGNATURES for claim in signature.find(cluster)]

    assert {claim.cause for claim in claims} == {"database_locks"}
    assert "service/web" in claims[0].explains


def test_of_two_jams_nobody_knows_which_one_a_client_waits_for():
    """Each explains its own database."""
    other = read(*(wait(pid) for pid in range(4800, 4806)), name="mydb").logs()[0]
    cluster = read(*(wait(pid) for pid in range(4800, 4806)), beside=[other, late("web")])

    claims = list(find_jams(cluster))

    assert len(claims) == 2
    assert not any("service/web" in claim.explains for claim in claims)


def test_jam_of_a_database_in_a_cluster_is_its_workloads():
    """The log of its pod tells of it."""
    town = Town().deployment("db", ready=1).replica_set("db-1", "db", existing=1, ready=1)
    town.pod("db-1-a", "db-1", node="n1", ready=True)

    town.log("db-1-a", *(line for pid in range(4800, 4806) for line in wait(pid)))

    (claim,) = find_jams(town.build())
    assert claim.subject.ref == "kubernetes:deployment/shop/db"
