"""Workers that all wait, and a processor that cannot do more."""

import pytest

from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.load_checks import check_loads

FAIL = {"on_error": "fail"}
CAME = FAIL | {"rate_rps": 10, "latency_ms": 100}


def check(build, arrows, **facts):
    """Give the findings of all services."""
    return list(check_loads(build(arrows, **facts)))


@pytest.mark.parametrize(
    ("latency_ms", "predict", "words"),
    [(50, Predict.UNKNOWN, "150 ms more"), (195, Predict.UNKNOWN, "5 ms more"), (400, Predict.COLLAPSE, "too few")],
)
def test_workers_are_compared_with_the_requests_in_work(build, pick, latency_ms, predict, words):
    """10 requests a second of 0.2 s keep two workers busy: lambda x W against N."""
    facts = {"user>web": CAME | {"latency_ms": latency_ms}}
    found = pick(check(build, "user>web", web={"workers": 1, "replicas": 2}, **facts), Kind.POOL_EXHAUSTION)

    assert (found.target, found.fault, found.predict) == ("web", Fault.LATENCY, predict)
    assert words in found.why
    assert (found.numbers["workers"], found.numbers["rate_rps"]) == (2, 10)


def test_too_few_workers_are_no_collapse_where_callers_go_on(build, pick):
    """Nobody knows, or everybody is shielded."""
    facts = {"user>web": {"rate_rps": 10, "latency_ms": 400, "on_error": "fallback", "timeout_ms": 5}}

    assert pick(check(build, "user>web", web={"workers": 1}, **facts), Kind.POOL_EXHAUSTION).predict is Predict.UNKNOWN


def test_far_break_is_less_likely_than_a_near_one(build, pick):
    """A hundred workers need ten seconds, ten less than one, one nothing but a collection pause."""
    found = [
        pick(check(build, "user>web", web={"workers": n}, **{"user>web": CAME}), Kind.POOL_EXHAUSTION).likelihood
        for n in (2, 20, 200)
    ]

    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    ("facts", "kind", "predict"),
    [
        ({"timeout_ms": 0}, Kind.NO_TIMEOUT, Predict.COLLAPSE),
        ({"timeout_ms": 60_000}, Kind.NO_BULKHEAD, Predict.COLLAPSE),
        ({"timeout_ms": None}, Kind.NO_BULKHEAD, Predict.UNKNOWN),
        ({"timeout_ms": 60_000, "on_error": "fallback"}, Kind.NO_BULKHEAD, Predict.COLLAPSE),
    ],
)
def test_slow_call_takes_the_workers_of_all(build, pick, facts, kind, predict):
    """One request in five asks for ads: (5 workers - 1 busy) / 2 a second = 2 s, and then nobody is served."""
    calls = {"user>web": CAME, "web>ads": FAIL | {"rate_rps": 2, "latency_ms": 10} | facts}
    found = pick(check(build, "user>web web>ads", web={"workers": 5}, **calls), kind)

    assert (found.target, found.predict) == ("web->ads", predict)
    assert found.numbers["breaks_at_added_ms"] == pytest.approx(2000)
    assert found.numbers["calls_per_request"] == pytest.approx(0.2)
    assert found.numbers["rate_rps"] == 2
    assert found.settled_by == (() if facts["timeout_ms"] is not None else ("timeout_ms",))


def test_timeout_in_time_keeps_workers_free(build, pick):
    """Half a second each never takes five workers at two calls a second."""
    calls = {"user>web": CAME, "web>ads": FAIL | {"rate_rps": 2, "latency_ms": 10, "timeout_ms": 500}}

    assert pick(check(build, "user>web web>ads", web={"workers": 5}, **calls), Kind.NO_BULKHEAD) is None


def test_unmeasured_call_starves_nobody(build, pick):
    """Which share of the requests uses it is not known; nor is a service without load or workers judged."""
    calls = {"user>web": CAME, "web>ads": FAIL | {"timeout_ms": 0}}

    assert pick(check(build, "user>web web>ads", web={"workers": 5}, **calls), Kind.NO_BULKHEAD) is None
    assert check(build, "user>web", web={"workers": 1}) == []
    assert check(build, "user>web", web={"kind": "gateway"}, **{"user>web": CAME}) == []


def test_own_time_is_what_is_left_of_latency(build, pick):
    """10 requests of 100 ms, less 10 calls of 60 ms, are 0.4 seconds a second; two replicas share them."""
    calls = {"user>web": CAME, "web>db": {"rate_rps": 10, "latency_ms": 60}}

    alone = pick(check(build, "user>web web>db", db={"kind": "db"}, **calls), Kind.CPU_EXHAUSTION)
    pair = pick(check(build, "user>web web>db", web={"replicas": 2}, db={"kind": "db"}, **calls), Kind.CPU_EXHAUSTION)

    assert alone.numbers["own_time_share"] == pytest.approx(0.4)
    assert pair.numbers["own_time_share"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("facts", "is_measured"),
    [
        ({"rate_rps": 10, "latency_ms": 1}, True),
        ({"rate_rps": 0}, True),
        ({"rate_rps": 10}, False),
        ({"latency_ms": 60}, False),
        ({}, False),
    ],
)
def test_wait_that_nobody_measured_is_not_called_own_time(build, pick, facts, is_measured):
    """It is still in what was measured of the whole, so no load is named that would fill a processor."""
    calls = {"user>web": CAME, "web>db": facts}

    found = pick(check(build, "user>web web>db", db={"kind": "db"}, **calls), Kind.CPU_EXHAUSTION)

    assert ("beside what it waits for" in found.why) is is_measured
    assert ("load of today" in found.why) is is_measured
    assert ("own_time_share" in found.numbers) is is_measured
    assert ("what it waits for at db, which nobody measured" in found.why) is not is_measured
    assert ("rate and latency of web->db" in found.settled_by) is not is_measured


def test_many_waits_that_nobody_measured_are_counted(build, pick):
    """Three are named."""
    found = pick(check(build, "user>web web>a web>b web>c web>d", **{"user>web": CAME}), Kind.CPU_EXHAUSTION)

    assert "at a, b, c and 1 more, which nobody measured" in found.why
    assert len(found.settled_by) == 4


def test_small_own_time_is_not_asked_about(build, pick):
    """A tenth of a processor is no question."""
    calls = {"user>web": CAME | {"latency_ms": 10}}

    assert pick(check(build, "user>web", **calls), Kind.CPU_EXHAUSTION) is None


@pytest.mark.parametrize(("latency_ms", "says_load"), [(1, False), (20, True)])
def test_what_is_asked_again_and_again_feels_growth_first(build, pick, latency_ms, says_load):
    """Four questions for each request: however little each takes today, their number is what grows."""
    calls = {"user>web": CAME, "web>rates": {"rate_rps": 40, "latency_ms": latency_ms}}
    found = [item for item in check(build, "user>web web>rates", **calls) if item.kind is Kind.CPU_EXHAUSTION]

    rates = pick(found, Kind.CPU_EXHAUSTION, "rates")
    assert rates.numbers["most_asked_per_request"] == pytest.approx(4)
    assert "asks it 4 times" in rates.why
    assert ("load of today" in rates.why) is says_load
