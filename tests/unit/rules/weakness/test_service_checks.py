"""Weak points of one service."""

import pytest

from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.service_checks import check_services

FAIL = {"on_error": "fail"}


def check(build, arrows, **facts):
    """Give the findings of all services."""
    return list(check_services(build(arrows, **facts)))


@pytest.mark.parametrize("kind", ["db", "cache", "queue"])
def test_store_in_a_container_loses_its_data(build, pick, kind):
    """A restart begins empty, and who survives the restart misses the data all the same."""
    hard = check(build, "web>s", s={"kind": kind, "has_persistent_storage": False}, **{"web>s": FAIL})
    soft = check(
        build, "web>s", s={"kind": kind, "has_persistent_storage": False}, **{"web>s": {"on_error": "fallback"}}
    )

    assert pick(hard, Kind.DATA_LOSS).predict is Predict.COLLAPSE
    assert pick(soft, Kind.DATA_LOSS).predict is Predict.DEGRADE


def test_copy_in_a_cache_is_a_smaller_loss(build, pick):
    """What stands in the database as well can be filled again; the only place of a cart cannot."""
    cache = {"kind": "cache", "has_persistent_storage": False}
    copy = check(build, "web>c web>db", c=cache, db={"kind": "db", "has_persistent_storage": True})
    alone = check(build, "web>c", c=cache)

    assert pick(copy, Kind.DATA_LOSS).likelihood < pick(alone, Kind.DATA_LOSS).likelihood


def test_way_in_is_missed_most(build, pick):
    """Nothing stands in for it; a service behind it is missed for seconds."""
    one = {"replicas": 1}
    found = check(build, "web>a web>b a>c b>c", web=one, a=one, c=one)

    def weigh(name):
        return next(item.likelihood for item in found if item.target == name and item.fault is Fault.KILL)

    assert weigh("web") > weigh("c") > weigh("a")


def test_loss_of_a_lone_replica_is_a_question_where_nobody_says_who_fails_with_it(build, pick):
    """It says what would settle it."""
    found = pick(check(build, "web>api", api={"replicas": 1}), Kind.SINGLE_REPLICA, "api")

    assert (found.predict, found.settled_by) == (Predict.UNKNOWN, ("on_error of the calls to it",))


def test_store_of_unknown_storage_is_a_question(build, pick):
    """And one with storage, or a service without state, is none."""
    unknown = pick(check(build, "web>s", s={"kind": "db"}), Kind.DATA_LOSS)

    assert unknown.predict is Predict.UNKNOWN
    assert unknown.settled_by == ("persistent_storage",)
    assert pick(check(build, "web>s", s={"kind": "db", "has_persistent_storage": True}), Kind.DATA_LOSS) is None
    assert pick(check(build, "web>s", s={"has_persistent_storage": False}), Kind.DATA_LOSS) is None


def test_dominator_with_one_replica_says_what_it_alone_leads_to(build, pick):
    """Named by what is known of it; where nobody says how many there are, by where it stands."""
    facts = {"web>api": FAIL, "api>db": FAIL}
    one = pick(check(build, "web>api api>db", api={"replicas": 1}, **facts), Kind.SINGLE_REPLICA, "api")
    unsaid = pick(check(build, "web>api api>db", **facts), Kind.SPOF, "api")

    assert (one.fault, one.predict) == (Fault.KILL, Predict.COLLAPSE)
    assert one.numbers == {"journeys_hit": 1, "services_behind_it_alone": 1, "replicas": 1}
    assert unsaid.predict is Predict.UNKNOWN
    assert unsaid.settled_by == ("replicas",)
    assert one.settled_by == ()
    assert one.why.startswith("api has one replica, and it alone leads to 1 more")
    assert unsaid.why.startswith("nobody says how many replicas api has, and it alone leads to 1 more")


def test_lone_cache_that_is_needed_is_named_as_one(build, pick):
    """And it is missed less where a database holds the same, and not at all where its users do without."""
    cache = {"c": {"kind": "cache", "replicas": 1}, "db": {"kind": "db"}}
    hard = check(build, "web>c", c=cache["c"], **{"web>c": FAIL})
    copy = check(build, "web>c web>db", **cache, **{"web>c": FAIL})
    soft = check(build, "web>c", c=cache["c"], **{"web>c": {"on_error": "ignore"}})

    alone, filled = (pick(found, Kind.CACHE_HARD_DEPENDENCY, "c") for found in (hard, copy))
    assert alone.likelihood > filled.likelihood
    assert pick(soft, Kind.SINGLE_REPLICA, "c").predict is Predict.GRACEFUL


def test_leaf_with_one_replica_is_a_single_replica(build, pick):
    """Nothing is behind it, and one journey needs it."""
    found = check(build, "web>api", api={"replicas": 1}, **{"web>api": FAIL})

    assert pick(found, Kind.SINGLE_REPLICA, "api").predict is Predict.COLLAPSE


def test_unknown_count_of_replicas_is_a_question(build, pick):
    """Two may run, for all the source says."""
    found = pick(check(build, "web>api"), Kind.SINGLE_REPLICA, "api")

    assert found.predict is Predict.UNKNOWN
    assert found.settled_by == ("replicas",)


def test_shared_service_is_missed_more(build, pick):
    """Of two equal services, the one with two callers is the likelier loss."""
    found = check(build, "web>a web>b job>b", a={"replicas": 1}, b={"replicas": 1})

    assert pick(found, Kind.SINGLE_REPLICA, "b").likelihood > pick(found, Kind.SINGLE_REPLICA, "a").likelihood


def test_second_replica_answers_for_the_first(build, pick):
    """Unless a drain may take both: that is no mere part, where users need one."""
    two = {"replicas": 2, "has_disruption_budget": False}
    safe = check(build, "web>a", a={"replicas": 2})
    drained = check(build, "web>a", a=two, web=two)
    spared = check(build, "web>a", a=two, **{"web>a": {"on_error": "ignore"}})

    assert pick(safe, Kind.SINGLE_REPLICA, "a") is None
    assert pick(safe, Kind.SPOF, "a") is None
    assert pick(drained, Kind.SPOF, "a").predict is Predict.UNKNOWN
    assert pick(drained, Kind.SPOF, "web").predict is Predict.UNKNOWN
    assert pick(drained, Kind.SPOF, "web").settled_by == ("pdb",)
    assert pick(spared, Kind.SPOF, "a").predict is Predict.GRACEFUL
    assert pick(spared, Kind.SPOF, "a").settled_by == ()


def test_service_scaled_to_nothing_cannot_be_killed(build, pick):
    """No replica is not one replica."""
    assert [item for item in check(build, "web>a", a={"replicas": 0}) if item.target == "a"] == []


def test_store_on_one_volume_recovers_slowly(build, pick):
    """Its data survives; its users wait."""
    store = {"kind": "db", "replicas": 1, "has_persistent_storage": True}

    assert pick(check(build, "web>s", s=store), Kind.SLOW_RECOVERY).target == "s"
    assert pick(check(build, "web>s", s=store | {"replicas": None}), Kind.SLOW_RECOVERY) is None


def test_two_callers_share(build, pick):
    """Slow for one is slow for all; that all fail is not claimed."""
    known = check(build, "a>s b>s", **{"a>s": FAIL, "b>s": FAIL})
    unread = check(build, "a>s b>s")

    assert pick(known, Kind.SHARED_DEPENDENCY).predict is Predict.DEGRADE
    assert pick(unread, Kind.SHARED_DEPENDENCY).predict is Predict.UNKNOWN
    assert pick(check(build, "a>s"), Kind.SHARED_DEPENDENCY) is None


def test_callers_that_do_without_do_not_share(build, pick):
    """Who ignores an error does not need the service."""
    assert pick(check(build, "a>s b>s", **{"a>s": {"on_error": "ignore"}}), Kind.SHARED_DEPENDENCY) is None


def test_shared_store_has_noisy_neighbours(build, pick):
    """What one asks for, the other waits behind: a question of processor, and of stores alone."""
    assert pick(check(build, "a>s b>s", s={"kind": "db"}), Kind.NOISY_NEIGHBOUR).fault is Fault.CPU
    assert pick(check(build, "a>s b>s"), Kind.NOISY_NEIGHBOUR) is None


def test_missing_probes_are_named(build, pick):
    """Only what is said to be missing is missing."""
    both = {"has_readiness_probe": False, "has_liveness_probe": False, "replicas": 2}
    one = pick(check(build, "web>a", a={"has_liveness_probe": False}), Kind.MISSING_PROBE)

    assert "no readiness and no liveness" in pick(check(build, "web>a", a=both), Kind.MISSING_PROBE).why
    assert "never restarted" in one.why
    assert pick(check(build, "web>a"), Kind.MISSING_PROBE) is None


def test_memory_is_a_question_of_the_working_set(build, pick):
    """A small limit of a database asks louder; no limit asks for the neighbours; what is shielded is graceful."""
    small = pick(check(build, "web>s", s={"kind": "db", "memory_limit_bytes": 2.0**27}), Kind.MEMORY_LIMIT)
    large = pick(check(build, "web>s", s={"kind": "db", "memory_limit_bytes": 2.0**31}), Kind.MEMORY_LIMIT)
    hard = check(build, "web>s", s={"memory_limit_bytes": 2.0**27}, **{"web>s": FAIL})
    shielded = check(build, "web>s", s={"memory_limit_bytes": 2.0**27}, **{"web>s": {"on_error": "ignore"}})
    none = check(build, "web>s", s={"memory_limit_bytes": 0})

    assert "128 MiB" in small.why
    assert small.likelihood > large.likelihood
    assert pick(hard, Kind.MEMORY_LIMIT).predict is Predict.UNKNOWN
    assert pick(shielded, Kind.MEMORY_LIMIT).predict is Predict.GRACEFUL
    assert pick(none, Kind.MEMORY_EXHAUSTION).settled_by == ("memory_limit",)


def test_others_services_are_not_ours_to_kill(build):
    """What is external fails by its calls alone."""
    found = check(build, "web>bank", bank={"kind": "external", "replicas": 1, "memory_limit_bytes": 0})

    assert {item.target for item in found} == {"web"}


def test_sharing_tells_more_than_the_loss_of_a_replicated_service(build, pick):
    """Whoever shares a lone service is told so by its loss; several replicas can still be slow together."""
    lone, many = (
        pick(check(build, "a>s b>s", s={"replicas": count}), Kind.SHARED_DEPENDENCY).likelihood for count in (1, 3)
    )

    assert lone < many


@pytest.mark.parametrize(("kind", "less"), [("cache", False), ("app", True), ("db", True)])
def test_small_limit_asks_louder_where_memory_is_not_given_back(build, pick, kind, less):
    """A cache drops what is old; what a runtime or a database needs it needs."""
    large, small = (
        pick(check(build, "web>s", s={"kind": kind, "memory_limit_bytes": size}), Kind.MEMORY_LIMIT).likelihood
        for size in (2.0**30, 2.0**27)
    )

    assert (large < small) is less


def test_who_conducts_a_change_is_missed_like_a_way_in(build, pick):
    """What it has begun in several places stays half done; one that only looks at as many can be asked again."""

    def weigh(journey):
        land = build("web>c c>a c>b c>d c>e c>f", [(journey, "web")], c={"replicas": 1, "memory_limit_bytes": 2.0**24})
        found = list(check_services(land))
        return pick(found, Kind.SINGLE_REPLICA, "c").likelihood, pick(found, Kind.MEMORY_LIMIT, "c").likelihood

    change, look = weigh("checkout"), weigh("browse")

    assert change[0] > look[0]
    assert change[1] > look[1]


@pytest.mark.parametrize(("size", "is_more"), [(2.0**29, True), (2.0**31, False)])
def test_broker_holds_what_waits(build, pick, size, is_more):
    """Half a gibibyte is less than a backlog may need; whoever does without a broker misses what waited in it."""
    soft = {"web>s": {"on_error": "ignore"}}
    broker, app = (
        pick(check(build, "web>s", s={"kind": kind, "memory_limit_bytes": size}, **soft), Kind.MEMORY_LIMIT)
        for kind in ("queue", "app")
    )

    assert (broker.likelihood > 0.5) is is_more
    assert broker.journeys > app.journeys
    assert (broker.predict, app.predict) == (Predict.UNKNOWN, Predict.GRACEFUL)


def test_busy_process_is_missed_more_than_a_quiet_one(build, pick):
    """By as many as ask for it while it starts again; what nobody measured lies between."""
    rates = {"user>web": 50, "web>a": 50, "web>b": 1}
    calls = {arrow: {"rate_rps": rate, "latency_ms": 1} for arrow, rate in rates.items()}
    one = {name: {"replicas": 1} for name in "abc"}
    found = check(build, "user>web web>a web>b web>c", **one, **calls)

    busy, quiet, unknown = (pick(found, Kind.SINGLE_REPLICA, name).likelihood for name in "abc")
    assert busy > unknown > quiet


def test_keeper_of_a_store_is_missed_more_than_who_asks_others(build, pick):
    """What is in the store is gone with the one; the other fails with those it asks as well."""
    one = {name: {"replicas": 1} for name in ("keeper", "leaf", "asker")}
    found = check(build, "web>keeper web>leaf web>asker keeper>db asker>api", db={"kind": "db"}, **one)

    keeper, leaf, asker = (pick(found, Kind.SINGLE_REPLICA, name).likelihood for name in ("keeper", "leaf", "asker"))
    assert keeper > leaf > asker


@pytest.mark.parametrize("kind", [Kind.SINGLE_REPLICA, Kind.DATA_LOSS])
def test_database_that_is_only_looked_up_is_a_smaller_loss(build, pick, kind):
    """Of two alike; where no journey is known to change anything neither is smaller."""
    store = {"kind": "db", "replicas": 1, "has_persistent_storage": kind is Kind.SINGLE_REPLICA}

    def weigh(buy):
        journeys = [(buy, "web", ("orders", "kept")), ("browse", "web", ("goods", "shown"))]
        land = build("web>orders web>goods orders>kept goods>shown", journeys, kept=store, shown=store)
        found = list(check_services(land))
        return [pick(found, kind, name).likelihood for name in ("kept", "shown")]

    kept, shown = weigh("buy")
    assert kept > shown
    assert weigh("j1") == [kept, kept]


def test_job_is_not_broken_itself(build):
    """Between its runs there is nothing to kill; what it asks of others is found at those."""
    found = check(
        build, "nightly>api", nightly={"kind": "job", "has_readiness_probe": False, "memory_limit_bytes": 0.0}, api={}
    )

    assert {item.target for item in found} == {"api"}
