"""In which state a card says its incident is, held against the cards that are really written."""

import pytest
from tests.unit.ports.cards import compose

from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.ports.card_state import CARD_STATES, find_card_state
from fermata.testing.records import NOON, make_plan, make_proposal


@pytest.mark.parametrize("state", list(IncidentState))
def test_every_state_of_an_incident_has_its_word(state):
    """The words on the card and ours cannot drift apart."""
    assert find_card_state(compose(state)) in CARD_STATES


def test_rejected_plan_is_a_state_of_its_own():
    """A person must act, because a person said no."""
    plan = make_plan()
    proposal = make_proposal(plan=plan).model_copy(
        update={"state": ProposalState.REJECTED, "decided_by": "alice", "decided_at": NOON}
    )

    assert find_card_state(compose(IncidentState.NEEDS_PERSON, plan=plan, proposal=proposal)) == "rejected"
    assert find_card_state(compose(IncidentState.NEEDS_PERSON)) == "needs-person"


def test_card_that_is_no_incidents_has_no_state():
    """A digest, and a rehearsal."""
    card = compose(IncidentState.OPEN)

    said = [find_card_state(card.model_copy(update={"subtitle": text})) for text in ("of the last 24h", "", "runs; x")]

    assert said == ["", "", ""]
