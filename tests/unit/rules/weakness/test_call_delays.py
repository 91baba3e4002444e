"""Slow and silent callees."""

import pytest

from fermata.rules.weakness.call_delays import check_delays
from fermata.rules.weakness.faults import Fault, Kind, Predict

LOAD = {"rate_rps": 40, "latency_ms": 6, "pool_max": 20}
FAIL = {"on_error": "fail"}


def check(build, facts, arrows="web>pay", **more):
    """Give the findings for one call, and perhaps others."""
    return list(check_delays(build(arrows, **{"web>pay": facts}, **more)))


@pytest.mark.parametrize(
    ("facts", "predict", "words"),
    [
        ({"timeout_ms": 0}, Predict.COLLAPSE, "no timeout ends it"),
        ({"timeout_ms": 2000}, Predict.COLLAPSE, "lets 80 pile up"),
        ({"timeout_ms": 500}, Predict.UNKNOWN, "marginal at the timeout"),
        ({"timeout_ms": 200}, Predict.GRACEFUL, "keeps it at 8 at most"),
        ({"timeout_ms": 200, "retries": 4}, Predict.COLLAPSE, "lets 40 pile up"),
        ({"timeout_ms": None}, Predict.UNKNOWN, "unless a timeout"),
        ({"latency_ms": 900}, Predict.COLLAPSE, "exhausted as things are"),
        ({"latency_ms": 500}, Predict.UNKNOWN, "marginal as things are"),
    ],
)
def test_pool_is_judged_by_need_and_timeout(build, pick, facts, predict, words):
    """Little's law, capped by what the timeout lets through; the margin claims nothing."""
    found = pick(check(build, FAIL | LOAD | facts), Kind.POOL_EXHAUSTION)

    assert found.predict is predict
    assert words in found.why


def test_pool_fault_goes_just_past_the_break(build, pick):
    """The break is at 494 ms; the fault clears the margin."""
    found = pick(check(build, FAIL | LOAD | {"timeout_ms": 0}), Kind.POOL_EXHAUSTION)

    assert found.numbers["breaks_at_added_ms"] == pytest.approx(494)
    assert found.numbers["rate_rps"] == 40
    assert 494 * 1.1 < found.magnitude["latency_ms"] < 494 * 1.5


def test_pools_of_all_replicas_add_up(build, pick):
    """A limit of one replica is not that of three."""
    found = pick(check(build, FAIL | LOAD, web={"replicas": 3}), Kind.POOL_EXHAUSTION)

    assert found.numbers["pool"] == 60


def test_full_pool_is_no_collapse_where_nobody_needs_it(build, pick):
    """A fallback answers for what finds no slot; a shielded caller degrades; an unread way up is unknown."""
    full = LOAD | {"timeout_ms": 900}
    soft = pick(check(build, full | {"on_error": "fallback"}), Kind.POOL_EXHAUSTION)
    shield = {"on_error": "fallback", "timeout_ms": 1000}
    shielded = pick(check(build, FAIL | full, "top>web web>pay", **{"top>web": shield}), Kind.POOL_EXHAUSTION)
    unread = pick(check(build, FAIL | full, "top>web web>pay"), Kind.POOL_EXHAUSTION)

    assert soft.predict is Predict.DEGRADE
    assert shielded.predict is Predict.DEGRADE
    assert unread.predict is Predict.UNKNOWN
    assert unread.settled_by == ("on_error",)


def test_pool_without_load_says_what_it_can_bear(build, pick):
    """512 slots and a timeout of ten seconds bear 51 calls a second (as in DeathStarBench)."""
    found = pick(check(build, FAIL | {"pool_max": 512, "timeout_ms": 10_000}), Kind.POOL_EXHAUSTION)

    assert found.numbers["safe_rate_rps"] == pytest.approx(51.2)
    assert found.settled_by == ("rate_rps", "latency_ms")


def test_unmeasured_pool_with_a_short_timeout_is_unlikely(build, pick):
    """And where the wait is handled in time it stays unknown; without a timeout it is likely."""
    short = pick(check(build, {"pool_max": 5, "timeout_ms": 50, "on_error": "ignore"}), Kind.POOL_EXHAUSTION)
    none = pick(check(build, {"pool_max": 5, "rate_rps": 3}), Kind.POOL_EXHAUSTION)

    assert short.predict is Predict.UNKNOWN
    assert short.likelihood < none.likelihood
    assert none.settled_by == ("latency_ms",)


def test_pool_that_is_not_stated_is_not_guessed(build, pick):
    """Nothing about pools is said without a pool."""
    assert pick(check(build, FAIL), Kind.POOL_EXHAUSTION) is None


def test_inner_timeouts_must_fit_the_outer(build, pick):
    """Two inner calls of 600 ms do not fit one second, though each does; only together are they too much."""
    inner = {"timeout_ms": 600}
    found = check(build, {"timeout_ms": 1000}, "web>pay pay>a pay>b pay>c", **{"pay>a": inner, "pay>b": inner})

    budget = pick(found, Kind.TIMEOUT_BUDGET)
    assert budget.target == "web->pay"
    assert budget.numbers["inner_waits_ms"] == 1200
    assert pick(found, Kind.TIMEOUT_INVERSION) is None


@pytest.mark.parametrize(("retries", "kind"), [(1, Kind.TIMEOUT_BUDGET), (2, Kind.TIMEOUT_INVERSION)])
def test_inner_wait_is_as_long_as_the_outer_or_outlives_it(build, pick, retries, kind):
    """An equal one fails in the very moment its caller gives up; a longer one works for nobody."""
    found = check(build, {"timeout_ms": 1000}, "web>pay pay>a", **{"pay>a": {"timeout_ms": 500, "retries": retries}})

    assert pick(found, kind, "pay->a").fault is Fault.LATENCY


def test_pool_that_little_fills_is_likelier_than_one_that_much_does(build, pick):
    """A slow query fills the first; the second takes one that never comes back."""
    near, far = (
        pick(check(build, FAIL | LOAD | {"timeout_ms": 0, "pool_max": slots}), Kind.POOL_EXHAUSTION)
        for slots in (20, 400)
    )

    assert near.predict is far.predict is Predict.COLLAPSE
    assert near.likelihood > far.likelihood


def test_inner_timeouts_that_fit_are_silent(build, pick):
    """A budget that is kept is no weak point."""
    found = check(build, {"timeout_ms": 1000}, "web>pay pay>a", **{"pay>a": {"timeout_ms": 100}})

    assert pick(found, Kind.TIMEOUT_BUDGET) is None


@pytest.mark.parametrize(
    ("facts", "kind", "predict"),
    [
        ({}, Kind.NO_TIMEOUT, Predict.UNKNOWN),
        (FAIL, Kind.NO_TIMEOUT, Predict.DEGRADE),
        (FAIL | {"timeout_ms": 0}, Kind.NO_TIMEOUT, Predict.DEGRADE),
        ({"on_error": "ignore"}, Kind.SOFT_MADE_HARD, Predict.UNKNOWN),
        ({"on_error": "ignore", "timeout_ms": 0}, Kind.SOFT_MADE_HARD, Predict.DEGRADE),
        ({"on_error": "ignore", "timeout_ms": 100}, Kind.LATENCY_PROPAGATION, Predict.GRACEFUL),
        ({"on_error": "ignore", "timeout_ms": 3000}, Kind.SOFT_MADE_HARD, Predict.DEGRADE),
        (FAIL | {"timeout_ms": 100}, Kind.LATENCY_PROPAGATION, Predict.COLLAPSE),
        ({"timeout_ms": 100}, Kind.LATENCY_PROPAGATION, Predict.UNKNOWN),
    ],
)
def test_wait_is_named_by_its_limit_and_its_answer(build, pick, facts, kind, predict):
    """No timeout, a soft call that is waited for too long, or slowness that is passed on in time."""
    found = [item for item in check(build, facts) if item.fault is Fault.LATENCY]

    assert pick(found, kind).predict is predict


@pytest.mark.parametrize(
    ("on_error", "predict", "words"),
    [
        ("fail", Predict.COLLAPSE, "waits up to 1.5 s for pay and then fails with it"),
        ("ignore", Predict.DEGRADE, "waits up to 1.5 s for pay and has 1 s (assumed)"),
    ],
)
def test_assumed_budget_is_never_the_reason_of_a_collapse(build, on_error, predict, words):
    """That the caller fails when it gives up is one, whatever time it has."""
    facts = {"web>pay": {"timeout_ms": 1500, "on_error": on_error}}
    (found,) = (
        item
        for item in check_delays(build("web>pay", **facts))
        if item.fault is Fault.LATENCY and item.predict is predict
    )

    assert words in found.why
    assert ("budget" in found.numbers) is (predict is not Predict.COLLAPSE)


def test_stated_budget_replaces_the_assumed(build, pick):
    """A fallback after 600 ms is too late for who gives up after 500."""
    facts = {"on_error": "fallback", "timeout_ms": 600}
    found = check(build, facts, "top>web web>pay", **{"top>web": FAIL | {"timeout_ms": 500}})

    late = pick(found, Kind.SOFT_MADE_HARD)
    assert late.numbers["budget"] == "stated"
    assert late.predict is Predict.COLLAPSE


@pytest.mark.parametrize(
    ("arrows", "facts", "more", "kind"),
    [
        ("web>pay", FAIL, {}, Kind.THREAD_LEAK),
        ("web>pay", {"timeout_ms": 0}, {}, Kind.THREAD_LEAK),
        ("web>pay", {}, {}, Kind.THREAD_LEAK),
        ("web>pay web>a web>b", FAIL, {}, Kind.NO_BULKHEAD),
        ("top>web web>pay", FAIL, {"top>web": {"timeout_ms": 9}}, Kind.DEADLINE_DROPPED),
        ("web>pay", FAIL | {"timeout_ms": 900}, {}, Kind.MISSING_CIRCUIT_BREAKER),
    ],
)
def test_silence_is_named_by_what_it_takes(build, pick, arrows, facts, more, kind):
    """A thread, everybody's slots, a deadline nobody passes on, or time for each single call."""
    found = [item for item in check(build, facts, arrows, **more) if item.fault is Fault.BLACKHOLE]

    assert pick(found, kind, "web->pay")
    assert bool(pick(found, Kind.NO_TIMEOUT, "web->pay")) is (kind is not Kind.MISSING_CIRCUIT_BREAKER)


def test_endless_wait_behind_a_pool_is_likelier_than_one_beside_slowness(build, pick):
    """The pool is what slowness shows; a silent callee shows that nothing ends the wait."""
    endless = FAIL | {"timeout_ms": 0}

    def weigh(facts):
        found = [item for item in check(build, endless | facts) if item.fault is Fault.BLACKHOLE]
        return pick(found, Kind.NO_TIMEOUT).likelihood

    assert weigh({"pool_max": 5}) > weigh({})


def test_handing_over_to_a_broker_may_wait(build, pick):
    """Nothing limits it; a worker is no broker, who takes from it hands nothing over, and a timeout is a limit."""
    sent, queue = {"is_async": True, "timeout_ms": 0}, {"q": {"kind": "queue"}}

    found = pick(check(build, sent, "web>pay", pay={"kind": "queue"}), Kind.NO_TIMEOUT)
    assert (found.target, found.fault, found.predict) == ("web->pay", Fault.BLACKHOLE, Predict.UNKNOWN)
    assert pick(check(build, sent), Kind.NO_TIMEOUT) is None
    assert pick(check(build, {}, "w>q", w={"kind": "worker"}, **queue, **{"w>q": sent}), Kind.NO_TIMEOUT) is None
    assert pick(check(build, {}, "a>q", **queue, **{"a>q": sent | {"timeout_ms": 50}}), Kind.NO_TIMEOUT) is None


def test_one_shared_connection_is_no_slot(build, pick):
    """A pool of one is a question, unless load alone shows that it is too small."""
    facts = FAIL | {"pool_max": 1, "timeout_ms": 0, "rate_rps": 10}

    shared = pick(check(build, facts | {"latency_ms": 1}), Kind.POOL_EXHAUSTION)
    full = pick(check(build, facts | {"latency_ms": 200}), Kind.POOL_EXHAUSTION)

    assert (shared.predict, full.predict) == (Predict.UNKNOWN, Predict.COLLAPSE)
    assert shared.settled_by == ("whether calls share the one connection",)


def test_call_that_carries_nothing_is_not_waited_for(build):
    """A measured rate of 0 leads no request there."""
    assert check(build, FAIL | {"rate_rps": 0}) == []


def test_idle_inner_call_spends_nothing_of_the_budget(build, pick):
    """Its timeout would be too long, were it made."""
    inner = {"timeout_ms": 5000, "rate_rps": 0}
    found = check(build, {"timeout_ms": 1000}, "web>pay pay>a", **{"pay>a": inner})

    assert pick(found, Kind.TIMEOUT_BUDGET) is None


def test_inversion_on_a_hard_way_is_a_collapse(build, pick):
    """Every tier fails, and the outer one asks again while the inner still works."""
    found = check(
        build, FAIL | {"timeout_ms": 1000}, "web>pay pay>a", **{"pay>a": FAIL | {"timeout_ms": 1000, "retries": 2}}
    )

    assert pick(found, Kind.TIMEOUT_INVERSION).predict is Predict.COLLAPSE


def test_waiting_is_weighed_by_whose_it_is(build, pick):
    """Others' systems are slow when they like; what a router waits for is slow by itself."""
    calls = {
        "gate>a": FAIL | {"rate_rps": 4},
        "gate>b": FAIL | {"rate_rps": 5},
        "user>gate": {"rate_rps": 9, "latency_ms": 5},
    }
    found = list(
        check_delays(
            build(
                "user>gate gate>a gate>b a>ext a>c", gate={"kind": "gateway"}, ext={"kind": "external"},
                **calls, **{"a>ext": FAIL, "a>c": FAIL},
            )
        )
    )  # fmt: skip

    def weigh(target):
        slow = [item for item in found if item.fault is Fault.LATENCY]
        return pick(slow, Kind.NO_TIMEOUT, target).likelihood

    assert weigh("a->ext") > weigh("a->c") > weigh("gate->a")


def test_what_can_be_missing_is_waited_for_by_all_of_the_callers_journeys(build):
    """One journey names the ads among its needs; both ask for them, and neither gets on while they are slow."""
    slow = {"on_error": "ignore", "timeout_ms": 3000}
    journeys = [("browse", "web", ("ads",)), ("buy", "web", ("pay",))]
    land = build("web>ads web>pay", journeys, **{"web>ads": slow, "web>pay": FAIL})

    found = next(item for item in check_delays(land) if item.kind is Kind.SOFT_MADE_HARD)
    assert found.journeys > land.feel_call(land.calls[0], Fault.LATENCY).weight


def test_silence_that_is_handled_in_time_needs_no_breaker(build, pick):
    """A fallback within the budget is what a breaker would give."""
    assert pick(check(build, {"on_error": "ignore", "timeout_ms": 100}), Kind.MISSING_CIRCUIT_BREAKER) is None


def test_store_without_a_pool_is_churned(build, pick):
    """No pool is a finding, an unread pool a question, a pool none; nor is an unread caller."""
    store = {"pay": {"kind": "db"}}

    assert pick(check(build, FAIL | {"pool_max": 0}, **store), Kind.CONNECTION_CHURN).predict is Predict.DEGRADE
    assert pick(check(build, FAIL, **store), Kind.CONNECTION_CHURN).predict is Predict.UNKNOWN
    assert pick(check(build, FAIL | {"pool_max": 5}, **store), Kind.CONNECTION_CHURN) is None
    assert pick(check(build, {}, **store), Kind.CONNECTION_CHURN) is None


@pytest.mark.parametrize(
    ("kind", "facts", "name"),
    [
        ("db", {}, Kind.LATENCY_PROPAGATION),
        ("db", {"on_error": "fail"}, Kind.NO_TIMEOUT),
        ("db", {"timeout_ms": 0}, Kind.NO_TIMEOUT),
        ("app", {}, Kind.NO_TIMEOUT),
    ],
)
def test_wait_for_a_store_is_named_by_what_was_read(build, kind, facts, name):
    """Nobody says that a driver has no limit until its code was read; slowness is passed on either way."""
    found = check_delays(build("web>s", s={"kind": kind}, **{"web>s": facts}))

    assert [item.kind for item in found if item.fault is Fault.LATENCY] == [name]


def test_long_limit_of_a_driver_is_asked_about_more_than_anothers(build, pick):
    """Queries get slow with the data; half a minute is what a driver sets by itself."""
    slow = FAIL | {"timeout_ms": 30_000}
    db, app = (
        pick(check(build, slow, pay={"kind": kind}), Kind.LATENCY_PROPAGATION).likelihood for kind in ("db", "app")
    )

    assert db > app


@pytest.mark.parametrize(("facts", "kind"), [({}, Kind.NO_TIMEOUT), ({"timeout_ms": 200}, Kind.LATENCY_PROPAGATION)])
def test_who_conducts_a_change_is_as_slow_as_all_it_asks(build, pick, facts, kind):
    """Of two alike the one that asks five others in turn is the likelier to be slow."""
    arrows = "web>pay web>see pay>a pay>b pay>c pay>d pay>e"
    journeys = [("buy", "web", ("pay",)), ("view", "web", ("see",))]
    land = build(arrows, journeys, **{"web>pay": FAIL | facts, "web>see": FAIL | facts})
    found = [item for item in check_delays(land) if item.fault is Fault.LATENCY]

    pay, see = (pick(found, kind, target).likelihood for target in ("web->pay", "web->see"))
    assert pay > see
