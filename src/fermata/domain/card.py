"""The plan card as data: one content, many renderers (terminal, page, chat)."""

from __future__ import annotations

from enum import StrEnum

from fermata.domain.ids import IncidentId, ProposalId
from fermata.domain.record import Instant, Record, Text


class Tone(StrEnum):
    """How a renderer may colour a part; carries no meaning of its own."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    QUIET = "quiet"


class CardRow(Record):
    """A labelled fact."""

    label: Text
    text: Text
    tone: Tone = Tone.PLAIN


class Quote(Record):
    """An evidence line as it stands, with where it stands."""

    source: Text
    """Title of the evidence."""
    evidence_id: str
    line: int
    text: str


class CardSection(Record):
    """One headed part of a card."""

    heading: Text
    paragraphs: tuple[str, ...] = ()
    rows: tuple[CardRow, ...] = ()
    quotes: tuple[Quote, ...] = ()
    diff: str = ""
    """Unified diff, whole; a channel with a size limit attaches it as a file and never cuts it."""
    detail: bool = False
    """True for what explains and is not itself approved (evidence, costs, how it was verified): a channel with threads
    may show it there instead of in the message."""


class Card(Record):
    """Everything a person needs to decide, and everything that is approved."""

    incident_id: IncidentId
    title: Text
    subtitle: str = ""
    tone: Tone = Tone.PLAIN
    sections: tuple[CardSection, ...]
    proposal_id: ProposalId | None = None
    """Set when there is something to decide."""
    plan_digest: str = ""
    can_decide: bool = False
    """True while the proposal is open: renderers show Approve and Reject only then."""
    can_ask: bool = False
    """True while a person must act and no plan waits: renderers offer to look again."""
    expires_at: Instant | None = None
    footer: str = ""
    page: str = ""
    """Address of the incident's own page, for a link; empty where nobody said how people reach it."""

    def to_text(self) -> str:
        """Return all content as plain text: what completeness is checked against, and the last-resort rendering."""
        parts = [self.title, self.subtitle]
        for section in self.sections:
            parts += ["", section.heading.upper(), *section.paragraphs]
            parts += [f"{row.label}: {row.text}" for row in section.rows]
            parts += [f"  {quote.source}:{quote.line}  {quote.text}" for quote in section.quotes]
            parts += [section.diff] if section.diff else []
        return "\n".join([*parts, "", self.footer, self.page]).strip() + "\n"
