"""From a bundle's folder to the draft: what `fermata postmortem draft` prints."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fermata.domain.trail import KEY_TIMES, Entry, PostmortemDraft, Trail
from fermata.flows.postmortem.document import Beside, write_document
from fermata.flows.postmortem.drawings import Drawing, draw_curves
from fermata.flows.postmortem.export_talk import Wanted
from fermata.flows.postmortem.figures import correct_draft
from fermata.flows.postmortem.labelling import RULES, Label, Labelling
from fermata.flows.postmortem.sections import shorten_reason
from fermata.flows.postmortem.trail_files import read_export_trail, read_trail
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError
from fermata.kit.redaction import redact
from fermata.rules.corrected_times import Corrections
from fermata.rules.kept import list_left_out, take_back
from fermata.rules.timeline import draft_postmortem
from fermata.rules.timeline.tongues import tell_unread

_LONGEST = 160
_MOST_GAPS = 10
"""Told in the document; the command tells all of them."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A bundle's draft."""

    case: str
    draft: PostmortemDraft
    document: str
    """Markdown."""
    warnings: tuple[str, ...]
    drawings: tuple[Drawing, ...] = ()
    """Of the metrics that are cited; a document for a file links to theirs."""
    trail: Trail | None = None
    """What it was made of; `None` for one that is kept in the store with its sources."""
    labelling: Labelling | None = None
    """What asking a model brought; `None` when none was to be asked."""

    def list_dropped(self) -> list[str]:
        """Return the messages that no line tells, a line each: id, time, who, their words, and why."""
        messages = {message.id: message for message in self.trail.messages} if self.trail is not None else {}
        return [
            write_dropped_message(item.id, item.why, at=message.at, who=message.user, text=message.text)
            for item in list_left_out(self.draft)
            if (message := messages.get(item.id)) is not None
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the draft in the form that docs/postmortem.md describes."""
        draft = self.draft
        times = {name: draft.key_times.get(name) for name in KEY_TIMES}
        return {
            "case": self.case,
            "timeline": [
                {
                    **_to_json(entry),
                    "actor": _write_actor(entry.actors),
                    "status": entry.status.value,
                    "kind": entry.kind.value,
                }
                for entry in draft.entries
            ],
            "key_times": {name: format_instant(found.at) if found else None for name, found in times.items()},
            "key_time_sources": {
                name: {"citation": found.citation or None, "why": found.why} for name, found in times.items() if found
            },
            "impact": [_to_json(entry) for entry in draft.impact],
            "contributing_factors": [_to_json(entry) for entry in draft.factors],
            "actions": [_to_json(entry) for entry in draft.actions],
            "dropped": [{"id": item.id, "why": item.why} for item in list_left_out(draft)],
            "document": self.document,
            **({"labels": self.labelling.to_json()} if self.labelling else {}),
        }


def draft_bundle(  # noqa: PLR0913 - what to draft from, and each thing that whoever asks may want of it
    folder: Path,
    template: str | None = None,
    *,
    kept: Collection[str] = (),
    prefix: str | None = None,
    wanted: Wanted | None = None,
    label: Label | None = None,
    corrections: Corrections | None = None,
) -> Drafted:
    """Return the draft of a bundle's incident, or of a chat's export.

    Args:
        folder: The bundle; a file is an export by itself.
        template: Text of a template for the document; without it, the one that is shipped.
        kept: Ids of dropped messages that a person takes back.
        prefix: Of the names of the drawings' files, which the document links to; `None`: it tells them in words.
        wanted: What of exports belongs to the incident; without it what lies in the bundle's window.
        label: Asks a model about what rules are unsure of; without it rules alone draft.
        corrections: What a person wrote over the key times.

    Raises:
        UserError: There is no such folder or file, nothing in it tells of an incident, or the template cannot be used.
    """
    if not folder.exists():
        raise UserError(
            f"{folder} was not found",
            why="there is no such file or folder",
            do="Give a bundle's folder, or a chat's export as it was downloaded; see docs/postmortem-sources.md",
        )
    read = read_export_trail(folder, wanted or Wanted()) if folder.is_file() else read_trail(folder, wanted)
    draft = draft_postmortem(read.trail)
    labelling = label(read.trail, draft) if label is not None else None
    draft = take_back(labelling.draft if labelling is not None else draft, read.trail, kept)
    corrections = corrections or Corrections()
    shown = correct_draft(draft, corrections.times)
    drawings = draw_curves(read.trail, shown, prefix or "")
    warnings = (*map(tell_unreadable, corrections.unreadable), *tell_unread(read.trail), *read.warnings)
    gaps = warnings[:_MOST_GAPS]
    made_by = labelling.made_by if labelling is not None else RULES
    beside = Beside(
        links=read.links,
        drawings=drawings,
        has_files=prefix is not None,
        gaps=gaps,
        made_by=made_by,
        corrected=corrections.times,
    )
    # Messages were redacted one by one; what only their neighbourhood makes a secret is caught here.
    document = redact(write_document(read.case, read.trail, draft, template, beside=beside)).text
    return Drafted(read.case, shown, document, warnings, drawings, read.trail, labelling)


def tell_unreadable(line: str) -> str:
    """Return what is said of a corrected key time that is no time, or lies years away."""
    return (
        f"`{line}` in the first lines is no time of this incident, and is not used: write it like "
        "2026-08-03T02:27:00Z, or 02:27"
    )


def write_dropped_message(name: str, why: str, *, at: datetime, who: str, text: str) -> str:
    """Return one message of a list of those that no line tells."""
    words = " ".join(text.split())
    name, who = (" ".join(part.split()) for part in (name, who))
    short = words if len(words) <= _LONGEST else words[: _LONGEST - 3] + "..."
    return f"{name}  {at:%H:%M:%S} {who}: {short} ({shorten_reason(why)})"


def _to_json(entry: Entry) -> dict[str, Any]:
    return {"time": format_instant(entry.at), "text": entry.text, "citations": list(entry.citations)}


def _write_actor(actors: Sequence[str]) -> str | list[str] | None:
    if not actors:
        return None
    return actors[0] if len(actors) == 1 else list(actors)
