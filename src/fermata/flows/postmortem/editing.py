"""What people do to a post-mortem: save their text, take a dropped message back. Nobody's words are overwritten."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fermata.domain.ids import IncidentId
from fermata.domain.person import Actor
from fermata.domain.postmortem import Postmortem
from fermata.flows.context import FlowContext
from fermata.flows.postmortem.correcting import settle
from fermata.flows.postmortem.drafting import tell_unreadable
from fermata.flows.postmortem.keeping import Generated, find_postmortem, generate_postmortem, save_edit
from fermata.kit.errors import NotFoundError, TransientError, UserError
from fermata.rules.corrected_times import read_corrections
from fermata.rules.merge import merge_texts
from fermata.rules.ticks import BoxKind, list_rows, tick

LONGEST_TEXT = 400_000
"""Characters; the longest draft that was measured, of 10,000 messages, has a tenth of it."""
_TRIES = 3
_NO_LINES = frozenset(("", "---", "|---|---|---|", "</details>", "<details>"))
"""Lines that any document may have."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of an edit."""

    postmortem: Postmortem
    """As it is stored now."""
    is_saved: bool
    """False: two people changed the same place. Nothing was stored; `text` holds both, and is saved by saving again."""
    text: str
    """What the editor goes on with."""
    diff: str = ""
    """Where the other person wrote otherwise: from `text` to theirs; empty without a collision."""
    is_merged: bool = False
    """Somebody else saved meanwhile, and the text holds their edits, too."""
    is_redacted: bool = False
    """The text held what looks like a secret, which is not stored."""
    notes: tuple[str, ...] = ()
    """In words, what of the key times that the person wrote cannot be used."""


async def get_postmortem(context: FlowContext, incident_id: IncidentId) -> Postmortem:
    """Return an incident's post-mortem, without what was deleted since.

    Raises:
        NotFoundError: None was drafted yet.
    """
    found = await find_postmortem(context, incident_id)
    if found is None:
        raise NotFoundError(
            f"{incident_id} has no post-mortem yet", do=f"Draft it: `fermata postmortem draft {incident_id}`"
        )
    return found


async def save_text(context: FlowContext, incident_id: IncidentId, text: str, read: str, by: Actor) -> Saved:
    """Save a person's text. What others saved since they read it is merged in, or shown to them first.

    Args:
        text: As they want it.
        read: As they read it: the common ancestor of their edit and of anybody else's.

    Raises:
        NotFoundError: None was drafted yet.
        UserError: The text is empty, or longer than any post-mortem.
        TransientError: Others saved again and again meanwhile.
    """
    if not _has_a_line_of(text, read):
        raise UserError(
            "The text was not saved" if text.strip() else "The empty text was not saved",
            why="no line of the document is left in it, and what people remove stays removed in every later draft",
            do="Leave a line of it, such as its first heading, if that is what you want",
        )
    if len(text) > LONGEST_TEXT:
        raise UserError("The text was not saved", why=f"it is longer than {LONGEST_TEXT:,} characters", do="Shorten it")
    for _ in range(_TRIES):
        current = await get_postmortem(context, incident_id)
        plain, known = text.replace("\r\n", "\n"), read.replace("\r\n", "\n")
        merged = await asyncio.to_thread(merge_texts, known, plain, current.text)
        is_other = current.text != known
        if merged.conflicts:
            return Saved(current, is_saved=False, text=merged.text, diff=merged.diff, is_merged=True)
        if merged.text == current.text:
            return Saved(current, is_saved=True, text=current.text, is_merged=is_other)
        saved = await save_edit(context, current, merged.text, by)
        if saved is not None:
            hidden = saved.text != settle(current, merged.text).text
            notes = tuple(map(tell_unreadable, read_corrections(saved.base, saved.text).unreadable))
            return Saved(saved, is_saved=True, text=saved.text, is_merged=is_other, is_redacted=hidden, notes=notes)
    raise TransientError(
        f"The post-mortem of {incident_id} was not saved", why="Others saved it each time", do="Save again"
    )


def _has_a_line_of(text: str, read: str) -> bool:
    """Answer whether an edit is one of that document: a broken editor, or a paste over all of it, keeps no line."""
    left = {line.strip() for line in text.splitlines()} - _NO_LINES
    known = {line.strip() for line in read.splitlines()} - _NO_LINES
    return bool(left) and (not known or not left.isdisjoint(known))


async def keep_message(context: FlowContext, incident_id: IncidentId, message_id: str, by: Actor) -> Generated:
    """Take a dropped message back into the timeline: its box is ticked, and the draft made again.

    Raises:
        NotFoundError: None was drafted yet, or it dropped no such message.
        TransientError: Others saved again and again meanwhile.
    """
    for _ in range(_TRIES):
        current = await get_postmortem(context, incident_id)
        lost = _list_lost_rows(current, message_id)
        if message_id not in {item["id"] for item in current.draft.get("dropped", ())} and not lost:
            raise NotFoundError(
                f"The draft of {incident_id} left out no message {message_id[:80]}",
                why="it is in the timeline already, was deleted, or is kept no longer",
                do=f"See `fermata postmortem show {incident_id} --dropped`",
            )
        # A line that a person removed stays removed, unless they ask for it: then it is new to the text.
        base = "\n".join(line for line in current.base.split("\n") if line not in lost)
        kept = current.model_copy(update={"kept": tuple(dict.fromkeys([*current.kept, message_id])), "base": base})
        if await save_edit(context, kept, tick(current.text, BoxKind.KEEP, message_id), by) is not None:
            return await generate_postmortem(context, incident_id, by)
    raise TransientError(f"Nothing was taken back in {incident_id}", why="Others saved it each time", do="Try again")


def _list_lost_rows(current: Postmortem, message_id: str) -> tuple[str, ...]:
    """Return the generated rows that tell a message and that a person removed; none while one of them is there."""
    url = str(current.sources.get(message_id, {}).get("url", ""))
    return () if list_rows(current.text, message_id, url) else list_rows(current.base, message_id, url)
