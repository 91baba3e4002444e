"""What a page can tell of a person's word before it is given."""

from datetime import timedelta

import pytest
from tests.unit.web import story
from tests.unit.web.house import make_view

from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.testing.records import make_approval
from fermata.web.standing import describe_state, has_said_yes, tell_missing_role, tell_word


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, True),
        ({"person_id": "mei"}, False),
        ({"plan_digest": "sha256:" + "b" * 64}, False),
        ({"expires_at": story.NOW}, False),
    ],
)
def test_yes_counts_for_who_gave_it_to_this_plan_and_for_a_while(changes, said):
    """Another's, another plan's, and one that is over leave the button where it is."""
    values = {"person": "ada", "expires_at": story.NOW + timedelta(minutes=1)} | changes
    view = make_view(approvals=(make_approval(make_view().proposal, **values),))

    assert has_said_yes(view, story.ADA, story.NOW) is said


def test_nobody_has_said_yes_where_nothing_is_held():
    """There is nothing to say it to."""
    view = make_view(proposal=None, plan=None)

    assert not has_said_yes(view, story.ADA, story.NOW)
    assert tell_missing_role(view.plan, story.ADA) == ""


@pytest.mark.parametrize(("roles", "told"), [(("viewer", "dev"), "role viewer, dev"), ((), "no role")])
def test_person_without_the_role_is_told_before_they_click(roles, told):
    """With what is needed, and that a group may still give it: groups are asked at the click."""
    text = tell_missing_role(make_view().plan, story.ADA.model_copy(update={"roles": roles}))

    assert f"This needs role oncall, and the settings give you {told}." in text
    assert "only if a group" in text


def test_person_with_the_role_is_told_nothing():
    """Most people are: their page has no more to read."""
    assert tell_missing_role(make_view().plan, story.ADA) == ""


@pytest.mark.parametrize(
    ("state", "people", "words"),
    [
        (ProposalState.OPEN, (), ""),
        (ProposalState.OPEN, ("mei", "lee"), "mei and lee said yes"),
        (ProposalState.APPROVED, ("mei",), "Approved by ada; about to run"),
        (None, (), ""),
    ],
)
def test_word_of_others_is_told_in_a_line(state, people, words):
    """For whoever is still writing; nothing is told where nobody spoke."""
    view = make_view(state or ProposalState.OPEN)
    said = tuple(make_approval(view.proposal, person) for person in people)
    decided = view.proposal.model_copy(update={"decided_by": "ada"}) if state else None

    assert tell_word(view.model_copy(update={"proposal": decided, "approvals": said})) == words


@pytest.mark.parametrize(
    ("proposal", "incident", "words"),
    [
        (ProposalState.APPROVED, IncidentState.HELD, "Approved, about to run"),
        (ProposalState.OPEN, IncidentState.HELD, "Held for a person"),
        (ProposalState.APPROVED, IncidentState.EXECUTING, "Executing"),
    ],
)
def test_what_is_approved_waits_for_nobody(proposal, incident, words):
    """Between the last yes and the start of the execution a second person need not hurry."""
    assert describe_state(make_view(proposal, incident=story.make_incident(state=incident))) == words
