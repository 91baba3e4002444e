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


def test_several_effects_may_be_left_half_done(build, pick):
    """Two of three callees change something that lasts, directly or behind them."""
    kinds = {"bank": {"kind": "external"}, "db": {"kind": "db"}}
    found = pick(check_shape(build("buy>bank buy>ship buy>cart ship>db", **kinds)), Kind.PARTIAL_COMMIT)

    assert found.target == "buy"
    assert found.predict is Predict.UNKNOWN
    assert found.numbers["callees_with_state"] == 2


@pytest.mark.parametrize("arrows", ["buy>bank buy>a buy>b", "buy>bank buy>db"])
def test_one_effect_or_two_callees_are_not_accused(build, pick, arrows):
    """Every service with a store and a payment would be."""
    kinds = {"bank": {"kind": "external"}, "db": {"kind": "db"}}
    land = build(arrows, **{name: kind for name, kind in kinds.items() if name in arrows})

    assert pick(check_shape(land), Kind.PARTIAL_COMMIT) is None
