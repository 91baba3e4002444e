"""Where a change works and since when."""

import pytest

from fermata.rules.changes.live import Rollouts
from fermata.rules.changes.places import judge_place, judge_time

CODE = "+++ b/shop/basket.py\n@@ -10,3 +10,3 @@ def total(basket):\n-    return a\n+    return b"


@pytest.fixture
def placed(incident):
    """Give a function that returns the points and the words of the place of a setting of a service."""

    def run(service):
        incident.change(f"cfg-{service}", 5, CODE, kind="config", service=service)
        *_, change = incident.list_changes()
        symptoms = incident.read()
        sign, _ = judge_place(change, Rollouts([change], began_at=symptoms.began_at).judge(change), symptoms)
        return sign.points, sign.text

    return run


def read(incident):
    """Return what a change is judged by."""
    (change,), symptoms = incident.list_changes(), incident.read()
    return change, Rollouts([change], began_at=symptoms.began_at).judge(change), symptoms


def test_place_counts_more_for_the_user_of_a_store_that_fails_with_it(incident):
    """Of two that use it the one that fails is nearer."""
    incident.graph("shop>db", "mail>db", db="db").metric("db", "rows_read_per_s", 1e4, 9e6, since=-3)
    incident.log("shop", (-3, 30, "ERROR boom")).change("cfg-1", 5, CODE, kind="config")

    sign, share = judge_place(*read(incident))

    assert (sign.text, sign.points, share) == ("shop uses db, where the trouble shows", 1.25, 1.0)


@pytest.mark.parametrize(("is_dated", "end"), [(True, " climb 5m after it"), (False, " climb")])
def test_time_counts_from_when_something_began_to_fill(incident, is_dated, end):
    """A disk that began to fill minutes after a change hurts hours later."""
    incident.metric("shop", "disk_used_bytes", 100, 900, since=-45).log("shop", (-3, 30, "ERROR no space left"))
    incident.metric("mail", "disk_used_bytes", 100, 900, since=-49).change(
        "cfg-1", 50, CODE, kind="config", is_dated=is_dated
    )

    sign = judge_time(*read(incident))

    assert sign.points > 1.5
    assert sign.text.endswith(f"disk_used_bytes of shop began to{end}")


def test_time_does_not_count_from_what_filled_before_the_change(incident):
    """It was on its way already."""
    incident.metric("shop", "disk_used_bytes", 100, 900, since=-54).log("shop", (-3, 30, "ERROR no space left"))
    incident.change("cfg-1", 50, CODE, kind="config")

    assert judge_time(*read(incident)).points < 0.75


def test_place_counts_for_a_callee_that_failures_complain_of(incident):
    """Whoever has no healthy instance left logs no errors of its own."""
    incident.graph("shop>stock").log("shop", (-3, 30, "ERROR no healthy upstream cluster=stock"))
    incident.change("cfg-1", 5, CODE, kind="config", service="stock")

    sign, _ = judge_place(*read(incident))

    assert (sign.text, sign.points) == ("what fails complains of stock", 1.5)


def test_callee_that_suffers_itself_is_not_complained_of(incident):
    """It passes on what it gets, though its caller names it."""
    incident.graph("shop>stock", "stock>tax", "tax>shop").log("shop", (-3, 30, "ERROR stock timed out"))
    incident.log("tax", (-3, 30, "ERROR boom"))

    assert incident.read().accused == frozenset()


def test_place_counts_for_who_writes_to_a_queue_that_delivers_to_what_fails(incident):
    """The graph draws the way of the message, and what arrives cannot be read."""
    incident.graph("ship>bus", "bus>shop", bus="queue").log("shop", (-3, 30, "ERROR cannot deserialize message"))
    incident.change("cfg-1", 5, CODE, kind="config", service="ship")

    sign, _ = judge_place(*read(incident))

    assert (sign.text, sign.points) == ("what fails reads from bus what ship writes", 1.0)


def test_place_does_not_count_for_who_writes_to_a_queue_of_others(incident):
    """Another reader of the queue would have to fail."""
    incident.graph("ship>bus", "bus>mail", bus="queue").log("shop", (-3, 30, "ERROR cannot deserialize message"))
    incident.change("cfg-1", 5, CODE, kind="config", service="ship")

    sign, _ = judge_place(*read(incident))

    assert sign.points == -1.5


def test_failing_queue_is_no_victim_of_who_takes_from_it(incident, placed):
    """Its consumer is drawn as its callee; of a service the same call would say that it suffers."""
    incident.graph("jobs>shop", "edge>shop", jobs="queue").log("shop", (-3, 30, "ERROR receipt has expired"))
    incident.metric("jobs", "oldest_age_s", 10, 9000, since=-3).log("edge", (-3, 30, "ERROR boom"))

    assert placed("jobs") == (1.5, "jobs fails")
    assert placed("edge")[0] == 0.25


def test_caller_whose_requests_are_refused_may_have_sent_them_wrong(incident, placed):
    """The callee finds fault with what it reads; where it just breaks, its caller suffers."""
    incident.graph("shop>ledger").log("shop", (-3, 30, "ERROR ledger: bad answer"))
    incident.log("ledger", (-3, 30, "ERROR boom"))
    suffering = placed("shop")
    incident.log("ledger", (-3, 30, "ERROR posting rejected: sum does not match"))

    assert suffering[0] == 0.25
    assert placed("shop") == (1.25, "shop sends what ledger refuses")


@pytest.mark.parametrize(("metric", "points"), [("rejected_per_min", 0.0), ("built_per_min", 0.75)])
def test_age_counts_less_for_who_did_nothing_until_then(incident, metric, points):
    """What was changed in the afternoon shows in the nightly run; a failure that begins wakes nobody."""
    incident.log("shop", (-3, 30, "ERROR boom")).metric("shop", metric, 0, 9, since=-3)
    incident.change("cfg-1", 28 * 60, CODE, kind="config")

    sign = judge_time(*read(incident))

    assert sign.points == pytest.approx(points, abs=0.1)


def test_days_of_rest_excuse_no_age(incident):
    """It had its occasion the night before."""
    incident.log("shop", (-3, 30, "ERROR boom")).metric("shop", "built_per_min", 0, 9, since=-3)
    incident.change("cfg-1", 40 * 60, CODE, kind="config")

    assert judge_time(*read(incident)).points < 0


def test_place_counts_for_who_woke_and_feeds_what_fails(incident, placed):
    """It began to write to the queue as its reader began to fail."""
    incident.graph("runner>jobs", "mail>jobs", "shop>jobs", jobs="queue").log("shop", (-3, 30, "ERROR boom"))
    incident.metric("runner", "built_per_min", 0, 9, since=-3)

    assert placed("runner")[0] == 1.0
    assert placed("mail")[0] == 0.5


def test_who_reaches_what_fails_by_way_of_others_is_not_acquitted(incident, placed):
    """What it puts into a queue is done by somebody else, and fails there; who reaches nothing that fails is well."""
    incident.names = ["pay"]
    incident.graph("bill>jobs", "jobs>work", "work>bank", "bank>pay", "edge>mail", jobs="queue")
    incident.log("pay", (-3, 30, "ERROR boom"))

    assert placed("bill") == (0.25, "what bill asks for reaches what fails")
    assert placed("edge")[0] == -1.5


@pytest.mark.parametrize(
    ("metric", "points"), [("http_422_rate", 1.25), ("http_4xx_per_s", 1.25), ("http_404_rate", 0.25)]
)
def test_caller_of_who_answers_that_requests_are_wrong_may_have_sent_them_so(incident, placed, metric, points):
    """No line says so, the count of such answers does; what is not found was sent rightly."""
    incident.graph("shop>stock").metric("stock", metric, 1, 90, since=-3).metric("stock", "errors", 1, 90, since=-3)
    incident.metric("shop", "errors", 1, 90, since=-3)

    assert placed("shop")[0] == points


@pytest.mark.parametrize(
    ("line", "points"),
    [("ERROR mismatch in totals of #", 0.25), ("ERROR timed out", -1.5)],
    ids=["wrong content", "no content at all"],
)
def test_callee_of_whoever_fails_has_to_do_with_wrong_content(incident, placed, line, points):
    """What is refused was put together from what several were asked for."""
    incident.graph("web>shop", "web>bill", "shop>bank", bank="external").calm("shop")
    incident.log("shop", (-3, 60, line)).log("web", (-3, 60, "ERROR refused")).log("bank", (-3, 60, "ERROR refused"))
    incident.metric("bank", "errors", 1, 90, since=-3)

    assert placed("bill")[0] == points


@pytest.mark.parametrize(("level", "points"), [("WARN", -0.75), ("INFO", -1.5)])
def test_service_that_has_trouble_of_its_own_is_not_well(incident, placed, level, points):
    """Nothing that fails asks for it, and yet it warns."""
    incident.graph("shop>db", "mail>post").calm("mail").log("mail", (-3, 60, f"{level} #"))
    incident.log("shop", (-3, 60, "ERROR boom"))

    assert placed("mail")[0] == points


def test_who_asks_the_same_as_what_fails_is_not_called_unrelated(incident, placed):
    """Whatever the graph calls it: a job may be in the way of those it shares a server with."""
    incident.graph("shop>pg", "rollup>pg", pg="thing").calm("rollup").log("shop", (-3, 30, "ERROR boom"))

    assert placed("rollup") == (0.25, "rollup asks pg, as what fails does")


def test_who_shares_nothing_with_what_fails_is_called_well(incident, placed):
    """It is measured, and has no callee in common."""
    incident.graph("shop>pg", "rollup>other").calm("rollup").log("shop", (-3, 30, "ERROR boom"))

    assert placed("rollup") == (-1.5, "rollup is well, and nothing that fails depends on it")
