"""A post-mortem as it is kept: what was generated last, and what people made of it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from fermata.domain.ids import IncidentId
from fermata.domain.record import FrozenMap, Instant, Record

FOUND = "found_times"
"""Where a stored draft keeps the key times of the rules, and the acknowledgement, whatever people corrected."""
WORDS = "own_words"
"""Where it keeps the ids of what people wrote about the incident: who moves the detection moves what came after it."""
OWN = "journal:"
"""Of ids of the journal's own record, which is kept for ever and read anew."""


class Postmortem(Record):
    """One incident's post-mortem. Generating it again changes `base`, and never takes an edit out of `text`."""

    incident_id: IncidentId
    version: int = Field(ge=1)
    """Counts up with every change; whoever saves names the one that they read."""
    base: str
    """Markdown as it was generated last: the common ancestor of a later merge."""
    text: str
    """Markdown as people left it; equal to `base` while nobody edited."""
    draft: FrozenMap[str, Any] = Field(default_factory=dict, validate_default=True)
    """The draft that `base` was written from, as `fermata postmortem draft --json` prints it, without the document."""
    sources: FrozenMap[str, Any] = Field(default_factory=dict, validate_default=True)
    """By citation, what a page shows beside a line: `kind` (`message`, `deploy`, `metric`), `at`, `who`, `text`, `url`.

    Messages that were deleted since are taken out when the draft is read.
    """
    gaps: tuple[str, ...] = ()
    """In words, what could not be read when it was generated."""
    kept: tuple[str, ...] = ()
    """Ids of dropped messages that a person took back."""
    ticks: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    """By the id of an action item that a person ticked, where it went: a link to the ticket, or empty."""
    generated_at: Instant
    updated_at: Instant
    updated_by: str = ""
    """Person id of the last who changed it, or `fermata`."""

    @property
    def is_edited(self) -> bool:
        """Answer whether a person changed the text since it was generated."""
        return self.text != self.base
