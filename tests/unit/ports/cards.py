"""Cards of incidents, as they are really written."""

from fermata.domain.ids import IncidentId
from fermata.domain.incident import IncidentState
from fermata.rules.card import CardInput, compose_card
from fermata.testing.records import NOON, make_alert, make_incident


def compose(state, **changes):
    """Return the card that is written for an incident in a state."""
    alert = make_alert()
    into = IncidentId("inc-2") if state is IncidentState.MERGED else None
    incident = make_incident("inc-1", alert, state=state, merged_into=into)
    return compose_card(CardInput(incident=incident, alerts=(alert,), now=NOON, **changes))
