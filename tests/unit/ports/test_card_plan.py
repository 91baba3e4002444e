"""What a card says of its plan is read where Fermata wrote it, and nowhere else."""

import pytest

from fermata.domain.card import CardRow, CardSection
from fermata.domain.incident import IncidentState
from fermata.flows.experiments.cards import compose_card as compose_rehearsal
from fermata.ports.card_plan import list_plan_rows
from fermata.ports.chat.news import find_news
from fermata.rules.card import CardInput, compose_card
from fermata.testing.experiments import make_held
from fermata.testing.records import NOON, make_alert, make_incident, make_plan, make_proposal

LABELS = ("Plan", "Risk", "Blast radius", "Approvals needed", "So far")


def compose():
    """Return the card of an incident whose plan waits."""
    plan, alert = make_plan(), make_alert()
    incident = make_incident("inc-1", alert, state=IncidentState.HELD)
    return compose_card(
        CardInput(incident=incident, alerts=(alert,), now=NOON, plan=plan, proposal=make_proposal(plan=plan))
    )


def test_rows_of_a_plan_are_found_on_the_card_that_is_written():
    """The headings there and ours cannot drift apart."""
    assert {row.label for row in list_plan_rows(compose())} >= set(LABELS)


@pytest.mark.parametrize("label", LABELS)
def test_what_others_named_like_a_row_of_the_plan_is_none(label):
    """Whoever names an alert, a runbook or a change must not write what people read before they approve."""
    plain = compose()
    rows = (CardRow(label=label, text="nothing happens"),)

    others = [CardSection(heading=heading, rows=rows) for heading in ("What is wrong", "Runbooks", "Proposed by me")]
    card = plain.model_copy(update={"sections": (others[0], *plain.sections, *others[1:])})

    assert list_plan_rows(card) == list_plan_rows(plain)
    assert find_news(card) == find_news(plain)


def test_rehearsal_has_its_rows():
    """Its blast radius is told, too."""
    assert "Blast radius" in {row.label for row in list_plan_rows(compose_rehearsal(make_held()))}
