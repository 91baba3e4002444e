"""States and moments in words."""

from datetime import timedelta

import pytest
from tests.unit.web import story
from tests.unit.web.house import make_view
from tests.unit.web.test_runs import make_journal

from fermata.domain.execution import Execution
from fermata.domain.ids import ExecutionId
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.web.words import (
    PROPOSAL_WORDS,
    STATE_WORDS,
    describe_decision,
    find_snooze,
    format_clock,
    format_distance,
    format_offset,
    list_milestones,
    strip_severity,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (44, "just now"),
        (-30, "in a moment"),
        (46, "1 min ago"),
        (-1740, "in 29 min"),
        (5399, "90 min ago"),
        (5400, "2 h ago"),
        (129600, "2 d ago"),
    ],
)
def test_distance_is_told_in_one_unit(seconds, words):
    """A glance is enough: seconds are a moment, then minutes, hours, days."""
    assert format_distance(story.ago(seconds=seconds), story.NOW) == words


def test_clock_names_the_day_only_when_it_is_another():
    """Today is the time alone; any other day brings its date."""
    assert format_clock(story.NOW, story.NOW) == "03:12:40"
    assert format_clock(story.ago(hours=4), story.NOW) == "2026-11-22 23:12"


def test_every_state_has_its_words():
    """No state reaches a page without a word for it."""
    assert set(STATE_WORDS) == set(IncidentState)
    assert set(PROPOSAL_WORDS) == set(ProposalState)


def test_decision_names_who_decided():
    """People are named; Fermata's own housekeeping is not passed off as a person's."""
    plan = make_view().plan
    approved = story.make_proposal(plan, ProposalState.APPROVED, decided_by="ada,mei")
    expired = story.make_proposal(plan, ProposalState.EXPIRED, decided_by="fermata")

    assert describe_decision(approved) == "Approved by ada and mei; about to run"
    assert describe_decision(expired) == "Expired without a decision"
    assert describe_decision(None) == ""


def test_title_loses_only_its_own_severity():
    """The badge says the severity; other brackets are part of the name."""
    incident = story.make_incident()

    assert strip_severity("[critical] checkout: Down", incident) == "checkout: Down"
    assert strip_severity("[eu] checkout: Down", incident) == "[eu] checkout: Down"


def test_held_incident_stands_at_the_decision():
    """What is done is behind, the decision is now, the rest is ahead."""
    steps = {step.name: step.state for step in list_milestones(make_view())}

    assert steps == {
        "Alert": "done",
        "Evidence": "done",
        "Plan": "done",
        "Decision": "now",
        "Execution": "ahead",
        "Verification": "ahead",
    }


def test_running_execution_is_now():
    """An execution counts as done when it has ended."""
    view = make_view(ProposalState.APPROVED)
    execution = Execution(
        id=ExecutionId("ex-1"),
        plan_id=view.plan.id,
        proposal_id=view.proposal.id,
        incident_id=view.incident.id,
        plan_digest=view.plan.digest,
        started_at=story.NOW,
    )
    running = view.model_copy(update={"executions": (execution,)})
    ended = execution.model_copy(update={"ended_at": story.NOW + timedelta(seconds=3)})
    over = view.model_copy(update={"executions": (ended,)})

    assert [step.name for step in list_milestones(running) if step.state == "now"] == ["Execution"]
    assert [step.name for step in list_milestones(over) if step.state == "now"] == ["Verification"]


def test_what_is_being_verified_is_executed():
    """The execution's own row ends only with its verification."""
    view = make_view(ProposalState.EXECUTED, incident=story.make_incident(state=IncidentState.VERIFYING))

    assert [step.name for step in list_milestones(view) if step.state == "now"] == ["Verification"]


@pytest.mark.parametrize(
    ("state", "now"),
    [
        (IncidentState.OPEN, ["Evidence"]),
        (IncidentState.INVESTIGATING, ["Evidence"]),
        (IncidentState.NEEDS_PERSON, ["Plan"]),
    ],
)
def test_look_that_found_nothing_is_over(state, now):
    """Evidence is waited for only while somebody looks."""
    view = make_view(incident=story.make_incident(state=state), evidence=(), plan=None, proposal=None, diagnosis=None)

    assert [step.name for step in list_milestones(view) if step.state == "now"] == now


def test_incident_that_ended_by_itself_has_no_now():
    """A resolved incident waits for nothing."""
    view = make_view(incident=story.make_incident(state=IncidentState.RESOLVED))

    assert "now" not in {step.state for step in list_milestones(view)}


@pytest.mark.parametrize(
    ("data", "now", "told"),
    [
        ({"until": "2026-11-23T05:00:00+00:00"}, story.NOW, "05:00"),
        ({"until": "2026-11-23T03:00:00+00:00"}, story.NOW, None),
        ({"until": "2026-11-23T05:00:00"}, story.NOW, None),
        ({"until": "later"}, story.NOW, None),
        ({}, story.NOW, None),
    ],
)
def test_snooze_is_told_until_it_is_over(data, now, told):
    """The last one counts; one that cannot be read is none."""
    journal = make_journal(
        ("incident.snoozed", {"until": "2026-11-23T09:00:00+00:00"}, 9), ("incident.snoozed", data, 5)
    )

    until = find_snooze(make_view(journal=journal), now)

    assert (until and f"{until:%H:%M}") == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "±0"), (0.4, "±0"), (90, "+1m 30s"), (-28, "\u221228s"), (-90_000, "\u22121d 1h")]
)
def test_offset_is_told_from_the_beginning(seconds, told):
    """Before with a minus, after with a plus."""
    assert format_offset(story.NOW + timedelta(seconds=seconds), story.NOW) == told


def test_snooze_ends_with_what_it_was_asked_for():
    """An incident that ended and began again is news."""
    asked = ("incident.snoozed", {"until": "2026-11-23T09:00:00+00:00"}, 9)

    assert (
        find_snooze(make_view(journal=make_journal(asked, ("incident.resolved", {"by": "alerts"}, 5))), story.NOW)
        is None
    )


def test_nobody_asked_to_keep_still():
    """Without an entry there is no snooze."""
    assert find_snooze(make_view(), story.NOW) is None


@pytest.mark.parametrize("state", [ProposalState.REJECTED, ProposalState.EXPIRED, ProposalState.REFUSED])
def test_what_nobody_approved_is_not_about_to_run(state):
    """After a no the way has no next station: nothing is executed by itself."""
    assert "now" not in {step.state for step in list_milestones(make_view(state))}
