"""What the labels of an issue say, held against the cards that are really written."""

import pytest
from tests.unit.ports.cards import compose

from fermata.domain.alert import Severity
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.ports.forge.issues.labels import find_outdated, read_state, was_over
from fermata.testing.records import NOON, make_plan, make_proposal

LABELS = {
    IncidentState.OPEN: "investigating",
    IncidentState.INVESTIGATING: "investigating",
    IncidentState.HELD: "held",
    IncidentState.NEEDS_PERSON: "needs-person",
    IncidentState.EXECUTING: "approved",
    IncidentState.VERIFYING: "executed",
    IncidentState.MITIGATED: "mitigated",
    IncidentState.RESOLVED: "resolved",
    IncidentState.MERGED: "merged",
}


@pytest.mark.parametrize("state", list(IncidentState))
def test_every_state_of_a_card_has_its_label(state):
    """The words on the card and the labels cannot drift apart."""
    said = read_state(compose(state))

    assert said.labels == (f"severity/{Severity.CRITICAL}", LABELS[state])
    assert said.is_over is (state in (IncidentState.RESOLVED, IncidentState.MERGED))


def test_rejected_plan_has_a_label_of_its_own():
    """A person must act, because a person said no."""
    plan = make_plan()
    proposal = make_proposal(plan=plan).model_copy(
        update={"state": ProposalState.REJECTED, "decided_by": "alice", "decided_at": NOON}
    )

    said = read_state(compose(IncidentState.NEEDS_PERSON, plan=plan, proposal=proposal))

    assert said.labels[1] == "rejected"


def test_card_that_is_no_incidents_has_no_state():
    """A digest says neither, and is never over."""
    card = compose(IncidentState.OPEN).model_copy(update={"title": "3 incidents", "subtitle": "of the last 24h"})

    assert read_state(card) == read_state(card.model_copy(update={"subtitle": ""}))
    assert read_state(card).labels == ()
    assert read_state(card).is_over is False


def test_labels_of_people_are_never_outdated():
    """Only what Fermata itself may have given is taken away, however it is written by now."""
    there = ("fermata", "Held", "severity/high", "team-blue", "severity/critical")

    assert find_outdated(there, ("fermata", "severity/critical", "approved")) == ("Held", "severity/high")


def test_label_tells_that_it_was_over():
    """So that an issue is opened again which was closed too early."""
    assert was_over(("fermata", "Resolved"))
    assert not was_over(("fermata", "held"))
