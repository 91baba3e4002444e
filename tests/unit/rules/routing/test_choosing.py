from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.model import AttemptOutcome, TaskKind, Tier
from fermata.rules.routing.breaker import CLOSED
from fermata.rules.routing.choosing import Choice, Need, TargetState, Verdict, choose, explain, judge, order_targets
from fermata.rules.routing.targets import Target

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FIRST, SECOND = Target("openai/first", Tier.LOW), Target("local/second", Tier.HIGH, is_local=True)
FREE = TargetState()


def open_breaker(reason=AttemptOutcome.OVERLOADED, *, pause_s=10):
    """Give a breaker that was opened at noon."""
    return CLOSED.fail(reason, sent_at=NOON, now=NOON, pause=timedelta(seconds=pause_s))


def choose_one(*states, need=None, now=NOON, tried=()):
    """Choose between the first and the second."""
    return choose([FIRST, SECOND][: len(states)], states, need or Need(), now, tried)


@pytest.mark.parametrize(
    ("tier", "names"),
    [
        (Tier.LOW, ["low", "any", "medium", "high"]),
        (Tier.MEDIUM, ["any", "medium", "high", "low"]),
        (Tier.HIGH, ["any", "high", "medium", "low"]),
    ],
)
def test_dearer_targets_come_before_cheaper_ones(tier, names):
    """The tier itself, then upwards, then what is weaker; what has no tier counts as the one asked for."""
    targets = [Target("low", Tier.LOW), Target("any"), Target("medium", Tier.MEDIUM), Target("high", Tier.HIGH)]

    ordered = order_targets(targets, TaskKind.PARSE, tier)

    assert [target.name for target in ordered] == names


def test_target_of_another_kind_is_left_out():
    """What the settings do not allow is no fallback either."""
    parser = Target("parser", kinds=frozenset({TaskKind.PARSE}))

    assert order_targets([parser], TaskKind.PLAN, Tier.HIGH) == ()


def test_first_in_order_is_asked():
    """With nothing against it."""
    assert choose_one(FREE, FREE) == Choice(FIRST, 0, Verdict.ASKED)


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (TargetState(circuit=open_breaker()), Verdict.LEFT_ALONE),
        (TargetState(keys=(open_breaker(AttemptOutcome.OUT_OF_CREDIT),)), Verdict.NO_KEY),
        (TargetState(too_long_tokens=100), Verdict.TOO_SMALL),
    ],
)
def test_target_in_trouble_is_passed_over(state, verdict):
    """The next in order is asked instead."""
    need = Need(input_tokens=100)

    assert judge(FIRST, state, need, NOON)[0] is verdict
    assert choose_one(state, FREE, need=need).target is SECOND


def test_shorter_request_is_not_too_long():
    """A window that was too small once is so for requests of that size only."""
    assert choose_one(TargetState(too_long_tokens=100), need=Need(input_tokens=99)).target is FIRST


@pytest.mark.parametrize(
    ("need", "fits"),
    [
        (Need(input_tokens=900, output_tokens=100), True),
        (Need(input_tokens=901, output_tokens=100), False),
        (Need(input_tokens=1, over_tokens=999), True),
        (Need(input_tokens=1, over_tokens=1000), False),
    ],
)
def test_window_holds_input_and_output(need, fits):
    """And one that was too small elsewhere is not tried again at the same size."""
    target = Target("a/b", context_tokens=1000)

    assert (judge(target, FREE, need, NOON)[0] is Verdict.ASKED) is fits


def test_target_of_unknown_price_is_never_asked():
    """Refused with words, not counted as free."""
    target = replace(FIRST, refusal="its price is not known")

    assert judge(target, FREE, Need(), NOON)[0] is Verdict.REFUSED
    assert choose([target], [FREE], Need(), NOON) == Choice()


def test_tried_target_is_not_asked_again():
    """A request is not sent twice to whoever failed it."""
    assert choose_one(FREE, FREE, tried={FIRST.name}).target is SECOND


def test_keys_are_used_in_turn():
    """The rotation goes on where it stopped, past a key that cools down."""
    cooling = open_breaker(AttemptOutcome.RATE_LIMITED)
    state = TargetState(keys=(CLOSED, cooling, CLOSED), next_key=1)

    assert choose_one(state).key == 2


def test_bad_answer_is_asked_again_when_nobody_else_is_left():
    """Whoever answered nonsense is alive; whoever is down stays alone."""
    bad = TargetState(circuit=open_breaker(AttemptOutcome.BAD_ANSWER))

    assert choose_one(bad, FREE).target is SECOND
    assert choose_one(bad, TargetState(circuit=open_breaker())).verdict is Verdict.LAST_RESORT
    assert choose_one(bad, bad).target is FIRST


def test_first_to_be_due_is_told():
    """Circuit and key must both be due; without a target it says when to come back."""
    later = TargetState(circuit=open_breaker(pause_s=30))
    keys = (
        open_breaker(AttemptOutcome.RATE_LIMITED, pause_s=20),
        open_breaker(AttemptOutcome.RATE_LIMITED, pause_s=25),
    )

    assert choose_one(later, TargetState(keys=keys)) == Choice(due_at=NOON + timedelta(seconds=20))
    assert choose_one(TargetState(keys=keys), later) == Choice(due_at=NOON + timedelta(seconds=20))


def test_probe_under_way_is_asked_after_soon():
    """Its end is not known, so the wait is short."""
    probing = TargetState(circuit=open_breaker().begin())

    now = NOON + timedelta(seconds=10)

    assert choose_one(probing, now=now).due_at == now + timedelta(milliseconds=100)


def test_decision_is_told_in_words():
    """A line for each target: who is asked, and why the others are not."""
    small = Target("a/small", Tier.LOW, context_tokens=1000)
    unknown = Target("a/unknown", refusal="declare its price")
    targets = [small, unknown, FIRST, SECOND, Target("z/last")]
    states = [FREE, FREE, TargetState(circuit=open_breaker()), FREE, FREE]

    lines = explain(targets, states, Need(2000, 500), NOON)

    assert lines == (
        "a/small: passed over: its window of 1,000 tokens is too small for 2,500",
        "a/unknown: never asked: declare its price",
        "openai/first: passed over: overloaded for another 10s",
        "local/second: asked (high tier)",
        "z/last: next in order",
    )


def test_every_reason_has_its_words():
    """What was tried, keys, a learnt limit, a probe."""
    keys = (open_breaker(AttemptOutcome.OUT_OF_CREDIT, pause_s=3600), open_breaker().begin())
    targets = [FIRST, SECOND, Target("c/c"), Target("d/d"), Target("e/e")]
    states = [
        FREE,
        TargetState(keys=keys),
        TargetState(too_long_tokens=100),
        TargetState(circuit=open_breaker(AttemptOutcome.BAD_ANSWER).begin()),
        TargetState(circuit=open_breaker(pause_s=5)),
    ]
    now = NOON + timedelta(seconds=10)

    lines = explain(targets, states, Need(200, 0), now, tried={FIRST.name})

    said = "out_of_credit for another 59m 50s, overloaded, a probe is under way"
    assert lines == (
        "openai/first: passed over: it was asked for this already",
        f"local/second: passed over: no key may be used ({said})",
        "c/c: passed over: 100 tokens were too long for it, and these are 200",
        "d/d: passed over: bad_answer, a probe is under way",
        "e/e: asked, as the one probe after a failure",
    )


def test_last_resort_and_closed_key_have_their_words():
    """It is said that a bad answer is tried again; a probe of a key is a probe."""
    bad = TargetState(circuit=open_breaker(AttemptOutcome.BAD_ANSWER, pause_s=60))
    key = TargetState(keys=(open_breaker(AttemptOutcome.RATE_LIMITED, pause_s=1),))
    now = NOON + timedelta(seconds=10)

    assert explain([FIRST], [bad], Need(), now) == (
        "openai/first: asked (low tier), although its last answer was bad: nobody else is left",
    )
    assert explain([FIRST], [key], Need(), now) == ("openai/first: asked (low tier), as the one probe after a failure",)
