"""Weak points of the arrangement."""

import pytest

from fermata.rules.weakness.faults import Kind, Predict
from fermata.rules.weakness.shape_checks import check_shape


def test_four_callees_are_a_fan(build, pick):
    """Of those that are not known to be waited for briefly: a fallback in time takes one out."""
    arrows = "web>a web>b web>c web>d"
    soft = {"web>d": {"on_error": "fallback", "timeout_ms": 50}}

    fan = pick(check_shape(build(arrows)), Kind.FAN_OUT)
    assert fan.numbers["callees"] == 4
    assert fan.numbers["share_meeting_a_p99"] == pytest.approx(0.0394, abs=0.0001)
    assert pick(check_shape(build(arrows, **soft)), Kind.FAN_OUT) is None


def test_four_calls_in_series_are_deep(build, pick):
    """The chain is written out, as far as anybody reads it."""
    deep = pick(check_shape(build("a>b b>c c>d d>e")), Kind.DEEP_CHAIN)
    endless = pick(check_shape(build(" ".join(f"s{n}>s{n + 1}" for n in range(30)))), Kind.DEEP_CHAIN)

    assert deep.why.endswith("a -> b -> c -> d -> e")
    assert endless.why.endswith("-> s9 -> ...")
    assert pick(check_shape(build("a>b b>c c>d")), Kind.DEEP_CHAIN) is None


def test_cycle_is_named_at_the_call_that_goes_back_up(build, pick):
    """Users come in at `a`, so that the call to it closes the cycle."""
    fail = {"on_error": "fail"}
    known = check_shape(build("web>a a>b b>a", **{"web>a": fail, "a>b": fail, "b>a": fail}))
    unread = check_shape(build("web>a a>b b>a"))

    assert pick(known, Kind.CYCLE).target == "b->a"
    assert pick(unread, Kind.CYCLE).predict is Predict.UNKNOWN


def test_call_to_itself_is_a_cycle_when_it_waits(build, pick):
    """A message to itself is none."""
    assert pick(check_shape(build("web>a a>a")), Kind.CYCLE).target == "a->a"
    assert pick(check_shape(build("web>a a>a", **{"a>a": {"is_async": True}})), Kind.CYCLE) is None


def test_endless_cycle_is_a_collapse(build, pick):
    """Where nothing ends the wait, those that hold each other's slots hold them for good; a timeout frees them."""
    fail = {"on_error": "fail"}

    def close(timeout_ms):
        calls = {"web>a": fail, "a>b": fail, "b>a": fail | {"timeout_ms": timeout_ms}}
        return pick(check_shape(build("web>a a>b b>a", **calls)), Kind.CYCLE).predict

    assert (close(0), close(500)) == (Predict.COLLAPSE, Predict.DEGRADE)


@pytest.mark.parametrize(("rate", "found"), [(30, True), (29, False), (None, False)])
def test_callee_that_is_asked_again_and_again_is_a_fan(build, pick, rate, found):
    """Three times for each request, as measured; nothing is said where nothing is."""
    calls = {"user>web": {"rate_rps": 10, "latency_ms": 5}, "web>price": {"on_error": "fail", "rate_rps": rate}}
    fan = pick(check_shape(build("user>web web>price", user={"kind": "loadgen"}, **calls)), Kind.FAN_OUT)

    assert (fan is not None) is found
    assert not fan or (fan.target, fan.predict, fan.numbers["calls_per_request"]) == ("web->price", Predict.DEGRADE, 3)


def test_repeated_call_nobody_read_is_a_question(build, pick):
    """Its slowness is multiplied, and may be handled."""
    calls = {"user>web": {"rate_rps": 10, "latency_ms": 5}, "web>price": {"rate_rps": 40}}

    assert pick(check_shape(build("user>web web>price", **calls)), Kind.FAN_OUT).predict is Predict.UNKNOWN
