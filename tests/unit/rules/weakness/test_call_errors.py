"""Errors on one call."""

import pytest

from fermata.rules.weakness.call_errors import check_errors
from fermata.rules.weakness.faults import Fault, Kind, Predict

FAIL = {"on_error": "fail"}


def test_failing_call_is_a_hard_dependency(build, pick):
    """The journey goes down with the callee, and that is known."""
    found = pick(check_errors(build("web>api", **{"web>api": FAIL})), Kind.HARD_DEPENDENCY)

    assert (found.target, found.fault, found.predict) == ("web->api", Fault.ERROR, Predict.COLLAPSE)
    assert found.settled_by == ()


def test_unread_call_is_unknown_and_says_what_settles_it(build, pick):
    """Without code nobody knows what the caller does."""
    found = pick(check_errors(build("web>api")), Kind.HARD_DEPENDENCY)

    assert found.predict is Predict.UNKNOWN
    assert found.settled_by == ("on_error",)
    assert "may fail" in found.why


@pytest.mark.parametrize("facts", [{}, FAIL])
def test_cache_that_is_needed_is_named_as_one(build, pick, facts):
    """A cache could be missed, so that needing it is a weakness of its own."""
    found = pick(check_errors(build("web>c", c={"kind": "cache"}, **{"web>c": facts})), Kind.CACHE_HARD_DEPENDENCY)

    assert found.predict is (Predict.COLLAPSE if facts else Predict.UNKNOWN)


def test_store_is_likelier_to_be_needed_than_a_service(build, pick):
    """Nobody read the code of either."""
    found = list(check_errors(build("web>db web>api", db={"kind": "db"})))

    db, api = (pick(found, Kind.HARD_DEPENDENCY, target) for target in ("web->db", "web->api"))
    assert db.likelihood > api.likelihood


@pytest.mark.parametrize("answer", ["ignore", "fallback", "log"])
def test_handled_error_is_graceful(build, pick, answer):
    """A rehearsal of it checks what is claimed."""
    found = pick(check_errors(build("web>ads", **{"web>ads": {"on_error": answer}})), Kind.HARD_DEPENDENCY)

    assert found.predict is Predict.GRACEFUL
    assert answer in found.why


def test_asynchronous_call_with_code_is_graceful_when_ignored(build, pick):
    """Publishing may fail too, and here it is ignored."""
    facts = {"is_async": True, "on_error": "ignore"}

    assert (
        pick(check_errors(build("web>mail", **{"web>mail": facts})), Kind.HARD_DEPENDENCY).predict is Predict.GRACEFUL
    )


def test_asynchronous_call_nobody_read_is_not_accused(build):
    """Neither is a call to oneself: the checks of shape speak about it."""
    land = build("web>mail web>web", **{"web>mail": {"is_async": True}, "web>web": FAIL})

    assert list(check_errors(land)) == []


@pytest.mark.parametrize("kind", ["queue", "db", "worker"])
def test_swallowed_write_is_a_silent_loss(build, pick, kind):
    """What was sent to a queue, a store or a worker is gone, and nobody notices."""
    found = pick(check_errors(build("web>x", x={"kind": kind}, **{"web>x": {"on_error": "log"}})), Kind.SILENT_LOSS)

    assert found.predict is Predict.DEGRADE


def test_broker_is_asked_about_from_both_sides(build, pick):
    """Who sends may wait for the sending; who takes may not start without it."""
    queue = {"q": {"kind": "queue"}, "w": {"kind": "worker"}}
    found = list(check_errors(build("web>q w>q", **queue, **{"web>q": {"is_async": True}, "w>q": {"is_async": True}})))

    assert pick(found, Kind.HARD_DEPENDENCY).target == "web->q"
    assert pick(found, Kind.SLOW_RECOVERY).target == "w->q"
    assert {item.predict for item in found} == {Predict.UNKNOWN}


def test_consumer_that_logs_loses_nothing(build, pick):
    """What it did not take is still in the queue."""
    facts = {"w>q": {"is_async": True, "on_error": "log"}}
    found = list(check_errors(build("w>q", w={"kind": "worker"}, q={"kind": "queue"}, **facts)))

    assert pick(found, Kind.SILENT_LOSS) is None
    assert pick(found, Kind.HARD_DEPENDENCY).predict is Predict.GRACEFUL


def test_idle_call_matters_at_a_start(build, pick):
    """No request leads there: errors are no outage, and perhaps the end of a start."""
    found = list(check_errors(build("web>api", **{"web>api": FAIL | {"rate_rps": 0}})))

    assert [(item.kind, item.predict) for item in found] == [(Kind.SLOW_RECOVERY, Predict.DEGRADE)]


def test_circumstances_order_hard_dependencies(build, pick):
    """Likelier behind an effect or at others' systems; less in the background, and where a router only passes on."""
    calls = ("user>gate", "gate>shop", "gate>b", "shop>pay", "shop>mail", "b>c", "b>poll")
    rates = {"user>gate": {"rate_rps": 9, "latency_ms": 5}, "gate>shop": {"rate_rps": 4}, "gate>b": {"rate_rps": 5}}
    facts = {arrow: FAIL | rates.get(arrow, {}) for arrow in calls} | {"b>poll": FAIL | {"is_async": True}}
    land = build(" ".join(calls), gate={"kind": "gateway"}, pay={"kind": "external"}, **facts)
    found = list(check_errors(land))

    def weigh(target):
        return pick(found, Kind.HARD_DEPENDENCY, target).likelihood

    assert weigh("shop->mail") == weigh("shop->pay") > weigh("b->c") > weigh("b->poll") > weigh("gate->shop")


def test_crash_is_named_before_anything_else(build, pick):
    """The caller dies of an answer."""
    found = list(check_errors(build("web>api", **{"web>api": {"on_error": "crash"}})))

    assert pick(found, Kind.CRASH_ON_ERROR).predict is Predict.COLLAPSE
    assert len(found) == 1


def test_two_retries_are_a_storm(build, pick):
    """One call becomes three when everything fails; one retry is no storm."""
    storm = pick(check_errors(build("web>api", **{"web>api": FAIL | {"retries": 2}})), Kind.RETRY_STORM)

    assert storm.numbers["attempts_per_call"] == 3
    assert storm.predict is Predict.COLLAPSE
    assert pick(check_errors(build("web>api", **{"web>api": FAIL | {"retries": 1}})), Kind.RETRY_STORM) is None


def test_retries_show_where_each_attempt_waits(build, pick):
    """Who fails with the callee fails at its first error; who hides the error shows the load alone."""
    hard = pick(check_errors(build("web>api", **{"web>api": FAIL | {"retries": 2}})), Kind.RETRY_STORM)
    soft = {"on_error": "fallback", "retries": 2}

    assert (hard.fault, hard.magnitude) == (Fault.BLACKHOLE, {})
    assert pick(check_errors(build("web>api", **{"web>api": soft})), Kind.RETRY_STORM).fault is Fault.ERROR


def test_retries_of_all_tiers_multiply(build, pick):
    """Two tiers of three attempts are nine at the end."""
    facts = FAIL | {"retries": 2}
    found = list(check_errors(build("a>b b>c", **{"a>b": facts, "b>c": facts})))

    amplified = pick(found, Kind.RETRY_AMPLIFICATION)
    assert amplified.target == "b->c"
    assert amplified.numbers["attempts_per_request"] == 9
    assert pick(found, Kind.RETRY_STORM).target == "a->b"


def test_worst_way_in_counts(build, pick):
    """The caller that retries most decides, and a cycle is not gone round twice."""
    land = build("a>b z>b b>c c>b", **{"a>b": {"retries": 1}, "z>b": {"retries": 5}, "b>c": {"retries": 1}})

    assert pick(check_errors(land), Kind.RETRY_AMPLIFICATION).numbers["attempts_per_request"] == 12


def test_retries_of_what_is_handled_load_the_callee_all_the_same(build, pick):
    """The caller survives; others that need the callee feel the load, and only then is it worse than graceful."""
    soft = {"on_error": "fallback", "retries": 3}
    shared = build("web>ads api>ads", **{"web>ads": soft, "api>ads": FAIL})
    alone = build("web>ads", **{"web>ads": soft})

    assert pick(check_errors(shared), Kind.RETRY_STORM).predict is Predict.DEGRADE
    assert pick(check_errors(alone), Kind.RETRY_STORM).predict is Predict.GRACEFUL


def test_endless_chain_stays_a_number(build):
    """A chain of hundreds is multiplied as far as it makes sense."""
    arrows = [f"s{n}>s{n + 1}" for n in range(60)]
    found = list(check_errors(build(" ".join(arrows), **{arrow: {"retries": 100} for arrow in arrows})))

    assert max(item.numbers.get("attempts_per_request", 0) for item in found) <= 101**16


def test_drivers_attempts_are_less_likely_to_multiply(build, pick):
    """A chain that ends at a store counts less than one that ends at a service."""
    facts = {"a>b": FAIL | {"retries": 2}, "b>c": FAIL | {"retries": 2}}
    service, store = (
        pick(check_errors(build("a>b b>c", c={"kind": kind}, **facts)), Kind.RETRY_AMPLIFICATION)
        for kind in ("app", "db")
    )

    assert store.likelihood < service.likelihood


def test_what_a_queue_hands_over_may_be_lost(build, pick):
    """A taker that hides errors is known to lose work; one of whom nothing is said may; one that fails is neither."""
    queue = {"kind": "queue"}
    sent = {"is_async": True}
    hidden, unread, failing = (
        check_errors(build("q>w", q=queue, **{"q>w": sent | facts})) for facts in ({"on_error": "log"}, {}, FAIL)
    )

    known = pick(hidden, Kind.SILENT_LOSS)
    assert (known.target, known.fault, known.predict) == ("q->w", Fault.ERROR, Predict.DEGRADE)
    asked = pick(unread, Kind.SILENT_LOSS)
    assert (asked.predict, asked.settled_by) == (Predict.UNKNOWN, ("on_error",))
    assert pick(failing, Kind.SILENT_LOSS) is None


def test_sender_that_is_given_work_as_well_may_lose_what_it_sends(build, pick):
    """Where the queue points to who takes, what points to the queue sends, a worker as well."""
    facts = {"w>q": {"is_async": True, "on_error": "log"}, "q>w": {"is_async": True, "on_error": "fail"}}
    found = check_errors(build("w>q q>w", q={"kind": "queue"}, w={"kind": "worker"}, **facts))

    assert pick(found, Kind.SILENT_LOSS).target == "w->q"


def test_unread_send_may_be_lost_with_the_connection(build, pick):
    """Who sends and does not wait may not notice; who takes from there has sent nothing."""
    queue, one_way = {"kind": "queue"}, {"is_async": True}
    sent = pick(check_errors(build("web>q", q=queue, **{"web>q": one_way})), Kind.SILENT_LOSS)
    taken = pick(check_errors(build("w>q", q=queue, w={"kind": "worker"}, **{"w>q": one_way})), Kind.SILENT_LOSS)

    assert (sent.target, sent.fault, sent.predict) == ("web->q", Fault.RESET, Predict.UNKNOWN)
    assert taken is None


def test_error_of_a_database_that_is_only_read_says_less(build, pick):
    """What was looked up can be looked up again; what was to be changed is not."""
    read = dict.fromkeys(("orders>kept", "goods>shown"), FAIL)
    journeys = [("buy", "web", ("orders", "kept")), ("browse", "web", ("goods", "shown"))]
    land = build("web>orders web>goods orders>kept goods>shown", journeys, kept={"kind": "db"}, shown={"kind": "db"},
                 **read)  # fmt: skip
    found = list(check_errors(land))

    kept, shown = (pick(found, Kind.HARD_DEPENDENCY, target).likelihood for target in ("orders->kept", "goods->shown"))
    assert kept > shown


def test_what_a_worker_does_not_write_is_lost_more_surely(build, pick):
    """Nobody waits for a worker, who could try again."""
    log = {arrow: {"on_error": "log"} for arrow in ("web>db", "job>db")}
    found = list(check_errors(build("web>db job>db", db={"kind": "db"}, job={"kind": "worker"}, **log)))

    web, job = (pick(found, Kind.SILENT_LOSS, target).likelihood for target in ("web->db", "job->db"))
    assert job > web
