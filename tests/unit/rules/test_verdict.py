"""Did it help?"""

from datetime import timedelta

import pytest

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading, StepResult
from fermata.domain.ids import ActionId
from fermata.rules.verdict import judge_recovery, tell_not_done


@pytest.fixture
def read(checkout, noon):
    """Give a builder of one reading."""

    def build(text="RUNNING for 6 s", *, healthy=True, severity=0, name="checkout", after_s=0):
        entity = Entity(system="supervisor", kind="process", name=name)
        at = noon + timedelta(seconds=after_s)
        return HealthReading(entity=entity, healthy=healthy, text=text, severity=severity, at=at)

    return build


def test_healthy_and_silent_is_restored(read):
    """Everything read is healthy and no alert fires."""
    verdict = judge_recovery([read("FATAL", healthy=False, severity=3)], [read()], [])

    assert verdict.verdict == "restored"
    assert verdict.text == "supervisor:process/checkout: RUNNING for 6 s; no alert fires"


def test_firing_alert_is_not_restored(read):
    """Healthy processes do not outweigh an alert that still fires."""
    verdict = judge_recovery([], [read()], ["CheckoutDown", "CheckoutDown"])

    assert verdict.verdict == "unchanged"
    assert verdict.text == "still firing: CheckoutDown"


def test_still_unhealthy_is_unchanged(read):
    """As bad as before is unchanged, with what was read."""
    verdict = judge_recovery([read("FATAL", healthy=False)], [read("FATAL", healthy=False)], [])

    assert (verdict.verdict, verdict.text) == ("unchanged", "supervisor:process/checkout: FATAL")


@pytest.mark.parametrize(
    ("before", "severity"), [({"healthy": True}, 0), ({"healthy": True}, 2), ({"healthy": False, "severity": 1}, 2)]
)
def test_decline_is_worse(read, before, severity):
    """An entity that was healthy and is not, or that is further from normal, makes it worse."""
    verdict = judge_recovery(
        [read("before", **before), read(name="profile")],
        [read("FATAL", healthy=False, severity=severity), read(name="profile")],
        ["CheckoutDown"],
    )

    assert verdict.verdict == "worse"
    assert verdict.text == "supervisor:process/checkout: FATAL (before: before)"


def test_entity_seen_for_the_first_time_is_not_worse(read):
    """What was never read before cannot have declined."""
    verdict = judge_recovery([read()], [read(), read("EXITED", healthy=False, severity=9, name="profile")], [])

    assert verdict.verdict == "unchanged"


def test_missing_reading_is_never_restored(read):
    """An entity that can no longer be read counts as not healthy."""
    verdict = judge_recovery([read(), read(name="profile")], [read()], [])

    assert (verdict.verdict, verdict.text) == ("unchanged", "supervisor:process/profile could not be read")


def test_no_reading_is_never_restored():
    """Silence is not health."""
    assert judge_recovery([], [], []).text == "nothing could be read"
    assert judge_recovery([], [], []).verdict == "unchanged"


def test_latest_reading_counts(read):
    """A process that came up during verification is judged by its last reading."""
    verdict = judge_recovery([], [read(after_s=9), read("STARTING", healthy=False, after_s=1)], [])

    assert verdict.verdict == "restored"


def test_steps_after_a_failed_one_are_told_as_not_done(build_action, noon):
    """A plan stops at its first failure: what came after it was not begun, which is not done either."""
    first = build_action()
    actions = [first.model_copy(update={"id": ActionId(f"act_{number}")}) for number in range(3)]

    def end(action, outcome):
        result = ActionResult(outcome=outcome, detail=f"{outcome.value} said by a test.", at=noon)
        return StepResult(action_id=action.id, action_name=action.name, target=action.target, result=result)

    done, failed = end(actions[0], Outcome.DONE), end(actions[1], Outcome.FAILED)
    told = tell_not_done(actions, [done, failed])

    assert told == (
        f"Step 2 of 3 was not done: {first.name} on {first.target.ref}. failed said by a test. "
        f"Step 3 of 3 was not done: {first.name} on {first.target.ref}. It was not begun after that."
    )
    assert tell_not_done(actions, [done]) == ""
