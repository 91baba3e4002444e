"""One card for many incidents of low severity."""

from datetime import UTC, datetime

from fermata.domain.alert import Severity
from fermata.domain.incident import IncidentState
from fermata.rules.notices import DigestItem, compose_digest

ENDS = datetime(2026, 11, 24, tzinfo=UTC)


def make_item(number, severity="info", state="open"):
    """Give an incident of a digest."""
    return DigestItem(
        incident_id=f"inc-{number:03}",
        title=f"Disk {number}",
        severity=Severity(severity),
        state=IncidentState(state),
    )


def test_worst_stand_first_and_ended_ones_last():
    """Each with its state; nothing can be decided on it."""
    items = [make_item(1, state="resolved"), make_item(2), make_item(3, "warning")]

    card = compose_digest("digest-1", items, ENDS)

    assert [row.text for row in card.sections[0].rows] == ["Disk 3 (open)", "Disk 2 (open)", "Disk 1 (resolved)"]
    assert (card.incident_id, card.can_decide, card.proposal_id) == ("digest-1", False, None)
    assert card.title == "Digest: 3 incidents of low severity"


def test_one_incident_is_one():
    """Words agree with the number."""
    assert compose_digest("digest-1", [make_item(1)], ENDS).title == "Digest: 1 incident of low severity"


def test_digest_of_hundreds_says_how_many_it_leaves_out():
    """Channels bound a message; nothing is left out silently."""
    card = compose_digest("digest-1", [make_item(number) for number in range(100)], ENDS)

    assert (len(card.sections[0].rows), card.sections[0].rows[-1].text) == (
        41,
        "60 further ones: `fermata incidents`",
    )
