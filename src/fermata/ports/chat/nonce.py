"""How whoever decides names the plan that was shown to them: what comes back is theirs, the server keeps the truth."""

from __future__ import annotations

from fermata.domain.card import Card
from fermata.domain.ids import IncidentId
from fermata.ports.desk import NONCE_DIGITS


def find_nonce(card: Card) -> str:
    """Return the first hex digits of the plan's digest, which name the plan that is shown; empty without a plan."""
    return card.plan_digest.removeprefix("sha256:")[:NONCE_DIGITS]


def write_value(card: Card) -> str:
    """Return what a button carries: `<incident>:<nonce>`."""
    return f"{card.incident_id}:{find_nonce(card)}"


def split_value(value: str) -> tuple[IncidentId, str]:
    """Return incident and nonce of what a button carried; what is missing is empty."""
    incident_id, _, nonce = value.rpartition(":")
    return IncidentId(incident_id), nonce


def can_decide_on(card: Card | None, nonce: str) -> bool:
    """Answer whether a card still waits for a decision on the plan of that nonce."""
    return card is not None and card.can_decide and card.plan_digest.removeprefix("sha256:").startswith(nonce)
