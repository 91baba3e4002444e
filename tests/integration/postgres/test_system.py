"""The doctor and the health probe on a real server."""

import re
from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock

pytestmark = pytest.mark.postgres
NO_TIME = timedelta(0)


async def check(shop, **settings):
    """Return what the doctor finds, by what was looked at."""
    results = await shop.system(**settings).check()
    return {result.name.rpartition(": ")[2]: (result.ok, result.text) for result in results}


async def test_everything_granted_is_all_well(shop):
    """With what the page's GRANTs give, nothing is missing, and the roles are no superusers."""
    reader = shop.make_role(
        "reader", "GRANT pg_monitor TO {role};GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    )
    shop.make_role("owner", "GRANT CREATE ON SCHEMA public TO {role};ALTER TABLE order_lines OWNER TO {role}")
    actor = shop.make_role("actor", f"GRANT pg_monitor, pg_signal_backend, owner_{shop.name} TO {{role}}")

    found = await check(shop, dsn=reader, write_dsn=actor)

    assert {name: ok for name, (ok, _) in found.items()} == dict.fromkeys(
        ("connection", "clock", "statistics", "pg_stat_statements", "plans", "index actions", "session actions"), True
    )
    assert f"reading as reader_{shop.name}" in found["connection"][1]
    assert "superuser" not in found["connection"][1]


async def test_missing_rights_are_named_with_their_grants(shop):
    """Each finding is a statement to copy."""
    bare = shop.make_role("bare")
    role = f"bare_{shop.name}"

    found = await check(shop, dsn=bare, write_dsn=bare)

    assert [name for name, (ok, _) in found.items() if ok] == ["connection", "clock", "pg_stat_statements"]
    assert found["statistics"][1].endswith(f"Grant it: GRANT pg_monitor TO {role};")
    assert f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};" in found["plans"][1]
    assert "public.order_lines" in found["plans"][1]
    assert found["index actions"][1].endswith(f"Grant it: GRANT fermata TO {role};")
    assert found["session actions"][1].endswith(f"Grant it: GRANT pg_monitor, pg_signal_backend TO {role};")


@pytest.mark.parametrize(("minutes", "words"), [(2, "behind this machine"), (-2, "ahead of")])
async def test_clock_that_is_off_is_told(shop, minutes, words):
    """More than half a minute apart, and sessions would seem to begin before their causes."""
    system = shop.system()
    clock = FakeClock(SystemClock().now() + timedelta(minutes=minutes))
    again = type(system)(system.settings, clock)

    found = {result.name.rpartition(": ")[2]: result for result in await again.check()}

    assert not found["clock"].ok
    assert words in found["clock"].text


async def test_each_grant_gives_what_is_missing_and_no_more(shop):
    """One closed table among others, no right to signal, no room in the schema: each statement runs as printed."""
    shop.run("CREATE TABLE customers (id bigint)")
    shop.run("CREATE SCHEMA sales")
    shop.run("CREATE TABLE sales.deals (id bigint)")
    dsn = shop.make_role("half", "GRANT pg_monitor TO {role};GRANT SELECT ON order_lines TO {role}")
    shop.make_role("owner", "GRANT CREATE ON SCHEMA public TO {role};ALTER TABLE customers OWNER TO {role}")
    role, owner = f"half_{shop.name}", f"owner_{shop.name}"
    shop.run(f"ALTER TABLE order_lines OWNER TO {role}")

    before = await check(shop, dsn=dsn, write_dsn=dsn)
    wrong = [text.rpartition("Grant ")[2].partition(": ")[2] for ok, text in before.values() if not ok]
    for grant in wrong:
        shop.run(grant)
    after = await check(shop, dsn=dsn, write_dsn=dsn)

    assert wrong == [
        f"GRANT USAGE ON SCHEMA sales TO {role}; GRANT SELECT ON public.customers, sales.deals TO {role};",
        f"GRANT fermata, {owner} TO {role}; GRANT CREATE ON SCHEMA public TO {role};",
        f"GRANT pg_signal_backend TO {role};",
    ]
    assert [name for name, (ok, _) in after.items() if not ok] == []


async def test_role_that_may_not_connect_gets_the_grant(shop):
    """Nobody is sent to the command that is running."""
    dsn = shop.make_role("outside")
    shop.run(f"REVOKE CONNECT ON DATABASE {shop.name} FROM PUBLIC")

    found = await check(shop, dsn=dsn, write_dsn="")

    assert found["connection"][1].endswith(f"Grant it: GRANT CONNECT ON DATABASE {shop.name} TO outside_{shop.name};")


async def test_read_only_database_is_well_and_says_so(shop):
    """Without a role that acts, every action refuses: that is a choice, not a fault."""
    found = await check(shop, dsn=shop.url, write_dsn="")

    assert found["actions"] == (
        True,
        "no write_dsn: read-only, every action refuses. Set it to a role that may act to allow them",
    )
    assert "a superuser" in found["connection"][1]


async def test_absent_extension_is_told_with_what_is_lost_and_fails_nothing(shop):
    """Slow statements are then seen only while they run; all else is as it was."""
    shop.run("DROP EXTENSION pg_stat_statements")

    ok, text = (await check(shop))["pg_stat_statements"]

    assert ok
    assert "slow statements are seen only while they run, and not what was slow before" in text
    assert text.endswith("To see them: CREATE EXTENSION pg_stat_statements;")


async def test_absent_database_is_a_finding(shop):
    """The doctor does not raise; both connections are looked at."""
    gone = shop.url.replace(f"/{shop.name}?", "/gone?")

    found = await check(shop, dsn=gone, write_dsn=gone)

    assert {name: ok for name, (ok, _) in found.items()} == {"connection": False, "actions": False}
    assert "has no such database" in found["connection"][1]


async def test_database_is_healthy_once_it_was_seen_so_for_long_enough(shop, monkeypatch):
    """One look proves nothing of the time before it: the probe counts its own looks."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    (probe,) = shop.system(sample_s=0).list_probes()
    entity = Entity.parse(shop.ref)

    first = await probe.read(entity, timedelta(seconds=3))
    now[0] += 3
    second = await probe.read(entity, timedelta(seconds=3))
    now[0] += 61
    third = await probe.read(entity, timedelta(seconds=3))

    assert [(one.healthy, one.severity) for one in (first, second, third)] == [(False, 1), (True, 0), (False, 1)]
    assert "seen well for 0ms, less than 3s" in first.text
    assert probe.handles(entity)
    assert not probe.handles(Entity.parse("postgres:database/elsewhere"))
    assert not probe.handles(Entity.parse("service/checkout"))


async def test_reading_tells_what_costs_most_now(shop):
    """Two of them, before and after, say what an index did."""
    (probe,) = shop.system(sample_s=0.5).list_probes()
    other = shop.join()
    for _ in range(200):
        other.say("SELECT pg_sleep(0.02)")

    reading = await probe.read(Entity.parse(shop.ref), NO_TIME)
    while not other.todo.empty():
        other.todo.get()

    told = re.search(r"what costs most now takes ([\d.]+) ms a call: SELECT pg_sleep\(.+\); seen well", reading.text)
    assert float(told[1]) >= 20


async def test_statement_that_runs_for_too_long_is_not_healthy(shop):
    """The longest statement of a client decides, and what it says is in the text."""
    (probe,) = shop.system(slow_statement_s=0.05).list_probes()
    entity = Entity.parse(shop.ref)
    assert (await probe.read(entity, NO_TIME)).healthy
    other = shop.join()
    other.say("SELECT pg_sleep(600)")
    shop.wait_for(
        "EXISTS (SELECT 1 FROM pg_stat_activity WHERE now() - query_start > '0.1 s' AND pid = %s)", [other.pid]
    )

    reading = await probe.read(entity, NO_TIME)

    assert (reading.healthy, reading.severity) == (False, 2)
    assert "more than 0.05 s is too long" in reading.text


async def test_database_that_is_gone_cannot_be_read(shop):
    """It is an error, which counts as worse than anything a probe says."""
    (probe,) = shop.system().list_probes()
    shop.destroy()

    with pytest.raises(OperationalError):
        await probe.read(Entity.parse(shop.ref), NO_TIME)
