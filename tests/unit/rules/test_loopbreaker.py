"""The brake against repetition."""

from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.kit.errors import GuardRefused
from fermata.rules.loopbreaker import refuse_loop

LIMIT = "supervisor.set_memory_limit"
COOLDOWN = timedelta(minutes=10)


@pytest.fixture
def refusal(checkout, noon):
    """Give a probe: the refusal of another memory limit on checkout, or `None`."""

    def ask(*earlier, name=LIMIT, is_undo=False):
        try:
            refuse_loop(name, checkout, earlier, COOLDOWN, noon, is_undo=is_undo)
        except GuardRefused as refused:
            return refused
        return None

    return ask


def test_first_action_passes(refusal):
    """Nothing was done before, so nothing is repeated."""
    assert refusal() is None


@pytest.mark.parametrize("outcome", ["done", "failed"])
def test_same_action_rests_for_its_cooldown(refusal, build_earlier, outcome):
    """The same action on the same target waits, whatever came of it."""
    refused = refusal(build_earlier(9, outcome=outcome))

    assert refused.rule == "cooldown"
    assert "It ran there 9m ago, and its cooldown is 10m" in str(refused)
    assert "2026-11-23T12:01:00.000Z" in refused.do


def test_cooldown_ends_at_its_exact_instant(refusal, build_earlier):
    """Ten minutes later it may run again."""
    assert refusal(build_earlier(10)) is None


def test_another_action_or_another_target_does_not_rest(refusal, build_earlier):
    """The cooldown is of one action on one target."""
    elsewhere = Entity(system="supervisor", kind="process", name="profile")

    assert refusal(build_earlier(1, "supervisor.restart")) is None
    assert refusal(build_earlier(1, target=elsewhere)) is None


def test_two_failures_in_a_row_go_to_a_person(refusal, build_earlier):
    """Memory that was raised twice in vain is a leak, not a limit."""
    refused = refusal(build_earlier(30, verdict="unchanged"), build_earlier(90, verdict="worse"))

    assert refused.rule == "two_failures"
    assert (
        "supervisor.set_memory_limit ran twice there within 1h 30m and did not restore it: memory that outgrows every "
        "limit is a leak, not a limit."
    ) in str(refused)


def test_failures_of_different_actions_are_named_in_order(refusal, build_earlier):
    """Whatever was tried, the second failure in a row is the last."""
    refused = refusal(
        build_earlier(30, "git.revert", outcome="failed", verdict=""), build_earlier(40, "x.restart", verdict="worse")
    )

    assert "x.restart and then git.revert ran there within 40m and did not restore it." in str(refused)


def test_repeated_action_without_a_known_lesson_says_the_facts_alone(refusal, build_earlier):
    """Words beyond the count exist only for verbs whose repetition means something."""
    refused = refusal(*[build_earlier(30, "x.do_thing", outcome="failed", verdict="")] * 2)

    assert refused.why == "x.do_thing ran twice there within 30m and did not restore it"


@pytest.mark.parametrize("verdicts", [("restored", "worse"), ("worse", "restored"), ("worse",)])
def test_one_failure_is_not_two(refusal, build_earlier, verdicts):
    """A success among the last two, or a single failure, does not brake."""
    assert refusal(*(build_earlier(30, verdict=verdict) for verdict in verdicts)) is None


def test_step_that_was_not_verified_yet_is_no_failure(refusal, build_earlier):
    """The step before in the same plan is neither a success nor a failure."""
    assert refusal(build_earlier(1, "x.restart", verdict=""), build_earlier(30, verdict="worse")) is None


def test_unknown_outcome_stops_everything_on_the_target(refusal, build_earlier):
    """Nobody knows whether an earlier effect happened: no other effect may follow."""
    refused = refusal(build_earlier(5000, outcome="unknown", verdict=""), name="supervisor.restart")

    assert refused.rule == "unknown_outcome"
    assert "whether supervisor.set_memory_limit of 2026-11-20" in str(refused)


def test_unknown_outcome_that_was_verified_is_settled(refusal, build_earlier):
    """A target that is well again says enough; one that is not leaves the question open."""
    assert refusal(build_earlier(60, outcome="unknown", verdict="restored")) is None
    assert refusal(build_earlier(60, outcome="unknown", verdict="unchanged")).rule == "unknown_outcome"


def test_undo_does_not_wait_for_its_own_cooldown(refusal, build_earlier):
    """Taking back what made things worse is no repetition; an unknown outcome stops it all the same."""
    worse = build_earlier(1, verdict="worse")

    assert refusal(worse, worse, is_undo=True) is None
    assert refusal(worse, build_earlier(9, outcome="unknown", verdict=""), is_undo=True).rule == "unknown_outcome"


def test_action_of_a_time_to_come_is_told_as_that(refusal, build_earlier):
    """A clock was set back: the brake holds, and says why, not `-2h ago`."""
    refused = refusal(build_earlier(-120))

    assert refused.rule == "cooldown"
    assert "It ran there at 2026-" in str(refused)
    assert "a clock was set back since, and its cooldown is 10m" in str(refused)
