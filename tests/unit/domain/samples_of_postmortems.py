"""One record of each kind that post-mortems are made of, every field filled."""

from datetime import UTC, datetime

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.ids import IncidentId
from fermata.domain.postmortem import Postmortem

_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

POSTMORTEM_SAMPLES = [
    HeardMessage(
        platform="slack",
        room="C0123",
        id="1763900000.000100",
        at=_NOON,
        user="U0123",
        text="rolled back checkout",
        thread="1763899000.000100",
        reply_to="1763899000.000100",
        edited_at=_NOON,
        files=("graph.png",),
        url="https://example.test/archives/C0123/p1763900000000100",
        reactions={"eyes": 2},
        is_pinned=True,
    ),
    HeardPerson(platform="slack", user="U0123", name="Dana", zone="Europe/Berlin", is_bot=False),
    Postmortem(
        incident_id=IncidentId("inc-1"),
        version=2,
        base="# Post-mortem\n",
        text="# Post-mortem, edited\n",
        draft={"timeline": [{"text": "Rolled back checkout"}]},
        sources={"slack:C0123/1763900000.000100": {"kind": "message", "who": "Dana"}},
        gaps=("github: not asked",),
        kept=("slack:C0123/1763900000.000100",),
        ticks={"a1": "https://example.test/issues/1"},
        generated_at=_NOON,
        updated_at=_NOON,
        updated_by="dana",
    ),
]
