"""Approvals under a clock that was set back."""

from datetime import timedelta

from tests.unit.rules import test_approval as known
from tests.unit.rules.test_approval import PEOPLE, PERMITTED, refuse_execution

from fermata.rules.approval import judge_click, refuse_unapproved

# Fixtures are found by their names.
hold, say_yes, click, desk = known.hold, known.say_yes, known.click, known.desk


def test_approval_of_an_hour_to_come_counts_for_nothing(desk, noon):
    """A clock that was set back would prolong it by as much; what two workers' clocks may differ by is borne."""
    plan = desk.plan(needed=1)
    yes = desk.say_yes(plan)
    borne = noon - timedelta(seconds=30)

    refused = refuse_execution(
        plan, desk.hold(plan, "approved"), [yes], PEOPLE, PERMITTED, borne - timedelta(microseconds=1)
    )

    assert refused.rule == "expired"
    assert "still to come: a clock was set back" in str(refused)
    refuse_unapproved(plan, desk.hold(plan, "approved"), [yes], PEOPLE, PERMITTED, borne)


def test_plan_of_an_hour_to_come_cannot_be_decided(desk, noon):
    """Nobody knows how old it is: it would stay open, and its evidence fresh, for as long as the clock was wrong."""
    plan = desk.plan()
    early = desk.click(plan).model_copy(update={"at": noon - timedelta(hours=1)})
    borne = desk.click(plan).model_copy(update={"at": noon - timedelta(seconds=30)})

    refused = judge_click(early, desk.hold(plan), plan, [], "apr-1")

    assert refused.answer.rule == "expired"
    assert "still to come: a clock was set back since; ask for a new plan" in refused.answer.text
    assert judge_click(borne, desk.hold(plan), plan, [], "apr-1").answer.accepted
